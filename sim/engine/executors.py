"""Ways to work through the chunks of a run: each folds tasks into states, one state for each worker."""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from threading import Event, Lock
from typing import Protocol, TypeVar

State = TypeVar("State")


class Executor(Protocol):
    """Calls ``work(state, task)`` once for each task; states come from ``start`` and are never shared."""

    def __call__(
        self, tasks: Iterable[int], start: Callable[[], State], work: Callable[[State, int], None]
    ) -> list[State]: ...


def threads(n_threads: int | None = None) -> Executor:
    """Workers that are threads of this process (None: one for each core that we may use)."""
    n = n_threads or available_cores()
    return _serial if n == 1 else _Threads(n)


def available_cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _serial(tasks: Iterable[int], start: Callable[[], State], work: Callable[[State, int], None]) -> list[State]:
    state = start()
    for task in tasks:
        work(state, task)
    return [state]


class _Threads:
    """Each thread takes the next task when it is done with one, so no more than ``n`` are in flight."""

    def __init__(self, n: int) -> None:
        self.n = n

    def __call__(
        self, tasks: Iterable[int], start: Callable[[], State], work: Callable[[State, int], None]
    ) -> list[State]:
        queue, lock, stop = iter(tasks), Lock(), Event()

        def fold() -> State | None:
            state = None
            while not stop.is_set():
                with lock:
                    task = next(queue, None)
                if task is None:
                    break
                state = start() if state is None else state
                work(state, task)
            return state

        with ThreadPoolExecutor(self.n, "crossroads") as pool:
            futures = [pool.submit(fold) for _ in range(self.n)]
            try:
                wait(futures, return_when=FIRST_EXCEPTION)
            finally:  # an interrupt or a failure ends the others after their present task
                stop.set()
            states = [future.result() for future in futures]
        return [state for state in states if state is not None]
