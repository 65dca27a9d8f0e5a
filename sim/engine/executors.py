"""Ways to work through the chunks of a run: tasks are folded into states, and the states handed over as they come.

An executor is a map. What is made of its states must not depend on which tasks each holds, nor on their order.
"""

import os
import time
from collections.abc import Callable, Iterable, Iterator
from queue import SimpleQueue
from threading import Event, Lock, Thread
from typing import Protocol, TypeVar

from sim.errors import ClusterError

Task = TypeVar("Task")
State = TypeVar("State")
Item = TypeVar("Item")
Found = TypeVar("Found")

FOREVER = float("inf")
GRAIN = 0.25


class KilledTask(ClusterError):
    """Every worker that takes this task dies."""

    def __init__(self, task: object) -> None:
        super().__init__(f"task {task} kills every worker that takes it")
        self.task = task


class Executor(Protocol):
    """Calls ``work(state, task)`` once for each task; states come from ``start`` and are never shared."""

    n_workers: int
    grain: float  # seconds that a task should take

    def __call__(
        self, tasks: Iterable[Task], start: Callable[[], State], work: Callable[[State, Task], None]
    ) -> Iterator[State]: ...


def threads(n_threads: int | None = None, patience: float = FOREVER) -> Executor:
    """Workers that are threads of this process.

    Args:
        n_threads: how many (None: one for each core that we may use).
        patience: seconds after which a state is handed over, and another started.
    """
    n = n_threads or available_cores()
    return _Serial(patience) if n == 1 else _Threads(n, patience)


def each(function: Callable[[Item], Found], items: Iterable[Item], n_threads: int) -> list[Found]:
    """What a function makes of each item, in their order; at most so many threads share them."""

    def work(state: dict[int, Found], item: tuple[int, Item]) -> None:
        state[item[0]] = function(item[1])

    found: dict[int, Found] = {}
    items = list(items)
    for state in threads(max(min(n_threads, len(items)), 1))(enumerate(items), dict, work):
        found |= state
    return [found[i] for i in range(len(found))]


def available_cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Serial:
    """All in the thread that asks for states."""

    n_workers, grain = 1, GRAIN

    def __init__(self, patience: float) -> None:
        self.patience = patience

    def __call__(
        self, tasks: Iterable[Task], start: Callable[[], State], work: Callable[[State, Task], None]
    ) -> Iterator[State]:
        state, since = None, 0.0
        for task in tasks:
            if state is None:
                state, since = start(), time.monotonic()
            work(state, task)
            if time.monotonic() - since >= self.patience:
                yield state
                state = None
        if state is not None:
            yield state


class _Threads:
    """Each thread takes the next task when it is done with one, so no more than ``n`` are in flight.

    A thread that has handed over a state waits until that is let go of: there are never more states than threads.
    """

    grain = GRAIN

    def __init__(self, n: int, patience: float) -> None:
        self.n_workers, self.patience = n, patience

    def __call__(
        self, tasks: Iterable[Task], start: Callable[[], State], work: Callable[[State, Task], None]
    ) -> Iterator[State]:
        queue, lock, stop = iter(tasks), Lock(), Event()
        waiting: list[SimpleQueue[None]] = []  # queues, as an interrupt may come while anything else is locked
        found: SimpleQueue[tuple[State, SimpleQueue[None]] | BaseException | None] = SimpleQueue()  # None: one is done

        def next_tasks() -> Iterator[Task]:
            while not stop.is_set():
                with lock:
                    try:
                        task = next(queue)
                    except StopIteration:
                        return
                yield task

        def fold() -> None:
            try:
                for state in _Serial(self.patience)(next_tasks(), start, work):
                    let_go: SimpleQueue[None] = SimpleQueue()
                    waiting.append(let_go)
                    found.put((state, let_go))
                    del state
                    if not stop.is_set():
                        let_go.get()
            except BaseException as error:
                stop.set()
                found.put(error)
            found.put(None)

        pool = [Thread(target=fold, name=f"crossroads-{i}", daemon=True) for i in range(self.n_workers)]
        try:
            for thread in pool:
                thread.start()
            working = self.n_workers
            while working:
                item = found.get()
                if isinstance(item, BaseException):
                    raise item
                if item is None:
                    working -= 1
                else:
                    state, let_go = item
                    del item
                    yield state
                    del state
                    let_go.put(None)
                    waiting.remove(let_go)
        finally:  # an interrupt or a failure ends the others after their present task
            stop.set()
            for let_go in waiting.copy():
                let_go.put(None)
            for thread in pool:
                if thread.ident is not None:
                    thread.join()
