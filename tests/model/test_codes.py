"""Every code is explained, its example has exactly that fault, and the page of errors is in step."""

import re
from pathlib import Path

import pytest

from sim.errors import CODES, ModelError
from sim.errors.codes import errors_page
from sim.model.load import load

ROOT = Path(__file__).parents[2]


def codes_of_example(code: str, folder: Path) -> set[str]:
    entry = CODES[code]
    first, *others = re.split(r"^# file: (.*)\n", entry.example, flags=re.MULTILINE)
    for name, text in {"model.yaml": first, **dict(zip(others[::2], others[1::2], strict=True))}.items():
        (folder / name).write_bytes(text.encode(entry.encoding))
    try:
        study = load(folder / "model.yaml", settings=entry.settings)
    except ModelError as error:
        return {problem.code for problem in error.problems}
    return {warning.code for warning in study.warnings}


@pytest.mark.parametrize("code", CODES)
def test_the_example_of_a_code_has_exactly_that_fault(code, tmp_path):
    assert codes_of_example(code, tmp_path) == {code}


def test_every_code_in_the_source_is_explained_and_used():
    rooms = [ROOT / "sim" / "model", ROOT / "sim" / "language"]
    used = {
        code for room in rooms for file in room.rglob("*.py") for code in re.findall(r'"([EW]\d{3})"', file.read_text())
    }
    assert used == set(CODES)


def test_codes_are_in_order_and_texts_are_sentences():
    assert list(CODES) == sorted(CODES)
    for code, entry in CODES.items():
        assert entry.title
        assert entry.title[0].isupper(), code
        assert entry.explanation.endswith((".", ")")), code
        assert entry.hint.endswith((".", "?")), code


def test_the_page_of_errors_is_up_to_date():
    assert (ROOT / "docs" / "errors.md").read_text(encoding="utf-8") == errors_page()
