"""What decides the results of a run: two runs with the same identity have the same bytes in their tables."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

from sim import __version__
from sim.compiler.observer import BINS
from sim.engine.driver import CHUNK
from sim.engine.pilot import PILOT
from sim.engine.results import Settings
from sim.model.declarations import Scenario, Study
from sim.output.manifest import model_hash


def identity_of_run(study: Study, scenarios: Sequence[Scenario], settings: Settings) -> dict[str, object]:
    """By name, as the user knows it."""
    model = study.model
    return {
        "kind": "run",
        "version": __version__,
        "chunks": [CHUNK, PILOT, BINS],
        "study": study.name,
        "model": model.name,
        "model_sha256": model_hash(model.sources),
        "seed": settings.seed,
        "n": settings.n,
        "replicates": settings.replicates,
        "keep": settings.keep,
        "design": settings.design,
        "scenarios": [scenario.name for scenario in scenarios],
        "what_the_scenarios_set_sha256": digest(scenarios),
        "what_is_measured_sha256": digest((model.measures, model.questions, model.outcomes)),
    }


def digest(value: object) -> str:
    """A hash of data, whatever the order of its maps and sets."""
    return hashlib.sha256(repr(_ordered(value)).encode("utf-8", "surrogatepass")).hexdigest()


def _ordered(value: Any) -> object:
    if isinstance(value, Mapping):
        return sorted((repr(key), _ordered(item)) for key, item in value.items())
    if isinstance(value, set | frozenset):
        return sorted(map(repr, value))
    if isinstance(value, list | tuple):
        return [_ordered(item) for item in value]
    if is_dataclass(value):
        return type(value).__name__, [(f.name, _ordered(getattr(value, f.name))) for f in fields(value)]
    return value
