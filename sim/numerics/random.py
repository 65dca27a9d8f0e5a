"""The random generator: Threefry4x32 with 20 rounds, a pure function of a counter and a key.

Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011 (Random123). A step of the
generator is additions, exclusive ors and rotations of 32-bit words, so it is exact on every platform.
"""

from sim.numerics.ops import Ops, Real, Word

PARITY = 0x1BD11BDA
ROTATIONS = ((10, 26), (11, 21), (13, 27), (23, 5), (6, 20), (17, 11), (25, 10), (18, 20))

Words = tuple[Word, Word, Word, Word]


def threefry(ops: Ops, counter: Words, key: Words) -> Words:
    """The four random words that belong to a counter and a key."""
    keys = key_schedule(ops, key)
    state = _inject(ops, counter, keys, 0)
    for number in range(20):
        state = _round(ops, state, number)
        if number % 4 == 3:
            state = _inject(ops, state, keys, number // 4 + 1)
    return state


def key_schedule(ops: Ops, key: Words) -> tuple[Word, Word, Word, Word, Word]:
    """The key and its parity word."""
    parity = ops.word(PARITY)
    for word in key:
        parity = ops.wxor(parity, word)
    return (*key, parity)


def _inject(ops: Ops, state: Words, keys: tuple[Word, ...], number: int) -> Words:
    """The number goes with the key first: their sum is the same for every counter."""
    a, b, c, d = (keys[(number + i) % 5] for i in range(4))
    last = ops.wadd(d, ops.word(number)) if number else d
    return ops.wadd(state[0], a), ops.wadd(state[1], b), ops.wadd(state[2], c), ops.wadd(state[3], last)


def _round(ops: Ops, state: Words, number: int) -> Words:
    a, b, c, d = state
    first, second = ROTATIONS[number % 8]
    if number % 2:
        a, d = _mix(ops, a, d, first)
        c, b = _mix(ops, c, b, second)
    else:
        a, b = _mix(ops, a, b, first)
        c, d = _mix(ops, c, d, second)
    return a, b, c, d


def _mix(ops: Ops, a: Word, b: Word, rotation: int) -> tuple[Word, Word]:
    total = ops.wadd(a, b)
    return total, ops.wxor(ops.wrotl(b, rotation), total)


def uniform32(ops: Ops, word: Word) -> Real:
    """(word + 1/2) / 2**32 exactly: the middle of one of 2**32 equal cells, never 0 or 1."""
    shifted = ops.ishl(ops.widen(word), 20)
    return ops.sub(ops.from_bits(ops.ior(shifted, ops.integer(0x3FF0_0000_0008_0000))), ops.real(1.0))


def uniform52(ops: Ops, high: Word, low: Word) -> Real:
    """The middle of one of 2**52 equal cells of (0, 1), from two words (the low 12 bits of ``low`` unused)."""
    mantissa = ops.ior(ops.ishl(ops.widen(high), 20), ops.ilshr(ops.widen(low), 12))
    cell = ops.sub(ops.from_bits(ops.ior(mantissa, ops.integer(0x3FF0_0000_0000_0000))), ops.real(1.0))
    return ops.add(cell, ops.real(2.0**-53))
