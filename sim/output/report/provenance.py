"""Provenance: what was run, by what, with which files; and the notes on reading the report."""

import shlex
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

import sim
from sim.output.phrases import HIGHEST, WORDS
from sim.output.report.contents import Report
from sim.output.report.reading import RunDirectory
from sim.output.report.text import count, is_number, long_date, plain

FACTS = (
    ("crossroads", "Version"), ("version", "Version"), ("study", "Study"), ("model", "Model"), ("seed", "Seed"),
    ("n", "Trajectories per scenario"), ("replicates", "Trajectories per parameter draw"),
    ("design", "Parameter design"), ("keep", "Trajectories kept"), ("start", "Start"), ("end", "End"),
    ("steps", "Steps"), ("model_sha256", "Model, sha256"), ("model_hash", "Model hash"),
    ("study_sha256", "Study, sha256"), ("study_hash", "Study hash"), ("command", "Command"), ("python", "Python"),
    ("libraries", "Libraries"), ("platform", "Platform"), ("cpu", "Processor"), ("threads", "Threads"),
    ("wall_seconds", "Seconds, wall"), ("cpu_seconds", "Seconds, processor"),
    ("trajectories_per_second", "Trajectories per second"),
)  # fmt: skip


def build(report: Report) -> dict[str, Any]:
    return {"runs": [_run(run) for run in report.directories], "version": sim.__version__}


def _run(run: RunDirectory) -> dict[str, Any]:
    given = run.manifest
    facts = [(label, _fact(key, given[key])) for key, label in FACTS if given.get(key) not in (None, "", [], {})]
    sources = given.get("sources")
    return {
        "name": run.name,
        "facts": facts,
        "files": sorted(run.files.items()),
        "sources": sorted((PurePath(name).name, d) for name, d in sources.items()) if isinstance(sources, dict) else [],
    }


def _fact(key: str, value: Any) -> str:
    if key == "command":
        return shlex.join(map(str, value)) if isinstance(value, list) else str(value)
    if isinstance(value, Mapping):
        return ", ".join(f"{k} {v}" for k, v in value.items())
    if key == "seed":
        return str(value)  # a name, not a quantity
    if is_number(value):
        return count(value) if float(value).is_integer() else f"{value:,}"
    return long_date(value) if key in ("start", "end") else plain(value)


def guide(report: Report) -> dict[str, Any]:
    """How to read the report: the scale of words, and what this run gives occasion to say."""
    edges = [0.0, *(edge for edge, _ in WORDS)]
    scale = [(word, f"{100 * low:.0f}–{100 * high:.0f}%") for low, (high, word) in zip(edges, WORDS, strict=False)]
    return {
        "scale": [*scale, (HIGHEST, "above 99%")],
        "has_sweep": report.has("points"),
        "has_several": len(report.scenarios) > 1,
        "about": report.model_about,
        "scenarios": [(s.title, about) for s in report.scenarios if (about := report.scenario_about(s.key))],
    }


def failures(report: Report) -> list[str]:
    """Trajectories that failed, in words: they count in no table."""
    found = []
    for run in report.directories:
        counts = _failures(run)
        if run.is_sweep:
            counts = {f"{len(counts)} points of the sweep": sum(counts.values())} if counts else {}
        else:
            counts = {f"“{report.scenario(name).title}”": n for name, n in counts.items()}
        found += [f"{count(n)} trajectories of {what} failed; no number counts them." for what, n in counts.items()]
    return found


def _failures(run: RunDirectory) -> dict[str, int]:
    """Failed trajectories by scenario, or by point."""
    given = run.manifest.get("failures")
    told = given.items() if isinstance(given, dict) else ()
    counts = {str(name): item.get("count") if isinstance(item, dict) else item for name, item in told}
    return {name: n for name, n in counts.items() if isinstance(n, int) and n > 0}
