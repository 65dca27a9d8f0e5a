"""Expressions: what they become, what is refused and where."""

import ast
import math
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sim.errors import LanguageError
from sim.language.expressions import parse
from sim.language.functions import AGGREGATES, FUNCTIONS
from sim.language.tree import Apply, Literal, Node
from sim.language.units import parse_unit
from tests.language.conftest import Resolve, TinyScope


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        # syntax
        ("113_000", "113000"),
        ("1e-3", "0.001"),
        (" a ", "a"),
        ("\n  a +\n  b\n", "add(a, b)"),
        ("a - b - c", "sub(sub(a, b), c)"),
        ("a ** b ** c", "pow(a, pow(b, c))"),
        ("-a ** 2", "neg(pow(a, 2))"),
        ("+a", "a"),
        ("a // b % c", "mod(floordiv(a, b), c)"),
        ("a < b <= c", "and(lt(a, b), le(b, c))"),
        ("a != b", "ne(a, b)"),
        ("not a or b and c", "or(not(a), and(b, c))"),
        ("a and b and c", "and(a, b, c)"),
        ("a if b > 0 else c", "if(gt(b, 0), a, c)"),
        ("(a > 0) * b", "mul(gt(a, 0), b)"),
        # literals
        ("-3", "-3"),
        ("-0", "0"),
        ("2 * 3 - 1", "5"),
        ("a * 1", "a"),
        # functions
        ("exp(a) + log1p(b)", "add(exp(a), log1p(b))"),
        ("min(a, b, c)", "min(a, b, c)"),
        ("clip(a, 0, 1)", "clip(a, 0, 1)"),
        ("table(a, 0, 1, 2, 3)", "table(a, 0, 1, 2, 3)"),
        ("table(a, 0, 1)", "table(a, 0, 1)"),
        ("floor(a) + ceil(a) + round(a)", "add(add(floor(a), ceil(a)), round(a))"),
        ("normal_cdf(a) + normal_quantile(b)", "add(normal_cdf(a), normal_quantile(b))"),
        # names
        ("oil.price", "oil.price [USD/bbl]"),
        ("war.elapsed", "war.elapsed [week]"),
        ("held[east]", "held[east] [km2]"),
        ("attack[south].count", "attack.count[south]"),
        ("front.attack[south].port.ever", "front.attack.port.ever[south]"),
    ],
)
def test_trees(resolve: Resolve, text: str, tree: str) -> None:
    assert resolve(text) == tree


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("area + gain*2*week", "add(area, mul(gain, 2)) [km2]"),
        ("area + 0", "add(area, 0) [km2]"),
        ("0 - area", "sub(0, area) [km2]"),
        ("max(0, area)", "max(0, area) [km2]"),
        ("clip(area, 0, area)", "clip(area, 0, area) [km2]"),
        ("area if a else 0", "if(a, area, 0) [km2]"),
        ("0 if a else 0", "if(a, 0, 0)"),
        ("-0 + area", "add(-0, area) [km2]"),
        ("abs(-area)", "abs(neg(area)) [km2]"),
        ("sign(area)", "sign(area)"),
        ("sqrt(area)", "sqrt(area) [km2**(1/2)]"),
        ("sqrt(0)", "sqrt(0)"),
        ("area ** 2", "pow(area, 2) [km2**2]"),
        ("area ** 0.5", "pow(area, 0.5) [km2**(1/2)]"),
        ("area ** (1/2)", "pow(area, 0.5) [km2**(1/2)]"),
        ("area ** -1", "pow(area, -1) [1/km2]"),
        ("area ** 0", "pow(area, 0)"),
        ("a ** b", "pow(a, b)"),
        ("share ** 2", "pow(share, 2) [percent**2]"),
        ("share ** a", "pow(div(share, 100), a)"),
        ("area / area", "div(area, area)"),
        ("gain / area", "div(gain, area) [1/week]"),
        ("oil.price * oil.flow", "mul(oil.price, oil.flow) [USD*mb/bbl/d]"),
        ("age + t", "add(age, mul(t, 0.019165)) [year]"),
        ("t + age", "add(t, mul(age, 52.1786)) [week]"),
        ("t + 14*day", "add(t, 2) [week]"),
        ("8 * week", "8 [week]"),
        ("t >= 8 * week", "ge(t, 8)"),
        ("t == 1 * month", "eq(t, 4.34821)"),
        ("0.05 / year", "0.05 [1/year]"),
        ("t / week", "t"),
        ("t // (2 * week)", "floordiv(t, 2)"),
        ("t % (14 * day)", "mod(t, 2) [week]"),
        ("hazard(0.35, 30 * day)", "hazard(0.35, 30) [1/day]"),
        ("hazard(share, t)", "hazard(div(share, 100), t) [1/week]"),
        ("table(t, 0, 1, 14*day, 2)", "table(t, 0, 1, 2, 2)"),
        ("table(a, 0, area, 1, 0)", "table(a, 0, area, 1, 0) [km2]"),
        # percent is 0.01
        ("exp(share)", "exp(div(share, 100))"),
        ("1 - share", "sub(1, div(share, 100))"),
        ("share > 0.5", "gt(share, 50)"),
        ("0.5 < share", "lt(0.5, div(share, 100))"),
        ("share and a", "and(div(share, 100), a)"),
        ("floor(share)", "floor(div(share, 100))"),
        ("area * share", "mul(area, share) [km2*percent]"),
    ],
)
def test_units(resolve: Resolve, text: str, tree: str) -> None:
    assert resolve(text) == tree


@pytest.mark.parametrize(
    ("value", "unit", "lone_unit", "tree"),
    [
        (111_800, "km2", "km2", "111800 [km2]"),
        ("111_800", "km2", "km2", "111800 [km2]"),
        (-1.5, "km2", "km2", "-1.5 [km2]"),
        (True, "", "", "1"),
        (False, "USD", None, "0 [USD]"),
        (0, "1/week", None, "0 [1/week]"),
        (70, "percent", "percent", "70 [percent]"),
        (35, "", "percent", "0.35"),
        ("area * share", "km2", "km2", "div(mul(area, share), 100) [km2]"),
        ("0.05 / year", "1/week", None, "0.000958248 [1/week]"),
        ("oil.price * oil.flow", "bn_USD/year", None, "mul(mul(oil.price, oil.flow), 0.36525) [bn_USD/year]"),
        ("area", "m2", None, "mul(area, 1e+06) [m2]"),
        (3, None, "km2", "3 [km2]"),
        (0, None, "km2", "0 [km2]"),
    ],
)
def test_result_in_a_unit(
    resolve: Resolve, value: str | float | bool, unit: str | None, lone_unit: str | None, tree: str
) -> None:
    assert resolve(value, unit, lone_unit) == tree


@pytest.mark.parametrize("percent", range(1, 100))
def test_percent_is_rounded_once(scope: TinyScope, percent: int) -> None:
    node, _ = parse(percent).resolve(scope, unit=parse_unit(""), lone_unit=parse_unit("percent"))
    assert node == Literal(float(f"{percent}e-2"))


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("sum(weight)", "add(add(weight[east], weight[north]), weight[south])"),
        ("mean(held)", "div(add(add(held[east], held[north]), held[south]), 3)"),
        ("any(weight)", "or(weight[east], weight[north], weight[south])"),
        ("all(weight > 1)", "and(gt(weight[east], 1), gt(weight[north], 1), gt(weight[south], 1))"),
        ("min(held)", "min(held[east], held[north], held[south])"),
        ("max(a * trade)", "max(mul(a, trade[x]), mul(a, trade[y]))"),
        (
            "sum(attack.count == 0)",
            "add(add(eq(attack.count[east], 0), eq(attack.count[north], 0)), eq(attack.count[south], 0))",
        ),
        ("sum(trade - trade[x])", "add(sub(trade[x], trade[x]), sub(trade[y], trade[x]))"),
        ("sum(lonely) + mean(lonely) + min(lonely)", "add(add(lonely[only], lonely[only]), lonely[only])"),
        ("any(lonely)", "or(lonely[only], lonely[only])"),
        ("sum(min(weight, 1))", "add(add(min(weight[east], 1), min(weight[north], 1)), min(weight[south], 1))"),
    ],
)
def test_aggregates(resolve: Resolve, text: str, tree: str) -> None:
    assert resolve(text).removesuffix(" [km2]").removesuffix(" [USD]") == tree


def test_inside_an_indexed_declaration(resolve: Resolve) -> None:
    south = ("sector", "south")
    assert resolve("held * weight", element=south) == "mul(held[south], weight[south]) [km2]"
    assert resolve("held[east] - held", element=south) == "sub(held[east], held[south]) [km2]"
    # a sum over another index takes the own element, a sum over the own index runs
    first, second = ("min(mul(held[south], trade[x]), 0)", "min(mul(held[south], trade[y]), 0)")
    assert resolve("sum(min(held*trade, 0))", element=south) == f"add({first}, {second}) [USD*km2]"
    assert resolve("sum(held)", element=south) == "add(add(held[east], held[north]), held[south]) [km2]"
    total = "add(add(weight[east], weight[north]), weight[south])"
    assert resolve("weight / sum(weight)", element=south) == f"div(weight[south], {total})"
    assert resolve("sum(trade) * weight", element=south) == "mul(add(trade[x], trade[y]), weight[south]) [USD]"


def test_deviation_from_the_mean_shares_the_mean(scope: TinyScope) -> None:
    node, _ = parse("sum((weight - mean(weight))**2)").resolve(scope, unit=None)
    means = {id(part) for part in _parts(node) if isinstance(part, Apply) and part.function == "div"}
    assert len(means) == 1


def test_a_sum_over_many_is_flat(scope: TinyScope) -> None:
    node, _ = parse("sum(many)").resolve(scope, unit=None)
    assert _depth(node) == 11


def _parts(node: Node) -> list[Node]:
    if isinstance(node, Apply):
        return [node, *(part for argument in node.arguments for part in _parts(argument))]
    return [node]


def _depth(node: Node) -> int:
    return 1 + max(map(_depth, node.arguments)) if isinstance(node, Apply) else 1


# code, the text that the error points at, a part of message or hint
REFUSED = [
    # not an expression
    ("", "E206", "", "expected"),
    ("  \n ", "E206", " ", "expected"),
    ("a +", "E201", "+", ""),
    ("3 km", "E201", "k", "8*week"),
    ("a = 3", "E201", "=", "`==`"),
    ("(a", "E201", "(", "never closed"),
    ("a)", "E201", ")", "unmatched"),
    ("a if b", "E201", "a", "else"),
    ("a.class", "E201", "c", "`class`"),
    ("!a", "E201", "!", "`not`"),
    ("a && b", "E201", "&", "`and`"),
    ("oil..price", "E201", ".", ""),
    ("007", "E201", "0", "leading zeros"),
    # not of the language
    ("'text'", "E202", "'text'", "text"),
    ("f'{a}'", "E202", "f'{a}'", "text"),
    ("a + b'x'", "E202", "b'x'", "text"),
    ("lambda: 3", "E202", "lambda: 3", "lambda"),
    ("(a := 3)", "E202", "a := 3", ":="),
    ("[a for a in b]", "E202", "[a for a in b]", "comprehension"),
    ("sum(a for a in b)", "E202", "(a for a in b)", "comprehension"),
    ("a, b", "E202", "a, b", "comma"),
    ("[a]", "E202", "[a]", "list"),
    ("{a}", "E202", "{a}", "set"),
    ("{a: b}", "E202", "{a: b}", "dictionary"),
    ("a & b", "E202", "a & b", "`and`"),
    ("a ^ 2", "E202", "a ^ 2", "`**`"),
    ("~a", "E202", "~a", "`not`"),
    ("a << 2", "E202", "a << 2", "`<<`"),
    ("a @ b", "E202", "a @ b", "`*`"),
    ("a is b", "E202", "a is b", "`==`"),
    ("a not in b", "E202", "a not in b", "`not in`"),
    ("a + True", "E202", "True", "write 1"),
    ("false", "E202", "false", "write 0"),
    ("None", "E202", "None", "`None`"),
    ("...", "E202", "...", ""),
    ("3j", "E202", "3j", "complex"),
    ("exp(a).b", "E202", "exp(a).b", "no name"),
    ("(a + b)[east]", "E202", "(a + b)[east]", "no name"),
    ("f(*a)", "E202", "*a", "`*`"),
    ("await a", "E202", "await a", "`await`"),
    # numbers
    ("1e999", "E203", "1e999", "too large"),
    ("1" + "0" * 400, "E203", "1" + "0" * 400, "too large"),
    ("9" * 5000, "E203", "9", "too large"),
    (math.inf, "E203", "i", "finite"),
    (math.nan, "E203", "n", "finite"),
    (10**400, "E203", "1", "finite"),
    # sizes
    ("a" * 20_001, "E204", "a", "20,000"),
    ("+".join(["a"] * 10_000)[:20_000], "E204", "a", "100"),
    ("min(" + ",".join(["a"] * 2001) + ")", "E204", "m", "2,000"),
    ("(" * 300 + "a" + ")" * 300, "E204", "(", "100"),
    ("-" * 5000 + "a", "E204", "-", "100"),
    ("not " * 4000 + "a", "E204", "n", "100"),
    ("**".join(["a"] * 6000), "E204", "a", "100"),
    ("a" + ".a" * 9000, "E204", "a", "100"),
    ("sum(many * sum(many * sum(many)))", "E204", None, "1,000,000"),
    # characters
    ("a # b", "E205", "#", "comment"),
    ("a − b", "E205", "−", "`-`"),
    ("a × b", "E205", "×", "`*`"),
    ("a; b", "E205", ";", ""),
    ("a ? b : c", "E205", "?", "if"),
    ("a\\b", "E205", "\\", ""),
    ("a\0", "E205", "\0", "U+0000"),
    ("é", "E205", "é", ""),
    # units
    ("area + 1", "E216", "area + 1", "a plain number cannot be added to km2"),
    ("gain + oil.price", "E216", "gain + oil.price", "USD/bbl cannot be added to km2/week"),
    ("area - t", "E216", "area - t", "week cannot be subtracted from km2"),
    ("t > 8", "E216", "t > 8", "8*week"),
    ("0.1 + 1/year", "E216", "0.1 + 1/year", "0.05/year"),
    ("min(area, t)", "E216", "area, t", "km2 and week"),
    ("clip(a, 0, area)", "E216", "a, 0, area", "a plain number and km2"),
    ("area if a else t", "E216", "area if a else t", "branches"),
    ("area // 2", "E216", "area // 2", "km2"),
    ("table(t, 0, a, 2, b)", "E216", "t, 0, a, 2", "x of this table"),
    ("table(a, 0, a, 2, t)", "E216", "a, 2, t", "y of this table"),
    ("exp(area)", "E218", "area", "`exp` needs a plain number, not km2"),
    ("a and t", "E218", "t", "`and`"),
    ("a if t else b", "E218", "t", "condition"),
    ("hazard(t, t)", "E218", "t", "probability"),
    ("round(t)", "E218", "t", "`round`"),
    ("a ** t", "E218", "t", "exponent"),
    ("any(held)", "E218", "held", "`or`"),
    ("area ** a", "E219", "a", "simple number"),
    ("area ** 0.123", "E219", "0.123", "simple number"),
    ("area ** 1000", "E219", "1000", "simple number"),
    ("(t**64)**64", "E214", "t**64", "range"),
    # indexes
    ("held", "E221", "held", "`sum(held)`"),
    ("attack.count + 1", "E221", "attack.count", "`attack[north].count`"),
    ("held[nort]", "E222", "held[nort]", "`north`"),
    ("held[x]", "E222", "held[x]", "north, east, south"),
    ("held[0]", "E222", "0", "`x[donetsk]`"),
    ("held['north']", "E222", "'north'", "`x[donetsk]`"),
    ("held[north, south]", "E222", "north, south", "brackets"),
    ("held[north:south]", "E222", "north:south", "brackets"),
    ("held[north][south]", "E222", "held[north][south]", "one index"),
    ("area[north]", "E223", "area[north]", "not over an index"),
    ("sum(area)", "E224", "sum(area)", "over an index"),
    ("min(a)", "E224", "min(a)", "`min(a, b, ...)`"),
    ("sum(mean(weight))", "E224", "sum(mean(weight))", "over an index"),
    ("sum(held[north])", "E224", "sum(held[north])", "over an index"),
    ("sum(held * trade)", "E225", "sum(held * trade)", "country and sector"),
    ("exp + 1", "E226", "exp", "function"),
    ("sum", "E226", "sum", "function"),
    # calls
    ("lgo(a)", "E231", "lgo", "`log`"),
    ("zzz(a)", "E231", "zzz", "hazard"),
    ("normal(0, 1)", "E231", "normal", "distribution"),
    ("oil.price(3)", "E231", "oil.price", ""),
    ("exp(a)(b)", "E231", "exp(a)", "only a function"),
    ("clip(a, 0)", "E232", "clip(a, 0)", "`clip(x, lo, hi)` cannot take 2 arguments"),
    ("exp()", "E232", "exp()", "0 arguments"),
    ("sum(a, b)", "E232", "sum(a, b)", "one argument"),
    ("mean()", "E232", "mean()", "one argument"),
    ("table(a, 0, 1, 2)", "E232", "2", "no y"),
    ("clip(a, lo=0, hi=1)", "E233", "lo=0", "by position"),
    ("exp(**a)", "E233", "**a", "`**`"),
    ("table(a, 0, 1, 0, 2)", "E234", "0", "increase"),
    ("table(t, 7*day, 1, 1*week, 2)", "E234", "1*week", "increase"),
    ("hazard(1, week)", "E235", "1", "chance"),
    ("hazard(1.5, week)", "E235", "1.5", "below 1"),
    ("hazard(0.1, 3)", "E235", "3", "30*day"),
    ("hazard(0.1, 0)", "E235", "0", "time"),
    ("hazard(0.1, -3*day)", "E235", "-3*day", "longer"),
    # of the scope
    ("a + nothing", "E301", "nothing", "nothing"),
]


@pytest.mark.parametrize(("value", "code", "place", "told"), REFUSED)
def test_refused(resolve: Resolve, value: str | float, code: str, place: str | None, told: str) -> None:
    started = time.perf_counter()
    with pytest.raises(LanguageError) as caught:
        resolve(value)
    error = caught.value
    assert error.code == code
    assert told in f"{error.message} {error.hint}"
    if place is not None and isinstance(value, str):
        assert value[error.start : error.end] == place
    assert time.perf_counter() - started < 2


@pytest.mark.parametrize(
    ("text", "unit", "told"),
    [
        ("0.05", "1/week", "`0.05/year`"),
        ("3", "km2", "parameter"),
        ("a + 3", "km2", "this is a plain number, but km2 is expected here"),
        ("gain", "USD", "this is in km2/week, but USD is expected here"),
        ("gain", "", "but a plain number is expected here"),
    ],
)
def test_wrong_result(resolve: Resolve, text: str, unit: str, told: str) -> None:
    with pytest.raises(LanguageError) as caught:
        resolve(text, unit)
    assert caught.value.code == "E217"
    assert told in f"{caught.value.message} {caught.value.hint}"


def test_the_longest_and_deepest_are_read(resolve: Resolve) -> None:
    assert resolve("+".join(["a"] * 100)).count("add") == 99
    assert resolve("min(" + ", ".join(["a"] * 1998) + ")").count("a") == 1998
    assert resolve("(" * 150 + "a" + ")" * 150) == "a"


def test_names() -> None:
    expression = parse("sum(held[north] * oil.price) + attack[east].count - exp(-a) + a")
    assert expression.names == {"held", "oil.price", "attack.count", "a"}
    assert parse(3).names == frozenset()


@pytest.mark.parametrize(("text", "number"), [("3", 3.0), ("-3", -3.0), ("+1e3", 1000.0), ("1/2", None), ("a", None)])
def test_lone_numbers(text: str, number: float | None) -> None:
    assert parse(text).number == number


def test_every_function_is_known(scope: TinyScope) -> None:
    listed = (
        "abs min max clip exp log log1p expm1 sqrt floor ceil round sign sin cos tanh logistic logit "
        "normal_cdf normal_quantile table hazard sum mean any all"
    )
    assert set(listed.split()) == {*FUNCTIONS, *AGGREGATES}


_PIECES = ["a", "area", "held", "weight", "t", "0", "2", "1e3", "week", "sum(", "min(", "exp(", "table(", "hazard("]
_PIECES += ["(", ")", ",", "+", "-", "*", "/", "//", "%", "**", "<", "==", "and", "or", "not", "if", "else", "["]
_PIECES += [
    "]",
    ".",
    "north",
    "x",
    "=",
    "lambda",
    ":",
    "'",
    "{",
    "}",
    "in",
    "is",
    "\n",
    "#",
    "\\",
    "1_0",
    "0x",
    "j",
    "==",
]


@settings(max_examples=250, deadline=None)
@given(st.lists(st.sampled_from(_PIECES), max_size=25).map(" ".join) | st.text(max_size=40))
@example("\x0c")
@example("a\r\n+b")
def test_any_text_is_an_expression_or_an_error(text: str) -> None:
    for element in (None, ("sector", "east")):
        try:
            node, _ = parse(text).resolve(TinyScope(), unit=None, element=element)
        except LanguageError as error:
            refusal = error
        else:
            assert all(math.isfinite(part.value) for part in _parts(node) if isinstance(part, Literal))
            continue
        assert refusal.code.startswith(("E2", "E301"))
        assert 0 <= refusal.start <= refusal.end
        assert refusal.start <= len(text)


_OPERATIONS = {"add": "+", "sub": "-", "mul": "*", "div": "/", "lt": "<", "ge": ">="}


def _texts() -> st.SearchStrategy[str]:
    leaves = st.sampled_from(["a", "b", "c"]) | st.integers(0, 9).map(str)
    return st.recursive(
        leaves,
        lambda inner: (
            st.builds(lambda a, op, b: f"({a} {op} {b})", inner, st.sampled_from("+-*/"), inner)
            | st.builds(lambda a, b, c: f"({a} if {b} else {c})", inner, inner, inner)
            | st.builds(lambda a, b: f"({a} < {b})", inner, inner)
            | st.builds(lambda a: f"(-{a})", inner)
        ),
        max_leaves=12,
    )


def _evaluate(node: Node, values: dict[str, float]) -> float:
    match node:
        case Literal(value):
            return value
        case Apply(function, arguments):
            given = [_evaluate(argument, values) for argument in arguments]
            if function == "if":
                return given[1] if given[0] else given[2]
            if function == "neg":
                return -given[0]
            return float(eval(f"x {_OPERATIONS[function]} y", {"x": given[0], "y": given[1]}))  # the test's own text
    return values[getattr(node, "of")]  # noqa: B009


@settings(max_examples=200, deadline=None)
@given(_texts())
def test_means_what_python_means(text: str) -> None:
    values = {"a": 0.5, "b": -1.25, "c": 3.0}
    try:
        expected = float(eval(compile(ast.parse(text, mode="eval"), "", "eval"), dict(values)))
        found = _evaluate(parse(text).resolve(TinyScope(), unit=None)[0], values)
    except ZeroDivisionError:
        return
    except LanguageError as error:
        if error.code != "E203":  # a constant part of it divides by zero
            raise
        return
    assert found == expected


@pytest.mark.parametrize("text", ["1 / 0", "log(0)", "sqrt(-1)", "9**9**9**9", "logit(2)", "-1/0 + 1"])
def test_a_constant_that_is_no_finite_number_is_refused(resolve: Resolve, text: str) -> None:
    with pytest.raises(LanguageError) as caught:
        resolve(text)
    assert caught.value.code == "E203"
