import ast

import pytest

from sim.errors import UsageError
from sim.language.tree import Apply, Literal, Read
from sim.model.declarations import Actor, Decision, Derived, Option, Parameter
from sim.output.document import Document, html, markdown
from sim.output.explain import explain
from sim.output.formula import formula, reads
from sim.output.readers import order_of_derived, readers
from tests.engine.models import PLACE, call, crossing, lit, model, param


def derived(name, value, **more):
    return Derived(name=name, place=PLACE, value=value, **more)


def name_of(read):
    return read.of or read.what


def test_everything_declared_is_in_the_document():
    m = crossing()
    text = markdown(explain(m))
    for name in ("a", "step_size", "e", "x", "hit", "war", "ended", "soon", "where", "high"):
        assert f"### `{name}`" in text
    assert "normal(0, 1)" in text
    assert "- unit: km" in text
    assert "- next: `x + step_size*e`" in text
    assert "- probability: `p*0.1`" in text
    assert "- bins: `-1, 1`" in text
    assert "From 2025-01-01 to 2025-05-21 in 20 steps of 1 week." in text
    assert text.index("Events determined") < text.index("Phases moved") < text.index("States replaced")


def test_readers_are_named():
    assert readers(crossing())["p"] == {"hit"}
    assert readers(crossing())["x"] >= {"far", "where", "side", "x"}
    assert readers(crossing())["war"] == {"ended"}
    assert "- read by: far, side, where" in markdown(explain(crossing(), "x"))


def test_one_name():
    text = markdown(explain(crossing(), "hit"))
    assert "### `hit`" in text
    assert "### `x`" not in text


def test_elements_and_modules_are_found_by_their_common_name():
    m = model(derived=(derived("front.held[a]", lit(1)), derived("front.held[b]", lit(2)), derived("other", lit(3))))
    assert markdown(explain(m, "front.held")).count("###") == 2
    assert markdown(explain(m, "front")).count("###") == 2


def test_an_unknown_name_is_guessed():
    with pytest.raises(UsageError, match="did you mean 'step_size'"):
        explain(crossing(), "stepsize")


def test_derived_values_come_after_what_they_read():
    m = model(derived=(derived("c", Read("derived", "b")), derived("b", Read("derived", "a")), derived("a", lit(1))))
    assert order_of_derived(m) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("node", "text"),
    [
        (call("mul", call("add", param("a"), lit(1)), param("b")), "(a + 1)*b"),
        (call("sub", param("a"), call("sub", param("b"), lit(0.5))), "a - (b - 0.5)"),
        (call("pow", call("neg", param("a")), lit(2)), "(-a)**2"),
        (call("neg", call("pow", param("a"), lit(2))), "-a**2"),
        (call("pow", call("pow", param("a"), lit(2)), lit(3)), "(a**2)**3"),
        (call("mul", lit(-2), param("a")), "-2*a"),
        (call("sub", param("a"), lit(-2)), "a - -2"),
        (call("not", call("and", param("a"), call("or", param("b"), param("c")))), "not (a and (b or c))"),
        (call("if", call("gt", param("a"), lit(0)), lit(1), lit(2)), "1 if a > 0 else 2"),
        (call("div", lit(1), call("if", param("a"), lit(1), lit(2))), "1/(1 if a else 2)"),
        (call("max", param("a"), lit(1e20), lit(1e-7)), "max(a, 1e+20, 1e-07)"),
    ],
)
def test_formulas_read_as_they_would_be_written(node, text):
    assert formula(node, name_of) == text
    ast.parse(text, mode="eval")


def test_reads_of_a_formula():
    tree = Apply("add", (Read("state", "x"), Apply("exp", (Read("derived", "y"),)), Literal(1.0)))
    assert [read.of for read in reads(tree)] == ["x", "y"]


def test_text_of_a_model_is_never_markup():
    nasty = Parameter(name="p", place=PLACE, value=lit(1), about="<script>*bold* [x](y) `z z` `z`", source="</style>",
                      site="p")  # fmt: skip
    document = explain(model(parameters=(nasty,)))
    assert "\\_\\_a\\_\\_ b_c" in markdown(Document("__a__ b_c", "", ()))
    assert "\\<script>\\*bold\\* \\[x](y) \\`z z\\` `z`" in markdown(document)
    page = html(document)
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert page.count("</style>") == 1


def test_the_page_needs_nothing_else():
    page = html(explain(crossing()))
    assert "http" not in page.replace("http-equiv", "")
    assert "src=" not in page


def test_options_are_a_table_and_low_confidence_is_marked():
    options = (Option("hold", lit(0), about="Wait."), Option("go", lit(1), when=lit(1)))
    choice = Decision(
        name="capital.aid", place=PLACE, actor="capital", initial=0, precision=lit(1), inertia=lit(0), options=options,
        site="capital.aid", confidence="low",
    )  # fmt: skip
    document = explain(model(actors=(Actor("capital", "The capital", lit(1), lit(0)),), decisions=(choice,)))
    text = markdown(document)
    assert "| option | meaning | utility | only when |\n| --- | --- | --- | --- |" in text
    assert "| `hold` | Wait. | `0` |  |" in text
    page = html(document)
    assert '<span class="low">low</span>' in page
    assert '<p class="group">capital</p>' in page
