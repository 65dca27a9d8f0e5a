"""How a command speaks: results on stdout, everything else on stderr, colour where it is wanted."""

import json
import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

    from sim.errors import Problem


@dataclass(frozen=True, slots=True)
class Terminal:
    """What the user asked for."""

    as_json: bool = False
    quiet: bool = False
    verbose: bool = False
    color: bool = True

    @classmethod
    def of(cls, as_json: bool, quiet: bool, verbose: bool, no_color: bool) -> "Terminal":
        plain = no_color or bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
        return cls(as_json, quiet, verbose, not plain)

    def result(self, text: str) -> None:
        """The result, as it is."""
        sys.stdout.write(text if text.endswith("\n") else text + "\n")

    def document(self, value: Any) -> None:
        """The result as one JSON document."""
        self.result(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False))

    def note(self, text: str) -> None:
        """Something by the way, on stderr."""
        if not self.quiet:
            sys.stderr.write(f"{text}\n")

    def problems(self, problems: "Iterable[Problem]") -> None:
        """Problems of a model or study, each with its place, never wrapped."""
        for problem in problems:
            sys.stderr.write(f"{problem.render()}\n")

    def warnings(self, warnings: "Iterable[Problem]") -> None:
        """What is doubtful about a model or study, but no error."""
        if not self.quiet:
            self.problems(warnings)

    def console(self) -> "Console":
        """For tables on stdout."""
        from sim.output.console import console_for

        return console_for(sys.stdout, self.color)
