"""A document in sections, entries, facts and tables, as Markdown and as a page."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

MARK = "written by crossroads explain"  # by which a file of ours is known


@dataclass(frozen=True, slots=True)
class Fact:
    """``label: text``; code is shown as it would be typed."""

    label: str
    text: str
    is_code: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    name: str
    about: str
    facts: tuple[Fact, ...]
    table: tuple[tuple[Fact, ...], ...] = ()  # rows; the labels of their cells are the header

    @property
    def group(self) -> str:
        """The module or actor that the name begins with."""
        return self.name.partition(".")[0] if "." in self.name.partition("[")[0] else ""


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    entries: tuple[Entry, ...]
    text: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    title: str
    text: str
    sections: tuple[Section, ...]


def markdown(document: Document) -> str:
    """The document as Markdown."""
    lines = [f"# {_plain(document.title)}", ""]
    if document.text:
        lines += [_plain(document.text), ""]
    for section in document.sections:
        lines += [f"## {section.title}", ""]
        if section.text:
            lines += [section.text, ""]
        for entry in section.entries:
            lines += _entry(entry)
    return "\n".join(lines).rstrip() + "\n"


def _entry(entry: Entry) -> Iterator[str]:
    heading = entry.name if entry.name[:1].isdigit() else f"`{entry.name}`"
    yield f"### {heading}"
    yield ""
    if entry.about:
        yield _plain(entry.about.strip())
        yield ""
    for fact in entry.facts:
        text = _code(fact.text) if fact.is_code else _plain(fact.text)
        yield f"- {fact.label}: {text}" if fact.label else text
    if entry.table:
        yield ""
        yield _row(cell.label for cell in entry.table[0])
        yield _row("---" for _ in entry.table[0])
        for cells in entry.table:
            yield _row((_code if c.is_code else _plain)(c.text) if c.text else "" for c in cells)
    yield ""


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _code(text: str) -> str:
    fence = "``" if "`" in text else "`"
    return f"{fence}{' '.join(text.split())}{fence}"


def _plain(text: str) -> str:
    """Prose in which nothing is markup but names in backticks."""
    return "".join(part if is_code else _escaped(part) for part, is_code in _pieces(text))


def _escaped(text: str) -> str:
    """Signs that would be markup; an underscore within a word is none."""
    return re.sub(r"[\\`*<\[]|(?<![^\W_])_|_(?![^\W_])", r"\\\g<0>", text)


def _pieces(text: str) -> Iterator[tuple[str, bool]]:
    """The text in pieces, and whether each is a name in backticks."""
    for i, part in enumerate(re.split(r"(`[\w.\[\]]+`)", text)):
        if part:
            yield part, i % 2 == 1


def html(document: Document) -> str:
    """The document as one page that needs nothing else."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    loader = PackageLoader("sim.output", "templates")
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    environment.filters["pieces"] = lambda text: list(_pieces(text))
    return environment.get_template("explain.html").render(document=document, mark=MARK) + "\n"


def plain(document: Document) -> dict[str, Any]:
    """The document as dictionaries, lists and texts."""
    return asdict(document)
