"""Drivers: which uncertain parameters the spread of the results hangs on, as tornado charts."""

from collections.abc import Sequence
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
    bars,
    dots,
    nice_ticks,
    rows_axis,
    segments,
)  # fmt: skip
from sim.output.report.colours import colour, ink, symbol
from sim.output.report.contents import Report, Row, Thing, grouped, number, rows_of
from sim.output.report.differences import headline
from sim.output.report.outcomes import outcome_shares
from sim.output.report.text import chart_text, humanised, is_number, percent, wrapped

BARS = 8  # parameters in a tornado
OPEN = 6  # tornado charts that show at once
MOST = 24  # that are drawn at all
TOP = 4  # parameters of a target in the table
WORTH_A_CHART = 0.01  # of the variance, explained by one parameter
WORTH_A_ROW = 0.005
Shares = dict[str, dict[str, Row]]  # parameter -> scenario -> row


MAX_MARKED = 4  # scenarios that all have a mark; of more, only the one that changes the outcomes most


def build(report: Report) -> dict[str, Any] | str:
    if not report.has("drivers"):
        return (
            "The run holds no drivers.csv: the model has no uncertain parameters, or too few parameter draws were made "
            "to tell what explains the spread."
        )
    targets = _targets(report)
    worth = [name for name, shares in targets.items() if _largest(shares) >= WORTH_A_CHART]
    charts = [_chart(report, name, targets[name]) for name in worth[:MOST]]
    return {
        "charts": charts[:OPEN],
        "more": charts[OPEN:],
        "tables": [_table(report, targets)],
        "legend": _legend(marked(report)),
        "n_unmarked": len(report.scenarios) - len(marked(report)),
        "undrawn": [report.name_of(name) for name in worth[MOST:]],
        "quiet": [report.name_of(name) for name in targets if name not in worth],
    }


def _targets(report: Report) -> dict[str, Shares]:
    """The strongest parameters of every target, in the scenarios that are marked; outcomes first, then questions."""
    frame = report.table("drivers")
    frame = frame[frame["scenario"].isin([s.key for s in marked(report)])]
    places = {o.key: 0 for o in report.outcomes} | {str(name): 1 for name in _questions(report)}
    targets = sorted(frame["target"].unique(), key=lambda name: places.get(name, 2))
    by_target = dict(list(frame.groupby("target", sort=False)))
    return {str(target): _strongest(by_target[target]) for target in targets}


def _questions(report: Report) -> list[str]:
    return list(report.table("questions")["question"].unique()) if report.has("questions") else []


def _strongest(frame: Any) -> Shares:
    """The rows of one target that can be shown, by parameter and scenario."""
    best = frame.groupby("parameter", sort=False)["s1"].max().sort_values(ascending=False, kind="stable")
    rows = rows_of(frame[frame["parameter"].isin(best.index[:BARS])])
    by_parameter = grouped(rows, "parameter")
    return {str(p): {str(row["scenario"]): row for row in by_parameter[p]} for p in best.index[:BARS]}


def _largest(shares: Shares) -> float:
    found = [s1 for by in shares.values() for row in by.values() if is_number(s1 := number(row, "s1"))]
    return max(found, default=0.0)


def marked(report: Report) -> list[Thing]:
    """The scenarios that are drawn, the reference first."""
    found: list[Thing] = report.once("marked", lambda: _marked(report))
    return found


def _marked(report: Report) -> list[Thing]:
    known = set(report.table("drivers")["scenario"])
    present = [s for s in report.scenarios if s.key in known]
    if len(present) <= MAX_MARKED:
        return present
    first = headline(report, outcome_shares(report)) if report.has("outcomes") else None
    return [present[0], *([first] if first in present[1:] else [])]


def ranked(shares: Shares) -> list[str]:
    """Parameters by the most that they explain in any scenario."""
    return sorted(shares, key=lambda parameter: -_largest({parameter: shares[parameter]}))


def _chart(report: Report, target: str, shares: Shares) -> Chart:
    names = [p for p in ranked(shares)[:BARS] if _largest({p: shares[p]}) >= WORTH_A_ROW]
    present = [s for s in marked(report) if any(s.key in shares[p] for p in names)]
    traces = _bars(present[0], names, shares)
    traces += [trace for s in present[1:] for trace in _other(s, names, shares)]
    lead = names[0]
    return Chart(
        title=report.name_of(target),
        summary=f"Share of the variance of {report.name_of(target)} that each parameter explains alone, bars in "
        f"{present[0].title}. Most: {humanised(lead)}, {percent(max(0.0, _largest({lead: shares[lead]})), 0)}.",
        panels=[Panel(traces, x=_axis(names, shares), y=rows_axis([wrapped(humanised(n), 22) for n in names]))],
        links=report.links("drivers"), code=target, columns=1, height=26 * len(names) + 8, left=150,
    )  # fmt: skip


def _legend(present: list[Thing]) -> list[Key]:
    first = present[0]
    keys = [
        Key(f"{first.title}, with 95% interval", colour("s", first.index), "square"),
        Key("pale: direction not clear, drawn to the right", colour("s", first.index), "pale"),
    ]
    return keys + [Key(s.title, colour("s", s.index), symbol(s.index)) for s in present[1:]]


def _sign(row: Row) -> int:
    """1 where the target grows with the parameter, -1 where it falls, 0 where that is not clear."""
    given = row.get("direction", "")
    if is_number(given):
        return (float(given) > 0) - (float(given) < 0)
    word = str(given).lower()
    return 1 if word in ("up", "+", "positive", "raises") else -1 if word in ("down", "-", "negative", "lowers") else 0


def _placed(row: Row, value: float) -> float:
    """A share on the side of its direction; what is not clear stands on the right."""
    return value * (-1 if _sign(row) < 0 else 1)


def _axis(names: Sequence[str], shares: Shares) -> Axis:
    rows = [row for name in names for row in shares[name].values()]
    right = [x for row in rows if _sign(row) >= 0 and is_number(x := _reach(row))]
    left = [x for row in rows if _sign(row) < 0 and is_number(x := _reach(row))]
    end = max([*right, *left, 0.02])
    low, high = -1.08 * max([*left, 0.12 * end]), 1.08 * max([*right, 0.12 * end])
    ticks = nice_ticks(low, high)
    return {
        "range": [low, high], "zeroline": True, "zerolinewidth": 2, "tickvals": ticks,
        "ticktext": [f"{100 * abs(t):.3g}%" for t in ticks],
        "title": "share of variance: ◂ lowers · raises ▸",
    }  # fmt: skip


def _reach(row: Row) -> float:
    high = number(row, "s1_high")
    return high if is_number(high) else number(row, "s1")


def _bars(scenario: Thing, names: Sequence[str], shares: Shares) -> list[Trace]:
    rows = [(i, name, shares[name][scenario.key]) for i, name in enumerate(names) if scenario.key in shares[name]]
    x = [_placed(row, max(0.0, number(row, "s1"))) for _, _, row in rows]
    inks = [ink("s", scenario.index, 0.85 if _sign(row) else 0.35) for _, _, row in rows]
    texts = [_text(scenario, name, row) for _, name, row in rows]
    ends = [(i, *(_placed(row, max(0.0, number(row, c))) for c in ("s1_low", "s1_high"))) for i, _, row in rows]
    spans = [(at, low, high) for at, low, high in ends if is_number(low) and is_number(high)]
    return [
        bars(x, [i for i, _, _ in rows], inks, texts, width=0.6),
        segments(spans, ink("ui", 0, 0.7), width=1.5),
    ]


def _other(scenario: Thing, names: Sequence[str], shares: Shares) -> list[Trace]:
    rows = [(i, name, shares[name][scenario.key]) for i, name in enumerate(names) if scenario.key in shares[name]]
    x = [_placed(row, max(0.0, number(row, "s1"))) for _, _, row in rows]
    texts = [_text(scenario, name, row) for _, name, row in rows]
    mark = {"symbol": symbol(scenario.index), "size": 9}
    return [dots(x, [i for i, _, _ in rows], ink("s", scenario.index), texts, **mark)]  # type: ignore[arg-type]


def _text(scenario: Thing, name: str, row: Row) -> str:
    word = {1: "raises it", -1: "lowers it", 0: "direction not clear"}[_sign(row)]
    told = f"{_share(row, 's1')} ({_share(row, 's1_low')} to {_share(row, 's1_high')}), {word}"
    return f"{chart_text(humanised(name))}<br>{chart_text(scenario.title)}: {chart_text(told, 120)}"


def _share(row: Row, column: str) -> str:
    value = number(row, column)
    return "–" if not is_number(value) else f"{100 * value:.1f}%".replace("-", "−")


def _table(report: Report, targets: dict[str, Shares]) -> Table:
    columns = [
        Column("Parameter"), Column("Scenario"), Column("Explains alone", True), Column("95% interval", True),
        Column("Direction"),
    ]  # fmt: skip
    groups = []
    for target, shares in targets.items():
        rows = [
            [Cell(humanised(p), code=p), Cell(s.title, swatch=colour("s", s.index)), *_cells(shares[p][s.key])]
            for p in ranked(shares)[:TOP]
            if _largest({p: shares[p]}) >= WORTH_A_ROW
            for s in marked(report)
            if s.key in shares[p]
        ]
        if rows:
            groups.append(Group(rows, Cell(report.name_of(target), code=target)))
    caption = "The strongest drivers of every target; drivers.csv has them all"
    return Table(caption, columns, groups, report.links("drivers"), is_folded=True)


def _cells(row: Row) -> list[Cell | str]:
    word = {1: "raises", -1: "lowers", 0: "not clear"}[_sign(row)]
    return [_share(row, "s1"), f"{_share(row, 's1_low')} to {_share(row, 's1_high')}", word]
