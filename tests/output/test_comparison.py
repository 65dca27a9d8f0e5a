"""Comparisons on disk: of studies and of finished runs, paired or not."""

import csv
import io
import json
import math
import shutil
import sys
from pathlib import Path

import pytest
from rich.console import Console

from sim.analysis.compare import Comparison, Difference
from sim.cli import main
from sim.engine.results import Settings
from sim.output.comparison import show_comparison

MODEL = """\
model: coin_war
clock: {start: 2025-01-06, step: 1 week, horizon: 10 weeks}
parameters:
  pace: {prior: "uniform(0.02, 0.2)", unit: 1/week, source: expert judgement}
  size: {value: 1, unit: km2}
draws: {noise: "normal(0, 1)"}
states:
  gain: {unit: km2, initial: 0, next: gain + size*noise}
phases:
  war: {values: [fighting, over], initial: fighting, moves: [fighting -> over: {rate: pace}]}
outcomes:
  peace: {when: war.over}
  war_goes_on: otherwise
questions:
  soon: {asks: Will it end in five weeks?, ever: war.over, by: 2025-02-10}
measures: [gain, war]
scenarios:
  calm: {title: Calm seas, set: {size: 0.5}}
  slow: {set: {pace: 0.02}}
"""


@pytest.fixture
def model(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("coin.yaml").write_text(MODEL)
    return "coin.yaml"


@pytest.fixture
def call(capsys, monkeypatch):
    """Calls the command line in this process: its status, stdout and stderr."""

    def run(*words):
        words = [str(word) for word in words]
        monkeypatch.setattr(sys, "argv", ["crossroads", *words])
        with pytest.raises(SystemExit) as leaving:
            main(words)
        out, err = capsys.readouterr()
        return leaving.value.code, out, err

    return run


def table(path):
    with open(path, encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_compare_directory_is_complete(call, model):
    pytest.importorskip("pyarrow")
    status, out, err = call("compare", model, "slow", "baseline", "-n", "400", "-o", "here", "--format", "csv,parquet")
    assert (status, err) == (0, "")
    assert "A slow, B baseline: 400 pairs of trajectories" in out
    assert "files: here" in out
    manifest = json.loads(Path("here/manifest.json").read_text())
    assert {file.name for file in Path("here").iterdir()} == {*manifest["files"], "manifest.json"}
    names = {f"{name}.{kind}" for name in ("compare", "transitions", "columns") for kind in ("csv", "parquet")}
    assert set(manifest["files"]) == names
    assert (manifest["kind"], manifest["complete"], manifest["n"]) == ("compare", True, 400)
    assert manifest["scenarios"] == ["slow", "baseline"]
    assert manifest["scenario_titles"] == {}
    rows = table("here/compare.csv")
    assert {row["kind"] for row in rows} == {"outcome", "question", "event", "measure", "state"}
    assert {row["paired"] for row in rows} == {"yes"}
    columns = {row["column"] for row in table("here/columns.csv") if row["table"] == "compare"}
    assert columns == set(rows[0])
    moved = table("here/transitions.csv")
    assert sum(int(row["k"]) for row in moved) == 400
    assert moved[0]["from"] == moved[0]["to"] == "peace"


def test_without_names_the_study_says_what_to_compare(call, model):
    Path("study.yaml").write_text(f"study: s\nmodel: {model}\ncompare: [[slow, baseline], [calm, baseline]]\n")
    status, out, _ = call("compare", "study.yaml", "-n", "100", "--json", "-o", "both")
    assert status == 0
    document = json.loads(out)
    assert [(pair["a"], pair["b"]) for pair in document["pairs"]] == [("slow", "baseline"), ("calm", "baseline")]
    assert len(document["differences"]) == 2 * (2 + 1 + 2)
    assert document["scenario_titles"] == {"calm": "Calm seas"}


@pytest.mark.parametrize(
    "words",
    [
        ["coin.yaml"], ["coin.yaml", "slow"], ["coin.yaml", "slow", "baseline", "calm"],
        ["coin.yaml", "slw", "baseline"], ["coin.yaml", "slow", "baseline", "-n", "0"],
        ["coin.yaml", "slow", "baseline", "--replicates", "0"],
        ["none.yaml", "a", "b"], ["coin.yaml", "slow", "baseline", "--set", "nothing=1"],
    ],
)  # fmt: skip
def test_bad_usage_is_2_and_writes_nothing(call, model, words):
    status, out, err = call("compare", *words)
    assert (status, out) == (2, "")
    assert err
    assert sorted(path.name for path in Path().iterdir()) == ["coin.yaml"]


def test_a_place_that_is_taken_is_4(call, model):
    Path("here").mkdir()
    Path("here/mine.txt").touch()
    assert call("compare", model, "slow", "baseline", "-n", "64", "-o", "here", "--force")[0] == 4


@pytest.fixture
def runs(call, model):
    """Runs: one, two with another seed, three with a setting."""
    assert call("run", model, "-n", "300", "--seed", "1", "-o", "one")[0] == 0
    assert call("run", model, "-n", "300", "--seed", "2", "-o", "two")[0] == 0
    assert call("run", model, "-n", "300", "--seed", "1", "--set", "size=2", "-o", "three")[0] == 0


def test_a_finished_run_is_made_again_to_pair_its_scenarios(call, model, runs):
    assert call("compare", "one", "slow", "baseline", "-o", "from_run")[0] == 0
    assert call("compare", model, "slow", "baseline", "-n", "300", "--seed", "1", "-o", "direct")[0] == 0
    for name in ("compare.csv", "transitions.csv"):
        assert Path("from_run", name).read_bytes() == Path("direct", name).read_bytes()


def test_two_finished_runs_of_one_model_are_paired(call, model, runs):
    assert call("compare", "three", "one", "-o", "both")[0] == 0
    rows = table("both/compare.csv")
    assert {row["paired"] for row in rows} == {"yes"}
    assert (rows[0]["scenario_a"], rows[0]["scenario_b"]) == ("baseline (three)", "baseline (one)")
    assert len({row["scenario_a"] for row in rows}) == 3
    titles = json.loads(Path("both/manifest.json").read_text())["scenario_titles"]
    assert titles == {"calm (three)": "Calm seas (three)", "calm (one)": "Calm seas (one)"}
    peace = next(row for row in rows if row["what"] == "peace")
    assert float(peace["difference"]) == 0.0


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda: None, "their seeds differ"),
        (lambda: Path("coin.yaml").write_text(MODEL + "\n# later\n"), "the study of one has changed since"),
        (lambda: Path("coin.yaml").unlink(), "coin.yaml is not found from this folder"),
    ],
)
def test_runs_that_share_nothing_are_compared_by_their_tables(call, model, runs, change, reason):
    change()
    other = "two" if reason.startswith("their") else "three"
    status, out, _ = call("compare", "one", other, "-o", "both")
    assert status == 0
    assert "not paired, because" in out
    assert reason in out
    rows = table("both/compare.csv")
    assert {row["paired"] for row in rows} == {"no"}
    assert not Path("both/transitions.csv").exists()
    outcome = next(row for row in rows if row["kind"] == "outcome")
    assert float(outcome["low"]) < float(outcome["difference"]) < float(outcome["high"])
    assert float(outcome["difference"]) == pytest.approx(float(outcome["a"]) - float(outcome["b"]))
    mean = next(row for row in rows if row["aspect"] == "mean" and row["date"] == "2025-03-17")
    assert float(mean["low"]) < float(mean["difference"]) < float(mean["high"])
    assert {row["low"] for row in rows if row["aspect"] == "median"} == {""}


def test_a_finished_run_is_compared_as_it_is(call, model, runs):
    for words in (["-n", "10"], ["--seed", "3"], ["--set", "size=1"], ["--replicates", "5"]):
        status, _, err = call("compare", "one", "slow", "baseline", *words)
        assert status == 2
        assert "compared as it is" in err
    assert "there are: baseline, calm, slow" in call("compare", "one", "slow", "fast")[2]


def test_a_changed_run_is_refused(call, model, runs):
    with open("one/outcomes.csv", "a", encoding="utf-8") as file:
        file.write("\n")
    status, _, err = call("compare", "one", "slow", "baseline")
    assert status == 2
    assert "has changed" in err
    shutil.rmtree("one")


def test_a_study_is_looked_for_from_the_folder_of_the_run(call, model, runs, monkeypatch):
    Path("elsewhere").mkdir()
    monkeypatch.chdir("elsewhere")
    out = call("compare", "../one", "slow", "baseline", "-o", "seen")[1]
    assert "because coin.yaml is not found from this folder: run compare where the run was started;" in out


SWEEP = "study: s\nmodel: coin.yaml\nsweep: {over: {size: [1, 2]}}\n"


def test_sweeps_and_comparisons_are_not_compared(call, model, runs):
    Path("sweep.yaml").write_text(SWEEP)
    assert call("sweep", "sweep.yaml", "-n", "64", "-o", "swept")[0] == 0
    assert call("compare", "one", "slow", "baseline", "-o", "compared")[0] == 0
    status, _, err = call("compare", "swept", "slow", "baseline", "-o", "new")
    assert (status, "swept is a sweep; compare takes runs" in err) == (2, True)
    assert "swept is a sweep" in call("compare", "one", "swept", "-o", "new")[2]
    assert "compared is a comparison; compare takes runs" in call("compare", "compared", "slow", "baseline")[2]
    assert not Path("new").exists()


def row(what, a, b, low, high, band):
    return Difference("outcome", what, "share", "", "2025-03-17", a, b, a - b, low, high, band, 1.0)


@pytest.mark.parametrize("width", [40, 80, 200])
def test_numbers_are_never_cut(width):
    rows = (
        row("an_outcome_with_a_rather_long_name_that_goes_on", 0.1, 0.9, -0.8123, -0.7891, (-0.8169, 0.2234)),
        row("even", 0.5, 0.5, -0.00001, 0.0007, (0.0, 0.0)),
    )
    comparison = Comparison("x", "y", Settings(100, 1), 100, 0, rows)
    stream = io.StringIO()
    show_comparison(comparison, Console(file=stream, width=width))
    shown = stream.getvalue()
    assert "-80.00 (-81.23, -78.91)  [-81.69, +22.34]" in shown
    assert "+0.00 (+0.00, +0.07)    [+0.00, +0.00]" in shown
    assert "band: over what is not known" in " ".join(shown.split())
    assert "\N{HORIZONTAL ELLIPSIS}" not in shown


def test_without_bands_there_is_no_column_of_bands():
    rows = (row("even", 0.5, 0.5, 0.0, 0.0, (math.nan, math.nan)),)
    comparison = Comparison("x", "y", Settings(100, 1), 100, 0, rows)
    stream = io.StringIO()
    show_comparison(comparison, Console(file=stream, width=80))
    assert "band" not in stream.getvalue()
