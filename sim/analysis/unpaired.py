"""Differences of two runs that have nothing in common but what they are about."""

import math

from sim.engine.intervals import Z95


def share_difference(a: tuple[float, float, float], b: tuple[float, float, float]) -> tuple[float, float, float]:
    """Difference a - b of two independent shares and its 95% interval, each share given with its own.

    The distances from the shares to the ends of their intervals add up as squares (Newcombe 1998, Statistics in
    Medicine 17, 873-890, method 10).
    """
    (p, p_low, p_high), (q, q_low, q_high) = a, b
    difference = p - q
    return difference, difference - math.hypot(p - p_low, q_high - q), difference + math.hypot(p_high - p, q - q_low)


def mean_difference(a: float, se_a: float, b: float, se_b: float) -> tuple[float, float, float]:
    """Difference a - b of two independent means and its 95% interval, from their standard errors."""
    half = Z95 * math.hypot(se_a, se_b)
    return a - b, a - b - half, a - b + half
