"""``crossroads compare``: two scenarios on the same random numbers, or two finished runs."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.commands.studies import load_study
from sim.commands.terminal import Terminal
from sim.errors import UsageError

if TYPE_CHECKING:
    from sim.analysis.compare import Comparison
    from sim.engine.runner import Progress
    from sim.output.report.reading import RunDirectory

FAILED = 3
USAGE = "give a study or model and two scenarios, a run directory and two scenarios, or two run directories"


@dataclass(frozen=True, slots=True)
class CompareOptions:
    """The options of ``compare`` as they were given; None: those of the study or the run."""

    n: int | None = None
    seed: int | None = None
    out: Path | None = None
    changes: Sequence[str] = ()
    replicates: int | None = None
    threads: int | None = None
    design: str | None = None
    force: bool = False
    formats: Sequence[str] = ("csv",)


@dataclass(frozen=True, slots=True)
class _Work:
    """What is to be compared: the pairs by name, how, and where it comes from."""

    pairs: Sequence[tuple[str, str]]
    compare: "Callable[[int, Progress | None], Comparison]"  # of the pair with this number
    origin: Mapping[str, Any]


def compare_command(words: Sequence[str], options: CompareOptions, terminal: Terminal) -> int:
    """Compare, write, show; the exit status."""
    work = _finished(words, options) if Path(words[0]).is_dir() else _study(words, options)
    from sim.output.comparison import ComparisonStore, comparisons_document, show_comparison
    from sim.output.console import progress_bar

    place = options.out or Path("results") / _named(work.pairs)
    with ComparisonStore(place, force=options.force, formats=options.formats) as store:
        comparisons = []
        for number in range(len(work.pairs)):
            with progress_bar(wanted=not terminal.quiet) as progress:
                comparisons.append(work.compare(number, progress))
        store.save_comparisons(comparisons, work.origin, sys.argv)
    if terminal.as_json:
        terminal.document(comparisons_document(comparisons, work.origin, place))
    elif not terminal.quiet:
        for comparison in comparisons:
            show_comparison(comparison, terminal.console())
        terminal.console().print(f"files: {place}", markup=False, soft_wrap=True)
    return _tell_failures(comparisons)


def _study(words: Sequence[str], options: CompareOptions) -> _Work:
    if len(words) not in (1, 3):
        raise UsageError(USAGE)
    study = load_study(Path(words[0]), options.changes, list(dict.fromkeys(words[1:])))
    from sim.analysis.claims import contrasts_of
    from sim.analysis.compare import compare_with
    from sim.engine.run import check_settings, choose_scenarios, settings_of
    from sim.output.comparison import study_origin

    pairs = [(words[1], words[2])] if len(words) == 3 else contrasts_of(study)
    if not pairs:
        raise UsageError(f"{words[0]} says nothing of what to compare (compare: [a, b]); name two scenarios")
    settings = settings_of(
        study, n=options.n, seed=options.seed, threads=options.threads,
        replicates=10 if options.replicates is None else options.replicates, design=options.design or "random",
    )  # fmt: skip
    check_settings(settings, study.model)
    choose_scenarios(study, [name for pair in pairs for name in pair])
    return _Work(pairs, lambda i, progress: compare_with(study, *pairs[i], settings, progress), study_origin(study))


def _finished(words: Sequence[str], options: CompareOptions) -> _Work:
    from sim.engine.executors import available_cores
    from sim.output.comparison import run_origin
    from sim.output.finished import compare_finished, places_of
    from sim.output.report.reading import open_directories

    if options.changes or not {options.n, options.seed, options.replicates, options.design} <= {None}:
        raise UsageError(
            "a finished run is compared as it is: --set, -n, --seed, --replicates and --design do not apply"
        )
    n_directories = 2 if len(words) == 2 else 1
    if len(words) not in (2, 3):
        raise UsageError(USAGE)
    runs = open_directories([Path(word) for word in words[:n_directories]])
    _require_runs(runs)
    places = places_of(runs if len(runs) == 2 else (runs[0], runs[0]), words[n_directories:])
    n_threads = available_cores() if options.threads is None else options.threads
    return _Work(
        [(a.label, b.label) for a, b in places],
        lambda i, progress: compare_finished(*places[i], n_threads, progress),
        run_origin(runs, [place for pair in places for place in pair]),
    )


def _require_runs(directories: "Sequence[RunDirectory]") -> None:
    """Refuse sweeps and comparisons, whose tables are not those of scenarios."""
    for directory in directories:
        if directory.file_of("outcomes") is None or directory.is_sweep:
            kind = "sweep" if directory.is_sweep else "comparison"
            raise UsageError(f"{directory.path} is a {kind}; compare takes runs")


def _named(pairs: Sequence[tuple[str, str]]) -> str:
    """A directory for them."""
    first = "_vs_".join(name.replace(" ", "_").replace("(", "").replace(")", "") for name in pairs[0])
    return first if len(pairs) == 1 else f"{first}_and_others"


def _tell_failures(comparisons: "Sequence[Comparison]") -> int:
    for c in comparisons:
        if c.failures:
            sys.stderr.write(
                f"{c.a}, {c.b}: {c.failures} of {c.settings.n} trajectories failed in one of the two, and are left "
                "out; crossroads run says which and where\n"
            )
    return FAILED if any(c.failures for c in comparisons) else 0
