"""Distributions: forms, units, what is refused, and every quantile form met exactly."""

import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.errors import LanguageError
from sim.language import metalog
from sim.language.distributions import FAMILIES, NAMES, Canonical, is_distribution, parse_distribution
from sim.language.families import WRITTEN
from sim.language.quantile_forms import OPS, TWO_QUANTILES, root, solve
from sim.language.tree import Literal
from sim.language.units import parse_unit
from tests.language.conftest import TinyScope, spell

SCIPY: dict[str, Callable[..., Any]] = {
    "normal": lambda s, mean, sd: s.norm(mean, sd),
    "lognormal": lambda s, median, gsd: s.lognorm(math.log(gsd), scale=median),
    "uniform": lambda s, low, high: s.uniform(low, high - low),
    "triangular": lambda s, low, mode, high: s.triang((mode - low) / (high - low), low, high - low),
    "pert": lambda s, low, mode, high: s.beta(
        1 + 4 * (mode - low) / (high - low), 1 + 4 * (high - mode) / (high - low), low, high - low
    ),
    "beta": lambda s, a, b: s.beta(a, b),
    "gamma": lambda s, shape, scale: s.gamma(shape, scale=scale),
    "exponential": lambda s, mean: s.expon(scale=mean),
    "weibull": lambda s, shape, scale: s.weibull_min(shape, scale=scale),
    "student_t": lambda s, df, location, scale: s.t(df, location, scale),
    "bernoulli": lambda s, p: s.bernoulli(p),
    "binomial": lambda s, n, p: s.binom(n, p),
    "poisson": lambda s, mean: s.poisson(mean),
    "categorical": lambda s, *weights: s.rv_discrete(
        values=(range(len(weights)), [weight / sum(weights) for weight in weights])
    ),
}

ARGUMENTS = {
    "normal": (3.0, 2.0),
    "lognormal": (3.0, 1.5),
    "uniform": (-1.0, 3.0),
    "triangular": (-1.0, 0.5, 3.0),
    "pert": (-1.0, 0.5, 3.0),
    "beta": (2.0, 3.5),
    "gamma": (2.5, 3.0),
    "exponential": (4.0,),
    "weibull": (1.7, 3.0),
    "student_t": (4.0, 1.0, 2.0),
    "bernoulli": (0.3,),
    "binomial": (12.0, 0.3),
    "poisson": (4.5,),
    "categorical": (1.0, 0.0, 3.0),
}


def resolve(text: str, unit: str = "", element: tuple[str, str] | None = None) -> str:
    family, arguments, low, high = parse_distribution(text).resolve(TinyScope(), unit=parse_unit(unit), element=element)
    limits = [f"{name}={spell(node)}" for name, node in (("min", low), ("max", high)) if node is not None]
    return f"{family}({', '.join([*map(spell, arguments), *limits])})"


def numbers(canonical: Canonical) -> list[float]:
    return [node.value for node in canonical.arguments if isinstance(node, Literal)]


def quantiles_of(text: str, *probabilities: float) -> list[float]:
    canonical = parse_distribution(text).resolve(TinyScope(), unit=parse_unit(""))
    return [float(FAMILIES[canonical.family].quantile(OPS, p, *numbers(canonical))) for p in probabilities]


# -- the families ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", WRITTEN)
def test_every_family_is_the_one_of_scipy(name: str) -> None:
    from scipy import stats

    family, arguments = FAMILIES[name], ARGUMENTS[name]
    theirs = SCIPY[name](stats, *arguments)
    for u in (0.001, 0.1, 0.37, 0.5, 0.9, 0.999):
        assert family.quantile(OPS, u, *arguments) == pytest.approx(theirs.ppf(u), rel=1e-9, abs=1e-12)
    for x in (-0.5, 0.0, 0.25, 1.0, 2.5, 7.0):
        assert family.cdf(OPS, x, *arguments) == pytest.approx(theirs.cdf(x), rel=1e-9, abs=1e-12)
    assert family.mean(*arguments) == pytest.approx(theirs.mean(), rel=1e-12)
    low, high = theirs.support()
    assert family.support(*arguments) == (low, high) or name == "bernoulli"
    assert family.whole == hasattr(theirs, "pmf")


def test_a_mean_that_is_none() -> None:
    assert math.isnan(FAMILIES["student_t"].mean(1, 0, 1))
    assert math.isnan(FAMILIES["metalog"].mean(1, 0))
    assert FAMILIES["lognormal"].mean(1, 1e100) == math.inf


# -- forms and units ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "unit", "canonical"),
    [
        ("normal(3, 1)", "km2", "normal(3, 1)"),
        ("normal(sd=1, mean=3)", "km2", "normal(3, 1)"),
        ("normal(3, sd=1, min=0)", "USD", "normal(3, 1, min=0)"),
        (" normal(\n 3,\n 1, max=4, min=-1_0)", "", "normal(3, 1, min=-10, max=4)"),
        ("uniform(20, 70)", "percent", "uniform(20, 70)"),
        ("lognormal(3, 1.5)", "km2", "lognormal(3, 1.5)"),
        ("triangular(0, 0, 1)", "", "triangular(0, 0, 1)"),
        ("pert(low=1, mode=2, high=3)", "week", "pert(1, 2, 3)"),
        ("beta(2, 3)", "share", "beta(2, 3)"),
        ("gamma(2, 3)", "USD", "gamma(2, 3)"),
        ("exponential(3)", "week", "exponential(3)"),
        ("weibull(1.5, 3)", "week", "weibull(1.5, 3)"),
        ("student_t(4, 0, 1)", "km2", "student_t(4, 0, 1)"),
        ("bernoulli(0)", "", "bernoulli(0)"),
        ("binomial(10, 0.5)", "people", "binomial(10, 0.5)"),
        ("poisson(0)", "people", "poisson(0)"),
        ("poisson(3, min=1, max=1)", "people", "poisson(3, min=1, max=1)"),
        ("categorical(1, 0, 3)", "", "categorical(1, 0, 3)"),
        ("categorical(w1=3, w0=1)", "", "categorical(1, 3)"),
        # expressions
        ("normal(a, 1)", "", "normal(a, 1)"),
        ("normal(0, area)", "km2", "normal(0, area)"),
        ("normal(area, area/2)", "m2", "normal(mul(area, 1e+06), mul(div(area, 2), 1e+06))"),
        ("lognormal(area, 1.5)", "km2", "lognormal(area, 1.5)"),
        ("uniform(0, age)", "week", "uniform(0, mul(age, 52.1786))"),
        ("normal(share, 0.05)", "percent", "normal(share, 5)"),
        ("bernoulli(share)", "", "bernoulli(div(share, 100))"),
        ("student_t(a, area, area)", "km2", "student_t(a, area, area)"),
        ("gamma(a, area, max=area)", "km2", "gamma(a, area, max=area)"),
        ("exponential(8*week)", "day", "exponential(56)"),
        ("poisson(a*b)", "", "poisson(mul(a, b))"),
        ("categorical(a, weight[north], 1)", "", "categorical(a, weight[north], 1)"),
        ("beta(1/2, 1/2)", "", "beta(0.5, 0.5)"),
        ("normal(sum(weight)/3, 1)", "", "normal(div(add(add(weight[east], weight[north]), weight[south]), 3), 1)"),
    ],
)
def test_forms(text: str, unit: str, canonical: str) -> None:
    assert resolve(text, unit) == canonical


def test_inside_an_indexed_declaration() -> None:
    assert resolve("normal(weight, 1)", element=("sector", "east")) == "normal(weight[east], 1)"


def test_names() -> None:
    assert parse_distribution("normal(oil.price, held[north], min=a)").names == {"oil.price", "held", "a"}
    assert parse_distribution("normal(p5=1, p95=2)").names == frozenset()


@pytest.mark.parametrize(
    ("text", "meant"),
    [("normal(0, 1)", True), (" quantiles (p5=1)", True), ("exp(3)", False), ("normal_cdf(0)", False), ("3", False)],
)
def test_what_is_meant_as_a_distribution(text: str, meant: bool) -> None:
    assert is_distribution(text) is meant


# -- quantile forms ----------------------------------------------------------------------------------------------------

PAIRS = {
    "normal": [(-3.0, 4.0), (1e6, 1e6 + 1)],
    "lognormal": [(100.0, 165.0), (1e-3, 1e3)],
    "uniform": [(0.2, 0.3), (-5.0, 1e5)],
    "beta": [(0.2, 0.7), (0.9, 0.95), (1e-4, 0.02), (0.01, 0.99), (0.5, 0.501)],
    "gamma": [(1.0, 4.0), (1e-3, 10.0), (100.0, 101.0)],
    "weibull": [(1.0, 4.0), (1e-3, 10.0), (100.0, 101.0)],
}


@pytest.mark.parametrize(("p", "q"), [(5, 95), (10, 90), (1, 50), (50, 51), (25, 99)])
@pytest.mark.parametrize(("name", "low", "high"), [(name, *pair) for name, pairs in PAIRS.items() for pair in pairs])
def test_two_quantiles_are_met(name: str, low: float, high: float, p: int, q: int) -> None:
    from scipy import stats

    arguments = solve(name, ((p / 100, low), (q / 100, high)))
    assert arguments is not None
    text = f"{name}(p{p}={low!r}, p{q}={high!r})"
    assert quantiles_of(text, p / 100, q / 100) == pytest.approx([low, high], rel=1e-9)
    assert SCIPY[name](stats, *arguments).ppf([p / 100, q / 100]) == pytest.approx([low, high], rel=1e-7)


def test_quantiles_are_those_before_truncation() -> None:
    whole = resolve("normal(p5=1, p95=4)", "USD")
    assert resolve("normal(p5=1, p95=4, min=0)", "USD") == whole[:-1] + ", min=0)"


@pytest.mark.parametrize(
    ("text", "family"),
    [
        ("quantiles(p10=1, p90=4)", "metalog"),
        ("quantiles(p5=1, p50=2, p95=4)", "metalog"),
        ("quantiles(p95=4, p5=1, p50=2, p25=1.6)", "metalog"),
        ("quantiles(p5=1, p25=2, p50=3, p75=4.5, p95=8)", "metalog"),
        ("quantiles(p5=1, p50=2, p95=12, min=0)", "metalog_low"),
        ("quantiles(p5=1, p50=2, p95=4, min=-3.5)", "metalog_low"),
        ("quantiles(p5=-9, p50=-2, p95=-1, max=0)", "metalog_high"),
        ("quantiles(p5=0.05, p50=0.15, p95=0.4, min=0, max=1)", "metalog_bounded"),
        ("quantiles(p1=2, p10=5, p50=20, p90=60, p99=90, min=0, max=100)", "metalog_bounded"),
    ],
)
def test_metalog_quantiles_are_met(text: str, family: str) -> None:
    distribution = parse_distribution(text)
    canonical = distribution.resolve(TinyScope(), unit=parse_unit("km2"))
    assert canonical.family == family
    points = {int(name[1:]) / 100: x.number for name, x in distribution.arguments.items() if name.startswith("p")}
    assert quantiles_of(text, *points) == pytest.approx(list(points.values()), rel=1e-12, abs=1e-12)
    grid = quantiles_of(text, *(k / 200 for k in range(1, 200)))
    assert grid == sorted(grid)
    low, high = FAMILIES[family].support(*numbers(canonical))
    assert low < grid[0] < grid[-1] < high


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(1, 99), min_size=2, max_size=6, unique=True),
    st.lists(st.floats(0.05, 10), min_size=7, max_size=7),
    st.sampled_from([(False, False), (True, False), (False, True), (True, True)]),
)
def test_any_metalog_is_valid_or_refused(percents: list[int], gaps: list[float], bounded: tuple[bool, bool]) -> None:
    values = [sum(gaps[: k + 1]) for k in range(len(percents))]
    limits = [f"min={0.0}"] * bounded[0] + [f"max={sum(gaps)}"] * bounded[1]
    points = [f"p{p}={x!r}" for p, x in zip(sorted(percents), values, strict=True)]
    text = f"quantiles({', '.join(points + limits)})"
    try:
        found = quantiles_of(text, *(p / 100 for p in sorted(percents)))
    except LanguageError as error:
        refusal = error
    else:
        assert found == pytest.approx(values, rel=1e-9)
        grid = quantiles_of(text, *(k / 50 for k in range(1, 50)))
        assert grid == sorted(grid)
        return
    assert refusal.code == "E247"


def test_metalog_density_is_checked_in_the_tails() -> None:
    assert metalog.is_valid([0.0, 1.0])
    assert not metalog.is_valid([0.0, -1.0])
    assert not metalog.is_valid([0.0, 1.0, 2.5])
    assert not metalog.is_valid([0.0, 1.0, -2.5])
    assert metalog.is_valid([0.0, 1.0, 1.5])


@pytest.mark.parametrize("target", [-0.999, -0.3, 1e-9, 0.5, 0.999])
def test_root(target: float) -> None:
    assert root(lambda x: math.tanh(x) - target, -20, 20) == pytest.approx(math.atanh(target), rel=1e-12)
    assert root(lambda x: target - math.tanh(x), -20, 20) == pytest.approx(math.atanh(target), rel=1e-12)
    assert root(lambda x: x + 1, 0, 2) == 0
    assert root(lambda x: x - 3, 0, 2) == 2


# -- refusals ----------------------------------------------------------------------------------------------------------

REFUSED = [
    # no distribution
    ("3", "E241", "3", "expected"),
    ("a + b", "E241", "a + b", "expected"),
    ("normal(0, 1) + 3", "E241", "normal(0, 1) + 3", "expected"),
    ("oil.normal(0, 1)", "E241", None, "expected"),
    ("norml(0, 1)", "E241", "norml", "`normal`"),
    ("cauchy(0, 1)", "E241", "cauchy", "student_t"),
    ("metalog(0, 1)", "E241", "metalog", ""),
    ("", "E206", "", ""),
    ("normal(0, 1", "E201", "(", "never closed"),
    ("normal(mean=0, mean=1)", "E242", "mean=1", "twice"),
    ("quantiles(p5=0, p5=1)", "E242", "p5=1", "twice"),
    ("normal(mean=0, 1)", "E201", None, "positional"),
    ("normal('a', 1)", "E202", "'a'", ""),
    ("normal(1e999, 1)", "E203", "1e999", ""),
    ("normal(*a)", "E202", "*a", ""),
    ("normal(**a)", "E233", "**a", ""),
    # arguments
    ("normal(3)", "E242", "normal", "lacks sd"),
    ("normal()", "E242", "normal", "lacks mean and sd"),
    ("normal(1, 2, 3)", "E242", "normal", "3 arguments"),
    ("normal(3, std=1)", "E242", "1", "`std`"),
    ("gamma(shpe=3, scale=1)", "E242", "3", "`shape`"),
    ("normal(3, 1, mean=2)", "E242", "2", "twice"),
    ("categorical()", "E242", "categorical", "lacks"),
    ("categorical(1, min=0)", None, None, ""),
    ("categorical(" + "1, " * 101 + ")", "E204", None, "100"),
    # bounds
    ("normal(3, 0)", "E243", "0", "sd must be above 0"),
    ("normal(3, -1)", "E243", "-1", "sd"),
    ("normal(a, -1)", "E243", "-1", "sd"),
    ("lognormal(0, 2)", "E243", "0", "median"),
    ("lognormal(3, 1)", "E243", "1", "gsd must be above 1"),
    ("uniform(3, 1)", "E243", "1", "low must be below high"),
    ("uniform(1, 1)", "E243", "1", "low must be below high"),
    ("triangular(0, 5, 3)", "E243", None, "mode must not be above high"),
    ("triangular(3, 2, 4)", "E243", "2", "mode must not be below low"),
    ("pert(1, 1, 1)", "E243", "1", "low"),
    ("beta(0, 1)", "E243", "0", "a must"),
    ("gamma(1, 0)", "E243", "0", "scale"),
    ("exponential(0)", "E243", "0", "mean"),
    ("weibull(-1, 1)", "E243", "-1", "shape"),
    ("student_t(0, 0, 1)", "E243", "0", "df"),
    ("bernoulli(1.5)", "E243", "1.5", "between 0 and 1"),
    ("bernoulli(-0.1)", "E243", "-0.1", "between 0 and 1"),
    ("binomial(2.5, 0.5)", "E243", "2.5", "whole number"),
    ("binomial(-1, 0.5)", "E243", "-1", "whole number"),
    ("binomial(3, 2)", "E243", "2", "between 0 and 1"),
    ("poisson(-1)", "E243", "-1", "negative"),
    ("categorical(1, -1)", "E243", "-1", "w1"),
    ("categorical(0, 0)", "E243", "0", "above 0"),
    # quantile forms
    ("poisson(p5=1, p95=4)", "E244", "poisson(p5=1, p95=4)", "`quantiles(...)`"),
    ("student_t(p5=1, p95=4)", "E244", None, ""),
    ("exponential(p50=3)", "E244", None, ""),
    ("normal(p5=1)", "E244", None, "two quantiles, not 1"),
    ("normal(p5=1, p50=2, p95=3)", "E244", None, "`quantiles(...)`"),
    ("normal(3, p95=4)", "E244", "3", "beside"),
    ("normal(sd=3, p95=4)", "E244", "3", "`sd`"),
    ("normal(p0=3, p95=4)", "E244", "3", "`p0`"),
    ("normal(p5=3, p100=4)", "E244", "4", "`p100`"),
    ("quantiles(p5=3)", "E244", None, "2 to 10"),
    ("quantiles()", "E244", None, "2 to 10"),
    ("quantiles(1, 2)", "E244", "1", "beside"),
    ("quantiles(p5=1, mean=3)", "E244", "3", "`mean`"),
    ("quantiles(" + ", ".join(f"p{k}={k}" for k in range(1, 12)) + ")", "E244", None, "2 to 10"),
    ("normal(p5=4, p95=1)", "E245", "1", "increase"),
    ("normal(p5=1, p95=1)", "E245", "1", "increase"),
    ("normal(p5=1, p05=2)", "E245", None, "same"),
    ("lognormal(p5=-1, p95=1)", "E245", "-1", "above 0"),
    ("lognormal(p5=0, p95=1)", "E245", "0", "above 0"),
    ("gamma(p5=0, p95=1)", "E245", "0", "above 0"),
    ("weibull(p5=0, p95=1)", "E245", "0", "above 0"),
    ("beta(p5=0.5, p95=1)", "E245", "1", "between 0 and 1"),
    ("beta(p5=20, p95=70)", "E245", "20", "between 0 and 1"),
    ("gamma(p5=1e-300, p95=1e300)", "E245", None, ""),
    ("normal(p5=-1.7e308, p95=1.7e308)", "E245", None, ""),
    ("quantiles(p5=1, p50=2, p95=3, min=1)", "E245", "1", "above 1"),
    ("quantiles(p5=1, p50=2, p95=3, max=2.5)", "E245", "3", "below 2.5"),
    ("quantiles(p5=1, p95=3, min=2, max=2.5)", "E245", "1", "between 2 and 2.5"),
    ("quantiles(p5=1, p95=3, min=2, max=1)", "E246", "1", ""),
    ("quantiles(p5=0, p50=1, p95=100)", "E247", None, "density"),
    ("quantiles(p5=-1.7e308, p50=0, p95=1.7e308, min=-1.75e308, max=1.75e308)", "E247", None, ""),
    ("lognormal(p5=1, p95=a)", "E249", "a", "constants"),
    ("quantiles(p5=1, p50=2, p95=3, max=a)", "E249", "a", "constants"),
    ("quantiles(p5=1, p50=2, p95=3, max=3 - 1)", "E245", "2", "below 2"),
    ("lognormal(p5=-1, p95=2*3)", "E245", "-1", "above 0"),
    ("normal(p5=3*2, p95=2*3 - 1)", "E245", None, "increase"),
    ("lognormal(p5=1, p95=4, max=area)", "E217", "area", "km2"),
    # truncation
    ("normal(0, 1, min=3, max=2)", "E246", "2", "below"),
    ("normal(0, 1, min=3, max=3)", "E246", "3", "below"),
    ("normal(a, 1, min=3, max=2)", "E246", "2", "below"),
    ("uniform(0, 1, min=2)", "E246", "2", "nothing"),
    ("uniform(0, 1, max=-2)", "E246", "-2", "nothing"),
    ("exponential(1, max=0)", "E246", "0", "nothing"),
    ("lognormal(p5=1, p95=4, max=0)", "E246", "0", "nothing"),
    ("poisson(3, min=1.2, max=1.8)", "E246", "1.8", "nothing"),
    ("bernoulli(0, min=1)", "E246", "1", "nothing"),
    # units
    ("normal(area, 1)", "E217", "area", "km2"),
    ("normal(t, t, min=1)", "E217", "t", "week"),
    ("bernoulli(t)", "E217", "t", "week"),
    ("normal(held, 1)", "E221", "held", "sum"),
    ("normal(nothing, 1)", "E301", "nothing", ""),
]


@pytest.mark.parametrize(("text", "code", "place", "told"), REFUSED)
def test_refused(text: str, code: str | None, place: str | None, told: str) -> None:
    if code is None:
        assert resolve(text)
        return
    with pytest.raises(LanguageError) as caught:
        resolve(text)
    error = caught.value
    assert error.code == code
    assert told in f"{error.message} {error.hint}"
    assert 0 <= error.start <= error.end
    if place is not None:
        assert text[error.start : error.end] == place


@pytest.mark.parametrize("value", [3, 2.5, True, None, ["normal(0, 1)"]])
def test_no_text(value: object) -> None:
    with pytest.raises(LanguageError) as caught:
        parse_distribution(value)
    assert caught.value.code == "E241"


def test_quantiles_can_be_constants_and_limits_beside_two_of_them_expressions() -> None:
    assert resolve("lognormal(p5=2*week, p95=28*day)", "week") == resolve("lognormal(p5=2, p95=4)")
    expected = resolve("quantiles(p5=2, p50=3, p95=5, min=1)")
    assert resolve("quantiles(p5=2*week, p50=3*week, p95=35*day, min=week)", "week") == expected
    assert resolve("normal(p5=0, p95=1, max=2*a)") == resolve("normal(p5=0, p95=1)").replace(")", ", max=mul(2, a))")


def test_beta_in_percent() -> None:
    with pytest.raises(LanguageError) as caught:
        resolve("beta(2, 3)", "percent")
    assert caught.value.code == "E248"


_PIECES = ["normal(", "beta(", "quantiles(", "poisson(", "p5=", "p50=", "p95=", "min=", "max=", "sd=", "w0=", "1", "2"]
_PIECES += ["0", "-", "0.5", "a", "area", ",", ",", ")", "(", "*", "+", "1e308", "=", "'", "held", "p=", "lognormal("]


@settings(max_examples=250, deadline=None)
@given(st.lists(st.sampled_from(_PIECES), max_size=16).map("".join) | st.text(max_size=20))
def test_any_text_is_a_distribution_or_an_error(text: str) -> None:
    try:
        resolve(text)
    except LanguageError as error:
        refusal = error
    else:
        return
    assert refusal.code.startswith(("E2", "E301"))
    assert 0 <= refusal.start <= refusal.end


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(sorted(TWO_QUANTILES)),
    st.integers(1, 98),
    st.floats(allow_nan=False, allow_infinity=False),
    st.floats(allow_nan=False, allow_infinity=False),
)
def test_any_two_quantiles_are_met_or_refused(name: str, p: int, x: float, y: float) -> None:
    text = f"{name}(p{p}={x!r}, p99={y!r})"
    try:
        found = quantiles_of(text, p / 100, 0.99)
    except LanguageError as error:
        refusal = error
    else:
        assert found == pytest.approx([x, y], rel=1e-6, abs=1e-6 * abs(y - x))
        return
    assert refusal.code == "E245"


def test_all_names() -> None:
    listed = (
        "normal lognormal uniform triangular pert beta gamma exponential weibull student_t bernoulli binomial poisson "
        "categorical quantiles"
    )
    assert tuple(listed.split()) == NAMES
