"""Figures as files: which there are, that they are always the same, and that names do no harm."""

import builtins
from pathlib import Path
from typing import Any

import pytest

from sim.errors import OutputError, UsageError
from sim.output.figures import write_figures
from tests.output.report_runs import make_run


@pytest.fixture
def without_matplotlib(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def missing(name: str, *rest: Any) -> Any:
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", missing)


def test_without_the_extra_it_is_named(without_matplotlib, tmp_path):
    with pytest.raises(UsageError, match=r"crossroads-sim\[plots\]"):
        write_figures([make_run(tmp_path / "run")], tmp_path / "figures")


def test_every_figure_is_there_twice_and_always_the_same(tmp_path):
    pytest.importorskip("matplotlib", reason="matplotlib is not installed (it is in the extra plots)")
    evil = "$\\frac{1}</text><script>$"
    run = make_run(tmp_path / "run", ["baseline", evil], names={"settlement": evil, "carry_on": "日本"})
    files = write_figures([run], tmp_path / "a", measures=["oil.brent"])
    names = {file.name for file in files}
    assert {"outcomes.svg", "outcomes.png", "changes.svg", "measure-01-oil-brent.png"} <= names
    assert all(file.stat().st_size > 2000 for file in files)
    assert "<script" not in (tmp_path / "a" / "outcomes.svg").read_text(encoding="utf-8")
    for file in write_figures([run], tmp_path / "b", measures=["oil.brent"]):
        assert file.read_bytes() == (tmp_path / "a" / file.name).read_bytes()


def test_figures_of_ours_are_replaced_and_other_files_are_not(tmp_path):
    pytest.importorskip("matplotlib", reason="matplotlib is not installed (it is in the extra plots)")
    run = make_run(tmp_path / "run")
    first = {file: file.read_bytes() for file in write_figures([run], tmp_path / "a", measures=["oil.brent"])}
    again = write_figures([run], tmp_path / "a", measures=["oil.brent"])
    assert {file: file.read_bytes() for file in again} == first
    for name in ("outcomes.svg", "outcomes.png"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).write_text("mine")
        with pytest.raises(OutputError, match="was not written by this command"):
            write_figures([run], tmp_path / name)
        assert (tmp_path / name / name).read_text() == "mine"
        assert [file.name for file in (tmp_path / name).iterdir()] == [name]


def test_a_place_that_is_taken(tmp_path):
    pytest.importorskip("matplotlib", reason="matplotlib is not installed (it is in the extra plots)")
    place = tmp_path / "figures"
    place.write_text("a file")
    with pytest.raises(OutputError):
        write_figures([make_run(tmp_path / "run")], place)
    assert Path(place).read_text() == "a file"
