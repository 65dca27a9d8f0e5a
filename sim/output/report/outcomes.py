"""Outcomes per scenario: a mix at a glance, then each outcome with its two kinds of uncertainty."""

from collections.abc import Sequence
from typing import Any

from sim.output.phrases import word_for
from sim.output.report.charts import (
    Cell,
    Chart,
    Column,
    Group,
    Key,
    Panel,
    Table,
    Trace,
    bars,
    dots,
    probability_axis,
    rows_axis,
    rows_height,
    segments,
)  # fmt: skip
from sim.output.report.colours import colour, ink
from sim.output.report.contents import Report, Row, Thing, band_of, number
from sim.output.report.text import between, chart_text, count, is_number, percent, plain, wrapped

MANY = 40  # rows of a table that is folded to begin with
Shares = dict[tuple[str, str], Row]


def build(report: Report) -> dict[str, Any] | str:
    if not report.has("outcomes"):
        return "The run holds no outcomes.csv: there is nothing to say about outcomes."
    shares = outcome_shares(report)
    return {"charts": [_mix(report, shares), _detail(report, shares)], "tables": [_table(report, shares)]}


def outcome_shares(report: Report) -> Shares:
    """The rows of outcomes.csv by scenario and outcome."""
    return {(str(row["scenario"]), str(row["outcome"])): row for row in report.rows("outcomes")}


def with_outcomes(report: Report, shares: Shares) -> list[Thing]:
    """The scenarios that have outcomes."""
    return [s for s in report.scenarios if any(key[0] == s.key for key in shares)]


def phrase_of(row: Row) -> str:
    phrase = row.get("phrase")
    return phrase if isinstance(phrase, str) and phrase else word_for(number(row, "p"))


def in_words(row: Row) -> str:
    """The numbers of a probability on one line, for hovering."""
    text = f"{percent(number(row, 'p'))}, Monte Carlo {between(number(row, 'p_low'), number(row, 'p_high'))}"
    if is_number(band_of(row)[0]):
        text += f", epistemic {between(*band_of(row))}"
    return text


def _mix(report: Report, shares: Shares) -> Chart:
    scenarios = with_outcomes(report, shares)
    traces = [_mix_bar(outcome, scenarios, shares) for outcome in report.outcomes]
    axis = {"range": [0, 1], "tickformat": ".0%"}
    return Chart(
        title="The mix of outcomes in each scenario",
        summary="One bar per scenario from 0 to 100 percent, divided into the shares of the outcomes.",
        panels=[Panel(traces, x=axis, y=rows_axis([wrapped(s.title) for s in scenarios]))],
        legend=[Key(o.title, colour("o", o.index), "square") for o in report.outcomes],
        links=report.links("outcomes"),
        columns=1, height=max(60, 34 * len(scenarios)), left=176,
    )  # fmt: skip


def _mix_bar(outcome: Thing, scenarios: Sequence[Thing], shares: Shares) -> Trace:
    p = [number(shares.get((s.key, outcome.key), {}), "p") for s in scenarios]
    texts = [
        f"{chart_text(s.title)}<br>{chart_text(outcome.title)}: {chart_text(percent(x))}"
        for s, x in zip(scenarios, p, strict=True)
    ]
    inside = [chart_text(percent(x, 0)) if is_number(x) and x >= 0.06 else "" for x in p]
    named = {"text": inside, "textposition": "inside", "insidetextanchor": "middle", "textangle": 0, "width": 0.7}
    return bars(p, list(range(len(scenarios))), ink("o", outcome.index), texts, **named)


def _detail(report: Report, shares: Shares) -> Chart:
    scenarios = with_outcomes(report, shares)
    top = max((highest(row) for row in shares.values()), default=1.0)
    return Chart(
        title="Each outcome, with both kinds of uncertainty",
        summary="One panel per outcome and one row per scenario: the probability as a stroke, its Monte Carlo interval "
        "as a dark bar and its epistemic band as a pale, wider bar.",
        panels=[_outcome_panel(o, scenarios, shares, top) for o in report.outcomes],
        legend=uncertainty_keys(has_band(shares.values())),
        links=report.links("outcomes"),
        columns=3, min_width=200, height=max(44, rows_height([wrapped(s.title) for s in scenarios], 22)), left=176,
        note="A panel marked “own scale” magnifies an outcome that would vanish on the scale of the others.",
    )  # fmt: skip


def highest(row: Row) -> float:
    ends = [number(row, "p"), number(row, "p_high"), band_of(row)[1]]
    return max((x for x in ends if is_number(x)), default=0.0)


def has_band(rows: Any) -> bool:
    return any(is_number(band_of(row)[0]) for row in rows)


def uncertainty_keys(with_band: bool) -> list[Key]:
    """The legend of a probability with its intervals."""
    keys = [
        Key("probability", "ink", "tick"),
        Key("95% Monte Carlo interval: the error of a finite number of trajectories", "s1", "bar"),
    ]
    epistemic = Key("90% epistemic band: what the model's uncertain parameters leave open", "s1", "pale")
    return [*keys, epistemic] if with_band else keys


def _outcome_panel(outcome: Thing, scenarios: Sequence[Thing], shares: Shares, top: float) -> Panel:
    rows = [(i, s, shares[s.key, outcome.key]) for i, s in enumerate(scenarios) if (s.key, outcome.key) in shares]
    own = max((highest(row) for _, _, row in rows), default=0.0)
    is_magnified = own < top / 4
    title = chart_text(outcome.title, 60) + (" · own scale" if is_magnified else "")
    axis = probability_axis(own if is_magnified else top)
    return Panel(interval_marks(rows), title=title, x=axis, y=rows_axis([wrapped(s.title) for s in scenarios]))


def interval_marks(rows: Sequence[tuple[float, Thing, Row]], size: float = 1.0) -> list[Trace]:
    """Probabilities of scenarios, each at its height: pale epistemic band, dark Monte Carlo interval, a stroke."""
    own: dict[Thing, list[tuple[float, Row]]] = {}
    for at, scenario, row in rows:
        own.setdefault(scenario, []).append((at, row))
    marks = [trace for scenario, placed in own.items() for trace in _intervals(placed, scenario.index, size)]
    texts = [f"{chart_text(s.title)}<br>{chart_text(in_words(row), 120)}" for _, s, row in rows]
    strokes = dots([number(row, "p") for *_, row in rows], [at for at, *_ in rows], ink("ui", 0), texts)
    strokes["marker"] = {"symbol": "line-ns", "size": 8 * size, "line": {"width": 2, "color": ink("ui", 0)}}
    return [*marks, strokes]


def _intervals(rows: Sequence[tuple[float, Row]], index: int, size: float) -> list[Trace]:
    bands = [(at, *band_of(row)) for at, row in rows]
    shown = [span for span in bands if is_number(span[1])]
    pale = [segments(shown, ink("s", index, 0.3), width=12 * size)] if shown else []
    spans = [(at, number(row, "p_low"), number(row, "p_high")) for at, row in rows]
    return [*pale, segments(spans, ink("s", index), width=5 * size)]


def _table(report: Report, shares: Shares) -> Table:
    columns = [
        Column("Outcome"), Column("In words", kind="words"), Column("Probability", True),
        Column("Monte Carlo, 95%", True), Column("Epistemic, 90%", True), Column("Trajectories", True),
        Column("Median end", True),
    ]  # fmt: skip
    groups = [
        Group([_row(o, shares[s.key, o.key]) for o in report.outcomes if (s.key, o.key) in shares], scenario_cell(s))
        for s in with_outcomes(report, shares)
    ]
    many = sum(len(group.rows) for group in groups) > MANY
    return Table("Probability of every outcome, by scenario", columns, groups, report.links("outcomes"), is_folded=many)


def scenario_cell(scenario: Thing) -> Cell:
    return Cell(scenario.title, swatch=colour("s", scenario.index))


def _row(outcome: Thing, row: Row) -> list[Cell | str]:
    return [
        Cell(outcome.title, swatch=colour("o", outcome.index)),
        Cell(phrase_of(row), chip="phrase"),
        *probability_cells(row),
        plain(row.get("median_date") or "–"),
    ]


def probability_cells(row: Row) -> list[Cell | str]:
    """Probability, both intervals and the count, as cells."""
    return [
        percent(number(row, "p")),
        between(number(row, "p_low"), number(row, "p_high")),
        between(*band_of(row)),
        f"{count(number(row, 'k'))} of {count(number(row, 'n'))}",
    ]
