import pytest

from tests.analysis import models


@pytest.fixture(scope="session")
def known(tmp_path_factory):
    """A study of the known model."""
    return models.study(tmp_path_factory.mktemp("known"))
