"""A document in sections, entries and facts, as Markdown and as a page."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any


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
        label = fact.label.replace("_", "\\_")
        yield f"- {label}: {text}" if label else f"{text}"
    yield ""


def _code(text: str) -> str:
    fence = "``" if "`" in text else "`"
    return f"{fence}{' '.join(text.split())}{fence}"


def _plain(text: str) -> str:
    """Prose in which nothing is markup."""
    for sign in "\\`*_<[":
        text = text.replace(sign, f"\\{sign}")
    return text


def html(document: Document) -> str:
    """The document as one page that needs nothing else."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    loader = PackageLoader("sim.output", "templates")
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    return environment.get_template("explain.html").render(document=document) + "\n"


def plain(document: Document) -> dict[str, Any]:
    """The document as dictionaries, lists and texts."""
    return asdict(document)
