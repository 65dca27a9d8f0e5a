"""Where futures go: from their outcomes in one scenario to those of the same trajectories in another."""

import math
from collections.abc import Mapping

from sim.output.report.charts import Cell, Chart, Column, Group, Panel, Table, Trace, label, polygon
from sim.output.report.colours import colour, ink
from sim.output.report.contents import Report, Thing
from sim.output.report.text import chart_text, count, percent

GAP = 0.035  # between the blocks of a flow; all of its futures are 1 high
FLOW_HEAD, FLOW_BOTTOM = 0.09, 1.0
Pairs = Mapping[tuple[str, str], float]  # outcome under A, outcome under B -> trajectories


def kept_pairs(report: Report, a: Thing, b: Thing) -> Pairs:
    """How many kept trajectories have which outcome in one scenario and which in the other."""
    frame = report.table("experiments")
    before, after = (frame[frame["scenario"] == s.key][["trajectory", "outcome"]] for s in (a, b))
    both = before.merge(after, on="trajectory", suffixes=("_a", "_b"))
    counts = both.groupby(["outcome_a", "outcome_b"], sort=False).size()
    return {(str(x), str(y)): float(k) for (x, y), k in counts.items()}


def flow_chart(report: Report, pairs: Pairs, before: str, after: str, table: str) -> Chart:
    """Ribbons from each outcome on the left to the outcomes that the same trajectories have on the right.

    Drawn from ``experiments`` it shows the kept futures alone, and says so: their shares are not those of the run.
    """
    names = dict.fromkeys([o.key for o in report.outcomes] + [name for pair in pairs for name in pair])
    outcomes = [o for o in (report.outcome(name) for name in names) if any(o.key in pair for pair in pairs)]
    total = sum(pairs.values())
    stays = sum(k for (a, b), k in pairs.items() if a == b) / total
    is_sample = table == "experiments"
    whom = f"{count(total)} kept futures" if is_sample else "futures"
    panel = Panel(
        _ribbons(report, outcomes, pairs, total),
        x={"range": [-0.02, 1.02], "visible": False},
        y={"range": [FLOW_BOTTOM + GAP * len(outcomes), -FLOW_HEAD], "visible": False},
        notes=_flow_labels(outcomes, pairs, total, before, after),
    )
    return Chart(
        title=f"Where the {whom} go: from “{before}” to “{after}”",
        summary="Ribbons lead from the outcomes of the same trajectories in one scenario (left) to their outcomes in "
        f"the other (right); {percent(stays, 0)} keep their outcome.",
        panels=[panel],
        links=report.links(table),
        table=_flow_table(outcomes, pairs, total, f"the {whom}" if is_sample else "all trajectories"),
        note=f"Each of {count(total)} trajectories has the same random numbers in both scenarios; "
        f"{percent(stays)} of them end the same way in both. Colours are those of the outcome on the left."
        + (_roughness(total) if is_sample else ""),
        columns=1, height=_flow_height(outcomes), left=8,
    )  # fmt: skip


def _roughness(n: float) -> str:
    """What shares of so few are worth: the half width of a 95% interval where it is widest, at one half."""
    points = 100 * 1.96 * math.sqrt(0.25 / n)
    size = f"{points:.0f}" if points >= 1 else f"{points:.1g}"
    return (
        f" Only the kept futures are drawn: their shares are rough, by ±{size} points or more. "
        "The probabilities under Outcomes count all."
    )


def _sides(outcomes: list[Thing], pairs: Pairs, total: float, side: int) -> dict[str, tuple[float, float]]:
    """Where each outcome begins and how high it is on one side, from the top."""
    found: dict[str, tuple[float, float]] = {}
    at = 0.0
    for outcome in outcomes:
        share = sum(k for pair, k in pairs.items() if pair[side] == outcome.key) / total
        found[outcome.key] = at, share
        at += share + GAP
    return found


def _ribbons(report: Report, outcomes: list[Thing], pairs: Pairs, total: float) -> list[Trace]:
    left, right = (_sides(outcomes, pairs, total, side) for side in (0, 1))
    at_left, at_right = ({key: top for key, (top, _) in side.items()} for side in (left, right))
    traces = []
    for a in outcomes:
        for b in outcomes:
            if share := pairs.get((a.key, b.key), 0.0) / total:
                text = f"{chart_text(a.title)} → {chart_text(b.title)}: {chart_text(percent(share))}"
                x, y = _ribbon(at_left[a.key], at_right[b.key], share)
                traces.append(polygon(x, y, ink("o", a.index, 0.5), text))
                at_left[a.key] += share
                at_right[b.key] += share
    blocks = [(o, side[o.key], x) for o in outcomes for side, x in ((left, 0.2), (right, 0.788))]
    return traces + [_block(o, top, share, x) for o, (top, share), x in blocks if share > 0]


def _ribbon(start: float, end: float, share: float, n: int = 17) -> tuple[list[float], list[float]]:
    """The outline of a ribbon that leaves and arrives level."""
    steps = [i / (n - 1) for i in range(n)]
    x = [round(0.212 + 0.576 * s, 4) for s in steps]
    middle = [start + (end - start) * (1 - math.cos(math.pi * s)) / 2 for s in steps]
    upper, lower = [round(y, 4) for y in middle], [round(y + share, 4) for y in reversed(middle)]
    return x + x[::-1] + x[:1], upper + lower + upper[:1]


def _block(outcome: Thing, top: float, share: float, x: float) -> Trace:
    right, bottom = x + 0.012, top + share
    text = f"{chart_text(outcome.title)}: {chart_text(percent(share))}"
    return polygon([x, right, right, x, x], [top, top, bottom, bottom, top], ink("o", outcome.index), text)


def _flow_labels(outcomes: list[Thing], pairs: Pairs, total: float, before: str, after: str) -> list[Trace]:
    notes = []
    for side, x, anchor in ((0, 0.193, "right"), (1, 0.807, "left")):
        heading = chart_text((before, after)[side], 34)
        notes.append(label(x, 0.015 - FLOW_HEAD, heading, xanchor=anchor, yanchor="middle", weight=600))
        blocks = [(o, *_sides(outcomes, pairs, total, side)[o.key]) for o in outcomes]
        shown = [(o, top + share / 2, share) for o, top, share in blocks if share > 0]
        for (outcome, _, share), at in zip(shown, _apart([y for _, y, _ in shown], outcomes), strict=True):
            text = f"{chart_text(outcome.title, 24)} {chart_text(percent(share, 0))}"
            notes.append(label(x, at, text, xanchor=anchor, yanchor="middle"))
    return notes


def _flow_height(outcomes: list[Thing]) -> int:
    return max(260, 48 * len(outcomes))


def _apart(places: list[float], outcomes: list[Thing]) -> list[float]:
    """Places of labels from top to bottom, moved as little down as keeps lines of text apart."""
    line = 17 * (FLOW_BOTTOM + FLOW_HEAD + GAP * len(outcomes)) / _flow_height(outcomes)
    found: list[float] = []
    for place in places:
        found.append(max(place, found[-1] + line) if found else place)
    return found


def _flow_table(outcomes: list[Thing], pairs: Pairs, total: float, whom: str) -> Table:
    columns = [Column("From \\ to"), *(Column(o.title, True) for o in outcomes)]
    rows = [
        Group([[_named(a), *(percent(pairs.get((a.key, b.key), 0.0) / total) for b in outcomes)]]) for a in outcomes
    ]
    return Table(f"Share of {whom} by both outcomes", columns, rows, is_folded=True)


def _named(outcome: Thing) -> Cell:
    return Cell(outcome.title, swatch=colour("o", outcome.index))
