"""The shipped model lands on the reference result, which another implementation of the same model gave.

Shares, questions and quantiles are those of 20,000 trajectories; the limits are what any sensible version of this model
keeps to before the fact.
"""

import math
from pathlib import Path

import numpy as np
import pytest

from sim.engine.run import run
from sim.model.load import load
from tests.compiler.runs import Ran, assert_interpreted

MODEL = Path(__file__).parents[1] / "configs" / "ukraine" / "model.yaml"
N, SEED, KEPT = 20_000, 20250407, 2000
OUTCOMES = (
    "nuclear_use nato_russia_war ukrainian_collapse russian_breakdown negotiated_settlement frozen_armistice "
    "fragile_truce protracted_war"
).split()
SHARES = {
    "baseline": (0.0077, 0.0118, 0.0404, 0.0082, 0.0483, 0.0732, 0.0884, 0.7222),
    "talks_collapse": (0.0083, 0.0131, 0.0440, 0.0087, 0.0352, 0.0570, 0.0866, 0.7474),
}
QUESTIONS = {
    "ceasefire_2025": (0.363, 0.207),
    "ceasefire_four_weeks_2025": (0.197, 0.107),
    "no_fighting_at_end": (0.212, 0.181),
    "talks_collapse_2025": (0.340, 1.000),
    "energy_wave_2025": (0.299, 0.448),
    "secondary_2025": (0.294, 0.426),
    "us_pause_2025": (0.281, 0.291),
    "presence_at_war": (0.118, 0.140),
    "donetsk_taken": (0.133, 0.149),
    "gain_year_one": (0.392, 0.448),
    "brent_100": (0.439, 0.446),
    "brinkmanship": (0.432, 0.505),
    "article_four": (0.587, 0.617),
    "nuclear_year_one": (0.003, 0.003),
    "nato_war": (0.014, 0.016),
    "moscow_leader_exit": (0.071, 0.071),
}
QUANTILES = {  # measure, week: p5, p50, p95 in baseline and in talks_collapse
    ("gain", 26): ((302, 1721, 3539), (413, 1829, 3704)),
    ("gain", 52): ((632, 3467, 7351), (943, 3751, 7731)),
    ("gain", 104): ((1116, 6939, 15921), (1713, 7433, 16481)),
    ("front.force_ratio", 52): ((0.84, 1.04, 1.25), (0.87, 1.05, 1.26)),
    ("front.force_ratio", 104): ((0.80, 1.04, 1.33), (0.81, 1.05, 1.33)),
    ("front.held[donetsk]", 104): ((19197, 23032, 26499), (19579, 23284, 26500)),
    ("energy.brent_price", 13): ((59, 75, 98), (59, 75, 98)),
    ("energy.brent_price", 52): ((49, 74, 113), (49, 74, 113)),
    ("energy.brent_price", 104): ((44, 72, 119), (44, 72, 119)),
    ("energy.discount", 52): ((7.1, 13.2, 21.2), (8.6, 14.9, 22.6)),
    ("energy.oil_revenue", 52): ((1.7, 3.1, 5.3), (1.6, 3.0, 5.2)),
    ("aid.munitions_stock", 52): ((8, 15, 43), (7, 14, 33)),
    ("russia.fiscal_stress", 104): ((0.11, 0.45, 0.82), (0.12, 0.47, 0.85)),
    ("washington.patience_moscow", 52): ((0.12, 0.39, 0.62), (0.08, 0.31, 0.54)),
    ("kyiv.presidential_trust", 52): ((0.46, 0.60, 0.74), (0.46, 0.60, 0.74)),
}


@pytest.fixture(scope="module")
def study():
    return load(MODEL)


@pytest.fixture(scope="module")
def found(study):
    results = run(study, n=N, seed=SEED, keep=KEPT, scenarios=["baseline", "talks_collapse"])
    return {result.scenario.name: Ran(results, result) for result in results.scenarios}


def tolerance(p):
    """0.015 of a share above 0.05, a quarter of one below; and the error of both samples."""
    return (0.015 if p > 0.05 else p / 4) + 3 * math.sqrt(2 * p * (1 - p) / N)


@pytest.mark.parametrize("scenario", SHARES)
def test_outcomes(found, scenario):
    shares = {name: k / N for name, k in found[scenario].outcomes.items()}
    assert list(shares) == OUTCOMES
    assert sum(found[scenario].outcomes.values()) == N
    for name, p in zip(OUTCOMES, SHARES[scenario], strict=True):
        assert abs(shares[name] - p) <= tolerance(p), (name, shares[name], p)


@pytest.mark.parametrize("number", [0, 1], ids=list(SHARES))
def test_questions(found, number):
    ours = found[list(SHARES)[number]]
    assert set(ours.results.layout.questions) == set(QUESTIONS)
    for name, shares in QUESTIONS.items():
        k, n = ours.answer(name)
        assert abs(k / n - shares[number]) <= tolerance(shares[number]), (name, k / n, shares[number])


def quantiles(found, scenario, measure, week):
    """p5, p50 and p95 of a measure."""
    ours = found[scenario]
    row = ours.results.layout.measures.index("front.occupied" if measure == "gain" else measure)
    values = ours.result.values[[3, 5, 7], week, row]
    return values - ours.result.values[5, 0, row] if measure == "gain" else values


@pytest.mark.parametrize("number", [0, 1], ids=list(SHARES))
def test_quantiles(found, number):
    for (measure, week), expected in QUANTILES.items():
        ours = quantiles(found, list(SHARES)[number], measure, week)
        low, _, high = expected[number]
        rounding = 0.5 if high >= 40 else 0.05 if high > 2 else 0.005
        for value, reference in zip(ours, expected[number], strict=True):
            # The outer quantiles have an error of some 1.5% of the width of the distribution, in both samples.
            bound = 0.05 * abs(reference) + 0.01 * (high - low) + rounding
            assert abs(value - reference) <= bound, (measure, week, ours)


def test_sanity_limits_of_quantities(found):
    base = found["baseline"]
    fighting = base.is_at("war", "fighting")
    weekly = np.quantile(base["front.casualty_rate"][:52][fighting[:52]], [0.05, 0.5, 0.95]) / 1000
    assert 5 <= weekly[0] <= weekly[2] <= 16
    assert 8 <= weekly[1] <= 11
    p5, p50, p95 = quantiles(found, "baseline", "gain", 52)
    assert 2500 <= p50 <= 4600
    assert p95 <= 9500
    assert quantiles(found, "baseline", "front.held[odesa]", 104)[2] == 0
    ratio = base["front.force_ratio"][104]
    assert np.quantile(ratio, 0.05) >= 0.68
    assert np.quantile(ratio, 0.95) <= 1.48
    assert np.quantile(ratio, 0.995) < 2
    brent = base["energy.brent_price"]
    going = base.end >= 52
    changes = np.diff(np.log(brent[:53, going]), axis=0)
    assert 0.26 <= changes.std() * math.sqrt(52.18) <= 0.38
    relative = brent[52] / brent[0]
    assert np.quantile(relative, 0.05) >= 0.5
    assert np.quantile(relative, 0.95) <= 1.8
    assert quantiles(found, "baseline", "energy.discount", 52)[0] >= 5
    assert quantiles(found, "baseline", "energy.discount", 52)[2] <= 25
    assert quantiles(found, "baseline", "strikes.refining_offline", 52)[2] <= 0.35
    assert p5 > 0


def test_sanity_limits_of_chances(found):
    base, collapse = found["baseline"], found["talks_collapse"]

    def share(ours, name):
        k, n = ours.answer(name)
        return k / n

    assert 0.22 <= share(base, "ceasefire_2025") <= 0.55
    assert 0.30 <= share(base, "brent_100") <= 0.61
    assert base.outcomes["ukrainian_collapse"] / N < 0.10
    assert 0.002 <= share(base, "nato_war") <= 0.03
    assert 0.0005 <= share(base, "nuclear_year_one") <= 0.01
    assert base.outcomes["nuclear_use"] / N < 0.02
    assert 0.002 <= base.outcomes["russian_breakdown"] / N <= 0.04
    assert 0.01 <= share(base, "moscow_leader_exit") <= 0.16
    assert 0.10 <= share(base, "energy_wave_2025") <= 0.50
    assert 0.08 <= share(base, "secondary_2025") <= 0.45
    assert 0.10 <= share(base, "us_pause_2025") <= 0.50
    assert 0.55 <= base.outcomes["protracted_war"] / N <= 0.85
    assert share(collapse, "ceasefire_2025") <= share(base, "ceasefire_2025") - 0.05
    for name in OUTCOMES[:-1]:
        assert collapse.outcomes[name] / N <= base.outcomes[name] / N + 0.02


def test_every_scenario_keeps_to_the_limits(study):
    results = run(study, n=400, seed=1)
    for result in results.scenarios:
        shares = dict(zip(OUTCOMES, (share.p for share in result.outcomes), strict=True))
        assert result.failures == 0
        assert sum(shares.values()) == pytest.approx(1)
        assert shares["ukrainian_collapse"] < 0.25
        assert shares["nato_russia_war"] < 0.16
        assert shares["nuclear_use"] < 0.06


def test_the_kernel_is_the_interpreter(study, found):
    for ours, trajectory in zip(found.values(), (77, 1999), strict=True):
        assert_interpreted(study, ours, SEED, 10, (trajectory,))
