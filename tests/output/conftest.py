import pytest

from sim.engine.run import run
from tests.engine.models import crossing, study


@pytest.fixture(scope="session")
def crossed():
    return study(crossing(), n=2500)


@pytest.fixture(scope="session")
def results(crossed):
    return run(crossed, keep=5, threads=2)
