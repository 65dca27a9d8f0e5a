"""Building blocks of the language's shape: each reads a node, reports what is wrong with it, and gives a JSON schema.

``read`` returns None where it has reported a problem, so that nobody reports a second one. Alternatives are told apart
by the kind of node (a text, a mapping, a list), never by trying one after the other: a fault gives one problem.
"""

import difflib
from collections.abc import Iterable
from typing import Any

from sim.model.document import Mapping, Node, Scalar, Sequence
from sim.model.source import Report

Schema = dict[str, Any]
_KINDS = {Scalar: "a text or number", Mapping: "a mapping", Sequence: "a list"}


class Shape:
    """What may stand somewhere."""

    what = "a value"  # completes "... is expected here"

    def read(self, node: Node, report: Report) -> Any:
        raise NotImplementedError

    def schema(self, definitions: Schema) -> Schema:
        raise NotImplementedError

    def not_mapping(self) -> "Shape":
        """The same without the alternative of a mapping."""
        return self

    def refuse(self, node: Node, report: Report, hint: str = "") -> None:
        report.add("E111", f"{self.what} is expected here, not {_said(node)}", node, hint)


def is_null(node: Node) -> bool:
    return isinstance(node, Scalar) and node.value is None


def _said(node: Node) -> str:
    if isinstance(node, Scalar):
        return "nothing" if is_null(node) else f"`{short(node.text)}`"
    return _KINDS[type(node)]


def short(text: str) -> str:
    return text if len(text) <= 40 else text[:37] + "..."


def suggest(given: str, known: Iterable[str]) -> str:
    """A hint with the nearest known name, where one is near."""
    near = difflib.get_close_matches(given, list(known), n=1, cutoff=0.6)
    return f"did you mean `{near[0]}`?" if near else ""
