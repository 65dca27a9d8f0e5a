"""The fenced blocks of a page, and what a comment before each says about it.

``<!-- file: truce.yaml -->``    the block is the text of that file
``<!-- append: truce.yaml -->``  the block is added at the end of it
``<!-- edit: truce.yaml -->``    the block is a diff: its ``-`` lines stand in the file once and become its ``+`` lines
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"

_BLOCK = re.compile(
    r"(?:^<!-- (?P<role>\w+): (?P<target>[^>]*?) -->\n)?^```(?P<language>\w*)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Block:
    language: str
    text: str
    role: str
    target: str
    line: int  # of the page, where the text begins
    start: int  # offsets of the text in the page
    end: int


def blocks(page: str) -> Iterator[Block]:
    for found in _BLOCK.finditer(page):
        start, end = found.span("text")
        line = page.count("\n", 0, start) + 1
        yield Block(found["language"], found["text"], found["role"] or "", found["target"] or "", line, start, end)


def write(block: Block, folder: Path) -> None:
    """Do to a file what the block says."""
    place = folder / block.target
    match block.role:
        case "file":
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(block.text, encoding="utf-8")
        case "append":
            place.write_text(place.read_text(encoding="utf-8") + block.text, encoding="utf-8")
        case "edit":
            place.write_text(edited(place.read_text(encoding="utf-8"), block.text), encoding="utf-8")


def edited(text: str, diff: str) -> str:
    """The text with the lines marked ``-`` replaced by those marked ``+``."""
    lines = diff.splitlines(keepends=True)
    old = "".join(line[1:] for line in lines if not line.startswith("+"))
    new = "".join(line[1:] for line in lines if not line.startswith("-"))
    assert text.count(old) == 1, f"{text.count(old)} places look like this:\n{old}"
    return text.replace(old, new)
