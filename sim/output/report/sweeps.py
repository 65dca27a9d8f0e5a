"""Sweeps: how the probabilities of outcomes move along what was varied, and the points that were run."""

from typing import TYPE_CHECKING, Any

from sim.output.report.charts import Chart, Column, Group, Key, Panel, Table, Trace, band, dots, line, probability_axis
from sim.output.report.colours import colour, ink
from sim.output.report.contents import Report, Thing
from sim.output.report.text import chart_text, humanised, is_number, percent, quantity, unit_text

if TYPE_CHECKING:
    import pandas as pd

NO_VALUES = ("point", "seed")
MAX_ROWS = 300
MAX_PANELS = 12
MAX_DRAWN = 1_000  # points


def build(report: Report) -> dict[str, Any] | None:
    if not report.has("points"):
        return None
    context: dict[str, Any] = {"charts": [], "tables": [], "n": 0, "max": MAX_ROWS, "drawn": MAX_DRAWN, "n_varied": 0}
    for run in report.directories:
        points = run.table("points")
        if points is None or "point" not in points.columns:
            continue
        outcomes = run.swept("outcomes")
        found = points if outcomes is None else outcomes.merge(points.head(MAX_DRAWN), on="point")
        axes = varied(points)
        context["n_varied"] = len(axes)
        context["n"] = max(context["n"], len(points))
        context["charts"] += _charts(report, found, axes) if outcomes is not None else []
        context["tables"].append(_table(report, points, found if outcomes is not None else None))
    return context


def varied(points: "pd.DataFrame") -> list[str]:
    """The columns of what was varied: numbers that take more than one value."""
    names = [str(c) for c in points.columns if str(c) not in NO_VALUES and points[c].dtype.kind in "fiu"]
    return [name for name in names if points[name].nunique() > 1]


def _charts(report: Report, found: "pd.DataFrame", axes: list[str]) -> list[Chart]:
    """Curves where one thing was varied; clouds of points, one for each of several."""
    scenarios = [report.scenario(str(name)) for name in found["scenario"].unique()]
    outcomes = [report.outcome(str(name)) for name in found["outcome"].unique()]
    if len(axes) == 1:
        panels = [
            _curves(s, found[found["scenario"] == s.key], axes[0], _label(report, axes[0]), outcomes) for s in scenarios
        ]
        what = f"along {humanised(axes[0])}"
    elif axes:
        part = found[found["scenario"] == scenarios[0].key]
        panels = [_cloud(part, axis, _label(report, axis), outcomes) for axis in axes[:MAX_PANELS]]
        what = f"at every point, “{scenarios[0].title}”"
    else:
        return []
    chart = Chart(
        title=f"Probability of the outcomes {what}",
        summary="The probability of every outcome against what was varied.",
        panels=panels,
        legend=[Key(o.title, colour("o", o.index), "square") for o in outcomes],
        links=report.links("points"), columns=3, min_width=240, height=210, left=52,
    )  # fmt: skip
    return [chart]


def _label(report: Report, axis: str) -> str:
    """What was varied, with its unit."""
    rows = [row for row in report.rows("columns") if row.get("table") == "points" and row.get("column") == axis]
    unit = unit_text(rows[0].get("unit", "")) if rows else ""
    return chart_text(humanised(axis) + (f", {unit}" if unit else ""), 50)


def _curves(scenario: Thing, part: "pd.DataFrame", axis: str, label: str, outcomes: list[Thing]) -> Panel:
    traces: list[Trace] = []
    for outcome in outcomes:
        rows = part[part["outcome"] == outcome.key].sort_values(axis)
        x, y, low, high = ([float(v) for v in rows[c]] for c in (axis, "p", "p_low", "p_high"))
        traces += band(x, low, high, ink("o", outcome.index, 0.2), ("low", "high"), "%{y:.1%}")
        name = chart_text(outcome.title, 30)
        traces.append(line(x, y, ink("o", outcome.index), name, hover="%{y:.1%}"))
    title = chart_text(scenario.title, 60)
    return Panel(traces, title=title, x={"title": label}, y=probability_axis(float(part["p_high"].max())))


def _cloud(part: "pd.DataFrame", axis: str, label: str, outcomes: list[Thing]) -> Panel:
    traces = []
    for outcome in outcomes:
        rows = part[part["outcome"] == outcome.key]
        x, y = [float(v) for v in rows[axis]], [float(v) for v in rows["p"]]
        texts = [
            f"{chart_text(outcome.title)}<br>{quantity(a)}: {chart_text(percent(b))}" for a, b in zip(x, y, strict=True)
        ]
        traces.append(dots(x, y, ink("o", outcome.index, 0.8), texts, size=5))
    return Panel(traces, title=label, x={}, y=probability_axis(float(part["p"].max())))


def _table(report: Report, points: "pd.DataFrame", found: "pd.DataFrame | None") -> Table:
    """The points, with the probabilities of the outcomes in the first scenario."""
    columns = [Column(str(c) if str(c) in NO_VALUES else humanised(str(c)), True) for c in points.columns]
    shown = points.head(MAX_ROWS)
    if found is not None:
        first = found[found["scenario"] == found["scenario"].iloc[0]]
        wide = first.pivot_table(index="point", columns="outcome", values="p", sort=False)
        names = [str(name) for name in wide.columns]
        columns += [Column(report.outcome(name).title, True) for name in names]
        shares = {p: [percent(float(x)) for x in row] for p, row in zip(wide.index, wide.to_numpy(), strict=True)}
    rows = [
        [*(_cell(v) for v in row), *(shares.get(row[0], []) if found is not None else [])]
        for row in shown.itertuples(index=False)
    ]
    where = "" if found is None else f", and the outcomes in “{report.scenario(str(found['scenario'].iloc[0])).title}”"
    return Table(
        f"The points of the sweep{where}", columns, [Group(rows)], report.links("points"), is_folded=len(rows) > 12
    )


def _cell(value: Any) -> str:
    if isinstance(value, str):
        return value
    return quantity(float(value)) if is_number(float(value)) else "–"
