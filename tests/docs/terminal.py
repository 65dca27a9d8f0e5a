"""Console blocks: commands after ``$``, each with what it prints. ``crossroads`` runs in this process.

What a command prints is compared to the letter, stdout and stderr together. A line ``...`` stands for any lines, and
``$ echo $?`` prints the exit status of the command before it.
"""

import contextlib
import io
import re
import shlex
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

from sim.cli import main


@dataclass(frozen=True)
class Call:
    command: str
    output: str


def calls(text: str) -> Iterator[Call]:
    """The commands of a console block."""
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        yield Call(command, output)


class Shell:
    """Runs commands in the present directory, and remembers the last exit status."""

    def __init__(self) -> None:
        self.status = 0

    def run(self, command: str) -> str:
        """What the command prints."""
        if command == "echo $?":
            return f"{self.status}\n"
        first, _, rest = command.partition(" | ")
        words = shlex.split(first)
        if words[0] != "crossroads":
            done = subprocess.run(command, shell=True, text=True, capture_output=True, check=False)
            self.status = done.returncode
            return done.stdout + done.stderr
        printed = self.crossroads(words[1:])
        return (
            subprocess.run(rest, shell=True, text=True, input=printed, capture_output=True).stdout if rest else printed
        )

    def crossroads(self, words: list[str]) -> str:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            try:
                main(words)
            except SystemExit as leaving:
                self.status = leaving.code if isinstance(leaving.code, int) else 1
        return printed.getvalue()


def agrees(shown: str, printed: str) -> bool:
    """Is what the page shows what was printed, ``...`` lines apart? Blanks at the ends of lines do not count."""
    parts = [re.escape(part) for part in _bare(shown).split("\n...\n")]
    return re.fullmatch(r"\n(?:.*\n)?".join(parts), _bare(printed), re.DOTALL) is not None


def _bare(text: str) -> str:
    return "\n" + "".join(line.rstrip() + "\n" for line in text.splitlines())
