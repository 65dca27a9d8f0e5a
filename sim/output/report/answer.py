"""The answer in three sentences: what to expect, what changes, how sure to be.

Likelihood and confidence never share a sentence (ICD 203): the first two speak of likelihood, the third of confidence.
"""

from typing import Any

from sim.output.phrases import word_for
from sim.output.report.contents import Report, Row, Thing, band_of, number
from sim.output.report.differences import Difference, all_shares, compared, differences, headline
from sim.output.report.outcomes import Shares, phrase_of
from sim.output.report.text import about, clip, count, in_words, is_number, percent, signed

LOW_FROM = 0.5  # confidence is low where parameters of low confidence carry half of the explained variance
HIGH_FROM = 0.75


def build(report: Report) -> dict[str, Any] | str:
    shares = all_shares(report)
    reference, others = compared(report, shares)
    if reference is None:
        if report.has("points") and report.outcomes:
            return "This is a sweep: its answer is how the outcomes move from point to point, shown below."
        return "There is no outcomes.csv, so no outcome can be given; the sections below show what there is."
    subject = headline(report, shares) if len(others) == 1 else reference
    assert subject is not None
    return {
        "sentences": [
            ("What to expect", expectation(report, shares, subject)),
            ("What changes" if others else "What comes next", change(report, shares, reference, others)),
            ("How sure we are", confidence(report)),
        ]
    }


def quoted(thing: Thing) -> str:
    return f"“{clip(thing.title, 90)}”"


def ranked(report: Report, shares: Shares, scenario: Thing) -> list[tuple[Thing, Row]]:
    """The outcomes of a scenario, the most probable first."""
    rows = [(o, shares[scenario.key, o.key]) for o in report.outcomes if (scenario.key, o.key) in shares]
    return sorted(rows, key=lambda pair: -number(pair[1], "p"))


def likelihood(row: Row) -> str:
    """ICD 203 words with the number and the epistemic band behind them."""
    all_three = [number(row, "p"), *band_of(row)]
    p, low, high = (about(x, *all_three) for x in all_three)
    text = f"{word_for(all_three[0])} ({p})"
    if is_number(all_three[1]) and is_number(all_three[2]):
        words = phrase_of(row) + " " if " to " in phrase_of(row) else ""
        text += f", and {words}({low} to {high}) over what the parameters leave open"
    return text


def expectation(report: Report, shares: Shares, scenario: Thing) -> str:
    outcome, row = ranked(report, shares, scenario)[0]
    return f"Under {quoted(scenario)}, the most probable outcome is {quoted(outcome)}: {likelihood(row)}."


def change(report: Report, shares: Shares, reference: Thing, others: list[Thing]) -> str:
    if not others:
        return _runner_up(report, shares, reference)
    other = headline(report, shares)
    assert other is not None
    found = [d for d in differences(report, shares, reference.key, other.key) if is_number(d.value)]
    if not found:
        return f"{quoted(other)} and {quoted(reference)} have no outcome in common."
    largest = max(found, key=lambda d: abs(d.value))
    return _lead(reference, other, len(others), largest.is_clear) + _shift(report, largest)


def _lead(reference: Thing, other: Thing, n_others: int, is_clear: bool) -> str:
    if not is_clear:
        pair = f"{quoted(other)} differs from {quoted(reference)}"
        return f"No outcome of {pair} beyond Monte Carlo error; the largest difference is in "
    if n_others == 1:
        return f"Against {quoted(reference)}, what changes most is "
    return f"Of the {in_words(n_others)} other scenarios {quoted(other)} changes most, above all "


def _shift(report: Report, largest: Difference) -> str:
    size = signed(100 * largest.value, 1).replace("+", "plus ").replace("−", "minus ")
    return (
        f"{quoted(report.outcome(largest.outcome))}: from {word_for(largest.a)} ({percent(largest.a)}) to "
        f"{word_for(largest.b)} ({percent(largest.b)}), {size} percentage points."
    )


def _runner_up(report: Report, shares: Shares, scenario: Thing) -> str:
    outcomes = ranked(report, shares, scenario)
    if len(outcomes) < 2:
        return "The model knows no other outcome."
    outcome, row = outcomes[1]
    return f"Next comes {quoted(outcome)}: {likelihood(row)}."


def confidence(report: Report) -> str:
    """How good the basis is: a sentence about sources, with no word on likelihood."""
    parameters = report.rows("parameters")
    if not parameters:
        return "Nothing in the run tells how good its basis is: it has no uncertain parameters with a source."
    shares = confidence_shares(report, parameters)
    if shares["low"] + shares["moderate"] + shares["high"] == 0:
        return "How good the basis is cannot be said: no uncertain parameter states its confidence."
    basis = "what parameters explain of the outcomes" if report.has("drivers") else "the uncertain parameters"
    n_judged = sum("judgement" in str(row.get("source", "")).lower() for row in parameters)
    return (
        f"Confidence in these figures is {level(shares)}, by the rule given below: numbers of low confidence carry "
        f"{percent(shares['low'], 0)} of {basis}, and {count(n_judged)} of {count(len(parameters))} parameters "
        "name expert judgement as a source."
    )


def level(shares: dict[str, float]) -> str:
    if shares["low"] >= LOW_FROM:
        return "low"
    return "high" if shares["high"] >= HIGH_FROM and shares["low"] < 0.1 else "moderate"


def confidence_shares(report: Report, parameters: list[Row]) -> dict[str, float]:
    """How much weight lies on parameters of each confidence: by variance explained, where the run has drivers."""
    weights = driver_weights(report) or {str(row["parameter"]): 1.0 for row in parameters}
    found = dict.fromkeys(("low", "moderate", "high", ""), 0.0)
    for row in parameters:
        key = str(row.get("confidence", ""))
        found[key if key in found else ""] += weights.get(str(row["parameter"]), 0.0)
    total = sum(found.values())
    return {key: value / total if total else 0.0 for key, value in found.items()}


def driver_weights(report: Report) -> dict[str, float]:
    """Variance of the outcomes that each parameter explains alone, summed over outcomes and scenarios."""
    if not report.has("drivers"):
        return {}
    frame = report.table("drivers")
    frame = frame[frame["target"].isin([o.key for o in report.outcomes])]
    sums = frame["s1"].clip(lower=0.0).groupby(frame["parameter"], sort=False).sum()
    found = {str(name): float(value) for name, value in sums.items()}
    return found if sum(found.values()) > 0 else {}
