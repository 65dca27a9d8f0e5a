import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sim import __version__
from sim.cli import main

MODEL = """\
model: coin_war
title: A war that ends by a coin
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
  calm: {set: {size: 0.5}}
"""

FAILING = """\
model: failing
clock: {start: 2025-01-06, step: 1 week, horizon: 10 weeks}
draws: {u: "uniform(0, 1)"}
derived: {inverse: 1/(u > 0.001)}
states: {x: {initial: 0, change: inverse/week}}
"""


@pytest.fixture
def model(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "coin.yaml"
    path.write_text(MODEL)
    return path


@pytest.fixture
def call(capsys):
    """Calls the command line in this process: its status, stdout and stderr."""

    def run(*words):
        with pytest.raises(SystemExit) as leaving:
            main([str(word) for word in words])
        out, err = capsys.readouterr()
        return leaving.value.code, out, err

    return run


def spawn(*words, **options):
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    command = [sys.executable, "-m", "sim", *map(str, words)]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, **options
    )


def test_run_writes_a_directory_and_shows_the_outcomes(call, model):
    status, out, err = call("run", model, "-n", "300", "--seed", "0")
    assert (status, err) == (0, "")
    assert "baseline" in out
    assert "peace" in out
    assert "results/coin_war" in out
    manifest = json.loads(Path("results/coin_war/manifest.json").read_text())
    assert (manifest["seed"], manifest["n"], manifest["scenarios"]) == (0, 300, ["baseline", "calm"])


def test_run_in_json(call, model):
    status, out, err = call("run", model, "-n", "300", "--json", "-o", "here")
    document = json.loads(out)
    assert (status, err) == (0, "")
    assert document["directory"] == "here"
    assert [row["outcome"] for row in document["outcomes"]] == ["peace", "war_goes_on"] * 2
    assert sum(row["k"] for row in document["outcomes"]) == 600


def test_quiet_says_nothing(call, model):
    assert call("run", model, "-n", "100", "-q") == (0, "", "")


def test_the_options_of_a_run_reach_it(call, model):
    words = ["-n", "1e3", "--seed", "5", "--replicates", "4", "--keep", "10", "--threads", "1", "--scenario", "calm"]
    status, _, _ = call("run", model, *words, "--design", "lhs", "--set", "pace=0.1", "-o", "here")
    manifest = json.loads(Path("here/manifest.json").read_text())
    told = {name: manifest[name] for name in ("n", "seed", "replicates", "keep", "design", "scenarios", "threads")}
    assert status == 0
    expected = {"n": 1000, "seed": 5, "replicates": 4, "keep": 10, "design": "lhs", "scenarios": ["calm"]}
    assert told == {**expected, "threads": 1}
    assert Path("here/parameters.csv").read_text().count("\n") == 1
    experiments = Path("here/experiments.csv").read_text().splitlines()
    assert len(experiments) == 11
    assert all(",0.1," in line for line in experiments[1:])


@pytest.mark.parametrize(
    "words",
    [
        ["-n", "0"], ["-n", "x"], ["--replicates", "0"], ["-n", "5", "--keep", "6"], ["--seed", "-1"],
        ["--threads", "0"], ["--seed", str(2**64)], ["--scenario", "cam"], ["--design", "grid"], ["--format", "xml"],
        ["--set", "nothing=1"], ["--set", "size"], ["-n", "10**18", "--keep", "10**18"], ["--nonsense"],
    ],
)  # fmt: skip
def test_bad_usage_is_2_and_writes_nothing(call, model, words):
    status, out, err = call("run", model, *words)
    assert (status, out) == (2, "")
    assert "error" in err
    assert not Path("results").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--seed", "-1"], "-1 is no seed: give a whole number from 0 to 2^64 - 1"),
        (["--seed", "2**64"], "is no seed"),
        (["--cluster", "local:0"], "--cluster local:0 starts no worker: give local:N with N of at least 1"),
    ],
)
def test_bad_usage_says_what_is_wrong(call, model, words, said):
    status, _, err = call("run", model, *words)
    assert status == 2
    assert said in err
    assert " -n " not in err


def test_a_directory_is_no_model(call, model):
    status, out, err = call("check", model.parent, "--json")
    assert status == 2
    assert "is a directory; give the file of a model or study" in err
    assert json.loads(out)["problems"][0]["code"] == "E101"


def test_the_place_of_the_output(call, model):
    assert call("run", model, "-n", "50", "-o", "here", "-q")[0] == 0
    before = Path("here/manifest.json").read_bytes()
    status, _, err = call("run", model, "-n", "60", "-o", "here", "-q")
    assert (status, Path("here/manifest.json").read_bytes()) == (4, before)
    assert "--force" in err
    assert call("run", model, "-n", "60", "-o", "here", "-q", "--force")[0] == 0
    assert json.loads(Path("here/manifest.json").read_text())["n"] == 60


def test_failed_trajectories_are_3_and_can_be_replayed(call, model):
    Path("failing.yaml").write_text(FAILING)
    status, out, err = call("run", "failing.yaml", "-n", "3000")
    assert status == 3
    assert "completed" in out
    assert "inverse became NaN or infinite" in err
    replay = re.search(r"replay it: crossroads (.*)", err).group(1).split()
    status, out, _ = call(*replay)
    assert status == 0
    assert "The trajectory fails here: inverse becomes NaN or infinite." in out


def test_a_bad_model_is_2_with_every_problem(call, model):
    model.write_text(MODEL.replace("rate: pace", "rate: pce").replace("by: 2025-02-10", "by: soon"))
    for command in ("run", "check", "explain"):
        status, out, err = call(command, model)
        assert (status, out) == (2, "")
        assert err.count("error E") == 2
        assert "coin.yaml:" in err


def test_check(call, model):
    status, out, err = call("check", model)
    assert (status, err) == (0, "")
    assert out.startswith("ok")
    assert "2 parameters" in out
    assert "1 question" in out
    status, out, _ = call("check", model, "--json")
    assert json.loads(out)["counts"]["states"] == 1


def test_check_in_json_lists_problems(call, model):
    model.write_text(MODEL.replace("rate: pace", "rate: pce"))
    status, out, _ = call("check", model, "--json")
    (problem,) = json.loads(out)["problems"]
    assert status == 2
    assert "pce" in problem["message"]
    assert problem["line"] > 1


def test_explain(call, model):
    status, out, _ = call("explain", model)
    assert status == 0
    assert out.startswith("# A war that ends by a coin")
    assert "`pace`" in out
    status, out, _ = call("explain", model, "pace")
    assert "read by: war" in out
    assert call("explain", model, "pce")[0] == 2
    assert call("explain", model, "--html", "-o", "page.html") == (0, "", "")
    assert Path("page.html").read_text().startswith("<!doctype html>")
    assert call("explain", model, "-o", "nowhere/page.md")[0] == 4
    status, out, _ = call("explain", model, "--json")
    assert json.loads(out)["title"] == "A war that ends by a coin"


@pytest.mark.parametrize("more", [[], ["--html"], ["--json"]], ids=str)
def test_explain_replaces_only_what_it_wrote(call, model, more):
    assert call("explain", model, *more, "-o", "page")[0] == 0
    assert call("explain", model, "pace", *more, "-o", "page")[0] == 0
    before = model.read_text()
    status, _, err = call("explain", model, *more, "-o", model)
    assert status == 4
    assert "coin.yaml exists and was not written by this command; choose another name" in err
    assert "is a directory" in call("explain", model, *more, "-o", model.parent)[2]
    assert model.read_text() == before
    assert call("explain", "E204", "-o", "page")[0] == 0


def test_explain_a_code(call):
    from sim.errors import CODES

    code = next(iter(CODES))
    status, out, _ = call("explain", code)
    assert status == 0
    assert out.startswith(f"{code}: {CODES[code].title}")
    assert call("explain", "E999")[0] == 2


def test_trace(call, model):
    status, out, _ = call("trace", model, "--trajectory", "3", "--scenario", "calm")
    assert status == 0
    assert "trajectory 3 of scenario calm" in out
    assert "It ends as" in out
    status, out, _ = call("trace", model, "--trajectory", "3", "--values")
    assert "gain = " in out
    status, out, _ = call("trace", model, "--trajectory", "3", "--json")
    assert json.loads(out)["trajectory"] == 3
    for words in (["--trajectory", "-1"], ["--trajectory", "10000"], []):
        assert call("trace", model, *words)[0] == 2


def test_show(call, model):
    assert "store state.gain" in call("show", model)[1]
    assert "define" in call("show", model, "--kernel")[1]
    assert call("show", model, "--program", "--kernel")[0] == 2


def test_new_starts_a_model_that_runs(call, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    status, out, _ = call("new", "my_war")
    assert status == 0
    assert "my_war.yaml" in out
    assert call("check", "my_war.yaml")[0] == 0
    assert call("run", "my_war.yaml", "-n", "200", "-q")[0] == 0
    before = Path("my_war.yaml").read_bytes()
    assert call("new", "my_war")[0] == 4
    assert Path("my_war.yaml").read_bytes() == before
    for name in ("My-War", "class", "", "../x", "1st"):
        assert call("new", name)[0] == 2
    schema = json.loads((tmp_path / "crossroads.schema.json").read_text())
    assert json.loads(call("schema")[1]) == schema


def test_version_and_help(call):
    assert call("--version") == (0, f"crossroads {__version__}\n", "")
    status, out, _ = call("--help")
    assert status == 0
    commands = re.findall(r"^  (\w+)  ", out.partition("Commands:")[2], re.MULTILINE)
    assert {"run", "check", "explain", "trace", "show", "new", "schema"} <= set(commands)
    for command in commands:
        status, out, _ = call(command, "--help")
        assert status == 0
        assert "Usage: crossroads" in out
    assert call()[0] == 2
    assert call("rnu")[0] == 2


def test_a_fault_of_ours_is_one_line(call, model, monkeypatch):
    import sim.commands.check

    def broken(*_):
        raise RuntimeError("oh no")

    monkeypatch.setattr(sim.commands.check, "load_study", broken)
    status, out, err = call("check", model)
    assert (status, out) == (1, "")
    assert "RuntimeError: oh no" in err
    assert "Traceback" not in err
    assert "Traceback" in call("check", model, "-v")[2]


def test_help_imports_nothing_heavy():
    shown = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "sim", "--help"], capture_output=True, text=True, check=True
    ).stderr
    imported = {line.rpartition("|")[2].strip() for line in shown.splitlines()}
    heavy = {"numpy", "numba", "pandas", "scipy", "pint", "yaml", "pydantic", "jinja2", "rich", "llvmlite"}
    assert imported & heavy == set()


def test_check_imports_no_compiler(model):
    shown = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "sim", "check", str(model)],
        capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
    ).stderr  # fmt: skip
    imported = {line.rpartition("|")[2].strip() for line in shown.splitlines()}
    assert imported & {"numba", "pandas", "scipy"} == set()


def test_interrupting_a_run_is_130_and_leaves_nothing(model, tmp_path):
    process = spawn("run", model, "-n", "10**12", "-o", "long", cwd=tmp_path)
    deadline = time.monotonic() + 120
    while not (tmp_path / "long.partial").exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["coin.yaml"]


def test_a_closed_pipe_is_no_fault(model, tmp_path):
    process = spawn("trace", model, "--trajectory", "0", "--values", cwd=tmp_path)
    process.stdout.close()
    err = process.stderr.read()
    process.stderr.close()
    assert process.wait(timeout=120) == 0
    assert err == ""


def test_no_colour_in_files(model, tmp_path):
    for more in ({"NO_COLOR": "1"}, {}):
        process = spawn("run", model, "-n", "50", "--force", cwd=tmp_path)
        os.environ.update(more)
        out, _ = process.communicate(timeout=120)
        assert "\x1b" not in out
