"""Shapes of lists and mappings, and what is read from them."""

from collections.abc import Callable
from collections.abc import Mapping as Table
from dataclasses import dataclass, field
from typing import Any

from sim.model.document import Mapping, Node, Scalar, Sequence
from sim.model.shape import Schema, Shape, is_null, short, suggest
from sim.model.source import At, Report, Source


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


class Items(list[Any]):
    """A list as read, without the items that are faulty."""

    faulty = False


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
        items = Items(read for each in node.items if (read := self.item.read(each, report)) is not None)
        items.faulty = len(items) < n
        return items

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
            report.add("E111", f"`{short(key.text)}` has no value", key, hint)
            return Entry(key, None)
        return Entry(key, self.item.read(value, report))

    def schema(self, definitions: Schema) -> Schema:
        item = self.item.schema(definitions)
        return {
            "type": ["object", "null"],
            "additionalProperties": {"anyOf": [{"type": "null"}, item]} if self.optional else item,
        }


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

    def not_mapping(self) -> Shape:
        return ByKind(scalar=self.scalar, sequence=self.sequence)

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
    """A mapping with known fields. ``short`` names the field that a text (or list) alone stands for.

    A text that ``is_other`` stands for the field ``other`` instead.
    """

    name: str
    fields: Table[str, Field]
    short: str = ""
    elsewhere: Table[str, str] = field(default_factory=dict)  # fields of another file or kind: a sentence about them
    other: str = ""
    is_other: Callable[[str], bool] = lambda text: False

    def __post_init__(self) -> None:
        self.what = "a mapping of " + ", ".join(f"`{name}`" for name in list(self.fields)[:6])
        if self.short:
            self.what = f"{self.fields[self.short].shape.what} or a mapping of fields"

    def read(self, node: Node, report: Report) -> Any:
        if isinstance(node, Mapping):
            return self.record(node, report)
        if not self.short or is_null(node):
            return self.refuse(node, report)
        name = self.other if isinstance(node, Scalar) and self.is_other(node.text) else self.short
        record = Record(node)
        record.put(name, node, self.fields[name].shape.read(node, report))
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
        nodes = [(entry.key, entry.value) for entry in entries if entry.value is not None]
        return self.record(Mapping(at.source, at.line, at.column, True, nodes), report)

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
            message = f"`{short(key.text)}` stands alone: an unquoted comma inside {{}} ended the text before it"
            report.add("E106", message, key, "quote the text that holds the comma")
        else:
            hint = suggest(key.text, self.fields) or "known here: " + ", ".join(self.fields)
            report.add("E110", f"there is no field `{short(key.text)}` here", key, hint)

    def schema(self, definitions: Schema) -> Schema:
        if self.name not in definitions:
            definitions[self.name] = {}  # before the fields, for fields that refer back
            properties = {}
            for name, known in self.fields.items():
                about = {"description": known.about} if known.about else {}
                properties[name] = {**known.shape.schema(definitions), **about}
            required = [name for name, known in self.fields.items() if known.required]
            long = {"type": "object", "properties": properties, "additionalProperties": False, "required": required}
            short = self.fields[self.short].shape.not_mapping().schema(definitions) if self.short else None
            definitions[self.name] = {"anyOf": [short, long]} if short else long
        return {"$ref": f"#/$defs/{self.name}"}
