"""Who races, with how many trajectories a round."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.peers.c_peer import CONTRACTED, EXACT, c_program, has_gcc
from benchmarks.peers.case import REPLICATES, SEED, STRETCH, Case
from benchmarks.peers.data_peer import mesa_data_peer
from benchmarks.peers.jax_peer import has_jax, jax_program
from benchmarks.peers.numpy_peer import numpy_program
from benchmarks.peers.object_peers import Trajectories, ema_peer, has, mesa_peer, python_peer, simpy_peer
from benchmarks.peers.scalar_peer import Rules, numba_program
from sim.engine.driver import CHUNK

Slots = Sequence[np.ndarray] | np.ndarray
MOST_ERRORS = 5  # standard errors between two means
EMA, MESA, MESA_DATA = "ema_workbench", "Mesa, rules as functions", "Mesa, rules as data"
OTHER_SEED = 2  # of those that draw with generators of their own


@dataclass(frozen=True)
class Peer:
    """``run(seed)`` gives the slots of ``n`` trajectories at their end."""

    name: str
    n: int
    run: Callable[[int], Slots]
    same_draws: bool = False


@dataclass(frozen=True)
class Maker:
    """A peer that is made when it is its turn; ``installed`` False: it cannot."""

    name: str
    installed: bool
    make: Callable[[], Peer]


def makers(case: Case, quick: bool) -> Iterator[Maker]:
    """All peers of a case."""
    yield from (
        Maker("C, gcc -O3", has_gcc(), lambda: _c(case, "C, gcc -O3", EXACT)),
        Maker("C, gcc -O3, contracted", has_gcc(), lambda: _c(case, "C, gcc -O3, contracted", CONTRACTED)),
        Maker("numpy", True, lambda: _numpy(case)),
        Maker("JAX", has_jax(), lambda: _jax(case)),
        Maker("numba, scalar", True, lambda: _numba(case)),
    )
    rules = Rules.of(case.program, case.inputs, OTHER_SEED)
    n, answers = (10 if quick else 20), case.program.results.answers
    yield from (
        Maker("Python", True, lambda: _objects(case, "Python", python_peer(rules), n)),
        Maker(EMA, has(EMA), lambda: _objects(case, EMA, ema_peer(rules, answers), n)),
        Maker("simpy", has("simpy"), lambda: _objects(case, "simpy", simpy_peer(rules), n)),
        Maker(MESA, has("mesa"), lambda: _objects(case, MESA, mesa_peer(rules), n)),
        Maker(MESA_DATA, has("mesa"), lambda: _objects(case, MESA_DATA, mesa_data_peer(case.program, rules), n)),
    )


def _c(case: Case, name: str, contraction: str) -> Peer:
    n, run = STRETCH * CHUNK, c_program(case.program, case.inputs, REPLICATES, contraction)
    return Peer(name, n, lambda seed: run(case.sampled, seed, n), same_draws=True)


def _numpy(case: Case) -> Peer:
    n = 4 * CHUNK  # faster than one chunk: fewer calls; and than sixteen: they leave the cache
    run, lanes = numpy_program(case.program, case.inputs), case.lanes(n)
    return Peer("numpy", n, lambda seed: run(lanes, seed))


def _jax(case: Case) -> Peer:
    n = 4 * CHUNK
    run, lanes = jax_program(case.program, case.inputs), case.lanes(n)
    return Peer("JAX", n, lambda seed: run(lanes, seed))


def _numba(case: Case) -> Peer:
    run = numba_program(case.program, case.inputs, REPLICATES)
    return Peer("numba, scalar", CHUNK, lambda seed: run(case.sampled, seed, CHUNK))


def _objects(case: Case, name: str, run: Trajectories, n: int) -> Peer:
    """Every trajectory with parameters of its own; those of the tools go on in one stream of draws."""
    return Peer(name, n, lambda seed: run(case.sampled[:, seed * n : (seed + 1) * n]))


def compared(case: Case, peer: Peer, kernel: np.ndarray, repeats: int) -> tuple[str, float]:
    """Whether its states end as the kernel's do, and the largest difference of a mean in standard errors."""
    if peer.same_draws:
        states = case.states_of(peer.run(SEED), peer.n)
        if np.array_equal(states, kernel[:, : peer.n], equal_nan=True):
            return "same bits", 0.0
    parts = [case.states_of(peer.run(OTHER_SEED + i), peer.n) for i in range(repeats)]
    states = np.concatenate(parts, axis=1)
    one = np.nanvar(kernel, axis=1) / states.shape[1] if peer.n < REPLICATES * 10 else _variance(states, peer.n)
    errors = np.sqrt(one + _variance(kernel, kernel.shape[1]))
    away = np.abs(np.nanmean(states, axis=1) - np.nanmean(kernel, axis=1))
    worst = float(np.max(away[errors > 0] / errors[errors > 0], initial=0))
    return ("agrees" if worst < MOST_ERRORS else "DIFFERS"), worst


def _variance(states: np.ndarray, n: int) -> np.ndarray:
    """Of the mean of each state over runs of ``n`` trajectories, of which ``REPLICATES`` at a time share parameters."""
    runs = states.reshape(len(states), -1, n)[:, :, : n // REPLICATES * REPLICATES]
    means = np.nanmean(runs.reshape(len(states), -1, REPLICATES), axis=2)
    return np.asarray(np.nanvar(means, axis=1) / means.shape[1])
