"""What the terminal shows of a run: the outcomes side by side, and where the files are."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.engine.results import Results, Share
from sim.output.manifest import manifest_of
from sim.output.phrases import phrase
from sim.output.tables import outcomes

if TYPE_CHECKING:
    from rich.console import Console

    from sim.engine.runner import Progress

FEW_DRAWS = 100  # fewer draws of the parameters tell little of what they do: a band can shrink to a point by chance
CELL = 29  # columns of a scenario: the longest numbers on one line, and the rule beside them


def console_for(stream: Any, color: bool) -> "Console":
    """A rich console on stdout or stderr that never wraps what a program may read."""
    from rich.console import Console

    return Console(file=stream, no_color=not color, highlight=False, soft_wrap=False)


def show_results(results: Results, directory: Path | None, console: "Console") -> None:
    """The outcomes of each scenario: probability, interval, band over parameters, words."""
    from rich.table import Table

    settings = results.settings
    title = results.study.title or results.model.title or results.study.name
    each = " of each scenario" if len(results.scenarios) > 1 else ""
    console.print(f"{title}: {settings.n:,} trajectories{each}, seed {settings.seed}", markup=False)
    side_by_side = max(1, (console.width - _widest(results)) // CELL)
    for start in range(0, len(results.scenarios), side_by_side):
        shown = results.scenarios[start : start + side_by_side]
        table = Table(show_edge=False, pad_edge=False)
        table.add_column("outcome")
        for result in shown:
            table.add_column(_escape(result.scenario.name), min_width=CELL - 3)
        for i, name in enumerate(results.layout.outcomes):
            table.add_row(_escape(name), *(_cell(result.outcomes[i]) for result in shown))
        console.print()
        console.print(table)
    console.print()
    console.print("percent, 95% interval (Monte Carlo), [90% band over what is not known]")
    n_draws = -(-settings.n // settings.replicates)
    if _has_bands(results) and n_draws < FEW_DRAWS:
        console.print(f"The bands rest on {n_draws} draws of the parameters, too few to know them: raise -n.")
    if directory is not None:
        console.print(f"files: {directory}", markup=False, soft_wrap=True)


def _has_bands(results: Results) -> bool:
    return any(share.band[0] < share.band[1] for result in results.scenarios for share in result.outcomes)


def _widest(results: Results) -> int:
    return max(len("outcome"), *(len(name) for name in results.layout.outcomes))


def _cell(share: Share) -> str:
    if share.p != share.p:
        return "-"
    low, high = share.band
    band = f" \\[{100 * low:.0f}, {100 * high:.0f}]" if low < high else ""  # a point: no spread was left of the chance
    return f"{100 * share.p:.1f} ({100 * share.low:.1f}, {100 * share.high:.1f}){band}\n{phrase(share.p, share.band)}"


def _escape(text: str) -> str:
    from rich.markup import escape

    return escape(text)


def results_document(results: Results, directory: Path | None) -> dict[str, Any]:
    """The same as one JSON document."""
    table = outcomes(results)
    names = [column.name for column in table.columns]
    rows = [
        {name: None if value != value else value for name, value in zip(names, row, strict=True)}
        for row in zip(*table.data, strict=True)
    ]
    document = manifest_of(results, {}, ())
    del document["files"], document["command"]
    return {**document, "directory": None if directory is None else str(directory), "outcomes": rows}


@contextmanager
def progress_bar(wanted: bool, color: bool = True, n_points: int = 0) -> "Iterator[Progress | None]":
    """Trajectories done (of a sweep, points), their rate and the time left, on a terminal only."""
    if not wanted or not sys.stderr.isatty():
        yield None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    speed = TextColumn("{task.fields[speed]}")
    bar = Progress(BarColumn(), TextColumn("{task.percentage:.0f}%"), speed, TimeRemainingColumn(), console=console_for(
        sys.stderr, color), transient=True)  # fmt: skip
    with bar:
        task = bar.add_task("", total=None, speed="")

        def update(done: int, total: int) -> None:
            rate = bar.tasks[0].speed
            points = f"{done * n_points // total:,} of {n_points:,} points  " if n_points else ""
            speed = points + (f"{rate:,.0f} trajectories/s" if rate else "")
            bar.update(task, completed=done, total=total, speed=speed)

        yield update
