"""``crossroads sweep``: a study at many points, to one directory of tables."""

import sys
import time
from dataclasses import replace
from pathlib import Path

from sim.commands.clusters import executor_of
from sim.commands.resuming import resumable
from sim.commands.run import FAILED, RunOptions
from sim.commands.studies import load_study
from sim.commands.terminal import Terminal


def sweep_command(path: Path, options: RunOptions, terminal: Terminal) -> int:
    """Run every point, write, show; the exit status."""
    study = load_study(path, options.changes, options.scenarios)
    from sim.analysis.sweep import Cases, check_sweep, sweep_cases
    from sim.analysis.sweep_plan import plan_of
    from sim.output.console import progress_bar
    from sim.output.sweep import RowMaker, SweepStore

    cases = Cases(study, plan_of(study), replace(options.settings(study), keep=0))
    check_sweep(study, cases.plan, cases.settings)
    place = options.out or Path(study.output or f"results/{study.name}")
    began = time.perf_counter(), time.process_time()
    with SweepStore(cases, place, force=options.force, resume=options.resume) as store:
        with (
            executor_of(options) as executor,
            progress_bar(not terminal.quiet, terminal.color, len(cases.plan.points)) as progress,
            resumable(store),
            store.noting(),
        ):
            make = RowMaker(cases.plan)
            made = sweep_cases(
                study, cases.plan, cases.settings, make, first=store.done, progress=progress, executor=executor
            )
            for rows in made:
                store.add(rows)
        seconds = time.perf_counter() - began[0], time.process_time() - began[1]
        store.save_sweep(seconds, ["crossroads", *sys.argv[1:]])
    n = len(cases.plan.points)
    if terminal.as_json:
        terminal.document({"directory": str(place), "points": n, "scenarios": [s.name for s in study.scenarios]})
    elif not terminal.quiet:
        terminal.result(f"{n:,} points, {len(study.scenarios)} scenarios, {cases.settings.n:,} trajectories of each\n"
                        f"files: {place}")  # fmt: skip
    if store.failures:
        sys.stderr.write(
            f"{sum(store.failures.values())} trajectories failed, at {len(store.failures)} points, the first of them "
            f"number {min(store.failures)}; they are in no table\n"
        )
    return FAILED if store.failures else 0
