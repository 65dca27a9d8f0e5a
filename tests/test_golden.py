"""The shipped study at a small n, number for number. ``make golden`` rewrites the files; read the difference.

Results are the same bytes on every machine, so they are compared as text.
"""

import os
from pathlib import Path

import pytest

from sim.engine.run import run
from sim.model.load import load
from sim.output.csv_text import csv_text
from sim.output.tables import all_tables

GOLDEN = Path(__file__).parent / "golden"
STUDY = Path(__file__).parents[1] / "configs" / "talks_collapse.yaml"
TABLES = ("outcomes", "questions", "events", "parameters", "convergence", "drivers", "measures", "states")
EVERY = 26  # records: of the tables over time only these, of the drivers those of one outcome
REWRITE = os.environ.get("CROSSROADS_GOLDEN") == "rewrite"


@pytest.fixture(scope="module")
def texts():
    results = run(load(STUDY), n=500, threads=2)
    dates = {results.model.clock.date_of(k).isoformat() for k in range(0, results.layout.n_records, EVERY)}
    chosen = {"date": dates, "target": {results.layout.outcomes[-1]}}
    return {table.name: thinned(csv_text(table), chosen) for table in all_tables(results) if table.name in TABLES}


def thinned(text: str, chosen: dict[str, set[str]]) -> str:
    """Only the rows that have one of the chosen texts in a column of that name."""
    header, *rows = text.splitlines(keepends=True)
    for at, column in enumerate(header.rstrip("\n").split(",")):
        if column in chosen:
            rows = [row for row in rows if row.rstrip("\n").split(",")[at] in chosen[column]]
    return header + "".join(rows)


@pytest.mark.parametrize("name", TABLES)
def test_golden(texts, name):
    path = GOLDEN / f"{name}.csv"
    if REWRITE:
        path.parent.mkdir(exist_ok=True)
        path.write_text(texts[name], encoding="utf-8")
    expected = path.read_text(encoding="utf-8")
    if texts[name] != expected:
        ours, theirs = texts[name].splitlines(), expected.splitlines()
        first = next((f"{b}\nbecame\n{a}" for a, b in zip(ours, theirs, strict=False) if a != b), "rows")
        advice = "if this is meant, `make golden` rewrites it"
        pytest.fail(f"{path.name} differs, first in\n{first}\n{advice}", pytrace=False)
