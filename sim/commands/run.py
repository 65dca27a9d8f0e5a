"""``crossroads run``: a study or a model, to a directory of files and a table of outcomes."""

import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sim.commands.clusters import executor_of
from sim.commands.resuming import resumable
from sim.commands.studies import load_study
from sim.commands.terminal import Terminal

if TYPE_CHECKING:
    from sim.engine.results import Results, Settings
    from sim.model.declarations import Study

FAILED = 3


@dataclass(frozen=True, slots=True)
class RunOptions:
    """The options of ``run`` as they were given; None: the study's."""

    n: int | None = None
    seed: int | None = None
    out: Path | None = None
    scenarios: Sequence[str] = ()
    changes: Sequence[str] = ()
    replicates: int = 10
    keep: int = 0
    threads: int | None = None
    design: str = "random"
    force: bool = False
    formats: Sequence[str] = ("csv",)
    resume: bool = False
    cluster: str | None = None
    scheduler_file: Path | None = None

    def settings(self, study: "Study") -> "Settings":
        """How the study is to be run."""
        from sim.engine.run import settings_of

        return settings_of(
            study, n=self.n, seed=self.seed, replicates=self.replicates, keep=self.keep, design=self.design,
            threads=self.threads,
        )  # fmt: skip


def run_command(path: Path, options: RunOptions, terminal: Terminal) -> int:
    """Run, write, show; the exit status."""
    study = load_study(path, options.changes, options.scenarios)
    terminal.warnings(study.warnings)
    from sim.engine.run import check_settings, run_with
    from sim.output.console import progress_bar, results_document, show_results
    from sim.output.identity import identity_of_run
    from sim.output.store import Store

    settings = options.settings(study)
    check_settings(settings, study.model)
    place = options.out or Path(study.output or f"results/{study.name}")
    identity = identity_of_run(study, study.scenarios, settings)
    with Store(
        place, force=options.force, formats=options.formats, identity=identity, resume=options.resume
    ) as store:
        with (
            executor_of(options) as executor,
            progress_bar(not terminal.quiet, terminal.color) as progress,
            resumable(store),
        ):
            results = run_with(study, settings, progress=progress, executor=executor, journal=store.journal)
        store.save(results, ["crossroads", *sys.argv[1:]])
    if terminal.as_json:
        terminal.document(results_document(results, place))
    elif not terminal.quiet:
        show_results(results, place, terminal.console())
    return _tell_failures(results, path, options)


def _tell_failures(results: "Results", path: Path, options: RunOptions) -> int:
    """Say which trajectories failed and how to replay the first; the exit status."""
    for result in results.scenarios:
        first = result.first_failure
        if first is None:
            continue
        date = results.model.clock.date_of(first.record)
        what = f": {first.declaration} became NaN or infinite" if first.declaration else ""
        replay = replay_command(path, first.trajectory, result.scenario.name, results, options)
        sys.stderr.write(
            f"scenario {result.scenario.name}: {result.failures} of {results.settings.n} trajectories failed, "
            f"and are in no table\n"
            f"  the first is number {first.trajectory}, at step {first.record} ({date}){what}\n"
            f"  replay it: {replay}\n"
        )
    return FAILED if results.failures else 0


def replay_command(path: Path, trajectory: int, scenario: str, results: "Results", options: RunOptions) -> str:
    """The command that tells one trajectory of this run."""
    s = results.settings
    words = ["crossroads", "trace", str(path), "--trajectory", str(trajectory), "--scenario", scenario]
    words += ["-n", str(s.n), "--seed", str(s.seed), "--replicates", str(s.replicates)]
    words += [] if s.design == "random" else ["--design", s.design]
    for change in options.changes:
        words += ["--set", change]
    return shlex.join(words)
