"""``crossroads explain``: a model as a document, or an error code."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sim.commands.studies import load_study
from sim.commands.terminal import Terminal
from sim.errors import CODES, UsageError

CODE = re.compile(r"[EW]\d{3}")


def explain_command(path: str, name: str | None, as_html: bool, out: Path | None, terminal: Terminal) -> int:
    """Write the document to stdout or to a file; the exit status."""
    if name is None and CODE.fullmatch(path.upper()):
        text = explain_code(path.upper(), terminal)
    else:
        text = explain_model(Path(path), name, as_html, terminal)
    if out is None:
        terminal.result(text)
    else:
        from sim.output.document import MARK
        from sim.output.text_file import write_text

        write_text(out, text if MARK in text else f"<!-- {MARK} -->\n\n{text}", MARK)
    return 0


def explain_model(path: Path, name: str | None, as_html: bool, terminal: Terminal) -> str:
    """The document of a model as Markdown, HTML or JSON."""
    model = load_study(path).model
    from sim.output.document import html, markdown, plain
    from sim.output.explain import explain

    document = explain(model, name)
    if terminal.as_json:
        return _json(plain(document))
    return html(document) if as_html else markdown(document)


def explain_code(code: str, terminal: Terminal) -> str:
    """What an error code means, with an example and what to do."""
    found = CODES.get(code)
    if found is None:
        near = [known for known in sorted(CODES) if known[:2] == code[:2]]
        raise UsageError(f"there is no error {code}" + (f"; near it: {', '.join(near)}" if near else ""))
    if terminal.as_json:
        fields = {"title": found.title, "explanation": found.explanation, "example": found.example, "hint": found.hint}
        return _json({"code": code, **fields})
    example = "\n".join(f"    {line}".rstrip() for line in found.example.strip().splitlines())
    parts = [f"{code}: {found.title}", found.explanation.strip()]
    parts += [f"For example:\n\n{example}"] if example else []
    parts += [f"What to do: {found.hint}"] if found.hint else []
    return "\n\n".join(parts) + "\n"


def _json(value: Mapping[str, Any]) -> str:
    import json

    from sim.output.document import MARK

    return json.dumps({"generator": MARK, **value}, indent=2, ensure_ascii=False) + "\n"
