"""Texts, places in them, and the problems found there."""

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from sim.errors import LanguageError, Place, Problem

LINE_BREAK = re.compile("\r\n|\r|\n")


@dataclass(eq=False)
class Source:
    """A text with a name: a file, or an argument of the command line."""

    path: str
    text: str

    @cached_property
    def lines(self) -> list[str]:
        return LINE_BREAK.split(self.text)

    @cached_property
    def line_starts(self) -> list[int]:
        return [0] + [found.end() for found in LINE_BREAK.finditer(self.text)]

    def line(self, number: int) -> str:
        return self.lines[number - 1] if 0 < number <= len(self.lines) else ""

    def spot(self, index: int) -> "Spot":
        """The place of the character with this index."""
        line = bisect_right(self.line_starts, index)
        return Spot(self, line, index - self.line_starts[line - 1] + 1)


class At(Protocol):
    """Anything that stands somewhere."""

    @property
    def source(self) -> Source: ...
    @property
    def line(self) -> int: ...
    @property
    def column(self) -> int: ...


@dataclass(frozen=True, slots=True, eq=False)
class Spot:
    """A place and nothing else."""

    source: Source
    line: int = 1
    column: int = 1


class Text(At, Protocol):
    """A text whose single characters can be found again in its source."""

    def within(self, offset: int) -> At: ...


class Report:
    """The problems found so far, each once."""

    def __init__(self) -> None:
        self._problems: dict[tuple[str, str, Place], Problem] = {}

    def add(self, code: str, message: str, at: At, hint: str = "") -> None:
        place = place_of(at)
        problem = Problem(code, message, place, hint, at.source.line(at.line))
        self._problems.setdefault((code, message, place), problem)

    def refuse(self, error: LanguageError, text: Text, shift: int = 0) -> None:
        """What the language found wrong in a text, or in the part of it that begins at ``shift``."""
        self.add(error.code, error.message, text.within(error.start + shift), error.hint)

    @property
    def errors(self) -> list[Problem]:
        return [problem for problem in self._problems.values() if not problem.is_warning]

    @property
    def warnings(self) -> list[Problem]:
        return [problem for problem in self._problems.values() if problem.is_warning]


def place_of(at: At) -> Place:
    return Place(at.source.path, at.line, at.column)
