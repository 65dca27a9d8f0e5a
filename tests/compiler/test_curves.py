"""Draws whose arguments are constants come from curves: as good as the functions they stand for, and no others do."""

import numpy as np
import pytest
from scipy import stats

from sim.compiler.curves import curve_of
from sim.compiler.kernel import elementwise
from sim.compiler.lower import lower
from sim.numerics.curve import PARTS, POWERS, on_curve
from sim.numerics.scalar import ScalarOps

from .runs import loaded

OPS = ScalarOps()
LAWS = {
    "gamma(2, 0.5)": ("gamma_quantile", (2.0, 0.5), stats.gamma(2, scale=0.5)),
    "gamma(0.3, 1)": ("gamma_quantile", (0.3, 1.0), stats.gamma(0.3)),
    "gamma(0.1, 1)": ("gamma_quantile", (0.1, 1.0), stats.gamma(0.1)),
    "gamma(300, 2)": ("gamma_quantile", (300.0, 2.0), stats.gamma(300, scale=2)),
    "beta(2, 3)": ("beta_quantile", (2.0, 3.0), stats.beta(2, 3)),
    "beta(0.5, 0.5)": ("beta_quantile", (0.5, 0.5), stats.beta(0.5, 0.5)),
    "student_t(3, 0, 1)": ("student_t_quantile", (3.0, 0.0, 1.0), stats.t(3)),
    "student_t(1, 5, 1)": ("student_t_quantile", (1.0, 5.0, 1.0), stats.cauchy(5)),
    "pert(0, 1, 4)": ("pert_quantile", (0.0, 1.0, 4.0), stats.beta(2, 4, 0, 4)),
    "normal(0, 1, min=-1, max=2)": ("normal_truncated", (-1.0, 2.0, 0.0, 1.0), stats.truncnorm(-1, 2)),
    "normal(1, 0.5, min=0)": ("normal_truncated", (0.0, np.inf, 1.0, 0.5), stats.truncnorm(-2, np.inf, 1, 0.5)),
    "normal(0, 1, min=3)": ("normal_truncated", (3.0, np.inf, 0.0, 1.0), stats.truncnorm(3, np.inf)),
}
TAILS = [2.0**-33, 3 * 2.0**-33, *(2.0**-power * (1 + k / 7) for power in range(3, 31, 3) for k in range(7))]
RNG = np.random.default_rng(20250407)


def uniforms(n):
    """Cells of both ends, cells beside every cut near the middle, and any."""
    cuts = [2.0**-power * (1 + part / PARTS) for power in (2, 3, 4) for part in range(PARTS)]
    near = [cut + side * 2.0**-33 for cut in cuts for side in (-1, 1)]
    low = np.floor(np.array([*TAILS, *near]) * 2.0**32)
    cells = np.unique(np.concatenate([low, 2.0**32 - 1 - low, RNG.integers(0, 2**32, n).astype(float)]))
    return (cells + 0.5) * 2.0**-32


@pytest.mark.parametrize("law", LAWS)
def test_a_curve_is_the_inverse_distribution_function(law):
    name, arguments, reference = LAWS[law]
    curve = curve_of(name, arguments)
    assert curve is not None
    assert len(curve.rows) == 2 * POWERS * PARTS
    u = uniforms(500)
    found = np.array([on_curve(OPS, float(x), curve) for x in u])
    exact = elementwise(name, 1 + len(arguments))(u, *arguments)
    width = 1 / (16 * reference.pdf(exact)) * np.minimum(u, 1 - u)  # about how much it changes between two cuts
    rounding = 1e-15 * np.abs(reference.ppf([0.25, 0.75])).sum()
    assert (np.abs(found - exact) <= 2e-12 * np.maximum(np.abs(exact), width) + rounding).all()
    scipys = np.where(u < 0.5, reference.ppf(u), reference.isf(1 - u))
    assert np.abs(found / scipys - 1).max() < 1e-6  # scipy's own search is no better for some
    assert (np.diff(found) >= -4e-12 * np.abs(found[1:]) - rounding).all()


@pytest.mark.parametrize(
    ("name", "low", "high", "arguments"),
    [
        ("gamma_truncated", 30.0, 30.00001, (0.2, 14.0)),  # polynomials leave these by a rounding
        ("gamma_truncated", 29.97509, 29.97977, (0.18, 13.95)),
        ("normal_truncated", 0.0, np.inf, (1.0, 0.5)),
        ("student_t_truncated", -0.1, 0.1, (3.0, 0.0, 1.0)),
    ],
)
def test_a_curve_keeps_to_its_bounds(name, low, high, arguments):
    curve = curve_of(name, (low, high, *arguments))
    assert curve is not None
    ends = np.arange(3000)
    for cell in (*ends, *(2**32 - 1 - ends)):
        assert low <= on_curve(OPS, (float(cell) + 0.5) * 2.0**-32, curve) <= high


def test_arguments_that_no_number_holds_have_no_curve():
    assert curve_of("gamma_quantile", (2.0, 1.7e308)) is None
    assert curve_of("student_t_quantile", (0.01, 0.0, 1.0)) is None
    assert curve_of("pert_quantile", (-1e308, 0.0, 1e308)) is None


def test_what_no_polynomial_follows_has_no_curve():
    assert curve_of("gamma_quantile", (0.004, 1.0)) is None  # u^250
    assert curve_of("beta_quantile", (0.01, 0.01)) is None


def drawn(text):
    """What the draw x of a model is made by: operation and payload."""
    model = loaded(
        f"""
        parameters: {{shape: {{prior: 'uniform(1, 2)'}}, fixed: 3}}
        draws:
          x: {text}
          y: normal(0, 1)
        states: {{s: {{initial: 0, change: (x + y)/week}}}}
        outcomes: {{end: otherwise}}
        """
    ).model
    program = lower(model)
    ops = [op for block in (program.step, program.start) for op in block.ops]
    return next((op.name, op.payload) for op in ops if op.name.startswith(("gamma", "beta", "poisson", "uniform_")))


def test_constant_arguments_have_a_curve_and_no_others():
    name, curve = drawn("gamma(2, 0.5)")
    assert (name, curve.law) == ("gamma_quantile", "gamma_quantile(2.0, 0.5)")
    assert drawn("beta(2, 3, max=0.5)")[1].law.startswith("beta_truncated(-inf, 0.5")
    for text in ("gamma(shape, 1)", "gamma(fixed, 1)", "poisson(3)", "uniform(0, 1)", "gamma(0.004, 1)"):
        assert drawn(text)[1] is None, text
    assert drawn("{draw: 'gamma(2, 0.5)', every: trajectory}")[1] is None


def test_a_curve_is_named_by_its_law_alone():
    one, other = curve_of("gamma_quantile", (2.0, 0.5)), curve_of("gamma_quantile", (2.0, 0.25))
    assert one == curve_of("gamma_quantile", (2.0, 0.5))
    assert one != other
    assert repr(one) == "Curve(law='gamma_quantile(2.0, 0.5)')"
