"""Events: how likely each is, and when it first happens."""

from collections.abc import Sequence
from typing import Any

from sim.output.report.charts import (
    Cell,
    Chart,
    Column,
    Group,
    Key,
    Panel,
    Table,
    Trace,
    dots,
    offsets,
    probability_axis,
    rows_axis,
    segments,
)  # fmt: skip
from sim.output.report.colours import colour, ink, symbol
from sim.output.report.contents import Report, Row, Thing, grouped, number
from sim.output.report.differences import headline
from sim.output.report.outcomes import highest, in_words, outcome_shares, probability_cells
from sim.output.report.text import chart_text, humanised, is_number, percent, plain, quantity, wrapped

SHOWN = 24
MANY_SCENARIOS = 4
Events = dict[str, dict[str, Row]]  # event -> scenario -> row


def build(report: Report) -> dict[str, Any] | str:
    if not report.has("events"):
        return "The run holds no events.csv, so nothing is known of single events."
    found: Events = {
        str(event): {str(row["scenario"]): row for row in rows}
        for event, rows in grouped(report.rows("events"), "event").items()
    }
    values = values_of_machines(report, found)
    events = {name: rows for name, rows in found.items() if name not in values}
    drawn = _worth_drawing(events)
    tables = _tables(report, events, drawn)
    if entered := {name: rows for name, rows in found.items() if name in values}:
        tables.append(_matrix(report, "Phases entered and options taken at least once", entered))
    return {
        "charts": [_chart(report, {name: events[name] for name in drawn})] if drawn else [],
        "tables": tables,
        "n_left_out": len(events) - len(drawn),
        "shown": SHOWN,
    }


def values_of_machines(report: Report, found: Events) -> set[str]:
    """The rows that are values of phases or options of decisions, not events.

    They are named after their phase or decision, of which one value counts as entered at the start; an event dates
    one step later at the earliest.
    """
    start = str(report.manifest.get("start", ""))
    machines = set(report.table("states")["variable"]) if report.has("states") else set()
    for name, rows in found.items():
        if start and any(row.get("first_p10") == start for row in rows.values()):
            machines.add(name.rpartition(".")[0])
    return {name for name in found if name.rpartition(".")[0] in machines}


def _worth_drawing(events: Events) -> list[str]:
    """The events that are open, those first in choice whose probability differs most; in the order of the model."""
    names = sorted((n for n, rows in events.items() if _is_open(rows)), key=lambda n: -_spread(events[n]))[:SHOWN]
    return sorted(names, key=list(events).index)


def _tables(report: Report, events: Events, drawn: list[str]) -> list[Table]:
    """All numbers of all events; in a report of many scenarios, of those that are drawn, and of others the main one."""
    if len(report.scenarios) <= MANY_SCENARIOS:
        return [_table(report, "Events", events)] if events else []
    rest = {name: rows for name, rows in events.items() if name not in drawn}
    tables = [_table(report, "Events that are drawn", {name: events[name] for name in drawn})] if drawn else []
    return tables + ([_matrix(report, "Other events: probability of happening at least once", rest)] if rest else [])


def _matrix(report: Report, caption: str, events: Events) -> Table:
    """One row per event, one column per scenario."""
    columns = [Column("Event"), *(Column(s.title, True) for s in report.scenarios)]
    rows: list[list[Cell | str]] = [
        [Cell(humanised(name), code=name), *(percent(number(by.get(s.key, {}), "p")) for s in report.scenarios)]
        for name, by in events.items()
    ]
    return Table(caption, columns, [Group(rows)], report.links("events"), is_folded=True)


def _is_open(rows: dict[str, Row]) -> bool:
    """Whether an event happens in some futures and not in others, in any scenario."""
    return any(0 < number(row, "p") < 1 for row in rows.values())


def _spread(rows: dict[str, Row]) -> float:
    """What makes an event worth drawing: that its probability differs between scenarios, then that it is open."""
    p = [x for row in rows.values() if is_number(x := number(row, "p"))]
    return 10 * (max(p) - min(p)) + max(x * (1 - x) for x in p) if p else 0.0


def _chart(report: Report, events: Events) -> Chart:
    present = [s for s in report.scenarios if any(s.key in rows for rows in events.values())]
    marked = _marked(report, present)
    others = [s for s in present if s not in marked]
    at = offsets(len(marked))
    ever = [_others(others, events, "p"), *(t for i, s in enumerate(marked) for t in _ever(s, events, at[i]))]
    when = [_others(others, events, "first_p50"), *(t for i, s in enumerate(marked) for t in _when(s, events, at[i]))]
    axis = rows_axis([wrapped(humanised(name), 28) for name in events])
    top = max(highest(row) for rows in events.values() for row in rows.values())
    return Chart(
        title="Events: how likely, and when for the first time",
        summary="One row per event. Left: the probability that it happens at all, by scenario. Right: when it first "
        "happens in the futures in which it does, median and middle 80 percent.",
        panels=[
            Panel(ever, title="Happens at least once", x=probability_axis(top), y=axis),
            Panel(when, title="First date, where it happens", x=_dates_axis(report), y=axis),
        ],
        legend=_legend(marked, others), links=report.links("events"), columns=2, min_width=185, left=190,
        height=len(events) * max(28, 8 * len(marked) + 8),
    )  # fmt: skip


def _marked(report: Report, present: list[Thing]) -> list[Thing]:
    """All scenarios; of many, the reference and the one that changes the outcomes most."""
    if len(present) <= MANY_SCENARIOS:
        return present
    first = headline(report, outcome_shares(report)) if report.has("outcomes") else None
    return [present[0], *([first] if first in present[1:] else [])]


def _legend(marked: list[Thing], others: list[Thing]) -> list[Key]:
    keys = [Key(s.title, colour("s", s.index), symbol(s.index)) for s in marked]
    keys += [Key(f"each of {len(others)} other scenarios", "s0", "tick soft-tick")] if others else []
    return [*keys, Key("95% Monte Carlo interval (left); p10 to p90 of the first date (right)", "s1", "bar")]


def _others(scenarios: list[Thing], events: Events, column: str) -> Trace:
    """A thin stroke for every other scenario, in the middle of the row."""
    found = [
        (i, name, s, row[column])
        for i, (name, by) in enumerate(events.items())
        for s in scenarios
        if (row := by.get(s.key)) and row.get(column) not in (None, "") and row.get(column) == row.get(column)
    ]
    texts = [_text(s, name, chart_text(percent(x) if column == "p" else f"median {x}")) for _, name, s, x in found]
    strokes = dots([x for *_, x in found], [i for i, *_ in found], ink("s", 0), texts)
    strokes["marker"] = {"symbol": "line-ns", "size": 7, "line": {"width": 1.5, "color": ink("s", 0, 0.7)}}
    return strokes


def _dates_axis(report: Report) -> dict[str, Any]:
    """From the start of the run to its end."""
    ends = [report.manifest.get("start"), report.manifest.get("end")]
    return {"type": "date", "range": ends} if all(isinstance(day, str) and day for day in ends) else {"type": "date"}


def _ever(scenario: Thing, events: Events, offset: float) -> list[Trace]:
    rows = [(i + offset, name, by[scenario.key]) for i, (name, by) in enumerate(events.items()) if scenario.key in by]
    spans = [(at, number(row, "p_low"), number(row, "p_high")) for at, _, row in rows]
    x = [number(row, "p") for _, _, row in rows]
    texts = [_text(scenario, name, chart_text(in_words(row), 120)) for _, name, row in rows]
    return _marks(scenario, spans, x, [at for at, _, _ in rows], texts)


def _when(scenario: Thing, events: Events, offset: float) -> list[Trace]:
    rows = [
        (i + offset, name, by[scenario.key])
        for i, (name, by) in enumerate(events.items())
        if scenario.key in by and by[scenario.key].get("first_p50")
    ]
    spans = [(at, row["first_p10"], row["first_p90"]) for at, _, row in rows]
    texts = [_text(scenario, name, chart_text(_dates(row), 120)) for _, name, row in rows]
    return _marks(scenario, spans, [row["first_p50"] for _, _, row in rows], [at for at, _, _ in rows], texts)


def _marks(scenario: Thing, spans: Any, x: Sequence[Any], y: Sequence[float], texts: Sequence[str]) -> list[Trace]:
    strokes = segments(spans, ink("s", scenario.index, 0.45), width=3)
    return [strokes, dots(x, y, ink("s", scenario.index), texts, symbol=symbol(scenario.index), size=8)]


def _text(scenario: Thing, name: str, told: str) -> str:
    return f"{chart_text(humanised(name))}<br>{chart_text(scenario.title)}: {told}"


def _dates(row: Row) -> str:
    return f"median {row['first_p50']}, {row['first_p10']} to {row['first_p90']}"


def _table(report: Report, caption: str, events: Events) -> Table:
    several = len(report.scenarios) > 1
    columns = [
        Column("Scenario" if several else "Event"), Column("Probability", True), Column("Monte Carlo, 95%", True),
        Column("Trajectories", True), Column("Times, mean", True), Column("First, p10", True), Column("median", True),
        Column("p90", True),
    ]  # fmt: skip
    if not several:
        rows = [[Cell(humanised(name), code=name), *_cells(row)] for name, by in events.items() for row in by.values()]
        return Table(caption, columns, [Group(rows)], report.links("events"), is_folded=True)
    groups = [Group(_rows(report, by), Cell(humanised(name), code=name)) for name, by in events.items()]
    return Table(caption, columns, groups, report.links("events"), is_folded=True)


def _rows(report: Report, by_scenario: dict[str, Row]) -> list[list[Cell | str]]:
    return [
        [Cell(s.title, swatch=colour("s", s.index)), *_cells(by_scenario[s.key])]
        for s in report.scenarios
        if s.key in by_scenario
    ]


def _cells(row: Row) -> list[Cell | str]:
    probability, interval, _, trajectories = probability_cells(row)
    if number(row, "k") == 0:
        probability = f"{percent(0.0)} (never)"
    dates = [plain(row.get(c) or "–") for c in ("first_p10", "first_p50", "first_p90")]
    return [probability, interval, trajectories, quantity(number(row, "mean_count")), *dates]
