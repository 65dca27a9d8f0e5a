import _thread
import itertools
import signal
import threading
import time
import weakref

import pytest

from sim.engine.executors import each, threads


@pytest.mark.parametrize("n", [1, 3, 20])
def test_every_task_is_done_once(n):
    states = list(threads(n)(range(50), list, lambda state, task: state.append(task)))
    assert sorted(task for state in states for task in state) == list(range(50))
    assert len(states) <= n


def test_states_are_not_shared():
    owners = {}

    def work(state, task):
        owners.setdefault(id(state), set()).add(threading.get_ident())
        state.append(task)
        time.sleep(0.001)

    list(threads(4)(range(40), list, work))
    assert all(len(idents) == 1 for idents in owners.values())


@pytest.mark.parametrize("n", [1, 4])
def test_a_failure_ends_the_rest_and_is_raised(n):
    done = []

    def work(state, task):
        done.append(task)
        if task == 5:
            raise ValueError("five")
        time.sleep(0.001)

    with pytest.raises(ValueError, match="five"):
        list(threads(n)(range(10_000), list, work))
    assert len(done) < 1000


def test_no_tasks():
    assert list(threads(2)([], list, lambda state, task: None)) == []


@pytest.mark.parametrize("n", [1, 3])
def test_states_are_handed_over_when_patience_ends(n):
    executor = threads(n, patience=0.0)
    assert sorted(map(tuple, executor(range(20), list, lambda state, task: state.append(task)))) == [
        (task,) for task in range(20)
    ]


def test_leaving_early_ends_the_threads():
    before = threading.active_count()
    states = threads(3, patience=0.0)(range(10**9), list, lambda state, task: time.sleep(0.001))
    next(states)
    states.close()
    assert threading.active_count() == before


@pytest.fixture
def interruptible():
    """Ctrl-C raises, even where the shell that started the tests ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_an_interrupt_ends_the_threads_wherever_it_comes():
    def interrupted(delay):
        timer = threading.Timer(delay, _thread.interrupt_main)
        timer.start()
        for _ in threads(3, patience=0.0)(itertools.count(), list, lambda state, task: state.append(task)):
            pass

    before = threading.active_count()
    for number in range(60):
        with pytest.raises(KeyboardInterrupt):
            interrupted(number * 0.0005)
        until = time.monotonic() + 10
        while threading.active_count() > before and time.monotonic() < until:
            time.sleep(0.001)
        assert threading.active_count() == before, number


class State:
    """Can be watched."""

    def __init__(self):
        self.tasks = []


@pytest.mark.parametrize("n", [1, 3])
def test_there_are_never_more_states_than_threads(n):
    alive, most = weakref.WeakSet(), 0

    def start():
        nonlocal most
        state = State()
        alive.add(state)
        most = max(most, len(alive))
        return state

    total = 0
    for state in threads(n, patience=0.0)(range(60), start, lambda state, task: state.tasks.append(task)):
        time.sleep(0.002)  # who takes them is slow
        total += len(state.tasks)
        del state
    assert total == 60
    assert most <= n + 1  # one may be let go of while the next begins


@pytest.mark.parametrize("late", [0.0, 0.05])
def test_a_failure_reaches_those_who_wait(late):
    """Others have handed over a state, and wait for it to be taken, when one fails."""

    def work(state, task):
        if task == 2:
            time.sleep(late)
            raise ValueError("two")

    before = threading.active_count()
    states = threads(3, patience=0.0)(range(50), list, work)
    with pytest.raises(ValueError, match="two"):
        any(time.sleep(0.01) for _ in states)
    assert threading.active_count() == before


@pytest.mark.parametrize("n", [1, 2, 7])
def test_what_is_made_of_each_comes_in_their_order(n):
    def slower_at_first(i):
        time.sleep(0.002 * (5 - i))
        return i * i

    assert each(slower_at_first, range(5), n) == [0, 1, 4, 9, 16]
    assert each(slower_at_first, [], n) == []
    with pytest.raises(ZeroDivisionError):
        each(lambda i: 1 // (i - 3), range(5), n)
