"""Loading is quick, and stays so where a model grows."""

import time
from pathlib import Path

import pytest

from sim.model.load import load
from tests.model.models import HEAD

UKRAINE = Path(__file__).parents[2] / "configs" / "ukraine" / "model.yaml"


def seconds(path: Path) -> float:
    """Processor time of the quickest of three."""
    times = []
    for _ in range(3):
        start = time.process_time()
        load(path)
        times.append(time.process_time() - start)
    return min(times)


@pytest.mark.skipif(not UKRAINE.exists(), reason="the model is not there")
def test_the_model_of_four_hundred_declarations_loads_in_half_a_second():
    assert seconds(UKRAINE) < 1.0  # half of it, but for a busy machine


def test_time_grows_with_the_number_of_declarations(tmp_path):
    def model(n: int) -> Path:
        rows = "".join(f"  x{i}: {{unit: km2, initial: {i}, next: 0.5*x{i} + 0.5*x{(i * 7) % n}}}\n" for i in range(n))
        path = tmp_path / f"m{n}.yaml"
        path.write_text(f"{HEAD}states:\n{rows}")
        return path

    assert seconds(model(1_200)) < 8 * seconds(model(300))
