"""Workers of a Dask cluster, ours for the time of a run or one that is there already. Imported only when asked for.

The work travels as one object that the scheduler can hand to any worker at any time; each worker unpacks it
once, and with that compiles the program or loads it from its cache. No disk is shared. A task is sent again when its
worker dies; what comes back is a state that the client keeps, so that nothing finished is computed twice.
"""

import contextlib
import json
import logging
import pickle
import re
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

import numpy as np

from sim import __version__
from sim.engine.executors import KilledTask, State, Task
from sim.errors import ClusterError, CrossroadsError, UsageError

CONNECT = 6.0  # seconds to wait for a scheduler, and again for a first worker
ANSWER = 20.0  # seconds in which a scheduler that lives answers
LOOK = 2.0  # seconds between looks at the cluster
MOST_CULPRITS = 3  # tasks that kill workers, after which the others are not tried
DESERTED = 60.0  # seconds without any worker after which nobody is expected any more
LOCAL = re.compile(r"local(:(?P<n>[0-9]+))?")
ADDRESS = re.compile(r"[a-z]+://\S+")
Packed = tuple[int, bytes, bytes]
_unpacked: dict[str, Any] = {}
_unpacking = threading.Lock()


@contextlib.contextmanager
def cluster(address: str | None = None, scheduler_file: Path | None = None) -> "Iterator[DaskExecutor]":
    """The executor of a cluster: ``local:N``, an address such as ``tcp://host:8786``, or a scheduler's file.

    Raises:
        UsageError: if the words make no sense, or ``distributed`` is not installed.
        ClusterError: if there is no such cluster, or it has no workers.
    """
    if (address is None) == (scheduler_file is None):
        raise UsageError("give --cluster or --scheduler-file, not both")
    local = LOCAL.fullmatch(address or "")
    if address is not None and not local and not ADDRESS.fullmatch(address):
        raise UsageError(f"{address!r} is no cluster: give local:N or an address such as tcp://host:8786")
    try:
        import distributed
    except ImportError:
        raise UsageError("a cluster needs distributed: pip install 'crossroads-sim[distributed]'") from None
    _silence()
    with contextlib.ExitStack() as stack:
        if local:
            address = stack.enter_context(_local_cluster(distributed, int(local["n"] or 0))).scheduler_address
        place = address if address is not None else _address_in(scheduler_file or Path())
        client = _connected(distributed, place)
        stack.callback(_quietly, lambda: client.close(timeout=3))
        executor = DaskExecutor(client, place)
        executor.wait_for_a_worker()
        yield executor


@contextlib.contextmanager
def _local_cluster(distributed: Any, n: int) -> Iterator[Any]:
    """Processes of this machine that only it can reach."""
    import dask

    from sim.engine.executors import available_cores

    if n > 4096:
        raise UsageError(f"local:{n} is more processes than one machine has room for")
    with dask.config.set({"distributed.scheduler.allowed-failures": 1}):
        try:
            made = distributed.LocalCluster(
                n_workers=n or available_cores(), threads_per_worker=1, processes=True, host="127.0.0.1",
                dashboard_address="127.0.0.1:0", memory_limit=0, silence_logs=logging.CRITICAL + 1,
            )  # fmt: skip
        except (OSError, TimeoutError, RuntimeError) as error:
            raise ClusterError(f"no workers could be started on this machine: {error}") from error
        try:
            yield made
        finally:
            _quietly(lambda: made.close(timeout=5))


def _silence() -> None:
    """What goes wrong is said by our errors; the library's own reports of it are for its developers."""
    for name in ("distributed", "tornado", *logging.root.manager.loggerDict):
        if name.partition(".")[0] in ("distributed", "tornado"):
            logging.getLogger(name).handlers = [logging.NullHandler()]
            logging.getLogger(name).propagate = False


def _address_in(file: Path) -> str:
    try:
        return str(json.loads(file.read_text(encoding="utf-8"))["address"])
    except OSError as error:
        raise ClusterError(f"the scheduler file {file} cannot be read: {(error.strerror or '').lower()}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise ClusterError(f"{file} is no scheduler file of Dask: it holds no address") from error


def _connected(distributed: Any, address: str) -> Any:
    _knock(address)

    class Client(distributed.Client):  # type: ignore[misc]  # of a library without types
        def __del__(self) -> None:
            """It is closed when we are done; what never connected has nothing to close."""

    try:
        return Client(address, timeout=CONNECT, set_as_default=False)
    except (OSError, TimeoutError) as error:
        reason = (str(error).splitlines() or ["timed out"])[0]
        raise ClusterError(f"no Dask scheduler answers at {address} ({reason})") from error
    except Exception as error:  # whatever the answer of another service can raise
        raise ClusterError(f"what answers at {address} is no Dask scheduler") from error


def _knock(address: str) -> None:
    """Notice at once where nobody listens."""
    found = re.fullmatch(r"(?:tcp|tls)://(?:\[(?P<v6>[^]]+)]|(?P<host>[^:/]+)):(?P<port>[0-9]{1,5})/?", address)
    if found is None:
        return
    try:
        socket.create_connection((found["v6"] or found["host"], int(found["port"])), timeout=CONNECT).close()
    except (OSError, OverflowError) as error:
        reason = (getattr(error, "strerror", None) or str(error) or "no answer").lower()
        raise ClusterError(f"no Dask scheduler answers at {address} ({reason})") from error


def _quietly(close: Callable[[], Any]) -> None:
    """Close what may be gone already."""
    with contextlib.suppress(Exception):
        close()


class DaskExecutor:
    """Keeps as many tasks in flight as the workers have threads, and none waiting at a worker that may die."""

    grain = 6.0

    def __init__(self, client: Any, address: str) -> None:
        self.client, self.address = client, address
        self.n_workers = 1
        self._looked = self._manned = 0.0

    def wait_for_a_worker(self) -> None:
        deadline = time.monotonic() + CONNECT
        while not self._look():
            if time.monotonic() > deadline:
                raise ClusterError(f"the scheduler at {self.address} has no workers")
            time.sleep(0.1)

    def __call__(
        self, tasks: Iterable[Task], start: Callable[[], State], work: Callable[[State, Task], None]
    ) -> Iterator[State]:
        queue, suspects = iter(tasks), []
        flight = _Flight(self, start, work)
        more = True
        while more or flight.tasks:
            while more and len(flight.tasks) < self.n_workers:
                task = next(queue, None)
                more = task is not None
                if task is not None:
                    flight.send(task)
            if not flight.tasks:
                break
            task, state, is_killed = flight.land()
            if is_killed:
                suspects.append(task)
            else:
                yield state
        yield from self._alone(flight, suspects)

    def _alone(self, flight: "_Flight", suspects: list[Any]) -> Iterator[Any]:
        """Tasks that may only have died with another, part by part, so that it shows which it was."""
        culprits = []
        for part in (part for task in suspects for part in _singles(task)):
            flight.send(part)
            _, state, is_killed = flight.land()
            if not is_killed:
                yield state
                continue
            culprits.append(part)
            if len(culprits) == MOST_CULPRITS:
                break
        if culprits:
            raise KilledTask(culprits[0])

    def look(self) -> None:
        """Notice workers that come and go, and a scheduler that is gone."""
        now = time.monotonic()
        if self.client.status != "running":
            raise ClusterError(f"the scheduler at {self.address} is gone")
        if now - self._looked >= LOOK and not self._look() and now - self._manned > DESERTED:
            raise ClusterError(f"the scheduler at {self.address} has had no workers for {DESERTED:.0f} seconds")

    def _look(self) -> int:
        try:
            cores = self.client.sync(self.client.scheduler.ncores, callback_timeout=ANSWER)
        except Exception as error:  # whatever a broken connection raises
            raise ClusterError(f"the scheduler at {self.address} is gone") from error
        self._looked = time.monotonic()
        n = int(sum(cores.values()))
        if n:
            self._manned, self.n_workers = self._looked, n
        return n


class _Flight:
    """The tasks that are with the workers."""

    def __init__(self, executor: DaskExecutor, start: Callable[[], Any], work: Callable[[Any, Any], None]) -> None:
        self.executor, self.client = executor, executor.client
        self.tasks: dict[Any, Any] = {}  # by future
        self.landed: SimpleQueue[Any] = SimpleQueue()
        packed = pack((start, work))
        self.token = f"crossroads-{time.time_ns()}"
        self.packed = self._submit(_as_it_is, packed)

    def send(self, task: Any) -> None:
        future = self._submit(_fold, self.packed, self.token, __version__, task)
        self.tasks[future] = task
        future.add_done_callback(self.landed.put)

    def land(self) -> tuple[Any, Any, bool]:
        """The next task that is done, its state, and whether instead it has killed its workers."""
        while True:
            try:
                future = self.landed.get(timeout=LOOK / 4)
            except Empty:
                self.executor.look()
                continue
            if future in self.tasks:
                break
        task = self.tasks.pop(future)
        if future.status == "finished":
            return task, self._state(future), False
        if future.status != "error":
            raise ClusterError(f"the scheduler at {self.executor.address} has lost its tasks")
        error = future.exception(timeout=ANSWER)
        if type(error).__name__ == "KilledWorker":
            return task, None, True
        raise _as_ours(error)

    def _state(self, future: Any) -> Any:
        while True:
            try:
                return unpack(future.result(timeout=ANSWER))
            except TimeoutError:  # it died with its worker, and is being made again
                self.executor.look()
            except CrossroadsError:
                raise
            except Exception as error:
                self.executor.look()
                raise _as_ours(error) from error

    def _submit(self, function: Callable[..., Any], *arguments: Any) -> Any:
        try:
            return self.client.submit(function, *arguments, pure=False)
        except Exception as error:
            raise ClusterError(f"the scheduler at {self.executor.address} is gone") from error


def _as_ours(error: BaseException) -> BaseException:
    """What went wrong on a worker, in the words of a user where it lies with the cluster."""
    if isinstance(error, ModuleNotFoundError):
        return ClusterError(f"a worker lacks the module {error.name}: install crossroads {__version__} on all of them")
    if type(error).__name__ in ("CommClosedError", "FutureCancelledError", "CancelledError"):
        return ClusterError("the scheduler has lost its tasks")
    return error


def _singles(task: Any) -> Iterator[Any]:
    """The single numbers of a stretch, each a stretch of its own; anything else as it is."""
    if isinstance(task, tuple) and len(task) == 2 and all(isinstance(end, int) for end in task):
        yield from ((number, number + 1) for number in range(*task))
    else:
        yield task


def _as_it_is(packed: Packed) -> Packed:
    return packed


def _fold(packed: Packed, token: str, version: str, task: Any) -> Packed:
    """On a worker: one task, folded into a state of its own."""
    if version != __version__:
        raise ClusterError(f"a worker has crossroads {__version__}, and here is {version}: they must be the same")
    with _unpacking:
        if token not in _unpacked:
            _unpacked.clear()
            _unpacked[token] = unpack(packed)
        start, work = _unpacked[token]
    state = start()
    work(state, task)
    return pack(state)


def pack(value: object) -> Packed:
    """A pickle without its zeros, of which summaries have many: its length, where other bytes stand, and these."""
    data = np.frombuffer(pickle.dumps(value, protocol=5), np.uint8)
    is_kept = data != 0
    return len(data), np.packbits(is_kept).tobytes(), data[is_kept].tobytes()


def unpack(packed: Packed) -> Any:
    """What was packed."""
    length, where, kept = packed
    data = np.zeros(length, np.uint8)
    is_kept = np.unpackbits(np.frombuffer(where, np.uint8), count=length).view(np.bool_)
    data[is_kept] = np.frombuffer(kept, np.uint8)
    return pickle.loads(data.data)
