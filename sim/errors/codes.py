"""The text behind every error code: what ``explain E204`` prints and ``docs/errors.md`` lists.

E1xx files and YAML, E2xx expressions and units, E3xx names and declarations, E4xx scenarios, E5xx studies.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Code:
    """An error code explained, with a model that has exactly this fault."""

    title: str
    explanation: str
    example: str
    hint: str


CODES: dict[str, Code] = {}
