"""Whether the model agrees with a claim.

The verdict on a metric comes from the 95% interval of the paired difference alone:

- ``supported``: the whole interval lies on the expected side of zero; where ``same`` is expected, within the margin;
- ``reversed``: the whole interval lies on the other side; where ``same`` is expected, outside the margin;
- ``not supported``: neither.

The verdict on a claim goes by the metrics under ``claimed``: supported if all of them are, reversed if some are
reversed and none is supported, else not supported. Those under ``qualified`` and ``mechanism`` do not count.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sim.analysis.claims import Claim, Contrast, Metric
from sim.analysis.compare import Comparison, Difference
from sim.engine.results import Settings
from sim.errors import UsageError

Verdict = Literal["supported", "not supported", "reversed", ""]


@dataclass(frozen=True, slots=True)
class Finding:
    """A metric as the model has it."""

    contrast: Contrast
    metric: Metric
    row: Difference
    verdict: Verdict  # empty where nothing is expected

    @property
    def expected_share(self) -> float:
        """Share of parameter draws whose difference has the expected sign; NaN where none is expected."""
        if self.metric.expect not in ("higher", "lower"):
            return float("nan")
        as_expected = (self.row.difference > 0) == (self.metric.expect == "higher")
        return self.row.sign_share if as_expected else 1 - self.row.sign_share


@dataclass(frozen=True)
class Judgement:
    """A claim with what was found."""

    claim: Claim
    settings: Settings
    findings: tuple[Finding, ...]
    failures: int

    def under(self, role: str) -> list[Finding]:
        return [f for f in self.findings if f.metric.role == role]

    @property
    def n_supported(self) -> int:
        return sum(f.verdict == "supported" for f in self.under("claimed"))

    @property
    def verdict(self) -> Verdict:
        verdicts = [f.verdict for f in self.under("claimed")]
        if self.n_supported == len(verdicts):
            return "supported"
        return "reversed" if "reversed" in verdicts and self.n_supported == 0 else "not supported"


def judge(claim: Claim, comparisons: Sequence[Comparison]) -> Judgement:
    """Judge a claim by the comparisons of its contrasts, in their order."""
    findings = [
        _finding(claim, contrast, metric, comparison)
        for contrast, comparison in zip(claim.contrasts, comparisons, strict=True)
        for metric in contrast.metrics
    ]
    failures = sum(comparison.failures for comparison in comparisons)
    return Judgement(claim, comparisons[0].settings, tuple(findings), failures)


def _finding(claim: Claim, contrast: Contrast, metric: Metric, comparison: Comparison) -> Finding:
    row = comparison.row(metric.kind, metric.what, metric.aspect, metric.date)
    if row is None:
        what = " ".join(part for part in (metric.kind, metric.what, metric.aspect, metric.date) if part)
        raise UsageError(f"{claim.study.path}: claim {claim.name}: there is no {what} to compare")
    return Finding(contrast, metric, row, verdict_of(row, metric))


def verdict_of(row: Difference, metric: Metric) -> Verdict:
    """What the interval of a difference says of an expectation."""
    low, high = row.low, row.high
    if not metric.expect:
        return ""
    if metric.expect == "same":
        as_expected = -metric.within <= low and high <= metric.within
        otherwise = low > metric.within or high < -metric.within
    else:
        as_expected, otherwise = (low > 0, high < 0) if metric.expect == "higher" else (high < 0, low > 0)
    return "supported" if as_expected else "reversed" if otherwise else "not supported"
