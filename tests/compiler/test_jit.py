"""Jitted functions from the cache: the same machine code without numba, and nothing worse than time from damage."""

import subprocess
import sys

import numpy as np
import pytest

from sim.compiler.emit import BLOCK
from sim.compiler.jit import Jitted


@pytest.fixture
def cached(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "crossroads" / "jitted"


def tally():
    return Jitted("sim.engine.chunk_loops", "tally")


def arrays():
    """Counts of five bins, and the words of 2 records x 2 blocks x 3 rows x 64 bin numbers."""
    numbers = np.random.default_rng(1).integers(0, 5, (2, 2, 3, BLOCK), dtype=np.uint16)
    numbers[0, 0, 0] = 3  # all alike
    numbers[0, 1, 0] = 4
    numbers[0, 1, 1, 8:16] = 2  # two words of numbers that are
    return np.full((6, 5), 7, dtype=np.uint32), numbers.view(np.uint64)


def counted(words):
    numbers = words.view(np.uint16).transpose(0, 2, 1, 3).reshape(6, 2 * BLOCK)
    return np.stack([np.bincount(row, minlength=5) for row in numbers])


def test_numbers_are_counted(cached):
    total, part = arrays()
    tally()(total, part)
    assert (total == 7 + counted(part)).all()
    assert len(list(cached.iterdir())) == 1


def test_other_types_and_layouts_are_compiled_for_themselves(cached):
    function = tally()
    total, part = arrays()
    wide = total.astype(np.uint64)
    function(wide, part)
    scattered = np.zeros((6, 10), dtype=np.uint32)
    function(scattered[:, ::2], part)
    assert (wide == 7 + counted(part)).all()
    assert (scattered[:, ::2] == counted(part)).all()
    assert (scattered[:, 1::2] == 0).all()
    assert len(list(cached.iterdir())) == 2


@pytest.mark.parametrize("damage", [lambda data: b"", lambda data: data[:-1], lambda data: bytes(len(data))])
def test_a_damaged_entry_is_made_again(cached, damage):
    tally()(*arrays())
    (entry,) = cached.iterdir()
    whole = entry.read_bytes()
    entry.write_bytes(damage(whole))
    total, part = arrays()
    tally()(total, part)
    assert (total == 7 + counted(part)).all()
    assert entry.read_bytes() == whole


def test_a_folder_that_cannot_be_written_costs_time_only(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    total, part = arrays()
    tally()(total, part)
    assert (total == 7 + counted(part)).all()


WARM = """
import sys
from sim.engine.run import run
from sim.model.recall import recall

run(recall("configs/talks_collapse.yaml"), n=64)
print(sorted({name.split(".")[0] for name in sys.modules} & {"numba", "pandas", "scipy", "pint", "yaml"}))
"""


def test_a_warm_run_loads_no_compiler():
    for _ in range(2):
        done = subprocess.run([sys.executable, "-c", WARM], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_code_of_another_file_is_another_entry():
    codes = {Jitted(module, "run").code for module in ("sim.engine.loop", "sim.engine.driver_loops")}
    assert len(codes) == 2
