import numpy as np
import pytest

from sim.compiler.program import Layout
from sim.engine.driver_sums import DriverSums, Targets
from sim.engine.drivers import find_drivers

RNG = np.random.default_rng(6)


def sums_of(y, r, indicator):
    """Totals by parameter draw of a target y[draws, r]; numbers in bins of a thousandth."""
    n = 1 if indicator else 0
    targets = Targets(("y",), np.zeros(n, int), np.zeros(1, int), n)
    sums = DriverSums(targets, 1, len(y), r, np.zeros(1 - n), np.ones(1 - n))
    sums.counted[:] = r
    bins = y.astype(int) if indicator else np.rint(y * 1000).astype(int)
    sums.totals[0] = bins.sum(axis=1)
    if not indicator:
        sums.squares[0] = (bins**2).sum(axis=1)
    return sums


def drivers(y, u, indicator=False):
    found = find_drivers(sums_of(y, y.shape[1], indicator), u)
    return found.share[0], found.low[0], found.high[0], found.slope[0]


def test_shares_of_a_linear_model():
    u = RNG.random((4, 16000))
    noise = RNG.normal(0, 1, (16000, 10))
    y = (3 * u[0] - 2 * u[1] + 0 * u[2])[:, None] + noise
    total = 9 / 12 + 4 / 12 + 1
    share, low, high, slope = drivers(y, u)
    assert share == pytest.approx([9 / 12 / total, 4 / 12 / total, 0, 0], abs=0.012)
    assert (low[:2] < [9 / 12 / total, 4 / 12 / total]).all()
    assert (high[:2] > [9 / 12 / total, 4 / 12 / total]).all()
    assert slope[0] > 10
    assert slope[1] < -10


def test_what_explains_nothing_is_zero_on_average():
    shares = []
    for _ in range(60):
        u = RNG.random((5, 200))
        y = u[0][:, None] * 2 + RNG.normal(0, 1, (200, 5))
        shares.append(drivers(y, u)[0])
    mean, error = np.mean(shares, axis=0), np.std(shares, axis=0) / np.sqrt(60)
    assert np.abs(mean[1:]).max() < 4 * error[1:].max()
    assert mean[0] == pytest.approx(4 / 12 / (4 / 12 + 1), abs=4 * error[0] + 0.01)


def test_intervals_cover():
    truth, covered = (1 / 12) / (1 / 12 + 0.25), 0
    for _ in range(100):
        u = RNG.random((1, 1000))
        _, low, high, _ = drivers(u[0][:, None] + RNG.normal(0, 0.5, (1000, 4)), u)
        covered += low[0] <= truth <= high[0]
    assert covered >= 88


def test_an_effect_without_direction_is_found():
    u = RNG.random((1, 8000))
    share, _, _, slope = drivers((np.abs(u[0] - 0.5) * 4)[:, None] + RNG.normal(0, 0.5, (8000, 3)), u)
    assert share[0] == pytest.approx((1 / 3) / (1 / 3 + 0.25), abs=0.02)
    assert abs(slope[0]) < 4


def test_shares_of_a_chance():
    u = RNG.random((2, 16000))
    y = RNG.random((16000, 10)) < (0.2 + 0.6 * u[0])[:, None]
    share, _, _, slope = drivers(y, u, indicator=True)
    assert share == pytest.approx([0.36 / 12 / 0.25, 0], abs=0.01)
    assert slope[0] > 10


def test_few_draws_or_a_constant_give_nothing():
    u = RNG.random((2, 16))
    assert np.isnan(drivers(RNG.normal(0, 1, (16, 10)), u)[0]).all()
    u = RNG.random((2, 500))
    assert np.isnan(drivers(np.ones((500, 10)), u)[0]).all()


@pytest.mark.filterwarnings("error")
def test_a_measure_that_leaves_its_bins_has_no_drivers():
    u = RNG.random((1, 500))
    sums = sums_of(RNG.normal(0, 1, (500, 64)), 64, indicator=False)
    sums.totals[0, 7], sums.squares[0, 7], sums.beyond[0] = 64 * 2**25, 2**62, 1
    assert np.isnan(find_drivers(sums, u).share).all()


def test_draws_without_trajectories_that_count():
    u = RNG.random((1, 4000))
    sums = sums_of(RNG.random((4000, 4)) < u[0][:, None], 4, indicator=True)
    without = RNG.random(4000) < 0.3
    sums.counted[0, without] = 0
    sums.totals[0, without] = 0
    assert find_drivers(sums, u).share[0, 0] == pytest.approx(1 / 3, abs=0.04)


@pytest.mark.parametrize(("n_indicators", "n_measures"), [(0, 1), (1, 0), (3, 21), (8, 8), (11, 6)])
def test_targets_side_by_side_are_as_each_alone(n_indicators, n_measures):
    rng = np.random.default_rng(9)
    u = rng.random((5, 400))
    alone = [sums_of(rng.random((400, 3)) < u[i % 5][:, None], 3, True) for i in range(n_indicators)]
    alone += [sums_of(u[i % 5][:, None] + rng.normal(0, i + 1, (400, 3)), 3, False) for i in range(n_measures)]
    names = tuple(f"y{i}" for i in range(len(alone)))
    targets = Targets(names, np.arange(n_indicators), np.zeros(len(alone), int), n_indicators)
    sums = DriverSums(targets, 1, 400, 3, np.zeros(n_measures), np.ones(n_measures))
    sums.counted[:] = 3
    sums.totals[:] = np.concatenate([one.totals for one in alone])
    sums.squares[:] = np.concatenate([one.squares for one in alone])
    for n_threads in (1, 2, 5):
        found = find_drivers(sums, u, n_threads)
        for i, one in enumerate(alone):
            expected = find_drivers(one, u)
            for part in ("share", "low", "high", "slope"):
                assert np.array_equal(getattr(found, part)[i], getattr(expected, part)[0])


def test_nothing_to_drive():
    sums = DriverSums(Targets((), np.zeros(0, int), np.zeros(0, int), 0), 1, 400, 3, np.zeros(0), np.ones(0))
    assert find_drivers(sums, np.full((2, 400), 0.5), 2).share.shape == (0, 2)


def test_layout_of_targets():
    layout = Layout(3, (), ("x",), (), (), ("a", "b"), ())
    sums = DriverSums.of(layout, (), 100, 10, _Flat())
    assert sums.targets.names == ("a", "b", "x")
    assert sums.n_draws == 10


class _Flat:
    center = np.zeros((3, 1))
    scale = np.ones((3, 1))
