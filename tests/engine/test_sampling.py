from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from sim.compiler.lower import site_names
from sim.compiler.sites import site_numbers
from sim.engine.designs import LatinHypercube, Random, Sobol, design_of
from sim.engine.sampling import EARLY, STRETCH, Sampler
from sim.errors import UsageError
from sim.model.declarations import Correlation, Sample, Scenario
from sim.numerics.random import threefry, uniform52
from sim.numerics.scalar import ScalarOps
from tests.engine.models import call, crossing, fixed, lit, model, param, reordered, sample, uncertain

KINDS = ("random", "lhs", "sobol")
BASELINE = Scenario("baseline")


def sampler(m, scenario=BASELINE, seed=1, design="random", n=4000):
    varying = {name for name, value in scenario.parameters.items() if isinstance(value, Sample)}
    names = tuple(sorted({p.name for p in m.parameters if p.prior is not None} | varying))
    return Sampler(m, scenario, names, seed, design, n)


def drawn(m, name, **options):
    made = sampler(m, **options)
    return made.values(0, made.n_draws)[made.uncertain.index(name)]


@pytest.mark.parametrize("seed", [0, 1, 2**64 - 1])
def test_random_uniforms_are_threefry_of_seed_site_and_draw(seed):
    sites = [5, 2**32 - 1]
    found = Random(sites, seed).uniforms(2**32 - 1, 2**32 + 2)
    ops = ScalarOps()
    for i, site in enumerate(sites):
        for j, draw in enumerate(range(2**32 - 1, 2**32 + 2)):
            counter = (draw & 0xFFFFFFFF, draw >> 32, 0xFFFFFFFF, site)
            words = threefry(ops, counter, (seed & 0xFFFFFFFF, seed >> 32, 0, 0))
            assert found[i, j] == uniform52(ops, words[0], words[1])


@pytest.mark.parametrize("kind", KINDS)
def test_any_stretch_is_the_same_as_the_whole(kind):
    m = crossing()
    n = EARLY * STRETCH + 3000  # of the first draws, which are kept, and of those after them
    whole = sampler(m, design=kind, n=n).values(0, n)
    made = sampler(m, design=kind, n=n)
    edges = (EARLY * STRETCH - 5, n - 10), (EARLY * STRETCH, n), (EARLY * STRETCH - 1, EARLY * STRETCH)
    for first, last in ((2500, 3700), (0, 10), (n - 1, n), (1023, 1025), (500, 2600), (1024, 2048), *edges):
        assert made.values(first, last).tobytes() == np.ascontiguousarray(whole[:, first:last]).tobytes()


@pytest.mark.parametrize("kind", KINDS)
def test_the_order_of_declarations_changes_nothing(kind):
    a, b = sampler(crossing(), design=kind), sampler(reordered(crossing()), design=kind)
    assert a.values(0, 100).tobytes() == b.values(0, 100).tobytes()


def test_adding_a_parameter_moves_no_other():
    m = crossing()
    more = replace(m, parameters=(uncertain("aa", sample("uniform", 0, 1)), *m.parameters))
    for kind in ("random", "lhs"):
        for name in ("a", "b", "c", "p"):
            assert drawn(m, name, design=kind).tobytes() == drawn(more, name, design=kind).tobytes()


def test_parameters_of_one_kind_are_made_together_as_each_alone():
    choices = {
        "normal": ((0, 1), (3, 2)), "lognormal": ((1, 2), (5, 0.5)), "beta": ((2, 3), (0.5, 4)),
        "gamma": ((2, 3), (9, 1)), "pert": ((0, 1, 5), (2, 3, 9)), "categorical": ((0.2, 0.8), (0.2, 0.3, 0.5)),
    }  # fmt: skip
    priors = {
        f"{family}_{i}": sample(family, *arguments)
        for family, given in choices.items()
        for i, arguments in enumerate(given)
    }
    together = sampler(model(parameters=tuple(uncertain(name, prior) for name, prior in priors.items())))
    assert max(len(wave) for wave in together.priors.waves) >= 4
    for name, prior in priors.items():
        alone = drawn(model(parameters=(uncertain(name, prior),)), name)
        assert together.values(0, 4000)[together.uncertain.index(name)].tobytes() == alone.tobytes()


@pytest.mark.parametrize("n", [1, 2, 7, 64, 1000, 1025])
def test_a_latin_hypercube_has_one_draw_in_every_slice(n):
    u = LatinHypercube([3, 4], 9, n).uniforms(0, n)
    for row in u:
        assert sorted(np.floor(row * n).astype(int)) == list(range(n))
    if n >= 64:
        assert abs(stats.spearmanr(u[0], u[1]).statistic) < 4 / np.sqrt(n)


def test_sobol_points_are_even():
    u = Sobol(5, 3, 4096).uniforms(0, 4096)
    for row in u:
        assert sorted(np.floor(row * 4096).astype(int)) == list(range(4096))
    assert ((u > 0) & (u < 1)).all()


@pytest.mark.parametrize("kind", KINDS)
def test_seeds_differ(kind):
    m = crossing()
    assert drawn(m, "b", design=kind, seed=1).tolist() != drawn(m, "b", design=kind, seed=2).tolist()


def test_unknown_designs_are_refused():
    with pytest.raises(UsageError, match="lhs"):
        design_of("latin", [], 0, 1)


def test_priors_have_their_distributions():
    m = model(parameters=(
        uncertain("normal", sample("normal", 3, 2)), uncertain("lognormal", sample("lognormal", 2, 1.5)),
        uncertain("uniform", sample("uniform", -1, 4)), uncertain("above", sample("normal", 0, 1, low=lit(1))),
        uncertain("between", sample("lognormal", 1, 2, low=lit(0.5), high=lit(3))),
    ))  # fmt: skip
    known = {
        "normal": stats.norm(3, 2),
        "lognormal": stats.lognorm(np.log(1.5), scale=2),
        "uniform": stats.uniform(-1, 5),
        "above": stats.truncnorm(1, np.inf),
    }
    for name, distribution in known.items():
        assert stats.kstest(drawn(m, name), distribution.cdf).pvalue > 1e-4
    between = drawn(m, "between")
    assert between.min() >= 0.5
    assert between.max() <= 3
    free = stats.lognorm(np.log(2))
    low, high = free.cdf(0.5), free.cdf(3)
    assert stats.kstest((free.cdf(between) - low) / (high - low), "uniform").pvalue > 1e-4


def test_rank_correlations_are_met():
    m = model(
        parameters=tuple(uncertain(name, sample("lognormal", 1, 2)) for name in "abcd"),
        correlations=(Correlation("a", "b", 0.6), Correlation("c", "b", -0.4)),
    )
    values = sampler(m, n=20000).values(0, 20000)
    rank = stats.spearmanr(values.T).statistic
    assert rank == pytest.approx(np.array([[1, 0.6, 0, 0], [0.6, 1, -0.4, 0], [0, -0.4, 1, 0], [0, 0, 0, 1]]), abs=0.03)
    assert stats.kstest(np.log2(values[1]), "norm").pvalue > 1e-4


def test_scenarios_share_what_they_do_not_change():
    m = crossing()
    plain, changed = sampler(m), sampler(m, Scenario("s", parameters={"p": 0.9, "b": sample("uniform", 2, 3)}))
    a, b = plain.values(0, 500), changed.values(0, 500)
    rows = plain.uncertain
    assert a[rows.index("a")].tobytes() == b[rows.index("a")].tobytes()
    assert a[rows.index("c")].tobytes() == b[rows.index("c")].tobytes()
    assert (b[rows.index("p")] == 0.9).all()
    assert b[rows.index("b")] == pytest.approx(a[rows.index("b")] + 2)
    assert changed.varying == ("a", "b", "c")


def test_a_fixed_parameter_may_become_uncertain():
    made = sampler(crossing(), Scenario("s", parameters={"step_size": sample("uniform", 1, 2)}))
    assert "step_size" in made.varying
    assert made.values(0, 100)[made.uncertain.index("step_size")].std() > 0.1


def test_priors_may_read_other_parameters():
    m = model(parameters=(
        uncertain("wide", sample("uniform", call("mul", lit(2), param("middle")), call("add", param("low"), lit(9)))),
        fixed("middle", call("pow", param("low"), lit(2))), uncertain("low", sample("uniform", 0, 1)),
    ))  # fmt: skip
    wide, low = drawn(m, "wide"), drawn(m, "low")
    u = sampler(m).uniforms(0, 4000)[1]
    assert wide == pytest.approx(2 * low**2 + u * (low + 9 - 2 * low**2), rel=1e-12)


def test_sites_are_those_of_the_model():
    numbers = site_numbers(site_names(crossing()))
    u = sampler(crossing()).uniforms(0, 5)
    assert u[1].tolist() == Random([numbers["b"]], 1).uniforms(0, 5)[0].tolist()


def test_without_uncertain_parameters():
    made = sampler(model())
    assert made.values(0, 10).shape == (0, 10)
    assert made.varying == ()
