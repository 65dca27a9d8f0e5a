"""What ``crossroads compare`` found: differences of two scenarios, pair by pair on the same random numbers."""

from typing import Any

from sim.output.report.charts import (
    Axis,
    Cell,
    Chart,
    Column,
    Group,
    Key,
    Panel,
    Table,
    Trace,
    band,
    dots,
    line,
    nice_ticks,
    rounded,
    rows_axis,
    segments,
)  # fmt: skip
from sim.output.report.colours import colour, ink
from sim.output.report.contents import Report, Row, grouped, number, rows_of
from sim.output.report.flows import Pairs, flow_chart
from sim.output.report.text import chart_text, clip, humanised, is_number, points, quantity, unit_text, wrapped

SHOWN_MEASURES = 8
COLUMNS = ("scenario_a", "scenario_b", "kind", "what", "aspect", "a", "b", "difference", "low", "high")
HEADINGS = {"outcome": "Outcomes", "question": "Questions", "event": "Events"}


def add(report: Report, context: dict[str, Any]) -> None:
    """Charts and tables of compare directories, if there are any."""
    if not report.has("compare"):
        return
    frame = report.table("compare")
    if not set(COLUMNS) <= set(frame.columns):
        context["tables"].append(_any_table(report))
        return
    for (a, b), part in frame.groupby(["scenario_a", "scenario_b"], sort=False):
        shares = rows_of(
            part[part["kind"].isin(list(HEADINGS))].drop_duplicates(["kind", "what", "aspect"], keep="last")
        )
        measures = part[(part["kind"] == "measure") & (part["aspect"] == "mean")]
        title = _title(report, str(a), str(b))
        for kind in ("outcome", "question"):
            rows = [row for row in shares if row["kind"] == kind and is_number(number(row, "difference"))]
            context["charts"] += [_share_chart(report, title, kind, rows)] if rows else []
        context["charts"] += _measure_chart(report, title, measures)
        context["tables"].append(_table(report, title, shares))


def add_flows(report: Report, context: dict[str, Any]) -> None:
    """Where the futures of compared scenarios go, from all their pairs."""
    for (a, b), rows in grouped(report.rows("transitions"), "scenario_a", "scenario_b").items():
        pairs: Pairs = {(str(r["from"]), str(r["to"])): k for r in rows if (k := number(r, "k")) > 0}
        if str(b) == report.scenarios[0].key:  # the reference on the left
            a, b, pairs = b, a, {(y, x): k for (x, y), k in pairs.items()}
        before, after = (report.scenario(str(name)).title for name in (a, b))
        if pairs:
            context["charts"].append(flow_chart(report, pairs, before, after, "transitions"))


def _title(report: Report, a: str, b: str) -> str:
    return f"“{clip(report.scenario(a).title, 60)}” less “{clip(report.scenario(b).title, 60)}”"


def _share_chart(report: Report, title: str, kind: str, rows: list[Row]) -> Chart:
    index = report.scenario(str(rows[0]["scenario_a"])).index
    at = list(enumerate(rows))
    spans = [(i, 100 * number(r, "low"), 100 * number(r, "high")) for i, r in at if is_number(number(r, "low"))]
    bands = [
        (i, 100 * number(r, "epistemic_p05"), 100 * number(r, "epistemic_p95"))
        for i, r in at
        if is_number(number(r, "epistemic_p05"))
    ]
    traces = [segments(bands, ink("s", index, 0.3), width=12)] if bands else []
    traces += [segments(spans, ink("s", index), width=5), _strokes(at, report)]
    ends = [abs(x) for _, *pair in (*spans, *bands) for x in pair]
    return Chart(
        title=f"{title}: {kind}s",
        summary=f"One row per {kind}: the difference of its probability in percentage points, with "
        "its 95% Monte Carlo interval and the 90% band over what the parameters leave open.",
        panels=[Panel(traces, x=_axis(ends), y=rows_axis([wrapped(_name(report, r), 34) for r in rows]))],
        legend=[
            Key("difference", "ink", "tick"),
            Key("95% Monte Carlo interval, by pairs where there are any", colour("s", index), "bar"),
            Key("90% band over what the parameters leave open", colour("s", index), "pale"),
        ],
        links=report.links("compare"), columns=1, height=26 * len(rows), left=230,
    )  # fmt: skip


def _strokes(rows: list[tuple[int, Row]], report: Report) -> Trace:
    texts = [f"{chart_text(_name(report, row))}<br>{chart_text(_told(row), 120)}" for _, row in rows]
    strokes = dots([100 * number(r, "difference") for _, r in rows], [i for i, _ in rows], ink("ui", 0), texts)
    strokes["marker"] = {"symbol": "line-ns", "size": 9, "line": {"width": 2, "color": ink("ui", 0)}}
    return strokes


def _told(row: Row) -> str:
    return f"{points(number(row, 'difference'))} points ({points(number(row, 'low'))} to {points(number(row, 'high'))})"


def _name(report: Report, row: Row) -> str:
    aspect = str(row.get("aspect") or "")
    return report.name_of(str(row["what"])) + ("" if aspect in ("", "share", "yes") else f": {aspect}")


def _axis(ends: list[float]) -> Axis:
    end = 1.08 * max([*ends, 0.5])
    ticks = nice_ticks(-end, end, 7)
    return {
        "range": [-end, end], "zeroline": True, "zerolinewidth": 2, "title": "percentage points", "tickvals": ticks,
        "ticktext": [f"{t:+g}".replace("-", "−") if t else "0" for t in ticks],
    }  # fmt: skip


def _measure_chart(report: Report, title: str, frame: Any) -> list[Chart]:
    """How the means of measures differ over time, for those that differ most at the end, by their interval."""
    if not len(frame) or "date" not in frame.columns:
        return []
    last = frame.drop_duplicates("what", keep="last").set_index("what")
    width = (last["high"] - last["low"]).where(lambda x: x > 0)
    ranked = (last["difference"].abs() / width).fillna(0.0).sort_values(ascending=False, kind="stable")
    by_name = grouped(rows_of(frame[frame["what"].isin(ranked.index[:SHOWN_MEASURES])]), "what")
    panels = [_measure_panel(report, name, by_name[name]) for name in ranked.index[:SHOWN_MEASURES]]
    chart = Chart(
        title=f"{title}: means over time",
        summary="One panel per measure: the difference of its mean over time with its 95% Monte Carlo interval.",
        panels=panels,
        legend=[Key("difference of the means", "s1", "line"), Key("95% Monte Carlo interval", "s1", "pale")],
        links=report.links("compare"), columns=4, min_width=190, height=130, left=64, shares_y=False,
        note="Shown are the measures that differ most at the end, by their interval; compare.csv has them all.",
    )  # fmt: skip
    return [chart]


def _measure_panel(report: Report, name: str, rows: list[Row]) -> Panel:
    dates = [str(row["date"]) for row in rows]
    values = {c: [number(row, c) for row in rows] for c in ("difference", "low", "high")}
    finite = [abs(x) for column in values.values() for x in column if is_number(x)]
    curves = {c: rounded(column, max(finite, default=1.0)) for c, column in values.items()}
    index = report.scenario(str(rows[0]["scenario_a"])).index
    traces = band(dates, curves["low"], curves["high"], ink("s", index, 0.25), ("low", "high"))
    traces.append(line(dates, curves["difference"], ink("s", index), "difference"))
    unit = unit_text(rows[0].get("unit", ""))
    title = chart_text(report.name_of(name) + (f", {unit}" if unit else ""), 60)
    axis = {"tickformat": ",.6~r", "zeroline": True, "zerolinewidth": 2}
    return Panel(traces, title=title, x={"type": "date", "unified": True}, y=axis)


def _table(report: Report, title: str, shares: list[Row]) -> Table:
    columns = [
        Column("What"), Column("A", True), Column("B", True), Column("A less B, points", True),
        Column("Monte Carlo, 95%", True), Column("Over parameters, 90%", True),
    ]  # fmt: skip
    groups = [
        Group(
            [_cells(report, row) for row in rows], {"outcome": "Outcomes", "question": "Questions"}.get(kind, "Events")
        )
        for kind, rows in grouped(shares, "kind").items()
    ]
    return Table(f"{title}: all differences", columns, groups, report.links("compare"), is_folded=True)


def _cells(report: Report, row: Row) -> list[Cell | str]:
    return [
        Cell(_name(report, row), code=str(row["what"])),
        *(f"{100 * x:.1f}%" if is_number(x := number(row, c)) else "–" for c in ("a", "b")),
        points(number(row, "difference")),
        *(f"{points(number(row, c))} to {points(number(row, d))}" for c, d in (
            ("low", "high"), ("epistemic_p05", "epistemic_p95"),
        )),
    ]  # fmt: skip


def _any_table(report: Report) -> Table:
    """A comparison with columns of its own, as it is."""
    frame = report.table("compare")
    columns = [Column(humanised(str(c)), frame[c].dtype.kind in "fi") for c in frame.columns]
    rows = [[_plain(value) for value in row] for row in frame.head(400).itertuples(index=False)]
    return Table("Paired differences", columns, [Group(rows)], report.links("compare"), is_folded=len(rows) > 30)


def _plain(value: Any) -> str:
    if isinstance(value, str):
        return value
    return quantity(float(value)) if is_number(float(value)) else "–"
