"""YAML: what plain texts mean, where everything stands, and what is refused."""

import pytest

from sim.model.document import Mapping, Node, Scalar, Sequence, compose
from sim.model.source import Report, Source
from tests.model.models import HEAD, found, problems_of


def read(text: str) -> tuple[object, list[tuple[str, int, int]]]:
    report = Report()
    node = compose(Source("m.yaml", text), report)
    return (None if node is None else values(node)), found(report.errors)


def values(node: Node) -> object:
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Sequence):
        return [values(item) for item in node.items]
    return {key.text: values(value) for key, value in node.entries}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001),
        ("1e6", 1e6),
        ("010", 10),
        ("-7", -7),
        ("0o17", 15),
        ("0x1F", 31),
        (".5", 0.5),
        ("3.", 3.0),
        ("-.inf", float("-inf")),
        ("no", "no"),
        ("on", "on"),
        ("yes", "yes"),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("12:30", "12:30"),
        ("113_000", "113_000"),
        ("2025-04-07", "2025-04-07"),
        ("'1'", "1"),
        ('"true"', "true"),
        ("!!str 5", "5"),
        ("!!int 5", 5),
        ("1__", "1__"),
        ("+", "+"),
        (".", "."),
        ("= x", "= x"),
        ("+= x", "+= x"),
    ],
)
def test_plain_texts_follow_the_core_schema(text, value):
    got, errors = read(f"a: {text}\n")
    assert errors == []
    assert got == {"a": value}
    assert type(got["a"]) is type(value)


def test_nan_is_a_number():
    got, _ = read("a: .nan")
    assert got["a"] != got["a"]


def test_anchors_and_aliases():
    assert read("a: &x [1, 2]\nb: *x\n") == ({"a": [1, 2], "b": [1, 2]}, [])


def test_a_byte_order_mark_is_no_text():
    assert problems_of("", main_yaml=b"\xef\xbb\xbf" + HEAD.encode()) == []


@pytest.mark.parametrize(
    ("text", "errors"),
    [
        ("a: 1\na: 2\n", [("E105", 2, 1)]),
        ("a: {b: 1, c: 2, b: 3}\n", [("E105", 1, 17)]),
        ("a:\n  b: 1\n  'b': 2\n", [("E105", 3, 3)]),
        ("<<: {a: 1}\n", [("E108", 1, 1)]),
        ("[1, 2]: 3\n", [("E108", 1, 1)]),
        ("? {a: 1}\n: 3\n", [("E108", 1, 3)]),
        ("a: 1\n---\nb: 2\n", [("E108", 2, 1)]),
        ("a: !secret 1\n", [("E108", 1, 4)]),
        ("a: !!python/name:os.system x\n", [("E108", 1, 4)]),
        ("a: !!int x\n", [("E108", 1, 4)]),
        ("a: !!set {b}\n", [("E108", 1, 4)]),
        ("a:\n\tb: 1\n", [("E104", 2, 1)]),
        ("a: [1, 2\n", [("E104", 1, 4)]),
        ("a: {b: 1\n", [("E104", 1, 4)]),
        ('a: "b\n', [("E104", 1, 4)]),
        ("a: b: c\n", [("E104", 1, 5)]),
        ("a: @b\n", [("E104", 1, 4)]),
        ("a: `b`\n", [("E104", 1, 4)]),
        ("a: *b\n", [("E104", 1, 4)]),
        ("a: *= 2\n", [("E104", 1, 5)]),
        ("a: &x [*x]\n", [("E104", 1, 8)]),
        ("a: - b\n", [("E104", 1, 4)]),
        ('a: "\\q"\n', [("E104", 1, 5)]),
        ("%YAML 3.0\n---\na: 1\n", [("E104", 1, 1)]),
        ("a: 1\n b: 2\n", [("E104", 2, 3)]),
        ("a: x\x1b[31m\n", [("E107", 1, 5)]),
        ('a: "x\\e[31m"\n', [("E107", 1, 4)]),
        ('a: "x\\r"\n', [("E107", 1, 4)]),
        ('"a\\0": 1\n', [("E107", 1, 1)]),
        ("a: \u202ebad\n", [("E107", 1, 4)]),
        ("a: " + "[" * 65 + "]" * 65, [("E103", 1, 67)]),
    ],
)
def test_what_is_refused_and_where(text, errors):
    assert read(text)[1] == errors


def test_prose_may_have_tabs_line_breaks_and_any_script():
    got, errors = read('a: "x\\ty\\nz"\nb: |\n  eins\n  zwei\nc: мир 和平 𝄞\n')
    assert errors == []
    assert got == {"a": "x\ty\nz", "b": "eins\nzwei\n", "c": "мир 和平 𝄞"}


@pytest.mark.parametrize(
    ("text", "value", "columns"),
    [
        ("{draw: beta(2, 3), every: trajectory}", {"draw": "beta(2, 3)", "every": "trajectory"}, [11]),
        ("{x: clip(a, 0, 1) + 2, y: 1}", {"x": "clip(a, 0, 1) + 2", "y": 1}, [8]),
        ("{x: f(a, 1), y: g(b, 1)}", {"x": "f(a, 1)", "y": "g(b, 1)"}, [8, 20]),
        ("[normal(0, 1), c]", ["normal(0, 1)", "c"], [5]),
        ("{x: n(p5=1,\n     p95=4)}", {"x": "n(p5=1, p95=4)"}, [8]),
    ],
)
def test_what_a_comma_cut_apart_is_said_once_and_mended(text, value, columns):
    got, errors = read(f"a: {text}\n")
    assert got == {"a": value}
    assert errors == [("E106", 1, column) for column in columns]


def test_a_bracket_that_cut_an_expression_is_said():
    assert read("a: {x: held[north] >= 1}\n")[1] == [("E106", 1, 12)]


def test_alias_bombs_are_refused_with_the_limit():
    levels = "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 30))
    report = Report()
    assert compose(Source("m.yaml", f"a0: &a0 [{', '.join('x' * 10)}]\n{levels}"), report) is None
    assert "100000" in report.errors[0].message


def test_places_within_folded_and_quoted_texts():
    text = "a: 'x + y'\nb: >-\n  foo +\n  bar\nc: foo\n   + bar\nd: \"\\x41 + b\"\n"
    report = Report()
    node = compose(Source("m.yaml", text), report)
    assert isinstance(node, Mapping)
    a, b, c, d = (node.get(key) for key in "abcd")
    assert all(isinstance(each, Scalar) for each in (a, b, c, d))

    def at(scalar, word):
        spot = scalar.within(scalar.text.index(word))
        return spot.line, spot.column

    assert at(a, "y") == (1, 9)
    assert at(b, "foo") == (3, 3)
    assert at(b, "bar") == (4, 3)
    assert at(c, "bar") == (6, 6)
    assert at(d, "b") == (7, 4)  # behind an escape: where the text begins


def test_lines_may_end_as_on_windows():
    text = HEAD + "states:\n  x: {initial: 1, next: x + wrong}\n  y:\n    initial: >-\n      1 +\n      bad\n"
    assert found(problems_of(text.replace("\n", "\r\n"))) == [("E305", 4, 29), ("E305", 8, 7)]


def test_the_end_of_a_text_has_a_place():
    node = compose(Source("m.yaml", "a: x +"), Report())
    assert isinstance(node, Mapping)
    scalar = node.get("a")
    assert isinstance(scalar, Scalar)
    assert (scalar.within(3).column, scalar.within(99).column) == (7, 7)
