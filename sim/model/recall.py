"""A study that was loaded before and whose files have not changed since."""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

from sim import cache
from sim.model.declarations import Study


def recall(path: str | os.PathLike[str], *, settings: Sequence[str] = (), scenarios: Sequence[str] = ()) -> Study:
    """As :func:`sim.model.load.load`, from the cache where every file still has the content it had."""
    key = cache.key_of(
        ("errors", "numerics", "language", "model"), os.getcwd(), os.fspath(path), tuple(settings), tuple(scenarios)
    )
    study = cache.fetch("studies", key)
    if isinstance(study, Study) and all(_digest(file) == digest for file, digest in study.model.sources):
        return study
    from sim.model.load import load

    study = load(path, settings=settings, scenarios=scenarios)
    cache.keep("studies", key, study)
    return study


def _digest(file: str) -> str:
    try:
        return hashlib.sha256(Path(file).read_bytes()).hexdigest()
    except OSError:
        return ""
