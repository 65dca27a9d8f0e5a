"""Where the uniforms of the parameters come from: independent (random), a latin hypercube, or a Sobol sequence.

A design gives float64[n_parameters, last - first] in (0, 1) for any stretch of parameter draws.
"""

from collections.abc import Callable
from threading import Lock
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from sim.errors import UsageError
from sim.numerics.random import threefry, uniform52

Floats = npt.NDArray[np.float64]
Words = npt.NDArray[np.uint32]
Draws = npt.NDArray[np.uint64]

PARAMETERS = 0xFFFFFFFF  # the step of draws that are made once
ABOVE_ZERO, BELOW_ONE = 2.0**-53, 1 - 2.0**-53
ROUNDS = 8
SOBOL_BITS = 30  # points of the sequence: 2^30
SOBOL_RUN = 1024  # points made at once, a power of 2
SOBOL_KEPT = 4  # runs


class Design(Protocol):
    def uniforms(self, first: int, last: int) -> Floats: ...


class WordArrays:
    """The operations of the random generator (:class:`sim.numerics.ops.Ops`) on arrays of words."""

    def word(self, value: int) -> Words:
        return np.array([value & 0xFFFFFFFF], np.uint32)

    def wadd(self, a: Words, b: Words) -> Words:
        return a + b

    def wxor(self, a: Words, b: Words) -> Words:
        return a ^ b

    def wrotl(self, a: Words, count: int) -> Words:
        return (a << np.uint32(count)) | (a >> np.uint32(32 - count))

    def widen(self, a: Words) -> Any:
        return a.astype(np.uint64)

    def integer(self, value: int) -> Any:
        return np.uint64(value)

    def ishl(self, a: Any, count: int) -> Any:
        return a << np.uint64(count)

    def ilshr(self, a: Any, count: int) -> Any:
        return a >> np.uint64(count)

    def ior(self, a: Any, b: Any) -> Any:
        return a | b

    def from_bits(self, a: Any) -> Any:
        return a.view(np.float64)

    def real(self, value: float) -> float:
        return value

    def add(self, a: Any, b: Any) -> Any:
        return a + b

    def sub(self, a: Any, b: Any) -> Any:
        return a - b


def random_words(seed: int, purpose: int, sites: Words, draws: Draws) -> tuple[Words, Words, Words, Words]:
    """Four words for each site and draw number, each [n_sites, n_draws]; purpose 0 is that of the parameters."""
    ops: Any = WordArrays()
    low, high = (draws & np.uint64(0xFFFFFFFF)).astype(np.uint32), (draws >> np.uint64(32)).astype(np.uint32)
    shape = (len(sites), len(draws))
    counter = [np.broadcast_to(part, shape) for part in (low, high, ops.word(PARAMETERS), sites[:, None])]
    key = [ops.word(part) for part in (seed, seed >> 32, purpose, 0)]
    words: tuple[Words, Words, Words, Words] = threefry(ops, tuple(counter), tuple(key))  # type: ignore[arg-type]
    return words


class Random:
    """Independent uniforms: a function of the seed, the site of the parameter and the number of the draw."""

    def __init__(self, sites: list[int], seed: int) -> None:
        self.sites = np.array(sites, np.uint32)
        self.seed = seed

    def uniforms(self, first: int, last: int) -> Floats:
        draws = np.arange(first, last, dtype=np.uint64)
        if not len(self.sites):
            return np.zeros((0, len(draws)))
        ops: Any = WordArrays()
        high, low, _, _ = random_words(self.seed, 0, self.sites, draws)
        result: Floats = uniform52(ops, high, low)
        return result


class LatinHypercube:
    """One uniform in each of ``n`` equal slices of (0, 1), in an order of each parameter's own (McKay et al. 1979).

    The order is a keyed permutation of 0 .. n - 1 computed number by number, so any stretch of draws comes alone.
    """

    def __init__(self, sites: list[int], seed: int, n: int) -> None:
        self.inside = Random(sites, seed)
        self.n = n
        self.half = max(1, (max(n - 1, 1).bit_length() + 1) // 2)
        rounds = random_words(seed, 1, self.inside.sites, np.arange(ROUNDS // 4, dtype=np.uint64)) if sites else ()
        self.keys = np.concatenate(rounds, axis=1) if sites else np.zeros((0, ROUNDS), np.uint32)

    def uniforms(self, first: int, last: int) -> Floats:
        jitter = self.inside.uniforms(first, last)
        place = np.broadcast_to(np.arange(first, last, dtype=np.uint64), jitter.shape).copy()
        outside = np.ones(place.shape, np.bool_)
        while outside.any():  # walk on until back among the first n
            place = np.where(outside, self._shuffled(place), place)
            outside = place >= np.uint64(self.n)
        return np.clip((place.astype(np.float64) + jitter) / self.n, ABOVE_ZERO, BELOW_ONE)

    def _shuffled(self, place: Draws) -> Draws:
        """A Feistel network: a permutation of the numbers of 2 * half bits."""
        mask, half = np.uint64(2**self.half - 1), np.uint64(self.half)
        left, right = place >> half, place & mask
        for number in range(ROUNDS):
            mixed = _mixed(right.astype(np.uint32) ^ self.keys[:, number, None]).astype(np.uint64)
            left, right = right, left ^ (mixed & mask)
        return (left << half) | right


def _mixed(word: Words) -> Words:
    """A bijection of 32-bit words in which every bit of the result depends on every bit given."""
    word = (word ^ (word >> np.uint32(16))) * np.uint32(0x7FEB352D)
    word = (word ^ (word >> np.uint32(15))) * np.uint32(0x846CA68B)
    return word ^ (word >> np.uint32(16))


class Sobol:
    """A scrambled Sobol sequence (Owen 1998; scipy's), one dimension for each parameter in the order given.

    The generator goes through the sequence in order, so it makes whole runs of points, and the last few are kept.
    """

    def __init__(self, n_parameters: int, seed: int, n: int) -> None:
        if n > 2**SOBOL_BITS:
            raise UsageError(f"a Sobol design has at most {2**SOBOL_BITS:_} parameter draws")
        self.n_parameters = n_parameters
        self.seed = seed
        self._begin()

    def _begin(self) -> None:
        self._position = 0
        self._engine: Any = None
        self._runs: dict[int, Floats] = {}
        self._lock = Lock()

    def __getstate__(self) -> dict[str, Any]:
        """What travels to another process, where the sequence begins anew."""
        return {"n_parameters": self.n_parameters, "seed": self.seed}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._begin()

    def uniforms(self, first: int, last: int) -> Floats:
        if self.n_parameters == 0:
            return np.zeros((0, last - first))
        numbers = range(first // SOBOL_RUN, (last - 1) // SOBOL_RUN + 1)
        with self._lock:
            points = np.concatenate([self._run(number) for number in numbers])
        start = first - numbers.start * SOBOL_RUN
        return np.ascontiguousarray(points[start : start + last - first].T) + 2.0 ** -(SOBOL_BITS + 1)

    def _run(self, number: int) -> Floats:
        """Run ``number`` of the points: float64[SOBOL_RUN, n_parameters]."""
        if number not in self._runs:
            if self._engine is None or number * SOBOL_RUN < self._position:
                self._restart()
            if number * SOBOL_RUN > self._position:
                self._engine.fast_forward(number * SOBOL_RUN - self._position)
            self._runs[number] = self._engine.random(SOBOL_RUN)
            self._position = (number + 1) * SOBOL_RUN
            if len(self._runs) > SOBOL_KEPT:
                del self._runs[next(iter(self._runs))]
        return self._runs[number]

    def _restart(self) -> None:
        from scipy.stats import qmc

        generator = np.random.Generator(np.random.Philox(self.seed))
        self._engine = qmc.Sobol(self.n_parameters, scramble=True, bits=SOBOL_BITS, rng=generator)
        self._position = 0


def _random(sites: list[int], seed: int, n: int) -> Design:
    return Random(sites, seed)


def _sobol(sites: list[int], seed: int, n: int) -> Design:
    return Sobol(len(sites), seed, n)


DESIGNS: dict[str, Callable[[list[int], int, int], Design]] = {
    "random": _random,
    "lhs": LatinHypercube,
    "sobol": _sobol,
}


def design_of(kind: str, sites: list[int], seed: int, n: int) -> Design:
    """The design of that name for ``n`` parameter draws; sites in the order of dimensions."""
    if kind not in DESIGNS:
        raise UsageError(f"no design is called {kind!r}; there are {', '.join(DESIGNS)}")
    return DESIGNS[kind](sites, seed, n)
