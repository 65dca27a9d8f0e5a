"""Pages whose console blocks are run: the model files on them are written, the commands run, what is printed kept."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.docs.blocks import ROOT, Block, blocks, write
from tests.docs.terminal import Call, Shell, calls

SETTINGS = {"COLUMNS": "80", "NO_COLOR": "1", "LINES": "40"}


@contextmanager
def quiet_room(folder: Path) -> Iterator[None]:
    """Work in a folder, on a terminal of a known width."""
    before, old = os.getcwd(), {name: os.environ.get(name) for name in SETTINGS}
    os.environ.update(SETTINGS)
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
        for name, value in old.items():
            os.environ.pop(name)
            os.environ.update({} if value is None else {name: value})


def played(page: str, folder: Path) -> Iterator[tuple[Block, list[tuple[Call, str]]]]:
    """Every console block of a page with its commands, and what each of them prints."""
    shell = Shell()
    with quiet_room(folder):
        for block in blocks(page):
            if block.role:
                write(block, folder)
            if block.language == "console":
                yield block, [(call, shell.run(call.command)) for call in calls(block.text)]


def output_of(block: Block) -> str:
    """What the commands in the comment of a block print; ``configs/`` is that of the project."""
    printed = ""
    with tempfile.TemporaryDirectory() as folder, quiet_room(Path(folder)):
        for command in commands_of(block):
            shell = Shell()
            printed += shell.run(command.replace("configs/", f"{ROOT}/configs/"))
            assert shell.status == 0, printed
    return printed


def commands_of(block: Block) -> list[str]:
    """The commands in the comment of a block, which may go over several lines."""
    return [" ".join(command.split()) for command in block.target.split("&&")]
