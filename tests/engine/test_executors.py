import threading
import time

import pytest

from sim.engine.executors import threads


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
