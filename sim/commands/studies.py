"""Reading what a command was given: a study, or a model that is its own study."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sim.errors import ModelError, Place, Problem

if TYPE_CHECKING:
    from sim.model.declarations import Study


def load_study(path: Path, settings: Sequence[str] = (), scenarios: Sequence[str] = ()) -> "Study":
    """The study at a path, with ``name=value`` settings for all its scenarios, or for those named."""
    from sim.model.recall import recall

    if path.is_dir():
        message = f"{path} is a directory; give the file of a model or study"
        raise ModelError([Problem("E101", message, Place(str(path)))])
    return recall(path, settings=settings, scenarios=scenarios)
