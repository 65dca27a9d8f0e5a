import io
import math

import pandas as pd
import pytest

from sim.engine.run import run
from sim.output.columns import Column
from sim.output.csv_text import csv_text
from sim.output.tables import Table, all_tables, direction

COLUMNS = {
    "outcomes": "scenario,outcome,k,n,p,p_low,p_high,epistemic_p05,epistemic_p95,phrase,median_date",
    "questions": "scenario,question,answer,asks,by,k,n,p,p_low,p_high,epistemic_p05,epistemic_p95,phrase",
    "events": "scenario,event,k,n,p,p_low,p_high,mean_count,first_p10,first_p50,first_p90",
    "measures": "scenario,measure,unit,date,mean,sd,se,p05,p25,p50,p75,p95",
    "states": "scenario,variable,value,date,share",
    "parameters": "parameter,unit,mean,sd,p05,p50,p95,prior,source,confidence",
    "drivers": "scenario,target,parameter,s1,s1_low,s1_high,direction",
    "convergence": "scenario,outcome,n,p,p_low,p_high",
    "trajectories": "scenario,trajectory,date,x,y,t,since,hits,war",
    "experiments": "scenario,trajectory,a,b,c,p,outcome,end_date",
    "columns": "table,column,unit,meaning",
}


@pytest.fixture(scope="module")
def tables(results):
    return {table.name: table for table in all_tables(results)}


@pytest.fixture(scope="module")
def frames(tables):
    return {name: pd.read_csv(io.StringIO(csv_text(table)), keep_default_na=False) for name, table in tables.items()}


@pytest.mark.parametrize("name", COLUMNS)
def test_columns_are_those_promised(tables, name):
    assert csv_text(tables[name]).splitlines()[0] == COLUMNS[name]


def test_every_column_is_documented(tables, frames):
    documented = set(zip(frames["columns"]["table"], frames["columns"]["column"], strict=True))
    assert documented == {(name, column.name) for name, table in tables.items() for column in table.columns}
    assert all(frames["columns"]["meaning"])


def test_rows_are_every_combination_in_a_stable_order(frames):
    sizes = {
        "outcomes": 6,
        "questions": 10,
        "events": 10,
        "measures": 2 * 5 * 21,
        "states": 2 * 2 * 21,
        "parameters": 4,
    }
    sizes |= {"drivers": (3 + 2 + 5) * (4 + 3), "convergence": 2 * 3 * 6, "trajectories": 2 * 5 * 21, "experiments": 10}
    assert {name: len(frames[name]) for name in sizes} == sizes
    assert frames["outcomes"]["scenario"].tolist() == ["baseline"] * 3 + ["high"] * 3


def test_outcomes_add_up(frames):
    for _, rows in frames["outcomes"].groupby("scenario"):
        assert rows["k"].sum() == 2500
        assert (rows["p"] == rows["k"] / rows["n"]).all()
        assert ((rows["p_low"] <= rows["p"]) & (rows["p"] <= rows["p_high"])).all()


def test_convergence_ends_with_the_outcome(frames):
    last = frames["convergence"].groupby(["scenario", "outcome"], sort=False).last().reset_index()
    for column in ("p", "p_low", "p_high"):
        assert last[column].tolist() == frames["outcomes"][column].tolist()


def test_bins_of_a_question_add_up(frames):
    where = frames["questions"].query("question == 'where' and scenario == 'baseline'")
    assert where["answer"].tolist() == ["<-1", "'-1..1", ">=1"]
    assert where["k"].sum() == 2500


def test_dates_are_iso_dates_of_record_times(frames):
    known = set(frames["states"]["date"])
    assert set(frames["events"]["first_p50"]) - {""} <= known
    assert set(frames["outcomes"]["median_date"]) <= known
    assert frames["measures"]["date"].iloc[1] == "2025-01-08"


def test_what_is_infinite_has_no_mean(frames):
    rows = frames["measures"].query("measure == 'since' and scenario == 'baseline'")
    assert rows["mean"].iloc[0] == ""
    assert rows["p50"].iloc[0] == ""


def test_experiments_meet_trajectories(frames):
    experiments = frames["experiments"].query("scenario == 'high'")
    assert (experiments["p"] == 0.9).all()
    assert set(experiments["end_date"]) <= set(frames["trajectories"]["date"])


def test_nothing_is_kept_unless_asked(crossed):
    names = [table.name for table in all_tables(run(crossed, n=64, threads=1))]
    assert "trajectories" not in names


def test_text_that_a_spreadsheet_would_execute_is_quoted():
    cells = ["=1+1", "+a", "-a", "@x", "\tx", "\rx", "a,b", 'say "x"', "1\n2", "plain"]
    table = Table("t", (Column("c", "", "x"),), (cells,))
    read = pd.read_csv(io.StringIO(csv_text(table)), keep_default_na=False)["c"].tolist()
    assert read == ["'=1+1", "'+a", "'-a", "'@x", "'\tx", "'\rx", *cells[6:]]


def test_numbers_are_exact_and_nan_is_empty():
    numbers = [0.1, 1 / 3, -2.5e-17, 1e300, -0.0, math.nan, math.inf]
    lines = csv_text(Table("t", (Column("c", "", "x"),), (numbers,))).splitlines()[1:]
    assert lines == ["0.1", "0.3333333333333333", "-2.5e-17", "1e+300", "0.0", "", "inf"]


def test_labels_of_bins(crossed):
    where = crossed.model.questions[1]
    assert [where.answer_label(i) for i in range(3)] == ["<-1", "-1..1", ">=1"]
    assert crossed.model.questions[0].answer_label(0) == "yes"


def test_directions():
    assert [direction(x) for x in (5.0, -5.0, 0.1, math.nan)] == ["up", "down", "mixed", ""]


def test_frames_have_the_numbers_of_the_files(tables, frames):
    frame = tables["measures"].frame()
    assert frame["mean"].isna().sum() == (frames["measures"]["mean"] == "").sum()
    assert len(frame) == len(frames["measures"])
