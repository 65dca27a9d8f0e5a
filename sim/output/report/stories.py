"""Five representative futures, told as short dated stories from the kept trajectories."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sim.output.report.colours import colour
from sim.output.report.contents import Report, Thing
from sim.output.report.differences import headline
from sim.output.report.outcomes import outcome_shares
from sim.output.report.reading import KEPT_LIMIT
from sim.output.report.text import humanised, is_number, long_date, plain, quantity, unit_text

if TYPE_CHECKING:
    import pandas as pd

N_STORIES = 5
MAX_MOVES = 8
N_UNUSUAL = 3


@dataclass(frozen=True)
class Move:
    """A phase or decision takes another value, and keeps it for so many record times, until a date or to the end."""

    date: str
    variable: str
    value: str
    is_back: bool
    lasts: int
    until: str


@dataclass(frozen=True)
class Story:
    number: int
    outcome: Thing
    swatch: str
    end: str
    share: float
    n_like: int
    moves: list[Move]
    numbers: list[str]
    assumptions: list[str]


@dataclass(frozen=True)
class Kept:
    """The kept trajectories of one scenario: measures as [trajectory, date], and one row of experiments for each."""

    numbers: list[int]
    dates: list[str]
    values: dict[str, Any]
    experiments: "pd.DataFrame"


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
    return Kept([int(n) for n in numbers], [str(d) for d in dates], values, known)


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
        end=long_date(row.get("end_date", "")) if "end_date" in row else "",
        share=size / len(kept.numbers),
        n_like=size,
        moves=_moves(report, kept, at),
        numbers=_numbers(report, kept, at),
        assumptions=_assumptions(report, kept, at),
    )


def _moves(report: Report, kept: Kept, at: int) -> list[Move]:
    """The changes of phases and decisions that last longest, in the order of their dates."""
    found = []
    for name, values in kept.values.items():
        if values.dtype.kind not in "fiu":
            found += _moves_of(report.name_of(name), [plain(v) for v in values[at]], kept.dates)
    lasting = sorted(found, key=lambda move: (-move.lasts, move.date, move.variable))[:MAX_MOVES]
    return sorted(lasting, key=lambda move: (move.date, move.variable))


def _moves_of(name: str, values: list[str], dates: list[str]) -> list[Move]:
    changes = [i for i in range(1, len(values)) if values[i] != values[i - 1]]
    ends = [*changes, len(values)][1:]
    return [
        Move(
            dates[i],
            name,
            humanised(values[i]).lower(),
            values[i] in values[:i],
            end - i,
            dates[end] if end < len(dates) else "",
        )
        for i, end in zip(changes, ends, strict=True)
    ]


def _numbers(report: Report, kept: Kept, at: int) -> list[str]:
    """The numbers in which this future ends farthest from the others."""
    units = _units(report)
    found = []
    for name, values in kept.values.items():
        if values.dtype.kind in "fiu" and (rank := _rank(values[:, -1], at)) is not None:
            first, last = quantity(float(values[at, 0])), quantity(float(values[at, -1]))
            unit = f" {units[name]}" if units.get(name) else ""
            found.append((abs(rank - 0.5), f"{report.name_of(name)}: from {first} to {last}{unit} ({_place(rank)})"))
    return [text for _, text in sorted(found, key=lambda item: -item[0])[:N_UNUSUAL]]


def _units(report: Report) -> dict[str, str]:
    if not report.has("measures"):
        return {}
    units = report.table("measures").drop_duplicates("measure").set_index("measure")["unit"]
    return {str(name): unit_text(unit) for name, unit in units.items()}


def _assumptions(report: Report, kept: Kept, at: int) -> list[str]:
    """The parameters whose values here are farthest from the middle."""
    units = {str(row["parameter"]): unit_text(row.get("unit", "")) for row in report.rows("parameters")}
    units = {name: f" {unit}" if unit else "" for name, unit in units.items()}
    found = []
    for name in kept.experiments.columns:
        values = kept.experiments[name].to_numpy()
        if name != "trajectory" and values.dtype.kind in "fiu" and (rank := _rank(values, at)) is not None:
            found.append(
                (
                    abs(rank - 0.5),
                    f"{humanised(str(name))} is {quantity(float(values[at]))}{units.get(name, '')} ({_place(rank)})",
                )
            )
    return [text for _, text in sorted(found, key=lambda item: -item[0])[:N_UNUSUAL]]


def _rank(values: Any, at: int) -> float | None:
    """Where one value stands among all, from 0 to 1; None where all are alike or this one is no number."""
    if not is_number(float(values[at])) or float(values.min()) == float(values.max()):
        return None
    below, equal = float((values < values[at]).mean()), float((values == values[at]).mean())
    return below + equal / 2


def _place(rank: float) -> str:
    if rank >= 0.5:
        return f"higher than {min(99, round(100 * rank))}%"
    return f"lower than {min(99, round(100 * (1 - rank)))}%"
