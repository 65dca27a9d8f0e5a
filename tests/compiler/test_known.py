"""Tiny models with known answers, one file each, through the whole way from YAML to tables."""

import math
from pathlib import Path

import pytest

from sim.engine.run import run
from sim.model.load import load
from sim.output.csv_text import csv_text
from sim.output.tables import all_tables

from .runs import assert_mean, assert_sd, assert_share, run_study

MODELS = Path(__file__).parents[1] / "models"
KNOWN = sorted((MODELS / "known").glob("*.yaml"))
N = 20_000


def known(name, scenario="baseline"):
    return run_study(load(MODELS / "known" / f"{name}.yaml"), N, 8, scenario)


def test_ruin():
    found = known("ruin")
    ratio = 0.45 / 0.55
    chance = (1 - ratio**3) / (1 - ratio**8)
    assert_share(found.outcomes["won"], N, chance)
    assert found.outcomes["open"] <= 3
    assert_mean(found.end, (8 * chance - 3) / 0.1)


def test_chain():
    found = known("chain")
    down, up = math.exp(-0.4), math.exp(-0.15)
    at_war = 1.0
    for _ in range(20):
        at_war = at_war * down + (1 - at_war) * (1 - up)
    assert_share(*found.answer("at_peace"), 1 - at_war)
    assert_share(*found.answer("ever_at_peace"), 1 - down**4)
    assert_share(*found.answer("always_at_war"), down**3)


@pytest.mark.parametrize(("scenario", "fast"), [("baseline", 2), ("slow", 0.5)])
def test_race(scenario, fast):
    found = known("race", scenario)
    over = 1 - math.exp(-(fast + 1) * 364 / 365.25)
    assert_share(found.outcomes["settlement"], N, over * fast / (fast + 1))
    assert_share(found.outcomes["collapse"], N, over / (fast + 1))


def test_window():
    found = known("window")
    assert_share(found.outcomes["broken"], N, 0.35)
    firsts = found.first_dates("breakdown")
    assert sum(firsts[5:9]) == found.outcomes["broken"]
    # A trajectory may stop at the record times 5 to 8, so that unrest, dated at 4 to 6, can be cut off.
    step = 0.8 ** (1 / 3)
    broken = 0.65**0.25
    unrest = 1 - step + step * (1 - step) + step**2 * broken * (1 - step)
    assert_share(found.happened("unrest")[0], N, unrest)


def test_choice():
    found = known("choice")

    def logit(*utilities):
        weights = [math.exp(u) for u in utilities]
        return [w / sum(weights) for w in weights]

    first = logit(0.7, 0.6)
    assert_share(found.is_at("west.aid", "pause")[1].sum(), N, first[1])
    leaves = first[0] * logit(0.7, 0.6, 4.5)[2] + first[1] * logit(0, 1.3, 4.5)[2]
    assert_share(found.is_at("west.aid", "walk_away")[5].sum(), N, leaves)
    assert (found["west.aid"][4] == found["west.aid"][1]).all()
    held = known("choice", "held")
    assert held.is_at("west.aid", "sustain")[4].all()
    assert_share(held.is_at("west.aid", "walk_away")[5].sum(), N, logit(0.7, 0.6, 4.5)[2])


def test_walk():
    found = known("walk")
    level, total = found["level"], found["total"]
    for k in (1, 6, 30):
        assert_mean(level[k], 10 * 0.5**k)
        assert_sd(level[k], 2 * math.sqrt((1 - 0.25**k) / 0.75))
    weights = [sum(0.5**i for i in range(30 - j)) for j in range(1, 30)]
    assert_mean(total[30], sum(10 * 0.5**k for k in range(30)))
    assert_sd(total[30], 2 * math.sqrt(sum(w * w for w in weights)))
    assert_share(*found.answer("high"), 0.5)


@pytest.mark.parametrize("path", [*KNOWN, MODELS / "everything.yaml"], ids=lambda path: path.stem)
def test_every_model_is_the_same_in_both_back_ends_and_on_two_threads(path):
    study = load(path)
    for scenario in study.scenarios[:2]:
        run_study(study, 70, 3, scenario.name)
    texts = [[csv_text(t) for t in all_tables(run(study, n=2500, seed=2, threads=k, keep=9))] for k in (1, 2)]
    assert texts[0] == texts[1]
