"""The assumptions: every uncertain parameter with its prior and source, the doubtful ones that matter first."""

from typing import Any

from sim.output.report.answer import driver_weights
from sim.output.report.charts import Cell, Column, Group, Table
from sim.output.report.contents import Report, Row, number, rows_of
from sim.output.report.text import humanised, percent, plain, quantity, unit_text

DRIVES_FROM = 0.01  # of the variance of some target, in some scenario
ORDER = {"low": 0, "": 1, "moderate": 2, "high": 3}


def build(report: Report) -> dict[str, Any] | str:
    if not report.has("parameters"):
        return "The run holds no parameters.csv: the model has no uncertain parameter."
    strongest = _strongest(report)
    weights = driver_weights(report)
    rows = sorted(_rows(report), key=lambda row: _place(row, strongest, weights))
    columns = [
        Column("Parameter and source"), Column("Confidence"), Column("Drives most", kind="range"), Column("Unit"),
        Column("Median (p05 to p95)", kind="range"), Column("Prior", kind="range"),
    ]  # fmt: skip
    cells = [_cells(report, row, strongest) for row in rows]
    caption = "Uncertain parameters: drivers of low confidence first, then other drivers, then the rest"
    return {
        "table": Table(caption, columns, [Group(cells)], report.links("parameters")),
        "n_low_drivers": sum(_is_driver(row, strongest) and _confidence(row) == "low" for row in rows),
        "n": len(rows),
    }


def _rows(report: Report) -> list[Row]:
    """Every parameter once, though several directories may list it."""
    return list({str(row["parameter"]): row for row in reversed(report.rows("parameters"))}.values())[::-1]


def _strongest(report: Report) -> dict[str, tuple[float, str]]:
    """What each parameter drives most, and how much."""
    if not report.has("drivers"):
        return {}
    frame = report.table("drivers").dropna(subset=["s1"])
    best = frame.loc[frame.groupby("parameter", sort=False)["s1"].idxmax()]
    return {str(row["parameter"]): (number(row, "s1"), str(row["target"])) for row in rows_of(best)}


def _confidence(row: Row) -> str:
    return str(row.get("confidence") or "").lower()


def _is_driver(row: Row, strongest: dict[str, tuple[float, str]]) -> bool:
    return strongest.get(str(row["parameter"]), (0.0, ""))[0] >= DRIVES_FROM


def _place(row: Row, strongest: dict[str, tuple[float, str]], weights: dict[str, float]) -> tuple[int, int, float, str]:
    """Drivers before the rest, by confidence; then by what they explain of all outcomes."""
    name = str(row["parameter"])
    is_driver = _is_driver(row, strongest)
    strength = weights.get(name, 0.0) or strongest.get(name, (0.0, ""))[0]
    return 0 if is_driver else 1, ORDER.get(_confidence(row), 1) if is_driver else 0, -strength, name


def _short(row: Row, column: str) -> str:
    return quantity(number(row, column), 3)


def _cells(report: Report, row: Row, strongest: dict[str, tuple[float, str]]) -> list[Cell | str]:
    name, confidence = str(row["parameter"]), _confidence(row)
    share, target = strongest.get(name, (0.0, ""))
    drives = f"{report.name_of(target)}, {percent(share)}" if share >= DRIVES_FROM else "–"
    meaning = report.meanings.get(name) or humanised(name)
    known = confidence in ("low", "moderate", "high")
    return [
        Cell(meaning, code=name, source=str(row.get("source") or "")),
        Cell(confidence, chip=f"confidence {confidence}") if known else "–",
        drives,
        unit_text(row.get("unit", "")) or "–",
        f"{_short(row, 'p50')} ({_short(row, 'p05')}\u00a0to\u00a0{_short(row, 'p95')})",
        plain(row.get("prior") or "–"),
    ]
