"""What a scenario changes: differences from the reference, and where its futures come from."""

from collections.abc import Mapping
from typing import Any

from sim.output.report import paired
from sim.output.report.charts import (
    Axis,
    Cell,
    Chart,
    Column,
    Group,
    Key,
    Panel,
    Table,
    dots,
    nice_ticks,
    rows_axis,
    segments,
)  # fmt: skip
from sim.output.report.colours import colour, ink
from sim.output.report.contents import Report, Thing
from sim.output.report.differences import Difference, compared, differences, distance
from sim.output.report.differences import paired as paired_differences
from sim.output.report.flows import flow_chart, kept_pairs
from sim.output.report.outcomes import outcome_shares, scenario_cell
from sim.output.report.text import chart_text, is_number, percent, points, wrapped

MAX_FLOWS = 3
REMARK = (
    "The intervals take the scenarios for independent. Scenarios run on common random numbers are known better than "
    "that, so these err on the wide side; crossroads compare gives the paired ones."
)


def build(report: Report) -> dict[str, Any] | str:
    shares = outcome_shares(report) if report.has("outcomes") else {}
    reference, others = compared(report, shares)
    context: dict[str, Any] = {"charts": [], "more": [], "tables": [], "remarks": []}
    if reference is not None and others:
        found = {s: differences(report, shares, reference.key, s.key) for s in others}
        context["charts"].append(_chart(report, reference, found))
        context["tables"].append(_table(report, reference, found))
        if not all(paired_differences(report, reference.key, s.key) for s in others):
            context["remarks"].append(REMARK)
        _add_flows(report, reference, found, context)
    paired.add(report, context)
    paired.add_flows(report, context)
    if not context["charts"] and not context["tables"]:
        return "There is one scenario only, so there is nothing to compare; run the study with another scenario."
    return context


def _chart(report: Report, reference: Thing, found: Mapping[Thing, list[Difference]]) -> Chart:
    axis = _difference_axis([d for differences in found.values() for d in differences])
    return Chart(
        title=f"Change of each outcome against “{reference.title}”",
        summary="One panel per scenario and one row per outcome: the change of its probability in percentage points "
        "with its 95% Monte Carlo interval, left of the zero line where it falls and right of it where it rises.",
        panels=[_panel(report, s, differences, axis) for s, differences in found.items()],
        legend=[
            Key("change of the probability, percentage points", "s1"),
            Key("95% Monte Carlo interval", "s1", "bar"),
            Key("interval includes no change", "s1", "hollow"),
        ],
        links=report.links("outcomes"),
        columns=3, min_width=220, height=max(80, 26 * len(report.outcomes)), left=176,
    )  # fmt: skip


def _difference_axis(differences: list[Difference]) -> Axis:
    ends = [100 * abs(x) for d in differences for x in (d.low, d.high) if is_number(x)]
    end = 1.08 * max([*ends, 1.0])
    ticks = nice_ticks(-end, end)
    return {
        "range": [-end, end], "zeroline": True, "zerolinewidth": 2, "title": "percentage points", "tickvals": ticks,
        "ticktext": [f"{t:+g}".replace("-", "−") if t else "0" for t in ticks],
    }  # fmt: skip


def _panel(report: Report, scenario: Thing, differences: list[Difference], axis: Axis) -> Panel:
    at = {o.key: i for i, o in enumerate(report.outcomes)}
    here = ink("s", scenario.index)
    spans = [(at[d.outcome], 100 * d.low, 100 * d.high) for d in differences]
    traces = [segments(spans, here, width=4)]
    for is_clear in (True, False):
        some = [d for d in differences if d.is_clear == is_clear]
        x, texts = [100 * d.value for d in some], [_hover(report, d) for d in some]
        marks = dots(x, [at[d.outcome] for d in some], here, texts, size=10)
        marks["marker"] = _marker(here, is_clear)
        traces.append(marks)
    labels = [wrapped(o.title) for o in report.outcomes]
    return Panel(traces, title=chart_text(scenario.title, 60), x=axis, y=rows_axis(labels))


def _marker(colour_token: str, is_clear: bool) -> dict[str, Any]:
    fill = colour_token if is_clear else ink("ui", 3)
    return {"color": fill, "size": 10, "line": {"width": 2, "color": colour_token}}


def _hover(report: Report, d: Difference) -> str:
    text = f"{percent(d.a)} to {percent(d.b)}: {points(d.value)} points ({points(d.low)} to {points(d.high)})"
    return f"{chart_text(report.outcome(d.outcome).title)}<br>{chart_text(text, 120)}"


def _table(report: Report, reference: Thing, found: Mapping[Thing, list[Difference]]) -> Table:
    columns = [
        Column("Outcome"), Column(reference.title[:40], True), Column("Here", True),
        Column("Change, points", True), Column("Monte Carlo, 95%", True),
    ]  # fmt: skip
    groups = [Group([_row(report, d) for d in differences], scenario_cell(s)) for s, differences in found.items()]
    return Table("Changes of the outcomes", columns, groups, report.links("outcomes"), is_folded=len(found) > 3)


def _row(report: Report, d: Difference) -> list[Cell | str]:
    outcome = report.outcome(d.outcome)
    return [
        Cell(outcome.title, swatch=colour("o", outcome.index)),
        percent(d.a),
        percent(d.b),
        points(d.value),
        f"{points(d.low)} to {points(d.high)}",
    ]


def _add_flows(
    report: Report, reference: Thing, found: Mapping[Thing, list[Difference]], context: dict[str, Any]
) -> None:
    """Flows to the scenarios that differ most, from the kept trajectories, which have the same number in both."""
    if report.has("transitions"):
        return
    if not report.has("experiments"):
        context["remarks"].append(
            "A flow from the outcomes of one scenario to those of another needs pairs of trajectories: it appears here "
            "for runs made with --keep, and for directories that crossroads compare wrote."
        )
        return
    n_drawn = 0
    for scenario in sorted(found, key=lambda s: -distance(found[s]))[:MAX_FLOWS]:
        if pairs := kept_pairs(report, reference, scenario):
            chart = flow_chart(report, pairs, reference.title, scenario.title, "experiments")
            context["more" if n_drawn else "charts"].append(chart)
            n_drawn += 1
