"""``crossroads trace``: one trajectory told as a story."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sim.commands.studies import load_study
from sim.commands.terminal import Terminal


@dataclass(frozen=True, slots=True)
class TraceOptions:
    """Which trajectory of which run; None: the study's."""

    trajectory: int
    scenario: str | None = None
    n: int | None = None
    seed: int | None = None
    replicates: int = 10
    design: str = "random"
    changes: Sequence[str] = ()
    values: bool = False


def trace_command(path: Path, options: TraceOptions, terminal: Terminal) -> int:
    """Replay and tell; the exit status."""
    study = load_study(path, options.changes, [options.scenario] if options.scenario else ())
    from sim.engine.replay import replay
    from sim.engine.run import settings_of
    from sim.output.story import story, story_document

    n, seed, replicates, design = options.n, options.seed, options.replicates, options.design
    settings = settings_of(study, n=n, seed=seed, replicates=replicates, design=design)
    told = replay(study, options.trajectory, None, settings)
    if terminal.as_json:
        terminal.document(story_document(told))
    else:
        terminal.result(story(told, values=options.values))
    return 0
