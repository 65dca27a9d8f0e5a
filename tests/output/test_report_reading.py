"""A run directory is opened only if it is complete, of this version and unchanged."""

import json
from pathlib import Path

import pytest

import sim
from sim.errors import OutputError, UsageError
from sim.output.report import write_report
from sim.output.report.reading import FORMAT, open_directories, open_directory
from tests.output.report_runs import make_run


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return make_run(tmp_path / "run")


def change(run: Path, **more: object) -> None:
    manifest = json.loads((run / "manifest.json").read_text())
    (run / "manifest.json").write_text(json.dumps(manifest | more))


def refusal(run: Path) -> str:
    with pytest.raises(UsageError) as caught:
        open_directory(run)
    assert caught.value.exit_status == 2
    assert str(run) in str(caught.value)
    return str(caught.value)


def test_a_complete_run_opens(run):
    opened = open_directory(run)
    assert opened.name == "run"
    assert set(opened.table("outcomes")["scenario"]) == {"baseline", "talks_collapse"}
    assert opened.table("trajectories") is None


def test_the_format_is_that_of_the_writer():
    from sim.output.manifest import FORMAT as WRITTEN

    assert FORMAT == WRITTEN


def test_no_directory_no_run(tmp_path):
    assert "no such directory" in refusal(tmp_path / "nothing")
    (tmp_path / "file").write_text("x")
    assert "not a directory" in refusal(tmp_path / "file")
    (tmp_path / "empty").mkdir()
    assert "no manifest.json" in refusal(tmp_path / "empty")


def test_an_unfinished_run_says_how_to_finish_it(tmp_path):
    (tmp_path / "run.partial").mkdir()
    assert "--resume" in refusal(tmp_path / "run")


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "[" * 100_000, "\udcff"])
def test_a_manifest_that_is_none(run, text):
    (run / "manifest.json").write_bytes(text.encode("utf-8", errors="surrogateescape"))
    assert "manifest" in refusal(run)


@pytest.mark.parametrize("more", [{"complete": False}, {"complete": "yes"}, {"files": None}, {"files": {"a.csv": 1}}])
def test_a_manifest_that_does_not_vouch(run, more):
    change(run, **more)
    assert "manifest" in refusal(run)


@pytest.mark.parametrize("more", [{"crossroads": "0.0.1"}, {"version": "99.0"}, {"format": 7}])
def test_another_version_is_named(run, more):
    change(run, **more)
    told = refusal(run)
    assert str(next(iter(more.values()))) in told
    assert sim.__version__ in told


def test_a_changed_or_missing_file_is_named(run):
    with (run / "outcomes.csv").open("a") as stream:
        stream.write("x,y\n")
    (run / "events.csv").unlink()
    told = refusal(run)
    assert "outcomes.csv has changed" in told
    assert "events.csv is missing" in told


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "a/../../b"])
def test_a_manifest_cannot_reach_out(run, name):
    change(run, files={name: "0" * 64})
    assert "outside" in refusal(run)


def test_all_directories_are_complained_of_at_once(run, tmp_path):
    with pytest.raises(UsageError) as caught:
        open_directories([run, tmp_path / "a", tmp_path / "b"])
    assert str(tmp_path / "a") in str(caught.value)
    assert str(tmp_path / "b") in str(caught.value)
    with pytest.raises(UsageError):
        open_directories([])


def test_the_same_directory_twice_counts_once(run):
    assert len(open_directories([run, run.parent / ".." / run.parent.name / run.name])) == 1


def test_a_table_of_other_columns_is_named(tmp_path):
    run = make_run(tmp_path / "run", extra={"outcomes": (("scenario", "result"), [("baseline", "x")])})
    with pytest.raises(UsageError, match=r"outcomes\.csv: has no column outcome"):
        write_report([run], tmp_path / "report.html")


def test_text_stays_text_and_a_spreadsheet_guard_goes(tmp_path):
    names = {"settlement": "NA", "collapse": "'=1+1", "frozen_conflict": "007"}
    run = make_run(tmp_path / "run", names=names)
    outcomes = set(open_directory(run).table("outcomes")["outcome"])
    assert {"NA", "=1+1", "007"} <= outcomes


def test_where_a_report_cannot_be_written(run, tmp_path):
    with pytest.raises(OutputError):
        write_report([run], tmp_path / "no" / "such" / "report.html")
    with pytest.raises(OutputError, match="directory"):
        write_report([run], tmp_path)
    (tmp_path / "mine.txt").write_text("precious")
    with pytest.raises(OutputError, match="was not written by this command"):
        write_report([run], tmp_path / "mine.txt")
    assert (tmp_path / "mine.txt").read_text() == "precious"


def test_an_earlier_report_is_replaced_and_nothing_else_is_left(run, tmp_path):
    target = tmp_path / "report.html"
    first = write_report([run], target).read_bytes()
    assert write_report([run], target).read_bytes() == first
    assert sorted(p.name for p in tmp_path.iterdir()) == ["report.html", "run"]


def test_measures_that_nobody_has(run, tmp_path):
    with pytest.raises(UsageError, match=r"no such measure: oil\.brnt; there are: front"):
        write_report([run], tmp_path / "report.html", measures=["oil.brnt"])
