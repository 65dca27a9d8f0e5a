import errno
import os
import pickle
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import sim.engine.run as run_module
import sim.output.journal as journal_module
from sim.engine.driver import CHUNK
from sim.engine.run import run_with, settings_of
from sim.engine.runner import cut, gaps, joined
from sim.errors import OutputError, UsageError
from sim.model.declarations import Scenario
from sim.output.csv_text import csv_text
from sim.output.identity import digest, identity_of_run
from sim.output.journal import JOURNAL, FileJournal
from sim.output.store import Store
from sim.output.tables import all_tables
from tests.engine.models import crossing, lit, study

N = 9_011


class Stop(Exception):
    pass


def texts(results):
    return {table.name: csv_text(table) for table in all_tables(results)}


@pytest.fixture(scope="module")
def crossed():
    return study(crossing(), n=N)


@pytest.fixture(scope="module")
def whole(crossed):
    return texts(run_with(crossed, settings_of(crossed, threads=2, keep=50)))


@pytest.fixture
def eager(monkeypatch):
    monkeypatch.setattr(run_module, "PATIENCE", 0.0)
    monkeypatch.setattr(journal_module, "INTERVAL", 0.0)
    monkeypatch.setattr(journal_module, "SHARE", 0)


def store_of(crossed, place, resume=True, **changes):
    settings = settings_of(crossed, threads=2, **{"keep": 50, **changes})
    identity = identity_of_run(crossed, crossed.scenarios, settings)
    return settings, Store(place, identity=identity, resume=resume)


def stopped(crossed, place, after, resume=True, error=Stop, **changes):
    """A run that is stopped after so many trajectories."""

    def progress(done, total):
        if done > after:
            raise error

    settings, store = store_of(crossed, place, resume, **changes)
    with store:
        run_with(crossed, replace(settings, n_threads=1), progress=progress, journal=store.journal)


def resumed(crossed, place):
    settings, store = store_of(crossed, place)
    counted = []
    with store:
        results = run_with(crossed, settings, progress=lambda done, _: counted.append(done), journal=store.journal)
        store.save(results)
    return texts(results), counted


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("error", [Stop, KeyboardInterrupt])
def test_a_stopped_run_goes_on_with_the_same_bytes(crossed, whole, tmp_path, error):
    for after in (3000, 7000, 13_000):
        with pytest.raises(error):
            stopped(crossed, tmp_path / "run", after, error=error)
        assert [path.name for path in tmp_path.iterdir()] == ["run.partial"]
    found, counted = resumed(crossed, tmp_path / "run")
    assert found == whole
    assert min(counted) > 9000
    assert counted[-1] == 2 * N
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
    assert JOURNAL not in [path.name for path in (tmp_path / "run").iterdir()]


@pytest.mark.usefixtures("eager")
def test_a_left_run_needs_resume_or_force(crossed, tmp_path):
    with pytest.raises(Stop):
        stopped(crossed, tmp_path / "run", 3000)
    _, store = store_of(crossed, tmp_path / "run", resume=False)
    with pytest.raises(OutputError, match="--resume"):
        store.__enter__()
    _, store = store_of(crossed, tmp_path / "run", resume=False)
    store.force = True
    with store:
        assert not store.journal.is_begun


def test_nothing_to_resume_starts_afresh(crossed, whole, tmp_path):
    (tmp_path / "run.partial").mkdir()
    (tmp_path / "run.partial" / ".crossroads-run").touch()
    found, counted = resumed(crossed, tmp_path / "run")
    assert found == whole
    assert counted[0] <= 2 * CHUNK


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize(
    ("changes", "said"),
    [({"seed": 8}, "seed was 7, and is 8"), ({"n": N + 1}, "n was 9011, and is 9012"),
     ({"replicates": 5}, "replicates was 10"), ({"keep": 3}, "keep was 50"), ({"design": "lhs"}, 'was "random"')],
)  # fmt: skip
def test_a_journal_of_other_settings_is_refused(crossed, tmp_path, changes, said):
    with pytest.raises(Stop):
        stopped(crossed, tmp_path / "run", 3000)
    before = sorted(path.name for path in (tmp_path / "run.partial" / JOURNAL).iterdir())
    _, store = store_of(crossed, tmp_path / "run", **changes)
    with pytest.raises(UsageError, match="cannot be resumed") as refused, store:
        pass
    assert said in str(refused.value)
    assert sorted(path.name for path in (tmp_path / "run.partial" / JOURNAL).iterdir()) == before


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda s: replace(s, name="other"), 'study was "tiny", and is "other"'),
        (lambda s: replace(s, scenarios=s.scenarios[:1]), "scenarios was"),
        (lambda s: replace(s, model=replace(s.model, sources=(("tiny.yaml", "0"),))), "model has changed"),
        (lambda s: replace(s, scenarios=(s.scenarios[0], Scenario("high", parameters={"p": 0.8}))), "set has changed"),
        (lambda s: replace(s, model=replace(s.model, measures=s.model.measures[:2])), "measured has changed"),
    ],
)
def test_a_journal_of_another_study_is_refused(crossed, tmp_path, change, said):
    with pytest.raises(Stop):
        stopped(crossed, tmp_path / "run", 3000)
    _, store = store_of(change(crossed), tmp_path / "run")
    with pytest.raises(UsageError, match=said), store:
        pass


@pytest.mark.usefixtures("eager")
def test_chunks_of_another_size_are_refused(crossed, tmp_path, monkeypatch):
    with pytest.raises(Stop):
        stopped(crossed, tmp_path / "run", 3000)
    monkeypatch.setattr("sim.output.identity.CHUNK", 2 * CHUNK)
    _, store = store_of(crossed, tmp_path / "run")
    with pytest.raises(UsageError, match="chunks was"), store:
        pass


@pytest.mark.usefixtures("eager")
def test_another_version_is_refused(crossed, tmp_path, monkeypatch):
    with pytest.raises(Stop):
        stopped(crossed, tmp_path / "run", 3000)
    monkeypatch.setattr("sim.output.identity.__version__", "99")
    _, store = store_of(crossed, tmp_path / "run")
    with pytest.raises(UsageError, match=r'version was .* and is "99"'), store:
        pass


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("damage", [lambda b: b[:-7], lambda b: b[:50] + b"\0" + b[51:], lambda b: b""])
def test_a_damaged_entry_costs_time_only(crossed, whole, tmp_path, damage):
    with pytest.raises(Stop):
        stopped(crossed, tmp_path / "run", 7000)
    for path in (tmp_path / "run.partial" / JOURNAL).iterdir():
        if path.name != "identity.json":
            path.write_bytes(damage(path.read_bytes()))
    assert resumed(crossed, tmp_path / "run")[0] == whole


@pytest.mark.usefixtures("eager")
def test_a_full_disk_keeps_what_was_written_before(crossed, whole, tmp_path, monkeypatch):
    left, sync = 3, os.fsync

    def full(handle):
        nonlocal left
        left -= 1
        if left < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        sync(handle)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OutputError, match="No space left"):
            resumed(crossed, tmp_path / "run")
    assert sorted(path.name for path in (tmp_path / "run.partial").iterdir()) == [".crossroads-run", JOURNAL]
    assert not list((tmp_path / "run.partial" / JOURNAL).glob(".*"))
    found, counted = resumed(crossed, tmp_path / "run")
    assert found == whole
    assert counted[0] > CHUNK


def test_a_journal_makes_nothing_but_its_own(tmp_path):
    class Evil:
        def __reduce__(self):
            return os.system, ("touch evil",)

    journal = FileJournal(tmp_path / JOURNAL, {})
    assert journal.write({"sound": np.arange(3), "evil": Evil(), "local": lit(1.0)})
    assert journal.read("sound").tolist() == [0, 1, 2]
    assert journal.read("local") == lit(1.0)
    assert journal.read("evil") is None
    assert not Path("evil").exists()
    assert journal.write({"sound": None})
    assert journal.read("sound") is None


def test_two_runs_cannot_share_a_place(crossed, tmp_path):
    pytest.importorskip("fcntl")
    _, first = store_of(crossed, tmp_path / "run")
    _, second = store_of(crossed, tmp_path / "run")
    with first, pytest.raises(OutputError, match="another run"):
        second.__enter__()


def test_the_digest_does_not_depend_on_order():
    a = Scenario("s", parameters={"a": 1.0, "b": 2.0}, suppress=frozenset("xyz"))
    b = Scenario("s", parameters={"b": 2.0, "a": 1.0}, suppress=frozenset("zyx"))
    assert digest(a) == digest(b)
    assert digest(a) != digest(replace(a, suppress=frozenset("xy")))
    assert pickle.loads(pickle.dumps(a)) == a


def test_stretches():
    done = joined([(5, 7), (0, 2), (2, 3), (9, 10)])
    assert done == [(0, 3), (5, 7), (9, 10)]
    assert list(gaps(done, 12)) == [(3, 5), (7, 9), (10, 12)]
    assert list(gaps([], 3)) == [(0, 3)]
    assert list(gaps([(0, 3)], 3)) == []
    assert list(cut([(3, 8)], 2, 1)) == [(3, 4), (4, 5), (5, 6), (6, 7), (7, 8)]
    shrinking = list(cut([(0, 50), (60, 110)], 10, 2))
    assert [last - first for first, last in shrinking[:4]] == [10, 10, 10, 8]
    assert shrinking[-3:] == [(107, 108), (108, 109), (109, 110)]
    assert joined(shrinking) == [(0, 50), (60, 110)]


SCRIPT = """
import sys
import sim.engine.run, sim.output.journal
sim.engine.run.PATIENCE = sim.output.journal.INTERVAL = 0.02
sim.output.journal.SHARE = 0
from sim.cli import main
main(sys.argv[1:])
"""
MODEL = """\
model: coin_war
clock: {start: 2025-01-06, step: 1 week, horizon: 10 weeks}
parameters: {pace: {prior: "uniform(0.02, 0.2)", unit: 1/week}}
phases:
  war: {values: [fighting, over], initial: fighting, moves: [fighting -> over: {rate: pace}]}
outcomes: {peace: {when: war.over}, war_goes_on: otherwise}
scenarios: {calm: {set: {pace: 0.05}}}
"""


def test_killed_outright_and_resumed_from_the_command_line(tmp_path):
    (tmp_path / "war.yaml").write_text(MODEL)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}

    def command(out, *more):
        words = ["run", "war.yaml", "-n", "60000", "-q", "-o", out, *more]
        return subprocess.Popen(
            [sys.executable, "-c", SCRIPT, *words], cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True
        )

    process = command("run")
    journal = tmp_path / "run.partial" / JOURNAL
    while not (journal / "scenario-baseline").exists() and process.poll() is None:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    refused = command("run", "--resume", "--seed", "5")
    assert "seed was 0, and is 5" in refused.communicate()[1]
    assert refused.returncode == 2
    for out, more in (("run", ["--resume"]), ("straight", ["--threads", "1"])):
        process = command(out, *more)
        assert process.communicate()[1] == ""
        assert process.returncode == 0
    for path in (tmp_path / "straight").iterdir():
        if path.name != "manifest.json":
            assert path.read_bytes() == (tmp_path / "run" / path.name).read_bytes()
