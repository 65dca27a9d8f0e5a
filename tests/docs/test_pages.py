"""Links lead somewhere, paths exist, and nothing is said that belongs to one machine."""

import re

import pytest

from sim.output.columns import COLUMNS
from sim.output.report.sections import SECTIONS
from tests.docs.blocks import DOCS, ROOT, blocks, edited

OURS = ("tutorial.md", "language.md", "command-line.md", "outputs.md", "report.md", "validation.md", "index.md")
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *(DOCS / name for name in OURS)]


def anchors(text):
    """The anchors that headings give."""
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_links_lead_somewhere(path):
    text = path.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        file, _, anchor = target.partition("#")
        place = path.parent / file if file else path
        assert place.exists(), target
        assert not anchor or anchor in anchors(place.read_text(encoding="utf-8")), target


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_lines_are_not_too_long(path):
    text = path.read_text(encoding="utf-8")
    prose = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    assert not [line for line in prose.splitlines() if len(line) > 120 and not line.startswith("|")]


def test_the_index_leads_to_every_page_of_ours():
    listed = set(re.findall(r"\]\(([^)]+)\)", (DOCS / "index.md").read_text(encoding="utf-8")))
    assert listed >= {"errors.md", "design.md", *OURS} - {"index.md"}


def test_the_page_on_reports_names_every_section():
    listed = re.findall(r"^\| (.*?) \| .* \|$", (DOCS / "report.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert listed[2:] == [section.title for section in SECTIONS]


def test_pictures_are_small():
    pictures = list(DOCS.rglob("*.png"))
    assert pictures
    assert all(picture.stat().st_size < 120_000 for picture in pictures)


def test_paths_in_the_validation_page_exist():
    text = (DOCS / "validation.md").read_text(encoding="utf-8")
    named = re.findall(r"tests/[\w/]+(?:\.py)?", text)
    assert named
    assert not [path for path in named if not (ROOT / path).exists()]


def test_the_readme_lists_the_tables_of_a_run():
    listed = set(re.findall(r"`(\w+)\.csv`", (ROOT / "README.md").read_text(encoding="utf-8")))
    assert listed == set(COLUMNS) - {"experiments end"}


def test_the_taste_is_fifteen_lines():
    (taste,) = (b for b in blocks((ROOT / "README.md").read_text(encoding="utf-8")) if b.language == "yaml")
    assert taste.text.count("\n") <= 15


def test_an_edit_changes_one_place():
    assert edited("a\nb\nc\n", " a\n-b\n+x\n+y\n") == "a\nx\ny\nc\n"
    with pytest.raises(AssertionError):
        edited("b\nb\n", "-b\n+x\n")
