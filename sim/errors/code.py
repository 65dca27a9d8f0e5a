"""What is known about an error code."""

from dataclasses import dataclass

MODEL = "model: bad\nclock: {start: 2025-01-06, step: 1 week, horizon: 4 weeks}\n"


@dataclass(frozen=True, slots=True)
class Code:
    """An error code explained, with a model or study that has exactly this fault.

    A line ``# file: oil.yaml`` in the example begins another file beside it.
    """

    title: str
    explanation: str
    example: str
    hint: str
    encoding: str = "utf-8"
    settings: tuple[str, ...] = ()  # of the command line


def bad(title: str, explanation: str, sections: str, hint: str) -> Code:
    """A code whose example is a small model with these sections."""
    return Code(title, explanation, MODEL + sections.lstrip("\n"), hint)
