"""Every distribution from the YAML to the numbers of a run, as priors and as draws, against scipy.

The tests are Kolmogorov-Smirnov or chi-square at a level of 1e-5 each, with a fixed seed.
"""

import math
from itertools import pairwise

import numpy as np
import pytest
from scipy import stats

from .runs import ran

N = 5000
LEVEL = 1e-5

CONTINUOUS = {
    "normal(3, 2)": stats.norm(3, 2),
    "normal(sd=2, mean=3)": stats.norm(3, 2),
    "normal(p10=1, p90=5)": stats.norm(3, 2 / 1.2815515655446004),
    "normal(0, 1, min=-0.5, max=2)": stats.truncnorm(-0.5, 2),
    "normal(0, 1, min=3)": stats.truncnorm(3, np.inf),
    "normal(p5=-1, p95=1, min=0)": stats.truncnorm(0, np.inf, scale=1 / 1.6448536269514722),
    "lognormal(2, 1.5)": stats.lognorm(math.log(1.5), scale=2),
    "lognormal(p5=1, p95=4)": stats.lognorm(math.log(2) / 1.6448536269514722, scale=2),
    "uniform(-1, 4)": stats.uniform(-1, 5),
    "triangular(0, 1, 4)": stats.triang(0.25, 0, 4),
    "pert(0, 1, 4)": stats.beta(2, 4, 0, 4),
    "beta(2, 3)": stats.beta(2, 3),
    "beta(0.5, 0.5)": stats.beta(0.5, 0.5),
    "gamma(2.5, 3)": stats.gamma(2.5, scale=3),
    "gamma(0.3, 1)": stats.gamma(0.3),
    "exponential(4)": stats.expon(scale=4),
    "exponential(4, max=2)": stats.truncexpon(0.5, scale=4),
    "weibull(1.7, 2)": stats.weibull_min(1.7, scale=2),
    "student_t(3, 1, 2)": stats.t(3, 1, 2),
    "student_t(30, 0, 1)": stats.t(30),
}
DISCRETE = {
    "bernoulli(0.3)": stats.bernoulli(0.3),
    "binomial(10, 0.25)": stats.binom(10, 0.25),
    "binomial(1000, 0.5)": stats.binom(1000, 0.5),
    "poisson(0.7)": stats.poisson(0.7),
    "poisson(250)": stats.poisson(250),
    "categorical(1, 0, 3, 4)": stats.rv_discrete(values=([0, 1, 2, 3], [0.125, 0, 0.375, 0.5])),
}
FORMS = {**CONTINUOUS, **DISCRETE}


@pytest.fixture(scope="module")
def samples():
    """Every distribution as a prior, a draw of the trajectory and a draw of the step with a moving argument."""
    number = range(len(FORMS))
    lines = ["parameters:", *(f"  a{i}: {{prior: {text!r}}}" for i, text in enumerate(FORMS))]
    lines += ["draws:", *(f"  b{i}: {{draw: {text!r}, every: trajectory}}" for i, text in enumerate(FORMS))]
    lines += [f"  c{i}: {text!r}" for i, text in enumerate(FORMS)]
    lines += [f"measures: [{', '.join(f'{kind}{i}' for kind in 'abc' for i in number)}]"]
    lines += ["clock: {start: 2025-01-06, step: 1 week, horizon: 2 weeks}"]
    return ran("\n".join(lines) + "\n", n=N)


def fits(values, distribution, is_discrete):
    if not is_discrete:
        return stats.kstest(values, distribution.cdf).pvalue > LEVEL
    edges = np.unique(distribution.ppf(np.linspace(0.001, 0.999, 30)))
    inner = [np.sum((values > low) & (values <= high)) for low, high in pairwise(edges)]
    expected = np.diff([0, *distribution.cdf(edges)])
    observed = [np.sum(values <= edges[0]), *inner, np.sum(values > edges[-1])]
    expected = [*expected, distribution.sf(edges[-1])]
    kept = np.array(expected) > 0
    assert (np.array(observed)[~kept] == 0).all()
    assert (values == np.floor(values)).all()
    counts, chances = np.array(observed)[kept], np.array(expected)[kept]
    return len(counts) == 1 or stats.chisquare(counts, len(values) * chances / chances.sum()).pvalue > LEVEL


@pytest.mark.parametrize(("number", "text"), list(enumerate(FORMS)), ids=list(FORMS))
def test_samples_fit(samples, number, text):
    distribution, is_discrete = FORMS[text], text in DISCRETE
    assert fits(samples[f"a{number}"][0, ::10], distribution, is_discrete)
    assert fits(samples[f"b{number}"][0], distribution, is_discrete)
    assert (samples[f"b{number}"] == samples[f"b{number}"][0]).all()
    for record in (0, 2):
        assert fits(samples[f"c{number}"][record], distribution, is_discrete)


def test_a_prior_is_the_same_for_all_replicates_of_a_draw(samples):
    values = samples["a0"][0].reshape(-1, 10)
    assert (values == values[:, :1]).all()
    assert len(np.unique(values)) == N // 10


def test_elicited_quantiles_are_met():
    found = ran("""
        clock: {start: 2025-01-06, step: 1 week, horizon: 1 week}
        parameters:
          free: {prior: "quantiles(p5=1, p50=2, p95=5)"}
          positive: {prior: "quantiles(p10=1, p50=3, p90=12, min=0)"}
          bounded: {prior: "quantiles(p5=0.1, p25=0.2, p50=0.35, p75=0.5, p95=0.8, min=0, max=1)"}
          beta_form: {prior: "beta(p5=0.1, p95=0.6)"}
          gamma_form: {prior: "gamma(p5=1, p95=8)"}
        measures: [free, positive, bounded, beta_form, gamma_form]
        """, n=20_000)  # fmt: skip
    expected = {
        "free": {0.05: 1, 0.5: 2, 0.95: 5},
        "positive": {0.1: 1, 0.5: 3, 0.9: 12},
        "bounded": {0.05: 0.1, 0.25: 0.2, 0.5: 0.35, 0.75: 0.5, 0.95: 0.8},
        "beta_form": {0.05: 0.1, 0.95: 0.6},
        "gamma_form": {0.05: 1, 0.95: 8},
    }
    for name, quantiles in expected.items():
        values = found[name][0, ::10]
        for level, quantile in quantiles.items():
            below = (values <= quantile).sum()
            assert abs(below - 2000 * level) < 4.5 * math.sqrt(2000 * level * (1 - level)), (name, level)
    assert found["positive"].min() > 0
    assert 0 < found["bounded"].min() < found["bounded"].max() < 1


def test_arguments_of_draws_can_move():
    found = ran("""
        parameters: {spread: {prior: "uniform(1, 2)"}}
        states: {level: {initial: 0, change: 10/week}}
        draws: {u: "normal(level, spread)", n: "poisson(level)", cut: "normal(level, 1, min=level, max=level + 1)"}
        measures: [u, n, cut, spread]
        """, n=N)  # fmt: skip
    for record in (1, 10):
        z = (found["u"][record] - 10 * record) / found["spread"][record]
        assert stats.kstest(z, stats.norm.cdf).pvalue > LEVEL
        counts = found["n"][record]
        assert abs(counts.mean() - 10 * record) < 4.5 * math.sqrt(10 * record / N)
        assert abs(counts.var() / (10 * record) - 1) < 4.5 * math.sqrt(2.2 / N)
        inside = found["cut"][record] - 10 * record
        assert stats.kstest(inside, stats.truncnorm(0, 1).cdf).pvalue > LEVEL
    assert (found["n"][0] == 0).all()


def test_moments_of_counts_and_of_an_autoregression():
    found = ran("""
        clock: {start: 2025-01-06, step: 1 week, horizon: 60 weeks}
        parameters: {memory: {value: 0.8}}
        draws: {shock: "normal(0, 1)"}
        states: {x: {initial: 0, next: memory*x + shock}, total: {initial: 0, next: total + shock}}
        events: {hit: {rate: 0.5/week}}
        measures: [x, total, hit.count]
        """, n=N)  # fmt: skip
    x = found["x"]
    for k in (1, 5, 60):
        variance = (1 - 0.8 ** (2 * k)) / (1 - 0.64)
        assert abs(x[k].mean()) < 4.5 * math.sqrt(variance / N)
        assert abs(x[k].var() / variance - 1) < 4.5 * math.sqrt(2 / N)
    lagged = np.corrcoef(x[60], x[57])[0, 1]
    assert abs(np.arctanh(lagged) - np.arctanh(0.8**3)) < 4.5 / math.sqrt(N)
    assert stats.kstest(x[60] * math.sqrt(0.36), stats.norm.cdf).pvalue > LEVEL
    assert abs(found["total"][60].var() / 60 - 1) < 4.5 * math.sqrt(2 / N)
    counts, p = found["hit.count"][60], 1 - math.exp(-0.5)
    assert fits(counts, stats.binom(60, p), True)


def test_rank_correlations_are_achieved():
    found = ran("""
        parameters:
          a: {prior: "lognormal(1, 3)"}
          b: {prior: "uniform(0, 1)"}
          c: {prior: "exponential(2)"}
          d: {prior: "normal(0, 1)"}
        draws:
          x: "normal(0, 1)"
          y: "gamma(2, 1)"
          z: "uniform(0, 1)"
          once: {draw: "normal(0, 1)", every: trajectory}
          also: {draw: "beta(2, 5)", every: trajectory}
        correlations: [[a, b, 0.7], [b, c, -0.5], [x, y, 0.6], [once, also, -0.8]]
        measures: [a, b, c, d, x, y, z, once, also]
        """, n=20_000)  # fmt: skip

    def rank(one, other):
        return stats.spearmanr(one, other).statistic

    def near(value, expected, n):
        return abs(math.atanh(value) - math.atanh(expected)) < 4.5 * 1.1 / math.sqrt(n)

    a, b, c, d = (found[name][0, ::10] for name in "abcd")
    assert near(rank(a, b), 0.7, 2000)
    assert near(rank(b, c), -0.5, 2000)
    assert near(rank(a, c), 0, 2000)
    assert near(rank(a, d), 0, 2000)
    for k in (0, 7):
        assert near(rank(found["x"][k], found["y"][k]), 0.6, 20_000)
        assert near(rank(found["x"][k], found["z"][k]), 0, 20_000)
    assert near(rank(found["x"][3], found["y"][4]), 0, 20_000)
    assert near(rank(found["once"][0], found["also"][0]), -0.8, 20_000)
    for name, distribution in (("y", stats.gamma(2)), ("x", stats.norm), ("also", stats.beta(2, 5))):
        assert stats.kstest(found[name][5], distribution.cdf).pvalue > LEVEL
    assert stats.kstest(c, stats.expon(scale=2).cdf).pvalue > LEVEL


def test_priors_in_units_and_of_other_parameters():
    found = ran("""
        parameters:
          part: {unit: percent, prior: "uniform(20, 70)"}
          centre: {unit: km, value: 2}
          place: {unit: m, prior: "normal(centre, centre/10)"}
        derived: {share: part}
        measures: [part, place, share]
        """, n=N)  # fmt: skip
    assert stats.kstest(found["part"][0, ::10], stats.uniform(20, 50).cdf).pvalue > LEVEL
    assert np.allclose(found["share"], found["part"] / 100, rtol=1e-15)
    assert stats.kstest(found["place"][0, ::10], stats.norm(2000, 200).cdf).pvalue > LEVEL


@pytest.mark.parametrize("design", ["lhs", "sobol"])
def test_designs_spread_evenly(design):
    from sim.engine.run import run

    from .runs import loaded

    study = loaded('parameters: {u: {prior: "uniform(0, 1)"}, v: {prior: "uniform(0, 1)"}}\nstates: {x: 0}\n')
    results = run(study, n=640, replicates=10, design=design, keep=640, threads=1)
    values = results.scenarios[0].kept_parameters[:, ::10]
    for row in values:
        assert sorted(np.floor(row * 64)) == list(range(64))
