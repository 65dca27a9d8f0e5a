import os
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

import sim.engine.run as run_module
import sim.output.journal as journal_module
from sim.compiler.kernel import build
from sim.compiler.lower import lower
from sim.engine.driver import CHUNK
from sim.engine.executors import KilledTask
from sim.engine.run import run_with, settings_of
from sim.engine.runner import ChunkWork, Tally
from sim.engine.scenario_run import ScenarioRun
from sim.engine.summaries import ScenarioSummary, Shape
from sim.errors import ClusterError, UsageError
from sim.output.identity import identity_of_run
from sim.output.store import Store
from tests.engine.models import crossing, study
from tests.engine.test_resume import MODEL, texts

distributed = pytest.importorskip("distributed", reason="the extra `distributed` is not installed")
dask_executor = pytest.importorskip("sim.engine.dask_executor")

N = 20_011
ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.filterwarnings("ignore")  # of a library that leaves sockets and threads behind


@pytest.fixture(scope="module")
def crossed():
    return study(crossing(), n=N)


@pytest.fixture(scope="module")
def settings(crossed):
    return settings_of(crossed, threads=2, keep=30)


@pytest.fixture(scope="module")
def whole(crossed, settings):
    return texts(run_with(crossed, settings))


@pytest.fixture(scope="module")
def local():
    with dask_executor.cluster("local:2") as executor:
        executor.grain = 0.05
        yield executor


def note(state, task):
    state.append(task)
    time.sleep(0.02)


def die_at_five(state, task):
    if task[0] <= 5 < task[1]:
        os.kill(os.getpid(), signal.SIGKILL)
    state.append(task)


class Deadly(ChunkWork):
    def add(self, part, stretch):
        if stretch[0] <= 1 < stretch[1]:
            os.kill(os.getpid(), signal.SIGKILL)
        super().add(part, stretch)


def fail(state, task):
    raise ZeroDivisionError("ours")


def test_bytes_are_those_of_threads(crossed, settings, whole, local):
    counted = []
    found = run_with(crossed, settings, progress=lambda done, _: counted.append(done), executor=local)
    assert texts(found) == whole
    assert counted[-1] == 2 * N


def test_a_killed_worker_costs_time_only(local):
    tasks = [(i, i + 1) for i in range(60)]
    pids = list(local.client.run(os.getpid).values())
    states = local(tasks, list, note)
    found = [next(states)]
    os.kill(pids[0], signal.SIGKILL)
    found += list(states)
    assert sorted(task for state in found for task in state) == tasks


def test_a_task_that_kills_its_workers_is_named_and_the_others_are_done(local):
    found = []
    with pytest.raises(KilledTask) as killed:
        found.extend(local([(0, 4), (4, 8), (8, 12), (12, 16)], list, die_at_five))
    assert killed.value.task == (5, 6)
    done = [number for state in found for task in state for number in range(*task)]  # some alone, after dying with it
    assert len(done) == len(set(done))
    assert {0, 1, 2, 3, 4} <= set(done)
    assert 5 not in done


def test_a_failure_on_a_worker_is_ours(local):
    with pytest.raises(ZeroDivisionError, match="ours"):
        list(local([(0, 1)], list, fail))


def test_another_version_is_refused(local, monkeypatch):
    monkeypatch.setattr(dask_executor, "__version__", "99")
    with pytest.raises(ClusterError, match="here is 99"):
        list(local([(0, 1)], list, note))


def test_words_that_make_no_sense():
    for address, file in (("here", None), (None, None), ("local:2", Path("file"))):
        with pytest.raises(UsageError), dask_executor.cluster(address, file):
            pass


def test_a_cluster_that_is_not_there_is_a_clear_sentence_soon(tmp_path):
    with socket.socket() as deaf, socket.socket() as other:
        deaf.bind(("127.0.0.1", 0))  # nobody listens
        other.bind(("127.0.0.1", 0))
        other.listen()

        def answer():
            while True:
                try:
                    connection = other.accept()[0]
                except OSError:
                    return
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                connection.close()

        threading.Thread(target=answer, daemon=True).start()
        (tmp_path / "wrong.json").write_text("{}")
        for address, file, said in (
            (f"tcp://127.0.0.1:{deaf.getsockname()[1]}", None, "no Dask scheduler answers at tcp.*refused"),
            (f"tcp://127.0.0.1:{other.getsockname()[1]}", None, "Dask scheduler"),
            (None, tmp_path / "none.json", "cannot be read: no such file"),
            (None, tmp_path / "wrong.json", "holds no address"),
        ):
            began = time.monotonic()
            with pytest.raises(ClusterError, match=said), dask_executor.cluster(address, file):
                pass
            assert time.monotonic() - began < 15


@pytest.fixture
def eager(monkeypatch):
    monkeypatch.setattr(run_module, "PATIENCE", 0.0)
    monkeypatch.setattr(journal_module, "INTERVAL", 0.0)
    monkeypatch.setattr(journal_module, "SHARE", 0)


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    """A scheduler and a worker in a folder of their own, and the file that names the scheduler."""
    tmp_path = tmp_path_factory.mktemp("elsewhere")
    file = tmp_path / "scheduler.json"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    common = ["--scheduler-file", str(file), "--no-dashboard"]
    commands = {
        "scheduler": ["distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0", *common],
        "worker": ["distributed.cli.dask_worker", "--nthreads", "1", "--no-nanny", *common],
    }
    started = {
        name: subprocess.Popen(
            [sys.executable, "-m", *words], cwd=tmp_path, env=environment,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        for name, words in commands.items()
    }  # fmt: skip
    while not file.exists():
        time.sleep(0.05)
    yield file, started
    for process in started.values():
        process.kill()
        process.wait()


def test_a_chunk_that_kills_its_workers_is_named(crossed, settings, local):
    kernel = build(lower(crossed.model, frozenset()))
    run = ScenarioRun.of(kernel, crossed.model, crossed.scenarios[0], replace(settings, keep=0))
    shape = Shape(kernel.program.layout, crossed.model.questions, N, settings.replicates)
    work = Deadly(run, ScenarioSummary.start(shape, run.pilot(shape.n_observed)), Tally(), "baseline")
    named = rf"chunk 1 of the scenario baseline \(trajectories {CHUNK} to {2 * CHUNK - 1}\) kills"
    with pytest.raises(ClusterError, match=named):
        list(work.through(local, [(0, 1), (1, 2)]))


SCRIPT = """
import sys
import sim.engine.dask_executor, sim.output.journal
sim.output.journal.INTERVAL = 0.01
sim.output.journal.SHARE = 0
sim.engine.dask_executor.DaskExecutor.grain = 0.01
sim.engine.dask_executor.CONNECT = 60.0
from sim.cli import main
main(sys.argv[1:])
"""


def test_a_killed_client_goes_on(elsewhere, tmp_path):
    file, _ = elsewhere
    (tmp_path / "war.yaml").write_text(MODEL)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    words = [sys.executable, "-c", SCRIPT, "run", "war.yaml", "-n", "50000", "-q"]
    cluster = ["--scheduler-file", str(file)]
    client = subprocess.Popen([*words, "-o", "run", *cluster], cwd=tmp_path, env=environment)
    while not (tmp_path / "run.partial/journal/scenario-baseline").exists() and client.poll() is None:
        time.sleep(0.005)
    client.kill()
    client.wait()
    assert (tmp_path / "run.partial").exists()
    subprocess.run([*words, "-o", "run", "--resume", *cluster], cwd=tmp_path, env=environment, check=True)
    subprocess.run([*words, "-o", "straight"], cwd=tmp_path, env=environment, check=True)
    for path in (tmp_path / "straight").iterdir():
        if path.name != "manifest.json":
            assert path.read_bytes() == (tmp_path / "run" / path.name).read_bytes()


@pytest.mark.usefixtures("eager")
def test_lost_at_last_the_scheduler_leaves_a_journal(crossed, settings, whole, elsewhere, tmp_path, monkeypatch):
    monkeypatch.setattr(dask_executor, "CONNECT", 60.0)
    file, processes = elsewhere
    identity = identity_of_run(crossed, crossed.scenarios, settings)

    def progress(done, total):
        if done > 4000:
            processes["scheduler"].kill()

    def lose():
        with Store(tmp_path / "run", identity=identity) as store, dask_executor.cluster(None, file) as executor:
            executor.grain = 0.001
            run_with(crossed, settings, progress=progress, executor=executor, journal=store.journal)

    with pytest.raises(ClusterError, match=r"scheduler .* (is gone|lost)"):
        lose()
    assert (tmp_path / "run.partial").exists()
    with Store(tmp_path / "run", identity=identity, resume=True) as store:
        assert texts(run_with(crossed, settings, journal=store.journal)) == whole
