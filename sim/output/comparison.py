"""Comparisons as tables, and as a directory that is complete or absent."""

import platform
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim import __version__
from sim.analysis.compare import Comparison, Difference
from sim.model.declarations import Study
from sim.output.columns import Column
from sim.output.csv_text import csv_text
from sim.output.finished import Place
from sim.output.manifest import FORMAT, LIBRARIES, cpu_name, manifest_text, model_hash, names_of
from sim.output.parquet import parquet_bytes
from sim.output.report.reading import RunDirectory
from sim.output.store import MANIFEST, Store, _as_output_error
from sim.output.tables import Table, document

if TYPE_CHECKING:
    from rich.console import Console

ORIGIN = (
    "study", "model", "title", "about", "model_title", "model_about", "start", "end", "steps", "model_sha256",
    "sources",
)  # fmt: skip
_A = Column("scenario_a", "", "Scenario a.")
_B = Column("scenario_b", "", "Scenario b.")

COMPARE = (
    _A,
    _B,
    Column("kind", "", "What is compared: an outcome, a question, an event (also a kind of it, a phase value when "
           "entered, an option when changed to), a measure, or the state of a phase or decision."),
    Column("what", "", "Its name."),
    Column("aspect", "", "'share' of the trajectories that have the outcome, or in which the event happened; the "
           "answer of a question; 'mean' or 'median' of a measure; the value of a phase or decision."),
    Column("unit", "", "Unit of a measure; empty: dimensionless, or a probability."),
    Column("date", "date", "Date of the record time: of an outcome or event the horizon, of a question its last."),
    Column("a", "that of the row", "In scenario a."),
    Column("b", "that of the row", "In scenario b."),
    Column("difference", "that of the row", "a - b."),
    Column("low", "that of the row", "Lower end of the 95% interval of the difference: Monte Carlo error only, and by "
           "the pairs where there are any. Empty for the median of a measure that piles up at one value."),
    Column("high", "that of the row", "Upper end of the same."),
    Column("epistemic_p05", "that of the row", "5% quantile over parameter draws of the difference given the "
           "parameters, chance removed (by its first three moments); the difference itself where no spread between "
           "draws can be told from chance; empty for medians, without pairs, without uncertain parameters, and with "
           "one trajectory for each draw."),
    Column("epistemic_p95", "that of the row", "95% quantile of the same."),
    Column("sign_share", "share", "Share of parameter draws whose difference given the parameters has the sign of this "
           "one; empty where that cannot be told."),
    Column("paired", "", "yes: trajectory by trajectory on the same random numbers; no: two unrelated runs."),
)  # fmt: skip

TRANSITIONS = (
    _A,
    _B,
    Column("from", "", "Outcome in scenario a."),
    Column("to", "", "Outcome of the same trajectories in scenario b."),
    Column("k", "trajectories", "Trajectories with these two outcomes."),
    Column("n", "trajectories", "Trajectories with the outcome in scenario a."),
    Column("share", "probability", "k / n."),
)


def comparison_tables(comparisons: Sequence[Comparison]) -> list[Table]:
    """compare, transitions (where any are paired) and columns."""
    made = [Table.of_rows("compare", COMPARE, (row for c in comparisons for row in _compared(c)))]
    if any(c.paired for c in comparisons):
        made.append(Table.of_rows("transitions", TRANSITIONS, (row for c in comparisons for row in _moved(c))))
    return [*made, document(made)]


def _compared(comparison: Comparison) -> Iterator[Sequence[Any]]:
    paired = "yes" if comparison.paired else "no"
    for r in comparison.rows:
        numbers = (r.a, r.b, r.difference, r.low, r.high, *r.band, r.sign_share)
        yield comparison.a, comparison.b, r.kind, r.what, r.aspect, r.unit, r.date, *numbers, paired


def _moved(comparison: Comparison) -> Iterator[Sequence[Any]]:
    if comparison.transitions is None:
        return
    for before, counts in zip(comparison.outcomes, comparison.transitions.tolist(), strict=True):
        n = sum(counts)
        for after, k in zip(comparison.outcomes, counts, strict=True):
            yield comparison.a, comparison.b, before, after, k, n, k / n if n else float("nan")


def comparison_manifest(
    comparisons: Sequence[Comparison], origin: Mapping[str, Any], files: Mapping[str, str], command: Sequence[str]
) -> dict[str, Any]:
    """The manifest; ``origin`` says what was compared: study, model, and where they come from."""
    settings = comparisons[0].settings
    return {
        "crossroads": __version__,
        "format": FORMAT,
        "complete": True,
        "kind": "compare",
        **origin,
        "seed": settings.seed,
        "n": settings.n,
        "replicates": settings.replicates,
        "design": settings.design,
        "scenarios": list(dict.fromkeys(name for c in comparisons for name in (c.a, c.b))),
        "pairs": [
            {"a": c.a, "b": c.b, "paired": c.paired, "reason": c.reason, "n": c.n, "failures": c.failures}
            for c in comparisons
        ],
        "command": list(command),
        "python": platform.python_version(),
        "libraries": dict(_versions(LIBRARIES)),
        "platform": platform.platform(),
        "cpu": cpu_name(),
        "threads": settings.n_threads,
        "files": dict(sorted(files.items())),
    }


def _versions(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    for name in names:
        try:
            yield name, version(name)
        except PackageNotFoundError:
            continue


class ComparisonStore(Store):
    """The place of a compare directory, claimed before anything is computed."""

    def __enter__(self) -> "ComparisonStore":
        super().__enter__()
        return self

    def save_comparisons(
        self, comparisons: Sequence[Comparison], origin: Mapping[str, Any], command: Sequence[str] = ()
    ) -> Path:
        """Write the files and put them in their place.

        Raises:
            OutputError: if anything cannot be written; nothing is left then.
        """
        tables = comparison_tables(comparisons)
        with _as_output_error(self.directory):
            files = {name: self._write(name, data) for name, data in _written(tables, self.formats)}
            manifest = comparison_manifest(comparisons, origin, files, command)
            self._write(MANIFEST, manifest_text(manifest).encode())
            self._settle()
        return self.directory


def _written(tables: Iterable[Table], formats: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    for table in tables:
        yield f"{table.name}.csv", csv_text(table).encode()
        if "parquet" in formats:
            yield f"{table.name}.parquet", parquet_bytes(table)


def study_origin(study: Study) -> dict[str, Any]:
    """Where a comparison of two scenarios of a study comes from."""
    clock = study.model.clock
    return {
        **names_of(study, study.scenarios),
        "start": clock.date_of(0).isoformat(),
        "end": clock.date_of(clock.n_steps).isoformat(),
        "steps": clock.n_steps,
        "model_sha256": model_hash(study.model.sources),
        "sources": dict(study.model.sources),
    }


def run_origin(runs: Sequence[RunDirectory], places: Iterable[Place]) -> dict[str, Any]:
    """Where a comparison of finished runs comes from: what the manifest of the first says, and all directories."""
    manifest, compared = runs[0].manifest, list(places)
    return (
        {key: manifest.get(key) for key in ORIGIN}
        | {key: _by_label(key, compared) for key in ("scenario_titles", "scenario_abouts")}
        | {"runs": [str(run.path) for run in runs]}
    )


def _by_label(key: str, places: Iterable[Place]) -> dict[str, str]:
    """What runs call their scenarios or say of them, under the labels of a comparison."""
    told: dict[str, str] = {}
    for place in places:
        of_run = place.run.manifest.get(key)
        if isinstance(of_run, Mapping) and place.scenario in of_run:
            told[place.label] = str(of_run[place.scenario]) + _run_of(key, place)
    return told


def _run_of(key: str, place: Place) -> str:
    """What a label says besides the scenario: its run, where there are two."""
    return place.label.removeprefix(place.scenario) if key == "scenario_titles" else ""


def comparisons_document(
    comparisons: Sequence[Comparison], origin: Mapping[str, Any], directory: Path
) -> dict[str, Any]:
    """What is shown, as one JSON document: all that has no course in time."""
    document = comparison_manifest(comparisons, origin, {}, ())
    del document["files"], document["command"]
    rows = [dict(zip((c.name for c in COMPARE), _json(row), strict=True)) for c in comparisons for row in _compared(c)]
    shown = [row for row in rows if row["kind"] in ("outcome", "question", "event")]
    moved = [
        dict(zip((c.name for c in TRANSITIONS), _json(row), strict=True)) for c in comparisons for row in _moved(c)
    ]
    return {**document, "directory": str(directory), "differences": shown, "transitions": moved}


def _json(row: Sequence[Any]) -> list[Any]:
    return [None if value != value else value for value in row]


NAME = 12  # columns that a name has at least, on however narrow a terminal


def show_comparison(comparison: Comparison, console: "Console") -> None:
    """Outcomes and questions on the terminal: names wrap where there is too little room, numbers are never cut."""
    from rich.markup import escape
    from rich.table import Table as Shown

    console.print(f"A {comparison.a}, B {comparison.b}: {_how(comparison)}", markup=False, soft_wrap=True)
    rows = [_cells(row) for row in comparison.rows if row.kind in ("outcome", "question")]
    heads = ("", "A", "B", "A - B (95% interval)", "[90% band]")
    n_shown = len(heads) if any(row[-1] for row in rows) else len(heads) - 1
    table, numbers = Shown(box=None, pad_edge=False), 0
    for i, head in enumerate(heads[:n_shown]):
        width = max(map(len, (head, *(row[i] for row in rows)))) if i else None
        numbers += 1 + width if width else 0
        table.add_column(escape(head), justify="right" if i else "left", overflow="fold", min_width=width)
    for row in rows:
        table.add_row(*map(escape, row[:n_shown]))
    console.print(table, width=max(console.width, NAME + numbers), crop=False)
    band = "; band: over what is not known" if n_shown == len(heads) else ""
    console.print(f"percent, percentage points; interval: Monte Carlo error{band}")
    if comparison.transitions is not None and comparison.n:
        stays = int(comparison.transitions.trace()) / comparison.n
        console.print(f"{100 * stays:.1f} percent of the trajectories have the same outcome in both")
    console.print()


def _cells(row: Difference) -> tuple[str, ...]:
    """A row as it is shown: its name, both shares, the difference with its interval, the band."""
    name = row.what if row.aspect in ("share", "yes") else f"{row.what} {row.aspect}"
    difference = f"{_points(row.difference)} {_span(row.low, row.high, '()')}".strip()
    return name, f"{100 * row.a:.1f}", f"{100 * row.b:.1f}", difference, _span(*row.band, "[]")


def _how(comparison: Comparison) -> str:
    if comparison.paired:
        return f"{comparison.n:,} pairs of trajectories, seed {comparison.settings.seed}"
    return f"not paired, because {comparison.reason}; the intervals take the runs for independent"


def _span(low: float, high: float, brackets: str) -> str:
    if low != low or high != high:
        return ""
    return f"{brackets[0]}{_points(low)}, {_points(high)}{brackets[1]}"


def _points(share: float) -> str:
    return f"{round(100 * share, 2) + 0.0:+.2f}"  # + 0.0: no negative zero
