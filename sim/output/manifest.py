"""What a run directory says about itself: what was run, how, with what, and which files belong to it."""

import hashlib
import json
import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from sim import __version__
from sim.engine.results import Results, ScenarioResult
from sim.model.declarations import Scenario, Study

FORMAT = 1
LIBRARIES = ("numpy", "scipy", "numba", "llvmlite", "pandas", "pydantic", "pyyaml", "pint", "typer", "pyarrow")


def manifest_of(results: Results, files: Mapping[str, str], command: Sequence[str]) -> dict[str, Any]:
    """The manifest; ``files`` maps names to sha256."""
    study, settings = results.study, results.settings
    total = settings.n * len(results.scenarios)
    return {
        "crossroads": __version__,
        "format": FORMAT,
        "complete": True,
        **names_of(study, [result.scenario for result in results.scenarios]),
        "seed": settings.seed,
        "n": settings.n,
        "replicates": settings.replicates,
        "design": settings.design,
        "keep": settings.keep,
        "scenarios": [result.scenario.name for result in results.scenarios],
        "start": study.model.clock.date_of(0).isoformat(),
        "end": study.model.clock.date_of(study.model.clock.n_steps).isoformat(),
        "steps": study.model.clock.n_steps,
        "failures": {r.scenario.name: _failures(r) for r in results.scenarios if r.failures},
        "model_sha256": model_hash(study.model.sources),
        "study_sha256": _file_hash(study.path),
        "sources": dict(study.model.sources),
        "command": list(command),
        "python": platform.python_version(),
        "libraries": _versions(),
        "platform": platform.platform(),
        "cpu": cpu_name(),
        "threads": settings.n_threads,
        "wall_seconds": round(results.wall_seconds, 3),
        "cpu_seconds": round(results.cpu_seconds, 3),
        "trajectories_per_second": round(total / results.wall_seconds, 1) if results.wall_seconds else None,
        "files": dict(sorted(files.items())),
    }


def names_of(study: Study, scenarios: Sequence[Scenario]) -> dict[str, Any]:
    """What things are called and what is said of them, for whoever reads the tables without the model."""
    return {
        "study": study.name,
        "model": study.model.name,
        "title": study.title or study.model.title,
        "about": study.about,
        "model_title": study.model.title,
        "model_about": study.model.about,
        "scenario_titles": {s.name: s.title for s in scenarios if s.title},
        "scenario_abouts": {s.name: s.about for s in scenarios if s.about},
    }


def manifest_text(manifest: Mapping[str, Any]) -> str:
    return json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"


def model_hash(sources: Sequence[tuple[str, str]]) -> str:
    """One hash for all files of a model."""
    text = "".join(f"{digest}  {Path(path).name}\n" for path, digest in sorted(sources))
    return hashlib.sha256(text.encode()).hexdigest()


def _file_hash(path: str) -> str | None:
    try:
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()
    except OSError:
        return None


def _failures(result: ScenarioResult) -> dict[str, Any]:
    first = result.first_failure
    found: dict[str, Any] = {"count": result.failures}
    if first is not None:
        found |= {"first_trajectory": first.trajectory, "record": first.record, "declaration": first.declaration}
    return found


def _versions() -> dict[str, str]:
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def cpu_name() -> str:
    """The processor's name, as the system tells it."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
