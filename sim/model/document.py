"""YAML text to a tree of nodes, each of which knows where it stands.

The rules are those of the YAML 1.2 core schema: only ``true`` and ``false`` are booleans, ``1e-3`` is a number, ``010``
is ten. Refused besides: a key given twice, several documents, merge keys, tags of one's own, control characters, and
whatever would make a small file large. What an unquoted comma inside ``{}`` or ``[]`` cut apart is reported and mended,
so that it causes no second problem.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import yaml

from sim.model.source import LINE_BREAK, At, Report, Source, Spot
from sim.model.yaml_errors import explain

MOST_NODES = 100_000
DEEPEST = 64
UNREADABLE = "\ufffd"  # stands for every character that has been refused
_CORE_TAG = "tag:yaml.org,2002:"
_TAGGED: dict[str, type | tuple[type, ...]] = {"str": str, "!": str, "int": int, "float": (int, float)}
_TAGGED |= {"bool": bool, "null": type(None)}
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffd-\uffff]")
_HIDDEN = re.compile(f"{_CONTROL.pattern}|\r")
_INTEGER = re.compile(r"[-+]?[0-9]{1,400}")
_BASED = re.compile(r"0o[0-7]{1,400}|0x[0-9a-fA-F]{1,400}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_SPECIAL = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Plain: TypeAlias = str | int | float | bool | None


@dataclass(slots=True, eq=False)
class Scalar:
    """A text, and what it means where it is not quoted."""

    source: Source
    line: int
    column: int
    start: int  # offsets in the text of the source
    end: int
    text: str
    value: Plain
    style: str = ""  # the quote, | or >; empty for a plain scalar

    def within(self, offset: int) -> At:
        """The place of a character of the text: what is the n-th but for white space here is the n-th in the source."""
        start = self.start + (self.style in ("'", '"'))
        raw = self.source.text[start : self.end]
        if self.style in ("|", ">") and (header := LINE_BREAK.search(raw)):
            start, raw = start + header.end(), raw[header.end() :]
        solid = [i for i, c in enumerate(raw) if not c.isspace()]
        before = self.text[:offset]
        so_far = "".join(before.split())
        n = len(so_far)
        if "".join(raw[i] for i in solid[:n]) != so_far:
            return self  # an escape sequence stands before it
        if self.text[offset : offset + 1].strip() and n < len(solid):
            return self.source.spot(start + solid[n])
        return self.source.spot(start + solid[n - 1] + 1 + len(before) - len(before.rstrip())) if n else self

    def part(self, start: int, end: int) -> "Scalar":
        """A stretch of the text as a text of its own."""
        at, text = self.within(start), self.text[start:end]
        return Scalar(self.source, at.line, at.column, self.start, self.start, text, text)


@dataclass(slots=True, eq=False)
class Mapping:
    source: Source
    line: int
    column: int
    flow: bool
    entries: "list[tuple[Scalar, Node]]" = field(default_factory=list)
    size: int = 1  # of values, with every alias written out

    def get(self, key: str) -> "Node | None":
        return next((value for name, value in self.entries if name.text == key), None)


@dataclass(slots=True, eq=False)
class Sequence:
    source: Source
    line: int
    column: int
    flow: bool
    items: "list[Node]" = field(default_factory=list)
    size: int = 1


Node: TypeAlias = Scalar | Mapping | Sequence


class _Stop(Exception):
    """The rest of this text cannot be read."""


def compose(source: Source, report: Report, skip: int = 0) -> Node | None:
    """The tree of the one document in a text, but for its first characters; None where there is none."""
    clean = " " * skip + _without_controls(source, report)[skip:]
    try:
        return _Builder(source, report).build(yaml.parse(clean, Loader=_LOADER))
    except yaml.MarkedYAMLError as error:
        code, message, hint, index = explain(error, source.text)
        report.add(code, message, source.spot(index), hint)
    except yaml.YAMLError:
        report.add("E104", "this is no YAML", Spot(source))
    except _Stop:
        pass
    return None


def resolve(text: str) -> Plain:
    """What a plain scalar means under the core schema of YAML 1.2."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "+-.0123456789":
        return text
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    if _BASED.fullmatch(text):
        return int(text, 0)
    return float(text.lower().replace(".", "")) if _SPECIAL.fullmatch(text) else text


def _without_controls(source: Source, report: Report) -> str:
    for found in list(_CONTROL.finditer(source.text))[:20]:
        _refuse_control(report, found[0], source.spot(found.start()))
    return _CONTROL.sub(UNREADABLE, source.text)


def _refuse_control(report: Report, character: str, at: At) -> None:
    report.add("E107", f"the control character U+{ord(character):04X} may not stand in a text", at, "delete it")


class _Builder:
    """Nodes from the events of the YAML parser, without recursion."""

    def __init__(self, source: Source, report: Report) -> None:
        self.source, self.report = source, report
        self.root: Node | None = None
        self.anchors: dict[str, Node | None] = {}  # None: not closed yet
        self.open: list[_Open] = []
        self.documents = 0

    def build(self, events: Iterator[Any]) -> Node | None:
        handlers = {
            yaml.ScalarEvent: self.scalar,
            yaml.AliasEvent: self.alias,
            yaml.MappingStartEvent: lambda event: self.begin(event, Mapping),
            yaml.SequenceStartEvent: lambda event: self.begin(event, Sequence),
            yaml.MappingEndEvent: self.finish,
            yaml.SequenceEndEvent: self.finish,
            yaml.DocumentStartEvent: self.document,
        }
        for event in events:
            if handler := handlers.get(type(event)):
                handler(event)
        return self.root

    def document(self, event: Any) -> None:
        self.documents += 1
        if self.documents > 1:
            self.stop("E108", "a file holds one document only", self.spot(event), "delete the line `---`")

    def scalar(self, event: Any) -> None:
        text, style, at = event.value, event.style or "", event.start_mark
        value = resolve(text) if not style else text
        if event.tag is not None:
            value = self.tagged(event, text)
        node = Scalar(self.source, at.line + 1, at.column + 1, at.index, event.end_mark.index, text, value, style)
        if style == '"' and (found := _HIDDEN.search(text)):
            _refuse_control(self.report, found[0], node)
            node.text = node.value = _HIDDEN.sub(UNREADABLE, text)
        self.place(node, event.anchor)

    def tagged(self, event: Any, text: str) -> Plain:
        name = event.tag.removeprefix(_CORE_TAG)
        value = text if name in ("!", "str") else resolve(text)
        if name not in _TAGGED or not isinstance(value, _TAGGED[name]):
            self.refuse_tag(event)
        return value

    def refuse_tag(self, event: Any) -> None:
        self.report.add("E108", f"the tag `{event.tag}` cannot be used here", self.spot(event), "delete it")

    def alias(self, event: Any) -> None:
        node = self.anchors.get(event.anchor)
        if node is not None:
            self.place(node, None)
        elif event.anchor in self.anchors:
            self.stop("E104", f"the alias `*{event.anchor}` stands inside what it refers to", self.spot(event))
        else:
            hint = 'quote a text that begins with an asterisk, as in "*= 2"'
            self.stop("E104", f"no anchor `&{event.anchor}` stands above this alias", self.spot(event), hint)

    def begin(self, event: Any, kind: type[Mapping] | type[Sequence]) -> None:
        if event.tag not in (None, "!", f"{_CORE_TAG}map", f"{_CORE_TAG}seq"):
            self.refuse_tag(event)
        if len(self.open) == DEEPEST:
            self.stop("E103", f"this is nested deeper than {DEEPEST} levels, the limit", self.spot(event))
        if event.anchor:
            self.anchors[event.anchor] = None
        at = event.start_mark
        self.open.append(_Open(kind(self.source, at.line + 1, at.column + 1, bool(event.flow_style)), event.anchor))

    def finish(self, event: Any) -> None:
        done = self.open.pop()
        if done.node.flow:
            _mend(done.node, self.report)
        if isinstance(done.node, Mapping):
            done.node.entries = self.unique(done.node.entries)
        self.place(done.node, done.anchor)

    def unique(self, entries: "list[tuple[Scalar, Node]]") -> "list[tuple[Scalar, Node]]":
        kept: dict[str, tuple[Scalar, Node]] = {}
        for key, value in entries:
            if key.text == "<<" and not key.style:
                self.report.add("E108", "merge keys `<<` are not supported", key, "write the fields out")
            elif key.text in kept:
                hint = f"it stands in line {kept[key.text][0].line} already"
                self.report.add("E105", f"the key `{key.text}` is given twice", key, hint)
            else:
                kept[key.text] = key, value
        return list(kept.values())

    def place(self, node: Node, anchor: str | None) -> None:
        """Put a finished node where it belongs."""
        if anchor:
            self.anchors[anchor] = node
        if not self.open:
            self.root = node
            return
        into = self.open[-1]
        into.node.size += 1 if isinstance(node, Scalar) else node.size
        if into.node.size > MOST_NODES:
            self.stop(
                "E103", f"with aliases written out this holds more than {MOST_NODES} values, the limit", into.node
            )
        if isinstance(into.node, Sequence):
            into.node.items.append(node)
        elif into.key is None:
            into.key = node
        else:
            if isinstance(into.key, Scalar):
                into.node.entries.append((into.key, node))
            else:
                self.report.add("E108", "a key must be a text, not a list or a mapping", into.key)
            into.key = None

    def spot(self, event: Any) -> Spot:
        return Spot(self.source, event.start_mark.line + 1, event.start_mark.column + 1)

    def stop(self, code: str, message: str, at: At, hint: str = "") -> None:
        self.report.add(code, message, at, hint)
        raise _Stop


@dataclass(slots=True)
class _Open:
    """A collection that is being read, and the key that waits for its value."""

    node: Mapping | Sequence
    anchor: str | None
    key: Node | None = None


def _mend(node: Mapping | Sequence, report: Report) -> None:
    """Join what unquoted commas cut apart inside brackets, and say so."""
    pieces: list[Scalar | None]
    if isinstance(node, Sequence):
        pieces = [_plain(item) for item in node.items]
        node.items = [_join(node.items[i], pieces[i:j], report) for i, j in _cuts(node.items, pieces)]
    else:
        values = [value for _, value in node.entries]
        pieces = [_plain(key) if _is_bare(value) else None for key, value in node.entries]
        node.entries = [(node.entries[i][0], _join(values[i], pieces[i:j], report)) for i, j in _cuts(values, pieces)]


def _plain(node: Node) -> Scalar | None:
    return node if isinstance(node, Scalar) and not node.style else None


def _is_bare(value: Node) -> bool:
    """Is this the value of a key without a colon?"""
    return isinstance(value, Scalar) and not value.style and value.start == value.end


def _cuts(values: "list[Node]", pieces: "list[Scalar | None]") -> Iterator[tuple[int, int]]:
    """The stretches of pieces that belong together: brackets open in the first are closed in the last."""
    i = 0
    while i < len(values):
        j, depth = i + 1, _depth(values[i])
        while depth > 0 and j < len(values) and (piece := pieces[j]) is not None:
            depth += _depth(piece)
            j += 1
        yield i, (j if depth == 0 else i + 1)
        i = j if depth == 0 else i + 1


def _depth(node: Node) -> int:
    return node.text.count("(") - node.text.count(")") if isinstance(node, Scalar) and not node.style else 0


def _join(first: Node, pieces: "list[Scalar | None]", report: Report) -> Node:
    last = pieces[-1]
    if len(pieces) == 1 or last is None or not isinstance(first, Scalar):
        return first
    text = " ".join(first.source.text[first.start : last.end].split())
    message = f"the comma after `{first.text}` cut this apart: inside {{}} and [] YAML splits at commas"
    report.add("E106", message, first, f'quote it: "{text}"')
    return Scalar(first.source, first.line, first.column, first.start, last.end, text, text)
