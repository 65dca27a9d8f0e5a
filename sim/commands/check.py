"""``crossroads check``: all problems of a model or study, or a count of what it holds."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.commands.studies import load_study
from sim.commands.terminal import Terminal
from sim.errors import ModelError, Place, Problem, UsageError

if TYPE_CHECKING:
    from sim.model.declarations import Study

KINDS = (
    "modules", "parameters", "levers", "draws", "derived", "states", "events", "phases", "decisions", "outcomes",
    "questions", "measures", "correlations", "scenarios",
)  # fmt: skip
SINGULAR = {"derived": "derived value", "phases": "phase"}


def check_command(path: Path, terminal: Terminal) -> int:
    """The exit status; problems go to stderr, ``ok`` to stdout."""
    try:
        study = load_study(path)
    except ModelError as error:
        if terminal.as_json:
            terminal.document({"ok": False, "problems": [_problem(p) for p in error.problems]})
        raise
    terminal.warnings(study.warnings)
    try:
        counts = counts_of(study)
    except UsageError as error:
        if terminal.as_json:
            problem = Problem("", error.message, error.place or Place(study.path, 0, 0))
            terminal.document({"ok": False, "problems": [_problem(problem)]})
        raise
    warnings = [_problem(warning) for warning in study.warnings]
    if terminal.as_json:
        terminal.document({"ok": True, "name": study.name, "counts": counts, "problems": [], "warnings": warnings})
    else:
        held = ", ".join(_counted(n, kind) for kind, n in counts.items() if n)
        terminal.result(f"ok: {study.name}" + (f" holds {held}" if held else ""))
    return 0


def counts_of(study: "Study") -> dict[str, int]:
    """How many declarations of each kind there are, elements of an index counted singly; the points of a sweep.

    Raises:
        UsageError: where the sweep is not as it should be.
    """
    counts = {kind: len(getattr(study.model, kind)) for kind in KINDS} | {"scenarios": len(study.scenarios)}
    if "sweep" in study.blocks:
        from sim.analysis.sweep_plan import plan_of

        counts["points"] = len(plan_of(study).points)
    return counts


def _counted(n: int, kind: str) -> str:
    one = SINGULAR.get(kind, kind[:-1])
    many = "derived values" if kind == "derived" else kind
    return f"{n} {one if n == 1 else many}"


def _problem(problem: Problem) -> dict[str, Any]:
    place = problem.place
    return {
        "code": problem.code, "message": problem.message, "hint": problem.hint,
        "file": place.file, "line": place.line, "column": place.column,
    }  # fmt: skip
