"""Representative futures: what is said of their assumptions, numbers and changes is true."""

import re

import numpy as np
import pandas as pd

from sim.output.report.stories import Kept, _assumptions, _moves, _numbers
from tests.output.report_runs import make_run
from tests.output.test_report import report

DATES = ["2025-01-06", "2025-01-13"]


class Names:
    """As much of a report as stories need: it knows no titles and no units."""

    def name_of(self, key):
        return key

    def has(self, table):
        return False


def kept(values=None, parameters=(), **columns):
    n = len(next(iter(columns.values()))) if columns else len(next(iter((values or {}).values())))
    return Kept(list(range(n)), DATES, values or {}, pd.DataFrame(columns), list(parameters))


def told(name, p05, p50, p95):
    return {"parameter": name, "p05": p05, "p50": p50, "p95": p95, "unit": "1/year"}


def test_a_parameter_is_placed_in_its_own_distribution_not_among_few_draws():
    priors = [told("rate", 0.0, 5.0, 10.0), told("pull", 0.0, 1.0, 2.0)]
    few = kept(parameters=priors, rate=[4, 4, 4, 6], pull=[1, 1, 1, 3])
    assert _assumptions(few, 3) == [
        "Pull is 3 1/year (above its 90% range, 0 to 2)", "Rate is 6 1/year (high in its 90% range, 0 to 10)",
    ]  # fmt: skip
    assert _assumptions(few, 0) == ["Rate is 4 1/year (low in its 90% range, 0 to 10)"]  # pull is at its median


def test_what_all_kept_futures_share_sets_none_apart():
    assert _assumptions(kept(parameters=[told("rate", 0.0, 1.0, 2.0)], rate=[9, 9]), 0) == []


def test_a_number_is_higher_only_than_those_below_it():
    values = {"oil": np.array([[1.0, 5.0], [1.0, 5.0], [1.0, 5.0], [1.0, 1.0]])}
    assert _numbers(Names(), kept(values), 0) == ["oil: from 1 to 5 (higher than 25%)"]
    assert _numbers(Names(), kept(values), 3) == ["oil: ends at 1 (lower than 75%)"]
    assert _numbers(Names(), kept({"oil": np.ones((3, 2))}), 0) == []


def test_every_story_places_three_parameters(tmp_path):
    text = report(tmp_path, make_run(tmp_path / "run", keep=40)).sections["stories"]
    assert len(re.findall(r"(?:above|below|high in|low in) its 90% range", text)) == 15


def future(*phases, end="", **decisions):
    """Ten futures: the first as told, a letter per record time, in the others nothing happens."""
    names = {"war": phases[0], **decisions}
    values = {name: np.array([list(told), *[list("f" * len(told))] * 9]) for name, told in names.items()}
    n = len(phases[0])
    dates = [f"2025-01-{day:02}" for day in range(1, n + 1)]
    return Kept(list(range(10)), dates, values, pd.DataFrame({"end_date": [end or dates[-1]] * 10}), [])


def moves(kept_futures):
    return [f"{move.date[-2:]} {move.variable} {move.value}" for move in _moves(Names(), kept_futures, 0)]


def test_the_change_that_makes_the_outcome_is_told_though_it_lasts_shortest():
    stances = "faaabbbcccaaabbbcccaaabbbcccf"
    told = moves(future("f" * 28 + "s", stance=stances))
    assert told[-2:] == ["29 stance f", "29 war s"]
    assert len(told) == 8


def test_a_value_that_few_futures_see_is_told_though_it_passes():
    told = moves(future("f" * 12 + "x" + "f" * 16, stance="f" + "aaffff" * 4 + "aaff"))
    assert {"13 war x", "14 war f"} <= set(told)


def test_changes_are_told_up_to_the_end_of_a_trajectory():
    told = future("fffsssss", end="2025-01-04")
    assert [(move.date, move.until, move.lasts) for move in _moves(Names(), told, 0)] == [("2025-01-04", "", 1)]


def test_again_refers_to_what_was_told():
    found = _moves(Names(), future("fccffcc"), 0)
    assert [(move.value, move.is_back) for move in found] == [("c", False), ("f", False), ("c", True)]


def test_a_story_ends_with_its_outcome(tmp_path):
    text = " ".join(report(tmp_path, make_run(tmp_path / "run", keep=40)).sections["stories"].split())
    assert "5 April 2027 It ends as Protracted war" in text
