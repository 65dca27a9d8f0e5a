"""The main charts of a report as SVG and PNG files, for slides and papers; needs the extra ``plots``."""

import re
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from sim.errors import OutputError, UsageError
from sim.output.report import colours
from sim.output.report.causes import WORTH_A_CHART
from sim.output.report.charts import nice_ticks
from sim.output.report.contents import Report, Row, Thing, grouped, number, rows_of
from sim.output.report.differences import compared, unpaired
from sim.output.report.fans import milestones, ranked_measures
from sim.output.report.outcomes import outcome_shares, with_outcomes
from sim.output.report.reading import open_directories
from sim.output.report.text import clip, humanised, is_number, month_date, unit_text
from sim.output.text_file import refuse_taken

if TYPE_CHECKING:
    from matplotlib.figure import Figure

N_MEASURES = 6  # unless they are chosen
N_DRIVERS = 8
MARK = "written by crossroads report"  # by which a figure of ours is known
METADATA = {"svg": {"Date": None, "Creator": MARK}, "png": {"Software": MARK}}  # of each format
STYLE: dict[str, Any] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9,
    "text.parse_math": False,  # a dollar in a name is a dollar
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#8b93a1",
    "axes.titlesize": 9,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e3e7ed",
    "svg.hashsalt": "crossroads",  # the same file every time
    "svg.fonttype": "none",
}


def write_figures(directories: Sequence[Path], folder: Path, *, measures: Sequence[str] = ()) -> list[Path]:
    """Write the main charts of run directories.

    Args:
        directories: as for :func:`sim.output.report.write_report`.
        folder: where the files go; it is made if need be.
        measures: the measures to draw; default: those that differ most between scenarios.

    Returns:
        The files.

    Raises:
        UsageError: if matplotlib is missing, a directory is no complete run, or a measure is unknown.
        OutputError: if a file cannot be written, or something else than a figure of ours stands in its place.
    """
    _require_matplotlib()
    folder = Path(folder)
    report = Report(open_directories([Path(d) for d in directories]), folder / "report.html", None, tuple(measures))
    report.require_measures()
    from matplotlib import rc_context

    written: list[Path] = []
    with rc_context(cast(Any, STYLE)), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*Glyph .* missing from font")
        for name, figure in _figures(report):
            written += _save(figure, folder, name)
    return written


def _require_matplotlib() -> None:
    try:
        import matplotlib  # noqa: F401 - whether it is there
    except ImportError:
        raise UsageError("--figures needs matplotlib: install the extra crossroads-sim[plots]") from None


def _save(figure: "Figure", folder: Path, name: str) -> list[Path]:
    files = {folder / f"{name}.{extension}": metadata for extension, metadata in METADATA.items()}
    for file in files:
        refuse_taken(file, MARK)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if figure.get_layout_engine() is not None:
            figure.draw_without_rendering()  # places everything, once for both files
            figure.set_layout_engine("none")
        for file, metadata in files.items():
            figure.savefig(file, dpi=200, metadata=metadata)
    except OSError as error:
        raise OutputError(f"cannot write {error.filename or folder}: {error.strerror or error}") from None
    return list(files)


def _figures(report: Report) -> Iterator[tuple[str, "Figure"]]:
    if report.has("outcomes"):
        yield "outcomes", _outcomes(report)
        reference, others = compared(report, outcome_shares(report))
        if reference is not None and others:
            yield "changes", _changes(report, reference, others)
    if report.has("measures"):
        yield from _fans(report)
    if report.has("drivers"):
        yield from _tornados(report)


def _new(
    rows: int, columns: int, width: float, height: float, layout: Any = "constrained", **more: Any
) -> tuple["Figure", list[Any]]:
    """A figure with axes in rows; those that are not needed are hidden by whoever fills them."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout=layout)
    return figure, list(figure.subplots(rows, columns, squeeze=False, **more).ravel())


def _ink(kind: str, index: int) -> str:
    name = colours.colour(kind, index)
    return colours.LIGHT[kind][int(name[1:])]


def _outcomes(report: Report) -> "Figure":
    """Every outcome in every scenario: epistemic band pale, Monte Carlo interval dark, value as a stroke."""
    shares = outcome_shares(report)
    scenarios = with_outcomes(report, shares)
    columns = min(3, len(report.outcomes))
    rows = -(-len(report.outcomes) // columns)
    figure, axes = _new(rows, columns, 3.3 * columns, rows * (0.9 + 0.2 * len(scenarios)), sharey=True)
    for axis, outcome in zip(axes, report.outcomes, strict=False):
        for at, scenario in enumerate(scenarios):
            _interval(axis, at, shares.get((scenario.key, outcome.key), {}), _ink("s", scenario.index))
        axis.set_title(clip(outcome.title, 40))
        _percent_axis(axis)
        axis.set_yticks(range(len(scenarios)), [clip(s.title, 30) for s in scenarios])
        axis.set_ylim(len(scenarios) - 0.5, -0.5)
    for axis in axes[len(report.outcomes) :]:
        axis.set_visible(False)
    figure.supxlabel("probability: pale, 90% epistemic band; dark, 95% Monte Carlo interval", fontsize=8)
    return figure


def _interval(axis: Any, at: float, row: Row, colour: str) -> None:
    for low, high, width, alpha in (("epistemic_p05", "epistemic_p95", 7, 0.3), ("p_low", "p_high", 3, 1.0)):
        if is_number(number(row, low)):
            axis.hlines(at, number(row, low), number(row, high), color=colour, linewidth=width, alpha=alpha)
    if is_number(number(row, "p")):
        axis.plot([number(row, "p")], [at], "|", color="#1b2230", markersize=9, markeredgewidth=1.5)


def _percent_axis(axis: Any) -> None:
    top = min(1.0, 1.05 * axis.get_xlim()[1])
    ticks = nice_ticks(0.0, top, 4)
    axis.set_xlim(0.0, top)
    axis.set_xticks(ticks, [f"{100 * x:g}%" for x in ticks])


def _changes(report: Report, reference: Thing, others: list[Thing]) -> "Figure":
    """The change of every outcome against the reference, in percentage points."""
    shares = outcome_shares(report)
    columns = min(3, len(others))
    rows = -(-len(others) // columns)
    size = 0.8 + 0.24 * len(report.outcomes)
    figure, axes = _new(rows, columns, 3.4 * columns, rows * size, sharex=True, sharey=True)
    places = {o.key: i for i, o in enumerate(report.outcomes)}
    for axis, scenario in zip(axes, others, strict=False):
        colour = _ink("s", scenario.index)
        for d in unpaired(shares, reference.key, scenario.key, report.outcomes):
            axis.hlines(places[d.outcome], 100 * d.low, 100 * d.high, color=colour, linewidth=2.5)
            face = colour if d.is_clear else "white"
            axis.plot([100 * d.value], [places[d.outcome]], "o", color=colour, markerfacecolor=face, markersize=6)
        axis.axvline(0, color="#5b6370", linewidth=1)
        axis.set_title(clip(scenario.title, 40))
        axis.set_yticks(range(len(report.outcomes)), [clip(o.title, 30) for o in report.outcomes])
        axis.set_ylim(len(report.outcomes) - 0.5, -0.5)
    for axis in axes[len(others) :]:
        axis.set_visible(False)
    figure.supxlabel(f"change against {clip(reference.title, 40)}, percentage points", fontsize=8)
    return figure


def _fans(report: Report) -> Iterator[tuple[str, "Figure"]]:
    frame = report.table("measures")
    names = [name for name in report.chosen if name in set(frame["measure"])]
    if not report.chosen:
        names = ranked_measures(frame, several=len(report.scenarios) > 1)[:N_MEASURES]
    for i, name in enumerate(names, 1):
        rows = rows_of(frame[frame["measure"] == name])
        yield f"measure-{i:02d}-{_slug(name)}", _fan(report, name, grouped(rows, "scenario"))


def _slug(name: str) -> str:
    """A part of a file name, of harmless characters."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40] or "unnamed"


def _fan(report: Report, name: str, series: dict[str, list[Row]]) -> "Figure":
    scenarios = [s for s in report.scenarios if s.key in series]
    columns = min(4, len(scenarios))
    rows = -(-len(scenarios) // columns)
    width, height = 1 + 2.6 * columns, 0.6 + 1.9 * rows
    figure, axes = _new(rows, columns, width, height, "none", sharex=True, sharey=True)  # fitting many takes seconds
    figure.subplots_adjust(0.85 / width, 0.7 / height, 1 - 0.3 / width, 1 - 0.3 / height, wspace=0.14, hspace=0.3)
    for axis, scenario in zip(axes, scenarios, strict=False):
        _draw_fan(axis, series[scenario.key], _ink("s", scenario.index))
        axis.set_title(clip(scenario.title, 36))
    for axis in axes[len(scenarios) :]:
        axis.set_axis_off()  # hidden altogether, it would take the dates of its column with it
    unit = unit_text(series[scenarios[0].key][0].get("unit", ""))
    figure.supylabel(clip(report.name_of(name), 40) + (f", {unit}" if unit else ""), fontsize=8)
    figure.supxlabel("median, 50% band (p25 to p75) and 90% band (p05 to p95)", fontsize=8)
    return figure


def _draw_fan(axis: Any, rows: list[Row], colour: str) -> None:
    import numpy as np

    dates = np.array([str(row["date"]) for row in rows], dtype="datetime64[D]")
    for low, high, alpha in (("p05", "p95", 0.2), ("p25", "p75", 0.35)):
        edges = ([number(row, column) for row in rows] for column in (low, high))
        axis.fill_between(dates, *edges, color=colour, alpha=alpha, linewidth=0)
    axis.plot(dates, [number(row, "p50") for row in rows], color=colour, linewidth=1.5)
    days = [str(dates[i]) for i in milestones(len(dates), 3)]
    axis.set_xticks(np.array(days, dtype="datetime64[D]"), [month_date(day) for day in days])
    for text, side in zip(axis.get_xticklabels(), ("left", "center", "right"), strict=False):
        text.set_horizontalalignment(side)


def _tornados(report: Report) -> Iterator[tuple[str, "Figure"]]:
    """What drives each outcome in the reference scenario."""
    frame = report.table("drivers")
    scenario = report.scenarios[0]
    for outcome in report.outcomes:
        own = frame[(frame["scenario"] == scenario.key) & (frame["target"] == outcome.key)].dropna(subset=["s1"])
        best = own.sort_values("s1", ascending=False, kind="stable").head(N_DRIVERS)
        if len(best) and float(best["s1"].iloc[0]) >= WORTH_A_CHART:
            title = f"{clip(outcome.title, 40)} ({clip(scenario.title, 30)})"
            yield f"drivers-{outcome.index + 1:02d}-{_slug(outcome.key)}", _tornado(title, rows_of(best))


def _tornado(title: str, rows: list[Row]) -> "Figure":
    figure, (axis,) = _new(1, 1, 6.0, 0.9 + 0.28 * len(rows))
    for at, row in enumerate(rows):
        side = -1 if row.get("direction") == "down" else 1
        value, low, high = (100 * side * max(0.0, number(row, c)) for c in ("s1", "s1_low", "s1_high"))
        colour = _ink("s", 0) if row.get("direction") == "mixed" else _ink("s", 1)
        axis.barh(at, value, color=colour, height=0.6, alpha=0.8)
        axis.hlines(at, low, high, color="#1b2230", linewidth=1)
    axis.axvline(0, color="#5b6370", linewidth=1)
    axis.set_yticks(range(len(rows)), [clip(humanised(str(row["parameter"])), 40) for row in rows])
    axis.set_ylim(len(rows) - 0.5, -0.5)
    axis.xaxis.set_major_formatter(lambda x, _: f"{abs(x):g}%")
    axis.set_title(title)
    axis.set_xlabel("share of variance (left: lowers, right: raises, grey: unclear)")
    return figure
