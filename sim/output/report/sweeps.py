"""Sweeps: the points that were run, and how a probability moves along what was varied."""

from typing import TYPE_CHECKING, Any

from sim.output.report.charts import Chart, Column, Group, Key, Panel, Table, line, probability_axis
from sim.output.report.colours import colour, ink
from sim.output.report.contents import Report
from sim.output.report.text import chart_text, humanised, is_number, quantity

if TYPE_CHECKING:
    import pandas as pd

RESULTS = frozenset(
    "point k n p p_low p_high epistemic_p05 epistemic_p95 mean sd se p05 p25 p50 p75 p95 seed value low high".split()
)
LABELS = ("outcome", "question", "target", "what", "measure")
MAX_ROWS = 500


def build(report: Report) -> dict[str, Any] | None:
    if not report.has("points"):
        return None
    frame = report.table("points")
    chart = _chart(report, frame)
    return {"charts": [chart] if chart else [], "tables": [_table(report, frame)], "n": len(frame), "max": MAX_ROWS}


def varied(frame: "pd.DataFrame") -> list[str]:
    """The columns that hold what was varied: numbers that are no result and take more than one value."""
    numeric = [str(c) for c in frame.columns if frame[c].dtype.kind in "fi" and str(c) not in RESULTS]
    return [c for c in numeric if frame[c].nunique() > 1]


def _chart(report: Report, frame: "pd.DataFrame") -> Chart | None:
    axes, what = varied(frame), next((c for c in LABELS if c in frame.columns), None)
    if len(axes) != 1 or what is None or "p" not in frame.columns:
        return None
    axis = axes[0]
    scenarios = list(frame["scenario"].unique()) if "scenario" in frame.columns else [None]
    panels = []
    for scenario in scenarios[:9]:
        part = frame if scenario is None else frame[frame["scenario"] == scenario]
        panels.append(_panel(report, part.sort_values(axis), axis, what, scenario))
    names = list(dict.fromkeys(frame[what].astype(str)))
    return Chart(
        title=f"Probability along {humanised(axis)}",
        summary=f"The probability of every {what} at each value of {humanised(axis)}.",
        panels=panels,
        legend=[Key(report.name_of(name), colour("o", report.outcome(name).index), "line") for name in names],
        links=report.links("points"), columns=2, min_width=260, height=220,
    )  # fmt: skip


def _panel(report: Report, part: "pd.DataFrame", axis: str, what: str, scenario: Any) -> Panel:
    traces = []
    for name in dict.fromkeys(part[what].astype(str)):
        rows = part[part[what].astype(str) == name]
        x, y = [float(v) for v in rows[axis]], [float(v) for v in rows["p"]]
        traces.append(line(x, y, ink("o", report.outcome(name).index), chart_text(name, 30), hover="%{y:.1%}"))
    title = "" if scenario is None else chart_text(report.scenario(str(scenario)).title, 34)
    return Panel(traces, title=title, x={"title": chart_text(humanised(axis), 40)}, y=probability_axis())


def _table(report: Report, frame: "pd.DataFrame") -> Table:
    columns = [Column(str(c).replace("_", " "), frame[c].dtype.kind in "fi") for c in frame.columns]
    rows = [[_cell(value) for value in row] for row in frame.head(MAX_ROWS).itertuples(index=False)]
    return Table("The points of the sweep", columns, [Group(rows)], report.links("points"), is_folded=len(rows) > 30)


def _cell(value: Any) -> str:
    if isinstance(value, str):
        return value
    return quantity(float(value)) if is_number(float(value)) else "–"
