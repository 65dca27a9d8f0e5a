"""Convergence: how the probabilities settle as trajectories are added."""

from typing import Any

from sim.output.report.charts import Chart, Column, Group, Key, Panel, Table, Trace, band, line
from sim.output.report.colours import colour, dash, ink
from sim.output.report.contents import Report, Row, Thing, grouped, number
from sim.output.report.text import between, chart_text, count, is_number, percent

LAST_SIZES = 3  # in the table of many scenarios
MAX_BANDS = 3  # scenarios whose intervals are drawn; more would hide each other


def build(report: Report) -> dict[str, Any] | str:
    if not report.has("convergence"):
        return "The run holds no convergence.csv, so how the numbers settled is not known."
    found = {
        str(outcome): {str(s): part for s, part in grouped(rows, "scenario").items()}
        for outcome, rows in grouped(report.rows("convergence"), "outcome").items()
    }
    return {"charts": [_chart(report, found)], "tables": [_table(report, found)], "widest": _widest(found)}


def _widest(found: dict[str, dict[str, list[Row]]]) -> str:
    """The widest Monte Carlo interval that is left at the end, in words."""
    lasts = [rows[-1] for by in found.values() for rows in by.values()]
    widths = [number(row, "p_high") - number(row, "p_low") for row in lasts]
    finite = [w for w in widths if is_number(w)]
    return f"{100 * max(finite) / 2:.1f}" if finite else "–"


def _chart(report: Report, found: dict[str, dict[str, list[Row]]]) -> Chart:
    present = [s for s in report.scenarios if any(s.key in by for by in found.values())]
    with_bands = len(present) <= MAX_BANDS
    keys = [Key(s.title, colour("s", s.index), "line") for s in present]
    return Chart(
        title="Probability by number of trajectories",
        summary="One panel per outcome: its probability after 100, 200, 400 and so on trajectories, by scenario, with "
        "the 95% Monte Carlo interval narrowing.",
        panels=[_panel(report, outcome, by, present, with_bands) for outcome, by in found.items()],
        legend=[*keys, Key("95% Monte Carlo interval", "s1", "pale")] if with_bands else keys,
        links=report.links("convergence"), columns=4, min_width=190, height=130, shares_y=False, left=48,
    )  # fmt: skip


def _panel(report: Report, outcome: str, by: dict[str, list[Row]], present: list[Thing], with_bands: bool) -> Panel:
    traces: list[Trace] = []
    for scenario in (s for s in present if s.key in by):
        rows = by[scenario.key]
        n = [int(number(row, "n")) for row in rows]
        p, low, high = ([round(number(row, c), 5) for row in rows] for c in ("p", "p_low", "p_high"))
        if with_bands:
            traces += band(n, low, high, ink("s", scenario.index, 0.15), ("low", "high"), "%{y:.1%}")
        name = chart_text(scenario.title, 60)
        traces.append(line(n, p, ink("s", scenario.index), name, hover="%{y:.1%}", dash=dash(scenario.index)))
    title = chart_text(report.outcome(outcome).title, 60)
    axis = {"type": "log", "title": "trajectories", "tickformat": "~s", "dtick": 1, "unified": True}
    return Panel(traces, title=title, x=axis, y={"tickformat": ".0%", "rangemode": "tozero"})


def _table(report: Report, found: dict[str, dict[str, list[Row]]]) -> Table:
    columns = [Column("Trajectories", True), Column("Probability", True), Column("Monte Carlo, 95%", True)]
    groups = []
    last = 0 if len(report.scenarios) <= MAX_BANDS else LAST_SIZES  # 0: all
    for outcome, by in found.items():
        for scenario in (s for s in report.scenarios if s.key in by):
            title = f"{report.outcome(outcome).title} · {scenario.title}"
            groups.append(Group([_cells(row) for row in by[scenario.key][-last:]], title))
    part = f", with the last {last} numbers of trajectories; convergence.csv has them all" if last else ""
    caption = f"Convergence of every outcome{part}"
    return Table(caption, columns, groups, report.links("convergence"), is_folded=True)


def _cells(row: Row) -> list[Any]:
    interval = between(number(row, "p_low"), number(row, "p_high"))
    return [count(number(row, "n")), percent(number(row, "p")), interval]
