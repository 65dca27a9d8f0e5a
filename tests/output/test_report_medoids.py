"""Representatives: the right ones on planted groups, the best there are on small ones, always the same."""

from itertools import combinations

import numpy as np
import pytest

from sim.output.report.medoids import distances, medoids, members


def planted(seed: int = 1) -> tuple[list[np.ndarray], np.ndarray]:
    """Three groups of 10 in a number and a text over 6 dates."""
    generator = np.random.default_rng(seed)
    group = np.repeat([0, 1, 2], 10)
    numbers = group[:, None] * 5.0 + generator.normal(0, 0.2, (30, 6))
    texts = np.repeat(np.array(["war", "truce", "peace"])[group][:, None], 6, axis=1)
    return [numbers, texts, np.full((30, 6), 7.0)], np.array(["a", "b", "c"])[group]


def test_one_of_every_planted_group_is_chosen():
    apart = distances(*planted())
    chosen = medoids(apart, 3)
    assert sorted(chosen // 10) == [0, 1, 2]
    assert (np.bincount(members(apart, chosen)) == 10).all()


@pytest.mark.parametrize("seed", range(5))
def test_small_cases_against_every_choice(seed):
    points = np.random.default_rng(seed).normal(size=(9, 1))
    apart = (points - points.T) ** 2
    best = min(apart[list(choice)].min(axis=0).sum() for choice in combinations(range(9), 3))
    assert apart[medoids(apart, 3)].min(axis=0).sum() <= best * 1.25


def test_fewer_members_than_wanted():
    assert sorted(medoids(np.zeros((2, 2)), 5)) == [0, 1]


def test_what_never_differs_or_is_no_number_does_no_harm():
    columns = [np.full((4, 3), np.nan), np.full((4, 3), "same"), np.arange(12.0).reshape(4, 3)]
    apart = distances(columns, np.array(["x"] * 4))
    assert np.isfinite(apart).all()
    assert np.allclose(np.diag(apart), 0)
