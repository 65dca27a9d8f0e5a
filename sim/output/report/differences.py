"""What a scenario changes, as numbers: paired differences where a comparison was run, else from the outcomes alone."""

import math
from dataclasses import dataclass

from sim.output.report.contents import Report, Row, Thing, number
from sim.output.report.outcomes import Shares


@dataclass(frozen=True)
class Difference:
    """Probability of an outcome in one scenario less that in another, with the 95% Monte Carlo interval."""

    outcome: str
    a: float
    b: float
    low: float
    high: float

    @property
    def value(self) -> float:
        return self.b - self.a

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves out zero."""
        return self.low > 0 or self.high < 0


def unpaired(shares: Shares, a: str, b: str, outcomes: tuple[Thing, ...]) -> list[Difference]:
    """Differences of two scenarios by Newcombe's rule, which takes the two intervals for independent.

    On common random numbers the truth is known better than that: these intervals err on the wide side.
    """
    pairs = ((o.key, shares.get((a, o.key)), shares.get((b, o.key))) for o in outcomes)
    return [_difference(key, before, after) for key, before, after in pairs if before and after]


def _difference(outcome: str, before: Row, after: Row) -> Difference:
    a, b = number(before, "p"), number(after, "p")
    down = math.hypot(b - number(after, "p_low"), number(before, "p_high") - a)
    up = math.hypot(number(after, "p_high") - b, a - number(before, "p_low"))
    return Difference(outcome, a, b, b - a - down, b - a + up)


def distance(differences: list[Difference]) -> float:
    """How far apart two mixes of outcomes are: the share of futures that would have to change."""
    return sum(abs(d.value) for d in differences if math.isfinite(d.value)) / 2


def headline(report: Report, shares: Shares) -> Thing | None:
    """The scenario whose outcomes differ most from the reference; None where there is nothing to compare."""
    reference, others = compared(report, shares)
    if reference is None or not others:
        return None
    return max(others, key=lambda s: distance(unpaired(shares, reference.key, s.key, report.outcomes)))


def compared(report: Report, shares: Shares) -> tuple[Thing | None, list[Thing]]:
    """The reference scenario (the baseline, else the first) and the others that have outcomes."""
    present = [s for s in report.scenarios if any(key[0] == s.key for key in shares)]
    return (present[0], present[1:]) if present else (None, [])
