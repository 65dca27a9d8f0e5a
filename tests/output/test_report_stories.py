"""Representative futures: what is said of their assumptions, numbers and changes is true."""

import re

import numpy as np
import pandas as pd

from sim.output.report.stories import Kept, _assumptions, _numbers
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
