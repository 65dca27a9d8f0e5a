"""What the shipped model must look like to an analyst, beside the numbers of test_ukraine."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.prior_predictive import YEAR, Model
from sim.model.load import load

FOLDER = Path(__file__).parents[1] / "configs" / "ukraine"


@pytest.fixture(scope="module")
def declared():
    return load(FOLDER / "model.yaml").model


@pytest.fixture(scope="module")
def base():
    return Model(1500)


def test_no_file_is_too_long_to_read():
    for path in FOLDER.glob("*.yaml"):
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 350, path.name


def test_every_number_says_what_it_means_and_where_it_comes_from(declared):
    for parameter in (*declared.parameters, *declared.levers):
        assert parameter.about, parameter.name
        assert parameter.source, parameter.name
        assert parameter.confidence, parameter.name
    for decision in declared.decisions:
        assert decision.asks.endswith("?") or "?" in decision.asks, decision.name
        assert all(option.about for option in decision.options), decision.name


def test_nothing_rests_on_evidence_after_march_2025(declared):
    months = ("April", "May", "June", "July", "August", "September", "October", "November", "December")
    for parameter in declared.parameters:
        for after in (f"{month} 2025" for month in months):
            assert after not in parameter.source, parameter.name


def test_a_month_of_fighting_is_like_those_that_were_seen(base):
    p5, p50, p95 = np.quantile(base.months("front.occupied"), [0.05, 0.5, 0.95])
    assert -150 <= p5 <= 150
    assert 160 <= p50 <= 440
    assert 500 <= p95 <= 1000


def test_a_truce_is_brittle_and_its_survival_falls(base):
    begins, holds = base.truces()
    first = holds[begins <= 38]
    alive = [float(np.mean(first > weeks)) for weeks in (30 / 7, 13, 52)]
    assert 0.28 <= alive[0] <= 0.76
    assert 0.05 <= alive[1] <= 0.48
    assert 0.04 <= alive[2] <= 0.45
    assert alive == sorted(alive, reverse=True)


def test_land_moves_only_while_there_is_fighting(base):
    moved = np.diff(base["front.occupied"], axis=0) != 0
    assert not moved[~base.fighting[:-1]].any()


def test_the_ratio_of_forces_does_not_run_away(base):
    ratio = base["front.force_ratio"][YEAR][base.end >= YEAR]
    assert 0.75 <= np.quantile(ratio, 0.05) <= 0.95
    assert 1.15 <= np.quantile(ratio, 0.95) <= 1.35
