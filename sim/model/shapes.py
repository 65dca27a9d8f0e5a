"""Building blocks of the language's shape: each reads a node, reports what is wrong with it, and gives a JSON schema.

``read`` returns None where it has reported a problem, so that nobody reports a second one. Alternatives are told apart
by the kind of node (a text, a mapping, a list), never by trying one after the other: a fault gives one problem.
"""

import difflib
import keyword
import re
from collections.abc import Iterable
from collections.abc import Mapping as Table
from dataclasses import dataclass, field
from datetime import date
from math import isfinite
from typing import Any, Literal

from sim.model.document import Mapping, Node, Scalar, Sequence
from sim.model.source import At, Report, Source

Schema = dict[str, Any]
NAME = re.compile(r"[a-z][a-z0-9_]*")
_REFERENCE = re.compile(r"[a-z]\w*(\.[a-z]\w*)*(\[[a-z]\w*\])?(\.[a-z]\w*)*", re.ASCII)
_DIGITS = re.compile(r"[-+]?\d+(_\d+)*")
_REAL = re.compile(r"[-+]?(\d+(_\d+)*\.?(\d+(_\d+)*)?|\.\d+(_\d+)*)([eE][-+]?\d+)?")
_DURATION = re.compile(r"(\d+(?:_\d+)*(?:\.\d+)?)\s*(day|week|month|year)s?")
_JUMP = re.compile(r"(\+=|-=|\*=|=)(?!=)\s*(?=\S)")
_KINDS = {Scalar: "a text or number", Mapping: "a mapping", Sequence: "a list"}


class Shape:
    """What may stand somewhere."""

    what = "a value"  # completes "... is expected here"

    def read(self, node: Node, report: Report) -> Any:
        raise NotImplementedError

    def schema(self, definitions: Schema) -> Schema:
        raise NotImplementedError

    def refuse(self, node: Node, report: Report, hint: str = "") -> None:
        report.add("E111", f"{self.what} is expected here, not {_said(node)}", node, hint)


def is_null(node: Node) -> bool:
    return isinstance(node, Scalar) and node.value is None


def _said(node: Node) -> str:
    if isinstance(node, Scalar):
        return "nothing" if is_null(node) else f"`{_short(node.text)}`"
    return _KINDS[type(node)]


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:37] + "..."


@dataclass
class _OfScalar(Shape):
    """A shape of a single value."""

    what: str = "a text"

    def read(self, node: Node, report: Report) -> Any:
        if not isinstance(node, Scalar) or is_null(node):
            return self.refuse(node, report)
        return self.accept(node, report)

    def accept(self, node: Scalar, report: Report) -> Any:
        return node


class Prose(_OfScalar):
    """Text for people, in any script, with line breaks if need be."""

    def schema(self, definitions: Schema) -> Schema:
        return {"type": ["string", "number", "boolean"]}


@dataclass
class Formula(_OfScalar):
    """An expression, a distribution or a number, read by the language later."""

    what: str = "an expression"

    def schema(self, definitions: Schema) -> Schema:
        return {"type": ["string", "number", "boolean"], "description": self.what}


@dataclass
class Matching(_OfScalar):
    """A text of a certain form."""

    pattern: re.Pattern[str] = NAME
    hint: str = ""

    def accept(self, node: Scalar, report: Report) -> Any:
        return node if self.pattern.fullmatch(node.text) else self.refuse(node, report, self.hint)

    def schema(self, definitions: Schema) -> Schema:
        return {"type": ["string", "boolean"], "pattern": f"^({self.pattern.pattern})$", "description": self.what}


@dataclass
class Name(_OfScalar):
    """A name that is given or used."""

    what: str = "a name"

    def accept(self, node: Scalar, report: Report) -> Any:
        return node if check_name(node, report) else None

    def schema(self, definitions: Schema) -> Schema:
        return {"type": "string", "pattern": f"^{NAME.pattern}$"}


@dataclass
class JumpText(_OfScalar):
    """An operator and an expression."""

    what: str = "a jump such as `+= 1`, `-= x`, `= 0` or `*= 0.5`"

    def accept(self, node: Scalar, report: Report) -> Any:
        return node if _JUMP.match(node.text) else self.refuse(node, report)

    def schema(self, definitions: Schema) -> Schema:
        return {"type": "string", "pattern": r"^(\+=|-=|\*=|=)", "description": self.what}


@dataclass
class Number(_OfScalar):
    """A finite number; ``whole`` ones may be bounded."""

    what: str = "a number"
    whole: bool = False
    low: float = float("-inf")
    high: float = float("inf")

    def accept(self, node: Scalar, report: Report) -> Any:
        value = number(node)
        if value is None or (self.whole and not isinstance(value, int)):
            return self.refuse(node, report)
        if not isfinite(value):
            report.add("E316", "a number must be finite", node)
            return None
        return node if self.low <= value <= self.high else self.refuse(node, report)

    def schema(self, definitions: Schema) -> Schema:
        limits = {"minimum": self.low, "maximum": self.high}
        kept = {name: limit for name, limit in limits.items() if isfinite(limit)}
        pattern = _DIGITS.pattern if self.whole else _REAL.pattern
        exact: Schema = {"type": "integer" if self.whole else "number", **kept}
        return {"anyOf": [exact, {"type": "string", "pattern": f"^({pattern})$"}], "description": self.what}


@dataclass
class Flag(_OfScalar):
    what: str = "true or false"

    def accept(self, node: Scalar, report: Report) -> Any:
        return node if isinstance(node.value, bool) else self.refuse(node, report)

    def schema(self, definitions: Schema) -> Schema:
        return {"type": "boolean"}


@dataclass
class Choice(_OfScalar):
    """One of a few words."""

    words: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self.what = " or ".join(f"`{word}`" for word in self.words)

    def accept(self, node: Scalar, report: Report) -> Any:
        return node if node.text in self.words else self.refuse(node, report, suggest(node.text, self.words))

    def schema(self, definitions: Schema) -> Schema:
        return {"enum": list(self.words)}


@dataclass
class Day(_OfScalar):
    """A date, and with ``or_start`` the word start."""

    what: str = "a date such as 2025-04-07"

    def accept(self, node: Scalar, report: Report) -> Any:
        if not re.fullmatch(r"\d{4}-\d\d-\d\d", node.text, re.ASCII):
            return self.refuse(node, report)
        try:
            date.fromisoformat(node.text)
        except ValueError:
            report.add("E311", f"there is no day {node.text} in the calendar", node)
            return None
        if not "1000" <= node.text[:4] <= "9900":
            report.add("E311", "a year from 1000 to 9900 is expected here", node)
            return None
        return node

    def schema(self, definitions: Schema) -> Schema:
        return {"type": "string", "pattern": r"^\d{4}-\d\d-\d\d$", "description": self.what}


@dataclass
class OneOrMore(Shape):
    """A shape or a list of it; always read as a list."""

    item: Shape

    def __post_init__(self) -> None:
        self.what = self.item.what

    def read(self, node: Node, report: Report) -> Any:
        nodes = node.items if isinstance(node, Sequence) else [node]
        return [read for each in nodes if (read := self.item.read(each, report)) is not None]

    def schema(self, definitions: Schema) -> Schema:
        one = self.item.schema(definitions)
        return {"anyOf": [one, {"type": "array", "items": one}]}


@dataclass
class Listing(Shape):
    """A list."""

    item: Shape
    what: str = "a list"
    at_least: int = 0
    exactly: int | None = None

    def read(self, node: Node, report: Report) -> Any:
        if not isinstance(node, Sequence):
            return self.refuse(node, report)
        n = len(node.items)
        if n < self.at_least or (self.exactly is not None and n != self.exactly):
            report.add("E111", f"{self.what} is expected here, not a list of {n}", node)
            return None
        return [read for each in node.items if (read := self.item.read(each, report)) is not None]

    def schema(self, definitions: Schema) -> Schema:
        limits = {} if self.exactly is None else {"minItems": self.exactly, "maxItems": self.exactly}
        return {"type": "array", "items": self.item.schema(definitions), **limits}


@dataclass(slots=True, eq=False)
class Entry:
    """A key of the author's own, and what stands there."""

    key: Scalar
    value: Any


@dataclass
class Entries(Shape):
    """A mapping whose keys are names of the author's own; read as a list of entries."""

    item: Shape
    what: str = "a mapping of names"
    key: Shape | None = None
    optional: bool = False  # a name may stand without a value

    def read(self, node: Node, report: Report) -> Any:
        if not isinstance(node, Mapping):
            return [] if is_null(node) else self.refuse(node, report)
        return [entry for key, value in node.entries if (entry := self.entry(key, value, report))]

    def entry(self, key: Scalar, value: Node, report: Report) -> Entry | None:
        if self.key is not None and self.key.read(key, report) is None:
            return None
        if is_null(value) and self.optional:
            value = Mapping(key.source, key.line, key.column, False)
        if is_null(value):
            cut = isinstance(value, Scalar) and value.start == value.end == key.end
            hint = "an unquoted comma inside {} ends a text: quote it" if cut else ""
            report.add("E111", f"`{_short(key.text)}` has no value", key, hint)
            return Entry(key, None)
        return Entry(key, self.item.read(value, report))

    def schema(self, definitions: Schema) -> Schema:
        return {"type": "object", "additionalProperties": self.item.schema(definitions)}


@dataclass
class ByKind(Shape):
    """Alternatives by the kind of node."""

    scalar: Shape | None = None
    mapping: Shape | None = None
    sequence: Shape | None = None

    def __post_init__(self) -> None:
        shapes = [shape for shape in (self.scalar, self.mapping, self.sequence) if shape]
        self.what = " or ".join(shape.what for shape in shapes)

    def read(self, node: Node, report: Report) -> Any:
        chosen = {Scalar: self.scalar, Mapping: self.mapping, Sequence: self.sequence}[type(node)]
        return chosen.read(node, report) if chosen and not is_null(node) else self.refuse(node, report)

    def schema(self, definitions: Schema) -> Schema:
        shapes = [shape for shape in (self.scalar, self.mapping, self.sequence) if shape]
        return {"anyOf": [shape.schema(definitions) for shape in shapes]}


class Raw(Shape):
    """Anything: kept as it is."""

    def read(self, node: Node, report: Report) -> Any:
        return node

    def schema(self, definitions: Schema) -> Schema:
        return {}


@dataclass(slots=True)
class Field:
    """A field of a record."""

    shape: Shape
    about: str = ""
    required: bool = False


class Record:
    """A mapping with known fields, as read. Fields that are absent or faulty read as None."""

    __slots__ = ("_fields", "_keys", "faulty", "node")

    def __init__(self, node: Node) -> None:
        self.node = node
        self._fields: dict[str, Any] = {}
        self._keys: dict[str, At] = {}
        self.faulty = False  # it has fields that nobody knows

    def __getitem__(self, name: str) -> Any:
        return self._fields.get(name)

    def __contains__(self, name: str) -> bool:
        """Is the field given, be it faulty?"""
        return name in self._keys

    def key(self, name: str) -> At:
        """Where the field's name stands (the whole record, where it is in short form)."""
        return self._keys.get(name, self.node)

    def put(self, name: str, key: At, value: Any) -> None:
        self._keys[name] = key
        if value is not None:
            self._fields[name] = value

    @property
    def source(self) -> Source:
        return self.node.source

    @property
    def line(self) -> int:
        return self.node.line

    @property
    def column(self) -> int:
        return self.node.column


@dataclass
class Fields(Shape):
    """A mapping with known fields. ``short`` names the field that a text (or list) alone stands for."""

    name: str
    fields: Table[str, Field]
    short: str = ""
    elsewhere: Table[str, str] = field(default_factory=dict)  # fields of another file or kind: a sentence about them

    def __post_init__(self) -> None:
        self.what = "a mapping of " + ", ".join(f"`{name}`" for name in list(self.fields)[:6])
        if self.short:
            self.what = f"{self.fields[self.short].shape.what} or a mapping of fields"

    def read(self, node: Node, report: Report) -> Any:
        if isinstance(node, Mapping):
            return self.record(node, report)
        if not self.short or is_null(node):
            return self.refuse(node, report)
        value = self.fields[self.short].shape.read(node, report)
        record = Record(node)
        record.put(self.short, node, value)
        return record

    def record(self, node: Mapping, report: Report) -> Record:
        record = Record(node)
        for key, value in node.entries:
            if known := self.fields.get(key.text):
                record.put(key.text, key, self.value(key, value, known, report))
            else:
                record.faulty = True
                self.unknown(key, value, report)
        for name, known in self.fields.items():
            if known.required and name not in record and not record.faulty:
                report.add("E112", f"the field `{name}` is missing", node, known.about)
        return record

    def from_entries(self, entries: list[Entry], at: Scalar, report: Report) -> Record:
        """A record of fields that were read as entries, whose values are nodes."""
        return self.record(Mapping(at.source, at.line, at.column, True, [(e.key, e.value) for e in entries]), report)

    def value(self, key: Scalar, value: Node, known: Field, report: Report) -> Any:
        if is_null(value) and not isinstance(known.shape, Entries):
            report.add("E111", f"`{key.text}` has no value", key)
            return None
        return known.shape.read(value, report)

    def unknown(self, key: Scalar, value: Node, report: Report) -> None:
        cut = isinstance(value, Scalar) and not value.style and value.start == value.end == key.end
        if sentence := self.elsewhere.get(key.text):
            report.add("E114", sentence, key)
        elif cut and key.text not in self.fields:
            message = f"`{_short(key.text)}` stands alone: an unquoted comma inside {{}} ended the text before it"
            report.add("E106", message, key, "quote the text that holds the comma")
        else:
            hint = suggest(key.text, self.fields) or "known here: " + ", ".join(self.fields)
            report.add("E110", f"there is no field `{_short(key.text)}` here", key, hint)

    def schema(self, definitions: Schema) -> Schema:
        if self.name not in definitions:
            definitions[self.name] = {}  # before the fields, for fields that refer back
            properties = {}
            for name, known in self.fields.items():
                about = {"description": known.about} if known.about else {}
                properties[name] = {**known.shape.schema(definitions), **about}
            required = [name for name, known in self.fields.items() if known.required]
            long = {"type": "object", "properties": properties, "additionalProperties": False, "required": required}
            short = self.fields[self.short].shape.schema(definitions) if self.short else None
            definitions[self.name] = {"anyOf": [short, long]} if short else long
        return {"$ref": f"#/$defs/{self.name}"}


def suggest(given: str, known: Iterable[str]) -> str:
    """A hint with the nearest known name, where one is near."""
    near = difflib.get_close_matches(given, list(known), n=1, cutoff=0.6)
    return f"did you mean `{near[0]}`?" if near else ""


def number(node: Scalar) -> int | float | None:
    """The number that a scalar is, underscores allowed; None where it is none."""
    if isinstance(node.value, bool):
        return None
    if isinstance(node.value, int | float):
        return node.value
    text = node.text.strip()
    if len(text) > 400:
        return None
    if _DIGITS.fullmatch(text):
        return int(text)
    return float(text) if _REAL.fullmatch(text) else None


def check_name(node: Scalar, report: Report) -> bool:
    """Is this a possible name? If not, say why."""
    if keyword.iskeyword(node.text) or node.text in ("true", "false", "null"):
        report.add("E301", f"`{node.text}` means something else already and can be no name", node)
    elif not NAME.fullmatch(node.text):
        hint = "lower case letters, digits and underscores, beginning with a letter"
        report.add("E301", f"`{_short(node.text)}` is no name", node, hint)
    else:
        return True
    return False


Reference = Matching("a name such as `oil.brent`", _REFERENCE)
Duration = Matching("a duration such as `4 weeks`", _DURATION)


def duration_parts(node: Scalar) -> tuple[str, str]:
    """The number and the unit of a duration."""
    found = _DURATION.fullmatch(node.text)
    assert found
    return found[1].replace("_", ""), found[2]


def jump_parts(node: Scalar) -> tuple[Literal["+=", "-=", "*=", "="], int]:
    """The operator of a jump, and where its expression begins."""
    found = _JUMP.match(node.text)
    assert found
    operators: dict[str, Literal["+=", "-=", "*=", "="]] = {"+=": "+=", "-=": "-=", "*=": "*=", "=": "="}
    return operators[found[1]], found.end()
