"""What a scenario changes, as numbers: paired differences where a comparison was run, else from the outcomes alone."""

import math
from dataclasses import dataclass

from sim.output.report.contents import Report, Row, Thing, number, rows_of
from sim.output.report.outcomes import Shares, outcome_shares


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


def differences(report: Report, shares: Shares, a: str, b: str) -> list[Difference]:
    """Scenario ``b`` less scenario ``a``: by pairs where the two were compared, else from the outcomes alone."""
    return paired(report, a, b) or unpaired(shares, a, b, report.outcomes)


def paired(report: Report, a: str, b: str) -> list[Difference]:
    """What compare.csv says of the outcomes of two scenarios, whichever of them it names first."""
    found = []
    for row in compared_outcomes(report):
        if (row["scenario_a"], row["scenario_b"]) == (b, a):
            numbers = (number(row, c) for c in ("b", "a", "low", "high"))
            found.append(Difference(str(row["what"]), *numbers))
        elif (row["scenario_a"], row["scenario_b"]) == (a, b):
            before, after, low, high = (number(row, c) for c in ("a", "b", "low", "high"))
            found.append(Difference(str(row["what"]), before, after, -high, -low))
    return found


def compared_outcomes(report: Report) -> list[Row]:
    """The rows of compare.csv that are of outcomes."""
    frame = report.table("compare")
    if not {"kind", "what", "scenario_a", "scenario_b", "a", "b", "low", "high"} <= set(frame.columns):
        return []
    return rows_of(frame[frame["kind"] == "outcome"])


def all_shares(report: Report) -> Shares:
    """The outcomes of every scenario; of those that were only compared, the probability alone."""
    rows = compared_outcomes(report)
    found: Shares = {(str(r[f"scenario_{x}"]), str(r["what"])): {"p": number(r, x)} for r in rows for x in "ab"}
    return found | (outcome_shares(report) if report.has("outcomes") else {})


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


def distance(found: list[Difference]) -> float:
    """How far apart two mixes of outcomes are: the share of futures that would have to change."""
    return sum(abs(d.value) for d in found if math.isfinite(d.value)) / 2


def headline(report: Report, shares: Shares) -> Thing | None:
    """The scenario whose outcomes differ most from the reference; None where there is nothing to compare."""
    reference, others = compared(report, shares)
    if reference is None or not others:
        return None
    return max(others, key=lambda s: distance(differences(report, shares, reference.key, s.key)))


def compared(report: Report, shares: Shares) -> tuple[Thing | None, list[Thing]]:
    """The reference scenario (the baseline, else the first) and the others that have outcomes."""
    present = [s for s in report.scenarios if any(key[0] == s.key for key in shares)]
    return (present[0], present[1:]) if present else (None, [])
