"""What the pages show is what the commands print."""

import os
import subprocess

import pytest

from tests.docs.blocks import ROOT, blocks
from tests.docs.pages import commands_of, output_of, played
from tests.docs.rewrite import PLAYED
from tests.docs.terminal import agrees

HOW = "python -m tests.docs.rewrite brings the pages up to date"


@pytest.mark.parametrize("path", PLAYED, ids=lambda path: path.name)
def test_commands_print_what_the_page_shows(path, tmp_path):
    wrong = []
    for block, told in played(path.read_text(encoding="utf-8"), tmp_path):
        for call, printed in told:
            if not agrees(call.output, printed):
                wrong.append(f"{path.name}:{block.line}: $ {call.command}\n{printed}")
    assert not wrong, "\n".join([*wrong, HOW])


@pytest.mark.slow
def test_the_readme_shows_the_example_study():
    (block,) = (b for b in blocks((ROOT / "README.md").read_text(encoding="utf-8")) if b.role == "output")
    assert agrees(block.text, output_of(block)), HOW


def test_the_example_study_is_that_of_make_run():
    (block,) = (b for b in blocks((ROOT / "README.md").read_text(encoding="utf-8")) if b.role == "output")
    plain = {"PATH": os.environ["PATH"]}  # without what another make says to this one
    make = ["make", "-n", "-o", ".venv/.installed", "run"]
    told = subprocess.run(make, cwd=ROOT, env=plain, text=True, capture_output=True, check=True)
    commands = [line.removeprefix(".venv/bin/").strip() for line in told.stdout.splitlines()]
    assert commands == commands_of(block)


@pytest.mark.parametrize(
    ("shown", "printed", "same"),
    [
        ("a\nb\n", "a\nb\n", True),
        ("a \nb\n", "a\nb", True),
        ("a\n...\nd\n", "a\nb\nc\nd\n", True),
        ("a\n...\n", "a\nb\n", True),
        ("...\nb\n", "a\nb\n", True),
        ("a\n...\nd\n", "a\nb\nc\ne\n", False),
        ("a\nb\n", "a\nb\nc\n", False),
        ("", "a\n", False),
    ],
)
def test_a_line_of_dots_stands_for_any_lines(shown, printed, same):
    assert agrees(shown, printed) is same
