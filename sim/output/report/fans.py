"""Fan charts of measures: a panel per scenario, the bands named, the reference's median in each panel."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sim.output.report.charts import Chart, Column, Group, Key, Panel, Table, Trace, band, line, room_beside, rounded
from sim.output.report.colours import ink
from sim.output.report.contents import Report, Row, Thing, grouped, number, rows_of
from sim.output.report.outcomes import scenario_cell
from sim.output.report.text import chart_text, is_number, long_date, quantity, unit_text

if TYPE_CHECKING:
    import pandas as pd

OPEN = 8  # charts that show at once; the others unfold
MOST_PANELS = 130
BUDGET = 44_000  # numbers in all fans together; beyond that, fewer dates are drawn
COLUMNS = ("p05", "p25", "p50", "p75", "p95")
TABLE_DATES = 5
Series = dict[str, list[Row]]  # scenario -> rows over time


def build(report: Report) -> dict[str, Any] | str:
    if not report.has("measures"):
        return "The run holds no measures.csv, so there is nothing to draw over time."
    frame = report.table("measures")
    names = [str(name) for name in frame["measure"].unique()]
    chosen = [name for name in report.chosen if name in names]
    if report.chosen and not chosen:
        return "None of the measures chosen is a number over time; see the phases and decisions below."
    ranked = chosen or ranked_measures(frame, several=len(report.scenarios) > 1)
    drawn = chosen or ranked[: max(OPEN, MOST_PANELS // len(report.scenarios))]
    frame = frame[frame["measure"].isin(drawn)]
    by_measure = grouped(rows_of(frame), "measure")
    stride = max(1, -(-len(frame) * len(COLUMNS) // BUDGET))
    charts = [_chart(report, name, grouped(by_measure[name], "scenario"), stride) for name in drawn]
    shown = len(charts) if chosen else OPEN
    return {
        "charts": charts[:shown],
        "more": charts[shown:],
        "legend": _legend(report),
        "stride": stride,
        "is_ranked": not chosen and len(report.scenarios) > 1,
        "left_out": ranked[len(drawn) :],
        "constant": [] if chosen else [name for name in names if name not in ranked],
    }


def ranked_measures(frame: "pd.DataFrame", *, several: bool) -> list[str]:
    """The measures that move, those first whose means end farthest apart, measured by the 90% range."""
    names = [str(name) for name in frame["measure"].unique()]
    extremes = frame.groupby("measure", sort=False).agg({"p05": "min", "p95": "max"})
    moving = set(extremes.index[extremes["p95"] > extremes["p05"]])
    if not several:
        return [name for name in names if name in moving]
    last = frame.drop_duplicates(["scenario", "measure"], keep="last").set_index("measure")
    means, ranges = last["mean"].groupby(level=0), (last["p95"] - last["p05"]).groupby(level=0).mean()
    apart = ((means.max() - means.min()) / ranges.where(ranges > 0)).fillna(0.0)
    return sorted((name for name in names if name in moving), key=lambda name: -apart[name])


def thinned(rows: Sequence[Any], stride: int) -> list[Any]:
    """Every so-manieth record time, and always the last."""
    return [row for i, row in enumerate(rows) if i % stride == 0 or i == len(rows) - 1]


def _legend(report: Report) -> list[Key]:
    keys = [
        Key("9 of 10 futures lie between p05 and p95", "s1", "pale"),
        Key("half of them between p25 and p75", "s1", "mid"),
        Key("median (p50)", "s1", "line"),
    ]
    reference = Key(f"median in {report.scenarios[0].title}", "s0", "dotted")
    return [*keys, reference] if len(report.scenarios) > 1 else keys


def _chart(report: Report, name: str, series: Series, stride: int) -> Chart:
    series = {key: thinned(rows, stride) for key, rows in series.items()}
    low, high = _ends(series)
    spread = high - low
    present = [s for s in report.scenarios if s.key in series]
    unit = unit_text(next(iter(series.values()))[0].get("unit", ""))
    drawn = [_panel(s, series, present[0], spread) for s in present]
    return Chart(
        title=report.name_of(name) + (f", {unit}" if unit else ""),
        summary=_summary(report, name, series, present),
        panels=drawn, code=name, unit=unit,
        links=report.links("measures"), table=_table(report, name, series, present),
        columns=5, min_width=190, height=150, left=room_beside(low, high, with_unit=bool(unit)),
    )  # fmt: skip


def _ends(series: Series) -> tuple[float, float]:
    values = [number(row, c) for rows in series.values() for row in rows for c in ("p05", "p95")]
    finite = [v for v in values if is_number(v)]
    return (min(finite), max(finite)) if finite else (0.0, 1.0)


def _panel(scenario: Thing, series: Series, reference: Thing, spread: float) -> Panel:
    rows = series[scenario.key]
    x = [str(row["date"]) for row in rows]
    curve = {c: rounded((number(row, c) for row in rows), spread) for c in COLUMNS}
    traces: list[Trace] = []
    for low, high, alpha in (("p05", "p95", 0.18), ("p25", "p75", 0.34)):
        traces += band(x, curve[low], curve[high], ink("s", scenario.index, alpha), (low, high))
    if scenario != reference:
        base = series[reference.key]
        medians = rounded((number(row, "p50") for row in base), spread)
        x_base = [str(row["date"]) for row in base]
        traces.append(line(x_base, medians, ink("s", 0), "reference", width=1.4, dash="dot"))
    traces.append(line(x, curve["p50"], ink("s", scenario.index), "median"))
    title = chart_text(scenario.title, 60)
    return Panel(traces, title=title, x={"type": "date", "unified": True}, y={"tickformat": _tick_format(spread)})


def _tick_format(spread: float) -> str:
    return "~s" if spread >= 1e9 else ",.6~r"


def _summary(report: Report, name: str, series: Series, present: list[Thing]) -> str:
    told = []
    for scenario in present[:4]:
        last = series[scenario.key][-1]
        low, middle, high = (quantity(number(last, c)) for c in ("p05", "p50", "p95"))
        told.append(f"{scenario.title} ends on {long_date(last['date'])} at {middle} ({low} to {high})")
    return f"{report.name_of(name)} over time, by scenario. Median and 90% range: {'; '.join(told)}."


def milestones(n: int, wanted: int = TABLE_DATES) -> list[int]:
    """Evenly spread positions, the first and the last among them."""
    return sorted({round(i * (n - 1) / (wanted - 1)) for i in range(wanted)}) if n > 1 else list(range(n))


def _table(report: Report, name: str, series: Series, present: list[Thing]) -> Table:
    statistics = ("mean", "sd", *COLUMNS)
    columns = [Column("Date"), *(Column(_heading(c), True) for c in statistics)]
    wanted = TABLE_DATES if len(present) <= 4 else 3
    groups = []
    for scenario in present:
        rows = [series[scenario.key][i] for i in milestones(len(series[scenario.key]), wanted)]
        cells = [[str(row["date"]), *(quantity(number(row, c)) for c in statistics)] for row in rows]
        groups.append(Group(cells, scenario_cell(scenario)))
    caption = f"{report.name_of(name)} at some dates; measures.csv has them all"
    return Table(caption, columns, groups, is_folded=True)


def _heading(column: str) -> str:
    return {"mean": "Mean", "sd": "Spread (sd)", "p50": "Median"}.get(column, column)
