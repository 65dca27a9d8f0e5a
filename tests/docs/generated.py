"""The parts of pages that are made from the code: between ``<!-- begin generated: NAME -->`` and ``<!-- end -->``."""

import itertools
import re
from collections.abc import Callable, Iterator
from typing import Any

import typer

from sim.cli import app
from sim.model.schema import json_schema
from sim.output.claims import COLUMNS as CLAIMS
from sim.output.columns import COLUMNS
from sim.output.comparison import COMPARE, TRANSITIONS
from sim.output.phrases import HIGHEST, WORDS

PAGES = ("command-line.md", "language.md", "outputs.md")

_PART = re.compile(r"(<!-- begin generated: (\w+) ?([^>]*?) -->\n).*?(<!-- end -->)", re.DOTALL)


def renewed(page: str) -> str:
    """The page with its generated parts made anew."""
    return _PART.sub(lambda found: found[1] + MAKERS[found[2]](*found[3].split()) + found[4], page)


def parts_of(page: str) -> list[str]:
    """What is generated on a page, as ``name argument``."""
    return [f"{found[2]} {found[3]}".strip() for found in _PART.finditer(page)]


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


# -- the command line --------------------------------------------------------------------------------------------------


def commands() -> dict[str, Any]:
    """The commands by name, in the order of ``--help``."""
    group: Any = typer.main.get_command(app)
    return dict(group.commands)


def _common() -> set[str]:
    """The options that every command has."""
    every = [{_option(p) for p in command.params if p.param_type_name == "option"} for command in commands().values()]
    return set.intersection(*every)


def _option(parameter: Any) -> str:
    names = ", ".join(f"`{name}`" for name in parameter.opts)
    return names if parameter.is_flag or not parameter.metavar else f"{names[:-1]} {parameter.metavar}`"


def _usage(name: str, command: Any) -> str:
    words = []
    for p in command.params:
        if p.param_type_name == "argument":
            word = p.metavar or p.name.upper()
            words.append(word if p.required or word.startswith("[") else f"[{word}]")
    return " ".join(["crossroads", name, *words, "[OPTIONS]"])


def _said(parameter: Any) -> str:
    more = " May be given several times." if parameter.multiple else ""
    shown = parameter.default not in (None, False, "", (), []) and not parameter.is_flag
    return (parameter.help or "") + more + (f" Default: `{parameter.default}`." if shown else "")


def _bare(word: str) -> str:
    """The word of an argument, without the brackets that say that it may be left out."""
    return word[1:-1] if word.startswith("[") and word.endswith("]") else word


def _command(name: str, command: Any, common: set[str]) -> Iterator[str]:
    yield f"### crossroads {name}\n\n```text\n{_usage(name, command)}\n```\n\n"
    yield "\n".join(line.strip() for line in (command.help or "").splitlines()).strip() + "\n\n"
    options = [p for p in command.params if p.param_type_name == "option" and _option(p) not in common]
    arguments = [p for p in command.params if p.param_type_name == "argument" and p.help]
    rows = [(f"`{_bare(p.metavar or p.name.upper())}`", _said(p)) for p in arguments]
    rows += [(_option(p), _said(p)) for p in options]
    if rows:
        yield table(("argument or option", "meaning"), rows) + "\n"


def command_reference() -> str:
    common = _common()
    found = next(iter(commands().values()))
    rows = [(_option(p), _said(p)) for p in found.params if p.param_type_name == "option" and _option(p) in common]
    text = "\n### Options of every command\n\n" + table(
        ("option", "meaning"), [*rows, ("`-h`, `--help`", "Show help.")]
    )
    return (
        text + "\n" + "".join(part for name, command in commands().items() for part in _command(name, command, common))
    )


# -- the outputs -------------------------------------------------------------------------------------------------------


def columns_of(name: str) -> str:
    """The columns of one table, or of two parts of it."""
    tables = {**COLUMNS, "compare": COMPARE, "transitions": TRANSITIONS, "claims": CLAIMS}
    described = [*tables[name], *COLUMNS.get(f"{name} end", ())]
    return table(("column", "unit", "meaning"), [(f"`{c.name}`", c.unit, c.meaning) for c in described])


def phrases() -> str:
    """The scale of words, as rows."""
    edges = [0.0, *(round(edge, 6) for edge, _ in WORDS), 1.0]
    words = [*(word for _, word in WORDS), HIGHEST]
    ends = [f"{100 * low:g} to {100 * high:g}%" for low, high in itertools.pairwise(edges)]
    return table(("probability", "words"), list(zip(ends, words, strict=True)))


# -- the language ------------------------------------------------------------------------------------------------------

COMMON = ("about", "source", "confidence", "unit", "over")
SECTIONS = {"model": "model file", "module": "module"}


def definitions() -> dict[str, dict[str, Any]]:
    """The fields of every kind of declaration: name -> the JSON schema of its mapping."""
    found = json_schema()["$defs"]
    return {name: next((p for p in _shapes(shape) if "properties" in p), {}) for name, shape in found.items()}


def _shapes(shape: dict[str, Any]) -> list[dict[str, Any]]:
    return [shape, *shape.get("anyOf", ())]


def fields_of(*words: str) -> str:
    """The fields of a declaration, those that all have left out."""
    name = " ".join(words)
    shape = definitions()[name]
    shared = definitions()["parameter"]["properties"]
    skipped = {"about", "source", "confidence"} - ({"about"} if name in ("study", "scenario") else set())
    skipped |= {field for field in ("unit", "over") if shape["properties"].get(field) == shared[field]}
    rows = [
        (f"`{field}`" + (" (required)" if field in shape["required"] else ""), about.get("description", ""))
        for field, about in shape["properties"].items()
        if field not in skipped
    ]
    return table(("field", "meaning"), rows)


def common_fields() -> str:
    """The fields that every declaration may have."""
    properties = definitions()["parameter"]["properties"]
    return table(("field", "meaning"), [(f"`{name}`", properties[name]["description"]) for name in COMMON])


def sections_of() -> str:
    """The sections of a file, and whether a module may have them."""
    whole = definitions()
    rows = [
        (
            f"`{name}`",
            "yes" if name in whole["module"]["properties"] else "model file only",
            about.get("description", ""),
        )
        for name, about in whole["model"]["properties"].items()
    ]
    return table(("section", "in a module", "meaning"), rows)


MAKERS: dict[str, Callable[..., str]] = {
    "commands": command_reference,
    "columns": columns_of,
    "phrases": phrases,
    "fields": fields_of,
    "common": common_fields,
    "sections": sections_of,
}
