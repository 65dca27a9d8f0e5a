import csv
import os
from pathlib import Path

import pytest

from benchmarks.prior_predictive import READS, VARIABLE, main

FOLDER = Path(os.environ.get(VARIABLE) or "absent")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not all((FOLDER / name).is_file() for name in READS), reason=f"{VARIABLE} names no folder with the data"
    ),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    pytest.importorskip("matplotlib", reason="needs the extra plots")
    folder = tmp_path_factory.mktemp("predicted")
    assert main([str(FOLDER), "-o", str(folder), "-n", "1000"]) == 0
    return folder


def test_what_was_seen_in_the_year_before_is_no_surprise(folder):
    with (folder / "prior_predictive.csv").open(encoding="utf-8") as file:
        position = {row["quantity"]: float(row["position"]) for row in csv.DictReader(file) if row["position"]}
    for quantity in (
        "Russian casualties in a week, last 52 weeks: mean",
        "relative spread within half a year",
        "gain in a month, year to March 2025: mean",
        "gain in a year of fighting: to March 2025",
        "volatility of monthly log changes, a year since 2000: median",
        "European military aid, year to March 2025",
    ):
        assert 0.1 <= position[quantity] <= 0.9, quantity


def test_a_picture_of_each_series(folder):
    assert {path.stem for path in folder.glob("*.png")} == {"losses", "territory", "brent", "aid", "truces"}


def test_without_data_it_says_what_it_needs(tmp_path, capsys):
    with pytest.raises(SystemExit):
        main([str(tmp_path)])
    assert "brent_monthly.csv" in capsys.readouterr().err
