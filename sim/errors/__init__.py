"""Every exception and error code.

CrossroadsError            1  our own fault, unless a subclass says otherwise
├── ModelError             2  a model or study has problems: all of them, each with its place
├── UsageError             2  the command line, or a call, asks for what cannot be
├── OutputError            4  results cannot be written
└── ClusterError           5  the workers cannot be reached

The number is the exit status of the command line. ``LanguageError`` is raised by the language, which knows no files;
the model catches it and gives it a place.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sim.errors.code import Code
from sim.errors.codes import CODES

__all__ = [
    "CODES",
    "ClusterError",
    "Code",
    "CrossroadsError",
    "LanguageError",
    "ModelError",
    "OutputError",
    "Place",
    "Problem",
    "UsageError",
]


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where in a file: 1-based line and column."""

    file: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong (or, where the code begins with W, doubtful) in a model or study."""

    code: str
    message: str
    place: Place
    hint: str = ""
    line_text: str = ""

    @property
    def is_warning(self) -> bool:
        return self.code.startswith("W")

    def render(self) -> str:
        """The problem as it is shown: place, code and sentence, the line with a caret, a hint."""
        severity = "warning" if self.is_warning else "error"
        lines = [f"{self.place}: {severity} {self.code}: {self.message}"]
        if self.line_text.strip():
            lines += _excerpt(self.line_text, self.place.column)
        if self.hint:
            lines.append(f"  hint: {self.hint}")
        return "\n".join(lines)


def _excerpt(text: str, column: int, width: int = 116) -> list[str]:
    """The line and a caret under its ``column``; of a long line, the part around it."""
    text = "".join(c if c.isprintable() else " " for c in text)
    at = min(max(column - 1, 0), len(text))
    start = 0 if len(text) <= width else max(0, min(at - width // 2, len(text) - width))
    shown = text[start : start + width]
    if start:
        shown = "..." + shown[3:]
    if start + width < len(text):
        shown = shown[:-3] + "..."
    return [f"  {shown}".rstrip(), "  " + " " * (at - start) + "^"]


class CrossroadsError(Exception):
    """The base of all errors that are meant for a user's eyes."""

    exit_status = 1


class ModelError(CrossroadsError):
    """A model or study that cannot be used, with every problem found in it, in the order of the files."""

    exit_status = 2

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(problem.render() for problem in problems))
        self.problems = tuple(problems)


class UsageError(CrossroadsError):
    """A command or call that asks for something impossible, or a file that does, at ``place``."""

    exit_status = 2

    def __init__(self, message: str, place: Place | None = None, line_text: str = "") -> None:
        first = message if place is None else f"{place}: {message}"
        excerpt = _excerpt(line_text, place.column) if place is not None and line_text.strip() else []
        super().__init__("\n".join([first, *excerpt]))
        self.message, self.place = message, place


class OutputError(CrossroadsError):
    """Results cannot be written where they were asked for."""

    exit_status = 4


class ClusterError(CrossroadsError):
    """Workers cannot be reached, or died."""

    exit_status = 5


class LanguageError(Exception):
    """Something wrong from ``start`` to ``end`` (0-based offsets) in an expression, a unit or a distribution."""

    def __init__(self, code: str, message: str, hint: str = "", start: int = 0, end: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint
        self.start = start
        self.end = start + 1 if end is None else end
