"""``python -m tests.docs.rewrite``: bring generated parts and printed outputs of the documentation up to date.

Read the difference before you commit it: a number that changed is a change of results.
"""

import sys
import tempfile
from pathlib import Path

from tests.docs.blocks import DOCS, ROOT, blocks
from tests.docs.generated import PAGES, renewed
from tests.docs.pages import output_of, played
from tests.docs.terminal import agrees

PLAYED = (ROOT / "README.md", DOCS / "tutorial.md", DOCS / "validation.md")


def replayed(page: str) -> str:
    """The page with what its commands print; an output that still agrees stays as it is."""
    with tempfile.TemporaryDirectory() as folder:
        shown = [(block, told) for block, told in played(page, Path(folder))]
    for block, told in reversed(shown):
        text = "".join(f"$ {call.command}\n{_kept(call.output, printed)}" for call, printed in told)
        page = page[: block.start] + text + page[block.end :]
    return page


def with_outputs(page: str) -> str:
    """The page with the blocks that show what a command prints that is not among them."""
    for block in reversed([block for block in blocks(page) if block.role == "output"]):
        page = page[: block.start] + _kept(block.text, output_of(block)) + page[block.end :]
    return page


def _kept(shown: str, printed: str) -> str:
    if agrees(shown, printed):
        return shown
    return "".join(line.rstrip() + "\n" for line in printed.splitlines())


def main() -> None:
    for name in PAGES:
        _write(DOCS / name, renewed((DOCS / name).read_text(encoding="utf-8")))
    for path in PLAYED:
        _write(path, with_outputs(replayed(path.read_text(encoding="utf-8"))))


def _write(path: Path, text: str) -> None:
    if path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")
        sys.stdout.write(f"{path.relative_to(ROOT)}\n")


if __name__ == "__main__":
    main()
