"""Sweeps: how the probabilities of outcomes move along what was varied, and the points that were run."""

from typing import TYPE_CHECKING, Any

from sim.output.report.charts import (
    Axis,
    Chart,
    Column,
    Group,
    Key,
    Panel,
    Table,
    Trace,
    band,
    bars,
    dots,
    line,
    probability_axis,
)  # fmt: skip
from sim.output.report.colours import colour, ink
from sim.output.report.contents import Report, Row, Thing, number, rows_of
from sim.output.report.text import about, between, chart_text, humanised, is_number, percent, quantity, unit_text

if TYPE_CHECKING:
    import pandas as pd

NO_VALUES = ("point", "seed")
OTHERS = ("questions", "events", "measures", "states", "parameters", "drivers", "convergence")  # tables not drawn
MAX_ROWS = 300
MAX_PANELS = 12
MAX_DRAWN = 1_000  # points
MAP_FROM = 3  # values of both numbers of a grid
MAX_WRITTEN = 10  # values on an axis of a map; of more, cells have no room for a number


def build(report: Report) -> dict[str, Any] | None:
    if not report.has("points"):
        return None
    context: dict[str, Any] = {
        "charts": [],
        "tables": [],
        "n": 0,
        "max": MAX_ROWS,
        "drawn": MAX_DRAWN,
        "shares_luck": True,
        "others": report.links(*OTHERS) if report.is_of_sweeps else (),
    }
    for run in report.directories:
        points = run.table("points")
        if points is None or "point" not in points.columns:
            continue
        outcomes = run.swept("outcomes")
        found = points if outcomes is None else outcomes.merge(points.head(MAX_DRAWN), on="point")
        context["shares_luck"] &= run.manifest.get("common_random_numbers") is not False
        context["n"] = max(context["n"], len(points))
        context["charts"] += _charts(report, found, varied(points)) if outcomes is not None else []
        context["tables"].append(_table(report, points, found if outcomes is not None else None))
    return context


def varied(points: "pd.DataFrame") -> list[str]:
    """The columns of what was varied: those that hold more than one value."""
    names = [str(c) for c in points.columns if str(c) not in NO_VALUES]
    return [name for name in names if points[name].nunique() > 1]


def _charts(report: Report, found: "pd.DataFrame", axes: list[str]) -> list[Chart]:
    """Maps of a grid of two numbers, curves where one thing has many values and the rest few, else clouds of points."""
    numbers = [axis for axis in axes if found[axis].dtype.kind in "fiu"]
    if not numbers:
        return []
    if _is_map(found, axes, numbers):
        return _maps(report, found, numbers[0], numbers[1])
    along = max(numbers, key=lambda axis: int(found[axis].nunique()))
    beside = [axis for axis in axes if axis != along]
    if len(found[["scenario", *beside]].drop_duplicates()) <= MAX_PANELS:
        return [_curves(report, found, along, beside)]
    return [_clouds(report, found, numbers)]


def _is_map(found: "pd.DataFrame", axes: list[str], numbers: list[str]) -> bool:
    sizes = [int(found[axis].nunique()) for axis in axes]
    n_points = len(found["point"].unique())
    return len(axes) == len(numbers) == 2 and min(sizes) >= MAP_FROM and sizes[0] * sizes[1] == n_points


def _outcomes(report: Report, found: "pd.DataFrame") -> list[Thing]:
    return [report.outcome(str(name)) for name in found["outcome"].unique()]


def _keys(outcomes: list[Thing]) -> list[Key]:
    return [Key(o.title, colour("o", o.index), "square") for o in outcomes]


def _curves(report: Report, found: "pd.DataFrame", along: str, beside: list[str]) -> Chart:
    """A panel for each scenario and each setting of the rest."""
    outcomes = _outcomes(report, found)
    panels = []
    for (scenario, *others), part in found.groupby(["scenario", *beside], sort=False):
        settings = [f"{humanised(name)} {_cell(value)}" for name, value in zip(beside, others, strict=True)]
        title = chart_text(" · ".join([report.scenario(str(scenario)).title, *settings]), 80)
        panels.append(_curve_panel(title, part, along, _label(report, along), outcomes))
    return Chart(
        title=f"Probability of the outcomes along {humanised(along)}",
        summary="The probability of every outcome against what was varied, with its 95% Monte Carlo interval.",
        panels=panels, legend=_keys(outcomes),
        links=report.links("points", "outcomes"), columns=3, min_width=240, height=210, left=52,
    )  # fmt: skip


def _clouds(report: Report, found: "pd.DataFrame", numbers: list[str]) -> Chart:
    """A dot for each outcome at each point, a panel for each number that was varied; the first scenario."""
    outcomes, scenario = _outcomes(report, found), str(found["scenario"].iloc[0])
    part = found[found["scenario"] == scenario]
    return Chart(
        title=f"Probability of the outcomes at every point, “{report.scenario(scenario).title}”",
        summary="The probability of every outcome at every point against each number that was varied, the others "
        "varying as well.",
        panels=[_cloud(part, axis, _label(report, axis), outcomes) for axis in numbers[:MAX_PANELS]],
        legend=_keys(outcomes), note="Each panel shows one of the things that were varied, the others varying as well.",
        links=report.links("points", "outcomes"), columns=3, min_width=240, height=210, left=52,
    )  # fmt: skip


def _maps(report: Report, found: "pd.DataFrame", across: str, up: str) -> list[Chart]:
    """A map of the grid for each outcome, a chart for each scenario."""
    charts = []
    for scenario, part in found.groupby("scenario", sort=False):
        title = report.scenario(str(scenario)).title
        charts.append(
            Chart(
                title=f"Probability of the outcomes over the grid, “{title}”",
                summary=f"One panel per outcome: a cell for each value of {humanised(across)} (to the right) and "
                f"{humanised(up)} (upwards), the darker the more probable the outcome is there.",
                panels=[_map(part, o, across, up, _label(report, across)) for o in _outcomes(report, part)],
                note="Each panel has its own scale: its darkest cell is where the outcome is most probable.",
                links=report.links("points", "outcomes"),
                columns=3,
                min_width=280,
                left=76,
                height=max(120, 26 * int(found[up].nunique())),
                unit=_label(report, up),
            )
        )
    return charts[:MAX_PANELS]


def _map(part: "pd.DataFrame", outcome: Thing, across: str, up: str, label: str) -> Panel:
    rows = part[part["outcome"] == outcome.key]
    places = {name: {v: i for i, v in enumerate(sorted(rows[name].unique()))} for name in (across, up)}
    p = [float(v) for v in rows["p"]]
    x, y = ([places[name][v] for v in rows[name]] for name in (across, up))
    top = max(p) or 1.0
    shades = [ink("s", 1, round(0.03 + 0.52 * value / top, 2)) for value in p]
    texts = [
        f"{quantity(a)}, {quantity(b)}<br>{chart_text(outcome.title)}: {chart_text(_told(row))}"
        for a, b, row in zip(rows[across], rows[up], rows_of(rows), strict=True)
    ]
    inside = [chart_text(about(value, *p)) for value in p] if len(places[across]) <= MAX_WRITTEN else [""] * len(p)
    cells = bars([1] * len(p), y, shades, texts, base=[at - 0.5 for at in x], width=1.0, text=inside)
    cells |= {"textposition": "inside", "insidetextanchor": "middle", "textangle": 0}
    cells["textfont"] = {"color": ink("ui", 0)}
    title = chart_text(outcome.title, 60)
    return Panel([cells], title=title, x=_grid_axis(places[across]) | {"title": label}, y=_grid_axis(places[up]))


def _told(row: Row) -> str:
    return f"{percent(number(row, 'p'))} ({between(number(row, 'p_low'), number(row, 'p_high'))})"


def _grid_axis(places: dict[float, int]) -> Axis:
    """Values side by side, whatever their distance; of many, not all are named."""
    stride = -(-len(places) // MAX_WRITTEN)
    named = {at: quantity(float(value), 3) for value, at in places.items() if at % stride == 0}
    return {
        "tickvals": list(named), "ticktext": list(named.values()), "range": [-0.5, len(places) - 0.5],
        "showgrid": False, "ticks": "",
    }  # fmt: skip


def _label(report: Report, axis: str) -> str:
    """What was varied, with its unit."""
    rows = [row for row in report.rows("columns") if row.get("table") == "points" and row.get("column") == axis]
    unit = unit_text(rows[0].get("unit", "")) if rows else ""
    return chart_text(humanised(axis) + (f", {unit}" if unit else ""), 50)


def _curve_panel(title: str, part: "pd.DataFrame", axis: str, label: str, outcomes: list[Thing]) -> Panel:
    traces: list[Trace] = []
    for outcome in outcomes:
        rows = part[part["outcome"] == outcome.key].sort_values(axis)
        x, y, low, high = ([float(v) for v in rows[c]] for c in (axis, "p", "p_low", "p_high"))
        traces += band(x, low, high, ink("o", outcome.index, 0.2), ("low", "high"), "%{y:.1%}")
        name = chart_text(outcome.title, 30)
        traces.append(line(x, y, ink("o", outcome.index), name, hover="%{y:.1%}"))
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
    columns = [Column(humanised(str(c)), True) for c in points.columns]
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
