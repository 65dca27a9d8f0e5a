"""Phases and decisions over time: what share of the futures is where, when."""

from collections.abc import Sequence
from typing import Any

from sim.output.report.charts import Chart, Column, Group, Key, Panel, Table, area
from sim.output.report.colours import colour, ink
from sim.output.report.contents import Report, Row, Thing, grouped, number, rows_of
from sim.output.report.fans import milestones, thinned
from sim.output.report.outcomes import scenario_cell
from sim.output.report.text import chart_text, humanised, is_number, percent

OPEN = 8
MOST_PANELS = 200
BUDGET = 30_000  # shares in all charts together; beyond that, fewer dates are drawn
Shares = dict[str, dict[str, list[Row]]]  # scenario -> value -> rows over time


def build(report: Report) -> dict[str, Any] | str:
    if not report.has("states"):
        return "The run holds no states.csv: the model has no phases and decisions, or their shares were not written."
    names = [str(name) for name in report.table("states")["variable"].unique()]
    chosen = [name for name in report.chosen if name in names]
    if report.chosen and not chosen:
        return "None of the measures chosen is a phase or a decision."
    variables = _variables(report, chosen or names)
    drawn = chosen or sorted(names, key=lambda name: -_movement(variables[name]))
    drawn = drawn if chosen else drawn[: max(4, MOST_PANELS // len(report.scenarios))]
    n_drawn = sum(len(rows) for name in drawn for by in variables[name].values() for rows in by.values())
    stride = max(1, -(-n_drawn // BUDGET))
    charts = [_chart(report, name, variables[name], stride) for name in drawn]
    shown = len(charts) if chosen else OPEN
    left_out = [] if chosen else [name for name in names if name not in drawn]
    return {"charts": charts[:shown], "more": charts[shown:], "stride": stride, "left_out": left_out}


def _variables(report: Report, wanted: list[str]) -> dict[str, Shares]:
    frame = report.table("states")
    by_variable = grouped(rows_of(frame[frame["variable"].isin(wanted)]), "variable")
    return {
        str(name): {str(s): grouped(part, "value") for s, part in grouped(rows, "scenario").items()}
        for name, rows in by_variable.items()
    }


def _movement(shares: Shares) -> float:
    """How much happens in a variable: the widest range that any of its shares runs through, over time and scenarios."""
    spans = []
    for value in next(iter(shares.values())):
        found = [number(row, "share") for by_value in shares.values() for row in by_value.get(value, [])]
        finite = [x for x in found if is_number(x)]
        spans.append(max(finite) - min(finite) if finite else 0.0)
    return max(spans, default=0.0)


def _chart(report: Report, name: str, shares: Shares, stride: int) -> Chart:
    shares = {s: {v: thinned(rows, stride) for v, rows in by_value.items()} for s, by_value in shares.items()}
    values = list(dict.fromkeys(value for by_value in shares.values() for value in by_value))
    present = [s for s in report.scenarios if s.key in shares]
    return Chart(
        title=report.name_of(name),
        summary=f"Shares of the futures with each value of {name} over time, stacked from 0 to 100 percent, "
        f"one panel per scenario. {_told(present, shares)}",
        panels=[_panel(s, shares[s.key], values) for s in present],
        legend=[Key(humanised(value), colour("v", i), "square") for i, value in enumerate(values)],
        links=report.links("states"), table=_table(report, name, shares, present),
        code=name, columns=5, min_width=190, height=120, left=48,
    )  # fmt: skip


def _told(present: list[Thing], shares: Shares) -> str:
    """Where most futures end, in words."""
    told = []
    for scenario in present[:4]:
        last = {value: number(rows[-1], "share") for value, rows in shares[scenario.key].items()}
        most = max(last, key=lambda value: last[value] if is_number(last[value]) else -1.0)
        told.append(f"{scenario.title}: {percent(last[most], 0)} {humanised(most).lower()} at the end")
    return "; ".join(told) + "."


def _panel(scenario: Thing, by_value: dict[str, list[Row]], values: Sequence[str]) -> Panel:
    traces = []
    for i, value in enumerate(values):
        if value in by_value:
            x = [str(row["date"]) for row in by_value[value]]
            y = [round(number(row, "share"), 3) for row in by_value[value]]
            traces.append(area(x, y, ink("v", i), chart_text(humanised(value), 30)))
    axis = {"range": [0, 1], "tickformat": ".0%", "tickvals": [0, 0.5, 1], "showgrid": False}
    title = chart_text(scenario.title, 60)
    return Panel(traces, title=title, x={"type": "date", "unified": True, "showgrid": False}, y=axis)


def _table(report: Report, name: str, shares: Shares, present: list[Thing]) -> Table:
    longest = max((rows for by in shares.values() for rows in by.values()), key=len)
    at = milestones(len(longest))
    columns = [Column("Value"), *(Column(str(longest[i]["date"]), True) for i in at)]
    groups = [
        Group(
            [
                [humanised(value), *(percent(number(rows[i], "share")) if i < len(rows) else "–" for i in at)]
                for value, rows in shares[s.key].items()
            ],
            scenario_cell(s),
        )
        for s in present
    ]
    return Table(f"{report.name_of(name)} at some dates; states.csv has them all", columns, groups, is_folded=True)
