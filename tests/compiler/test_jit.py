"""Jitted functions from the cache: the same machine code without numba, and nothing worse than time from damage."""

import subprocess
import sys

import numpy as np
import pytest

from sim.compiler.jit import Jitted


@pytest.fixture
def cached(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "crossroads" / "jitted"


def add_counts():
    return Jitted("sim.engine.loop", "add_counts")


def arrays():
    part = np.arange(2 * 3 * 5, dtype=np.uint16).reshape(2, 3, 5)
    return np.full((2, 3, 4), 7, dtype=np.uint32), part


def test_rows_are_added(cached):
    total, part = arrays()
    add_counts()(total, part)
    assert (total == 7 + part[:, :, :4]).all()
    assert len(list(cached.iterdir())) == 1


def test_other_types_and_layouts_are_compiled_for_themselves(cached):
    function = add_counts()
    total, part = arrays()
    wide = total.astype(np.uint64)
    function(wide, part)
    scattered = np.zeros((2, 3, 8), dtype=np.uint32)
    function(scattered[:, :, ::2], part)
    assert (wide == 7 + part[:, :, :4]).all()
    assert (scattered[:, :, ::2] == part[:, :, :4]).all()
    assert (scattered[:, :, 1::2] == 0).all()
    assert len(list(cached.iterdir())) == 2


@pytest.mark.parametrize("damage", [lambda data: b"", lambda data: data[:-1], lambda data: bytes(len(data))])
def test_a_damaged_entry_is_made_again(cached, damage):
    add_counts()(*arrays())
    (entry,) = cached.iterdir()
    whole = entry.read_bytes()
    entry.write_bytes(damage(whole))
    total, part = arrays()
    add_counts()(total, part)
    assert (total == 7 + part[:, :, :4]).all()
    assert entry.read_bytes() == whole


def test_a_folder_that_cannot_be_written_costs_time_only(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    total, part = arrays()
    add_counts()(total, part)
    assert (total == 7 + part[:, :, :4]).all()


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
