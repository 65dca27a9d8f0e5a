"""Whatever stands in a file, the answer is a study or a list of problems with places in that file."""

import random
import re
from pathlib import Path

import pytest

from sim.errors import ModelError, Problem
from sim.model.load import load

EVERYTHING = (Path(__file__).parents[1] / "models" / "everything.yaml").read_text()
TOKEN = re.compile(r"[A-Za-z_][\w.\[\]]*|\d[\d_.\-]*|[{}\[\],:]|\n|'|\"")
PIECES = (
    "null [] {} -1 .inf .nan 1e400 x a.b [ ] { } 2025-02-30 2025-06-01 9999-12-31 ' \" *a &a !t 0 1e-3 010 true any t "
    "dt exp otherwise held[north] held[ sum(held) war war.fighting strike strike.ever us.support us.support.pause "
    "normal( lambda north if None "
    "baseline a b step trajectory # | > % @ ` 1/week km2 1_000 x[ : - ? << é \t \x1b \u2028 \x85 \ufffd"
).split(" ")
PIECES += [
    "3 weeks",
    "1 month",
    "0 weeks",
    "normal(0, 1)",
    "'normal(0, 1)'",
    "+= 1",
    "= 0",
    "*= 2",
    "a -> b",
    "any -> any",
]
PIECES += [
    "{north: 1}",
    "{north: 1, south: 2}",
    "[1, 2]",
    "{a: b}",
    "[{value: 1}]",
    "over: sector",
    "9" * 500,
    "(" * 300,
]


def mutated(text: str, chance: random.Random) -> str:
    """The text with one to three slips."""
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        tokens = list(TOKEN.finditer(text))
        token, other = chance.choice(tokens), chance.choice(tokens)
        match chance.randrange(10):
            case 0 | 1 | 2 | 3:
                text = text[: token.start()] + chance.choice(PIECES) + text[token.end() :]
            case 4 | 5:
                text = text[: token.start()] + text[token.end() :]
            case 6:
                text = text[: token.start()] + other[0] + text[token.end() :]
            case 7:
                lines = text.splitlines(keepends=True)
                line = lines.pop(chance.randrange(len(lines)))
                lines[chance.randrange(len(lines))] += line * chance.randrange(3)
                text = "".join(lines)
            case 8:
                text = text[: token.start()] + chance.choice(PIECES) + text[token.start() :]
            case _:
                text = text[: token.start()] + text[token.start() + chance.randrange(1, 9) :]
    return text


def survives(path: Path, text: str) -> None:
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    lines = re.split("\r\n|\r|\n", text)
    for problem in problems_in(path):
        assert 1 <= problem.place.line <= len(lines)
        assert 1 <= problem.place.column <= len(lines[problem.place.line - 1]) + 1
        assert str(path) in problem.render()


def problems_in(path: Path) -> tuple[Problem, ...]:
    try:
        load(path)
    except ModelError as error:
        return error.problems
    return ()


def test_the_model_itself_is_valid(tmp_path):
    (tmp_path / "m.yaml").write_text(EVERYTHING)
    assert len(load(tmp_path / "m.yaml").model.events) > 5


@pytest.mark.parametrize("seed", range(4))
def test_slips_of_the_pen(seed, tmp_path):
    chance = random.Random(seed)
    for _ in range(30):
        survives(tmp_path / "m.yaml", mutated(EVERYTHING, chance))


@pytest.mark.parametrize("line", range(0, EVERYTHING.count("\n"), 12))
def test_a_file_cut_off(line, tmp_path):
    text = "".join(EVERYTHING.splitlines(keepends=True)[:line])
    survives(tmp_path / "m.yaml", text)
    survives(tmp_path / "m.yaml", text + EVERYTHING.splitlines()[line][:25])


@pytest.mark.parametrize(
    "piece", ["3", "x", "[]", "{}", "null", "[[1]]", "{a: {b: 1}}", "true", "1 week", "2025-06-01"]
)
def test_every_field_with_a_value_of_another_kind(piece, tmp_path):
    """Each value of the model in turn, top level and one below, becomes something else."""
    sections = re.split(r"^(?=\w+:)", EVERYTHING, flags=re.MULTILINE)[1:]
    for i, section in enumerate(sections):
        name = section.partition(":")[0]
        survives(tmp_path / "m.yaml", "".join([*sections[:i], f"{name}: {piece}\n", *sections[i + 1 :]]))
    for found in list(re.finditer(r"^  (\w[\w.]*): ?(.*)$", EVERYTHING, flags=re.MULTILINE))[::7]:
        survives(tmp_path / "m.yaml", EVERYTHING[: found.start(2)] + piece + EVERYTHING[found.end(2) :])
