"""What is explored: a scenario, and what was changed of it. It can be written into a link and read from it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isfinite
from urllib.parse import urlencode

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class State:
    """Changes are sorted by name, so that two ways to the same place end in equal states."""

    scenario: str
    against: str
    values: tuple[tuple[str, float], ...] = ()  # parameters and levers
    forced: tuple[tuple[str, str], ...] = ()  # decisions and options

    def setting(self, name: str, value: float | None) -> "State":
        """With a parameter or lever set; None: as the scenario has it."""
        rest = {k: v for k, v in self.values if k != name}
        return replace(self, values=tuple(sorted((rest if value is None else rest | {name: value}).items())))

    def forcing(self, name: str, option: str | None) -> "State":
        """With a decision forced for the whole time; None: as the scenario has it."""
        rest = {k: v for k, v in self.forced if k != name}
        return replace(self, forced=tuple(sorted((rest if option is None else rest | {name: option}).items())))

    def value(self, name: str) -> float | None:
        return dict(self.values).get(name)

    def option(self, name: str) -> str | None:
        return dict(self.forced).get(name)

    @property
    def n_changes(self) -> int:
        return len(self.values) + len(self.forced)

    def query(self, more: Pairs = ()) -> str:
        """The state as the query of a link; ``more`` is what else the link should carry."""
        pairs = [("scenario", self.scenario), ("against", self.against)]
        pairs += [("set", f"{name}:{value!r}") for name, value in self.values]
        pairs += [("force", f"{name}:{option}") for name, option in self.forced]
        return urlencode([*pairs, *more])


def changes_in(pairs: Sequence[tuple[str, str]]) -> tuple[list[tuple[str, float]], list[tuple[str, str]]]:
    """Values and forced options that a link names, whatever they are worth; what cannot be read is left out."""
    values, forced = [], []
    for key, text in pairs:
        name, colon, given = text.rpartition(":")
        if key == "force" and colon:
            forced.append((name, given))
        elif key == "set" and colon and (value := number(given)) is not None:
            values.append((name, value))
    return values, forced


def number(text: str) -> float | None:
    """A finite number, or None."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if isfinite(value) else None
