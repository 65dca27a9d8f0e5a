"""Five representative futures, told as short dated stories from the kept trajectories."""

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sim.output.report.colours import colour
from sim.output.report.contents import Report, Row, Thing, number
from sim.output.report.differences import headline
from sim.output.report.outcomes import outcome_shares
from sim.output.report.reading import KEPT_LIMIT
from sim.output.report.text import humanised, is_number, plain, quantity, unit_text

if TYPE_CHECKING:
    import pandas as pd

N_STORIES = 5
MAX_MOVES = 8  # more only where more must be told
RARE = 0.2  # of the kept futures have a value at some time
N_UNUSUAL = 3


@dataclass(frozen=True)
class Move:
    """A phase or decision takes another value, and keeps it for so many record times, until a date or to the end."""

    date: str
    variable: str
    value: str
    lasts: int
    until: str
    is_telling: bool
    is_back: bool = False


@dataclass(frozen=True)
class Story:
    number: int
    outcome: Thing
    swatch: str
    end: str
    is_early: bool
    share: float
    n_like: int
    moves: list[Move]
    numbers: list[str]
    assumptions: list[str]


@dataclass(frozen=True)
class Kept:
    """The kept trajectories of one scenario: measures as [trajectory, date], and one row of experiments for each.

    ``parameters`` are the rows of parameters.csv of the same run.
    """

    numbers: list[int]
    dates: list[str]
    values: dict[str, Any]
    experiments: "pd.DataFrame"
    parameters: list[Row]

    def n_dates(self, at: int) -> int:
        """The record times up to the end of a trajectory, after which its values only repeat."""
        end = str(self.experiments.iloc[at].get("end_date", ""))
        return sum(day <= end for day in self.dates) or len(self.dates)


def build(report: Report) -> dict[str, Any] | str:
    if not (report.has("trajectories") and report.has("experiments")):
        return "No trajectories were kept, so no single future can be told; run the study again with --keep 200."
    shares = outcome_shares(report) if report.has("outcomes") else {}
    scenario = headline(report, shares) or report.scenarios[0]
    kept = _kept(report, scenario)
    if kept is None:
        return f"No trajectory of “{scenario.title}” was kept as a table, so no single future can be told."
    return {"scenario": scenario, "stories": _stories(report, kept), "n": len(kept.numbers), "limit": KEPT_LIMIT,
            "links": report.links("trajectories", "experiments")}  # fmt: skip


def _kept(report: Report, scenario: Thing) -> Kept | None:
    frame = report.trajectories(scenario.key)
    experiments = report.table("experiments")
    experiments = experiments[experiments["scenario"] == scenario.key].drop_duplicates("trajectory")
    if frame is None or not len(frame) or not len(experiments):
        return None
    frame = frame[frame["trajectory"].isin(experiments["trajectory"])]
    numbers, dates = list(frame["trajectory"].unique()), list(frame["date"].unique())
    if len(frame) != len(numbers) * len(dates):
        return None
    names = [c for c in frame.columns if c not in ("scenario", "trajectory", "date")]
    values = {str(name): frame[name].to_numpy().reshape(len(numbers), len(dates)) for name in names}
    known = experiments.set_index("trajectory").loc[numbers].reset_index()
    parameters = report.rows_beside(scenario.key, "parameters")
    return Kept([int(n) for n in numbers], [str(d) for d in dates], values, known, parameters)


def _stories(report: Report, kept: Kept) -> list[Story]:
    import numpy as np

    from sim.output.report.medoids import distances, medoids, members

    outcomes = kept.experiments["outcome"].to_numpy().astype(str)
    apart = distances(list(kept.values.values()), outcomes)
    chosen = medoids(apart, N_STORIES)
    sizes = np.bincount(members(apart, chosen), minlength=len(chosen))
    order = sorted(range(len(chosen)), key=lambda i: (-sizes[i], kept.numbers[chosen[i]]))
    return [_story(report, kept, int(chosen[i]), int(sizes[i])) for i in order]


def _story(report: Report, kept: Kept, at: int, size: int) -> Story:
    row = kept.experiments.iloc[at]
    outcome = report.outcome(str(row["outcome"]))
    return Story(
        number=kept.numbers[at],
        outcome=outcome,
        swatch=colour("o", outcome.index),
        end=str(row.get("end_date", "")),
        is_early=kept.n_dates(at) < len(kept.dates),
        share=size / len(kept.numbers),
        n_like=size,
        moves=_moves(report, kept, at),
        numbers=_numbers(report, kept, at),
        assumptions=_assumptions(kept, at),
    )


def _moves(report: Report, kept: Kept, at: int) -> list[Move]:
    """The changes of phases and decisions that are told, in the order of their dates.

    The last change of each is always told, since outcomes are made of how things stand in the end, and the first to a
    value that few futures ever see; then those that last longest.
    """
    found = []
    for name, values in kept.values.items():
        if values.dtype.kind not in "fiu":
            own = [plain(v) for v in values[at]][: kept.n_dates(at)]
            rare = {plain(v) for v in set(values[at]) if (values == v).any(axis=1).mean() < RARE}
            found += _moves_of(report.name_of(name), own, kept.dates, rare)
    ranked = sorted(found, key=lambda move: (not move.is_telling, -move.lasts, move.date, move.variable))
    n_told = max(MAX_MOVES, sum(move.is_telling for move in found))
    return _marked(sorted(ranked[:n_told], key=lambda move: (move.date, move.variable)))


def _moves_of(name: str, values: list[str], dates: list[str], rare: set[str]) -> list[Move]:
    changes = [i for i in range(1, len(values)) if values[i] != values[i - 1]]
    ends = [*changes, len(values)][1:]
    return [
        Move(
            date=dates[i],
            variable=name,
            value=humanised(values[i]).lower(),
            lasts=end - i,
            until=dates[end] if end < len(values) else "",
            is_telling=i == changes[-1] or (values[i] in rare and values[i] not in values[:i]),
        )
        for i, end in zip(changes, ends, strict=True)
    ]


def _marked(moves: list[Move]) -> list[Move]:
    """The same, with those marked that return to a value told before."""
    told: set[tuple[str, str]] = set()
    found = []
    for move in moves:
        found.append(replace(move, is_back=(move.variable, move.value) in told))
        told.add((move.variable, move.value))
    return found


def _numbers(report: Report, kept: Kept, at: int) -> list[str]:
    """The numbers in which this future ends farthest from the others."""
    units = _units(report)
    found = []
    for name, values in kept.values.items():
        if values.dtype.kind in "fiu" and is_number(float(values[at, -1])):
            ends = values[:, -1]
            below, above = float((ends < ends[at]).mean()), float((ends > ends[at]).mean())
            first, last = quantity(float(values[at, 0])), quantity(float(values[at, -1]))
            course = f"ends at {last}" if first == last else f"from {first} to {last}"
            text = f"{report.name_of(name)}: {course}{units.get(name, '')} ({_place(below, above)})"
            found.append((abs(below - above), text))
    return [text for apart, text in sorted(found, key=lambda item: -item[0])[:N_UNUSUAL] if apart > 0]


def _place(below: float, above: float) -> str:
    """Where a number stands among all: how many are truly on the other side of it, rounded down."""
    if below >= above:
        return f"higher than {math.floor(100 * below)}%"
    return f"lower than {math.floor(100 * above)}%"


def _units(report: Report) -> dict[str, str]:
    """The units of measures as they follow a number."""
    if not report.has("measures"):
        return {}
    units = report.table("measures").drop_duplicates("measure").set_index("measure")["unit"]
    return {str(name): _after(unit) for name, unit in units.items()}


def _after(unit: object) -> str:
    text = unit_text(unit)
    return f" {text}" if text else ""


def _assumptions(kept: Kept, at: int) -> list[str]:
    """The parameters whose values here lie farthest out in their own distributions.

    The kept futures hold too few parameter draws to rank a value among them; parameters.csv knows the quantiles of all.
    """
    found = []
    for row in kept.parameters:
        name = str(row["parameter"])
        values = kept.experiments[name].to_numpy() if name in kept.experiments.columns else None
        if values is None or values.dtype.kind not in "fiu" or (values == values[at]).all():
            continue
        value = float(values[at])
        low, middle, high = (number(row, column) for column in ("p05", "p50", "p95"))
        if (out := _how_far_out(value, low, middle, high)) > 0:
            where = ("above" if out > 1 else "high in") if value > middle else ("below" if out > 1 else "low in")
            text = f"{humanised(name)} is {quantity(value)}{_after(row.get('unit', ''))}"
            found.append((out, f"{text} ({where} its 90% range, {quantity(low)} to {quantity(high)})"))
    return [text for _, text in sorted(found, key=lambda item: -item[0])[:N_UNUSUAL]]


def _how_far_out(value: float, low: float, middle: float, high: float) -> float:
    """The distance from the median, where that of the 5% or 95% quantile is 1; NaN where the two are one."""
    span = high - middle if value > middle else middle - low
    return abs(value - middle) / span if span > 0 else math.nan
