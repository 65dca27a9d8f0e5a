"""The one model that the examples of a page are parts of: fragments put together section by section."""

import itertools
import re
from pathlib import Path

from tests.docs.blocks import blocks, write

_SECTION = re.compile(r"^(\w+):", re.MULTILINE)


def assemble(page: str, folder: Path, name: str) -> Path:
    """Write the files of a page, and its YAML fragments as one model file."""
    sections: dict[str, str] = {}
    for block in blocks(page):
        if block.language != "yaml":
            continue
        if block.role:
            write(block, folder)
        else:
            for key, body in _parts(block.text):
                sections[key] = _joined(key, sections.get(key, ""), body)
    path = folder / name
    path.write_text("".join(sections.values()), encoding="utf-8")
    return path


def _parts(text: str) -> list[tuple[str, str]]:
    """The sections of a fragment: name and text."""
    starts = [*(found.start() for found in _SECTION.finditer(text)), len(text)]
    parts = [text[start:end].rstrip("\n") + "\n" for start, end in itertools.pairwise(starts)]
    return [(part.partition(":")[0], part) for part in parts]


def _joined(key: str, before: str, part: str) -> str:
    if not before:
        return part
    first, _, rest = part.partition("\n")
    assert first == f"{key}:", f"a second `{key}:` must be a block: {first}"
    return before + rest
