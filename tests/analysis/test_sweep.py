import csv
import hashlib
import json
from dataclasses import replace

import pytest

import sim.output.journal as journal_module
from sim.analysis import sweep as sweep_module
from sim.analysis.sweep import Cases, check_sweep, sweep_cases
from sim.analysis.sweep_plan import MOST_POINTS, plan_of
from sim.cli import main
from sim.engine.run import settings_of
from sim.errors import UsageError
from sim.model.load import load
from sim.output.sweep import RowMaker, SweepStore

MODEL = """\
model: coin_war
clock: {start: 2025-01-06, step: 1 week, horizon: 10 weeks}
indexes: {side: [north, south]}
parameters:
  pace: {prior: "uniform(0.02, 0.2)", unit: 1/week}
  size: {value: 1, unit: km2}
  skill: {value: 1}
  bias: {prior: "normal(skill, 1)"}
levers:
  aid: {value: 1, range: [0, 4]}
  rank: {value: 1, choices: [1, 2, 4]}
draws: {noise: "normal(0, 1)"}
states:
  gain: {unit: km2, initial: 0, next: gain + size*noise*aid*rank}
  stock: {over: side, initial: 3, next: stock*(1 + 0*bias)}
phases:
  war: {values: [fighting, over], initial: fighting, moves: [fighting -> over: {rate: pace}]}
outcomes:
  peace: {when: war.over}
  war_goes_on: otherwise
questions:
  soon: {asks: Will it end in five weeks?, ever: war.over, by: 2025-02-10}
  where: {asks: Where?, value: gain, bins: [-1, 1], by: 2025-02-10}
measures: [gain, "stock[north]", war]
scenarios:
  calm: {set: {aid: 0.5}}
"""
N = 700


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "war.yaml").write_text(MODEL)
    return tmp_path


def study_with(place, block):
    path = place / "study.yaml"
    text = "".join(f"  {line}\n" for line in block.strip().splitlines())
    path.write_text(f"study: swept\nmodel: war.yaml\ntrajectories: {N}\nsweep:\n{text}")
    return path


def run_cli(*words):
    with pytest.raises(SystemExit) as leaving:
        main([str(word) for word in words])
    return leaving.value.code


def lines(path, point=None):
    """The lines of a table, or those of a point without its number."""
    rows = path.read_text().splitlines()[1:]
    return rows if point is None else [r.partition(",")[2] for r in rows if r.startswith(f"{point},")]


GRID = """\
over:
  pace: [0.05, 0.1]
  aid: {from: 0, to: 4, steps: 2}
  stock: [3, 5]
  war: [fighting]
tables: all
wide: true
"""


def test_a_grid_has_the_bits_of_separate_runs(place):
    assert run_cli("sweep", study_with(place, GRID), "-o", "swept", "-q") == 0
    with open("swept/points.csv") as file:
        points = list(csv.DictReader(file))
    assert [p["pace"] for p in points] == ["0.05"] * 4 + ["0.1"] * 4
    assert [p["aid"] for p in points] == ["0.0", "0.0", "4.0", "4.0"] * 2
    for number in (0, 6):
        values = [f"--set={name}={points[number][name]}" for name in ("pace", "aid", "stock", "war")]
        assert run_cli("run", "study.yaml", *values, "-o", f"run{number}", "-q") == 0
        for name in ("outcomes", "questions", "events", "measures", "states", "drivers", "convergence", "parameters"):
            assert lines(place / f"swept/{name}.csv", number) == lines(place / f"run{number}/{name}.csv"), name
    manifest = json.loads((place / "swept/manifest.json").read_text())
    assert manifest["model_title"] == manifest["title"]
    assert (manifest["points"], manifest["swept"]) == (8, ["pace", "aid", "stock", "war"])
    for name, digest in manifest["files"].items():
        assert hashlib.sha256((place / "swept" / name).read_bytes()).hexdigest() == digest
    assert set(manifest["files"]) | {"manifest.json"} == {path.name for path in (place / "swept").iterdir()}


def test_the_wide_table_holds_the_same_numbers(place):
    run_cli("sweep", study_with(place, GRID), "-o", "swept", "-q")
    with open("swept/wide.csv") as file:
        wide = list(csv.DictReader(file))
    with open("swept/outcomes.csv") as file:
        outcomes = {(r["point"], r["scenario"], r["outcome"]): r["p"] for r in csv.DictReader(file)}
    with open("swept/measures.csv") as file:
        means = {(r["point"], r["scenario"], r["measure"]): r["mean"] for r in csv.DictReader(file)}  # the last date
    assert len(wide) == 8
    for row in wide:
        for scenario in ("baseline", "calm"):
            assert row[f"{scenario}/outcome.peace"] == outcomes[row["point"], scenario, "peace"]
            assert row[f"{scenario}/measure.gain"] == means[row["point"], scenario, "gain"]
            assert f"{scenario}/question.where -1..1" in row
    with open("swept/columns.csv") as file:
        described = {row["column"] for row in csv.DictReader(file) if row["table"] == "wide"}
    assert described == set(wide[0])


def test_a_light_sweep_has_the_same_bits(place):
    run_cli("sweep", study_with(place, GRID), "-o", "all", "-q")
    block = GRID.replace("tables: all\nwide: true", "tables: [events, questions, outcomes]\nwide: {outcomes: [peace]}")
    run_cli("sweep", study_with(place, block), "-o", "light", "-q", "--threads", "1")
    assert {path.name for path in (place / "light").iterdir()} == {
        "outcomes.csv", "questions.csv", "events.csv", "wide.csv", "points.csv", "columns.csv", "manifest.json"
    }  # fmt: skip
    for name in ("outcomes", "questions", "events"):
        assert (place / f"all/{name}.csv").read_bytes() == (place / f"light/{name}.csv").read_bytes()


def test_large_points_share_out_their_chunks(place, monkeypatch):
    path = study_with(place, GRID.replace("tables: all", "tables: [outcomes, measures]"))
    run_cli("sweep", path, "-o", "by_case", "-q", "-n", "5000")
    monkeypatch.setattr(sweep_module, "LARGE", 1)
    run_cli("sweep", path, "-o", "by_chunk", "-q", "-n", "5000")
    for name in ("outcomes", "measures", "wide"):
        assert (place / f"by_case/{name}.csv").read_bytes() == (place / f"by_chunk/{name}.csv").read_bytes()


@pytest.mark.parametrize("design", ["lhs", "sobol"])
def test_sampled_points_fill_their_ranges(place, design):
    pace, aid = "\n  pace: {{from: 0.01, to: 1, scale: log}}", "\n  aid: {{from: 0, to: 4}}"
    block = "design: {}\npoints: 32\nseed: {}\nover:" + pace + aid
    plan = plan_of(load(study_with(place, block.format(design, 1))))
    paces, aids = zip(*plan.points, strict=True)
    assert len(plan.points) == 32
    assert sorted(int(8 * aid) for aid in aids) == list(range(32))
    assert sum(pace < 0.1 for pace in paces) == 16
    assert plan_of(load(study_with(place, block.format(design, 1)))).points == plan.points
    assert plan_of(load(study_with(place, block.format(design, 2)))).points != plan.points
    swapped = "design: {}\npoints: 32\nseed: {}\nover:" + aid + pace
    assert plan_of(load(study_with(place, swapped.format(design, 1)))).points == tuple(zip(aids, paces, strict=True))


def test_a_list_is_read_from_a_file(place):
    (place / "points.csv").write_text("\ufeffpoint,pace,war,note\n7,0.05,over,x\n8,1e-1,fighting,y\n")
    plan = plan_of(load(study_with(place, "design: list\nfile: points.csv\nover: [pace, war]")))
    assert plan.points == ((0.05, "over"), (0.1, "fighting"))


def test_own_luck_has_a_seed_for_each_point(place):
    path = study_with(place, "over: {pace: [0.1, 0.1, 0.1]}\ncommon_random_numbers: false\ntables: [outcomes]")
    run_cli("sweep", path, "-o", "swept", "-q")
    with open("swept/points.csv") as file:
        seeds = [row["seed"] for row in csv.DictReader(file)]
    assert len(set(seeds)) == 3
    run_cli("run", path, "--set", "pace=0.1", "--seed", seeds[1], "-o", "run", "-q")
    assert lines(place / "swept/outcomes.csv", 1) == lines(place / "run/outcomes.csv")
    assert lines(place / "swept/outcomes.csv", 0) != lines(place / "run/outcomes.csv")


def test_what_a_prior_reads_can_be_swept(place):
    path = study_with(place, "over: {skill: [1, 2]}\ntables: [measures, parameters]")
    run_cli("sweep", path, "-o", "swept", "-q")
    run_cli("run", path, "--set", "skill=2", "-o", "run", "-q")
    for name in ("measures", "parameters"):
        assert lines(place / f"swept/{name}.csv", 1) == lines(place / f"run/{name}.csv")


def test_last_dates_only(place):
    run_cli("sweep", study_with(place, "over: {size: [1, 2]}\ndates: last"), "-o", "swept", "-q")
    assert {line.split(",")[4] for line in lines(place / "swept/measures.csv")} == {"2025-03-17"}
    assert len(lines(place / "swept/states.csv")) == 2 * 2 * 2


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ("over: {pase: [1]}", "study.yaml:5:10: sweep: no parameter, lever, state, phase or decision is called `pase`"),
        ("over: {noise: [1]}", "called `noise`"),
        ("over: {}", "`over` says what to vary"),
        ("design: grid", "`over` says what to vary"),
        ("over: {pace: []}", "study.yaml:5:16: sweep: `pace` has no values"),
        ("over: {pace: [fast]}", "study.yaml:5:17: sweep: a number is expected for `pace`, in 1/week, not 'fast'"),
        ("over: {pace: [.nan]}", "a number is expected for `pace`, in 1/week, not nan"),
        ("over: {war: [peace]}", "no value of the phase `war`: fighting, over"),
        ("over: {war: {from: 0, to: 1, steps: 2}}", "has no range, but values"),
        ("over: {aid: [5]}", "5 is outside the range of `aid`"),
        ("over: {rank: [3]}", "3 is no choice of `rank`"),
        ("over: {rank: {from: 1, to: 4, steps: 3}}", "has choices and no range"),
        ("over: {stock: [1], 'stock[north]': [2]}", "`stock[north]` is varied twice"),
        ("over: {pace: {from: 1, to: 0, steps: 2}}", "to a greater one"),
        ("over: {pace: {from: 0, to: 1, steps: 2, scale: log}}", "positive number"),
        ("over: {pace: {from: 0, to: 1}}", "`steps` is a whole number from 1"),
        ("over: {pace: {from: 0, to: 1, steps: 1.5}}", "`steps` is a whole number"),
        ("over: {pace: {from: 0, steps: 2}}", "has no `to`"),
        ("over: {pace: {low: 0, to: 1}}", "no `low`"),
        ("over: {pace: [1]}\nspeed: 3", "study.yaml:6:3: sweep: `speed` is not known here"),
        ("over: {pace: [1]}\npoints: 3", "`points` belongs to lhs and sobol"),
        ("design: random\nover: {pace: [1]}", "`design` is one of"),
        ("design: lhs\nover: {pace: {from: 0, to: 1}}", "`points` is a whole number"),
        ("design: lhs\npoints: 0\nover: {pace: {from: 0, to: 1}}", "`points` is a whole number"),
        ("design: sobol\npoints: 4\nover: {pace: [0, 1]}", "needs a range for `pace`"),
        ("design: list\nfile: none.csv", "none.csv cannot be read: No such file"),
        ("design: list", "`file` names the CSV"),
        ("design: list\nfile: empty.csv", "holds no points"),
        ("design: list\nfile: bad.csv\nover: [pace, aid]", "bad.csv has no column `aid`"),
        ("design: list\nfile: bad.csv", "bad.csv:3:1: a number is expected for `pace`, in 1/week, not 'fast'"),
        ("design: list\nfile: gap.csv", "gap.csv:2:5: a number is expected for `aid`, not nothing"),
        ("design: list\nfile: binary.csv", "binary.csv:2:1: this is no UTF-8 text"),
        ("design: list\nfile: wide.csv", "wide.csv:2:1: this line cannot be read as CSV: field larger than"),
        ("design: list\nfile: semicolons.csv", "semicolons.csv:1:1: cells are separated by commas, not by semicolons"),
        ("design: list\nfile: tabs.csv", "tabs.csv:1:1: cells are separated by commas, not by tabs"),
        ("design: list\nfile: short.csv", "short.csv:2:1: this line has 1 cells, the header 2"),
        ("design: list\nfile: unknown.csv", "unknown.csv:1:1: no parameter"),
        ("over: {pace: [1]}\ntables: [outcome]", "`outcome` is none of the tables"),
        ("over: {pace: [1]}\nwide: {measures: [war]}", "`war` is none of the measures"),
        ("over: {pace: [1]}\nwide: {events: [war]}", "wide holds outcomes, questions, measures"),
        ("over: {pace: [1]}\nwide: 3", "`wide` is true or false"),
        ("over: {pace: [1]}\ndates: some", "`dates` is one of all, last"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_place_and_nothing_is_written(place, capsys, block, said):
    for name, text in (("empty", "pace\n"), ("bad", "pace\n0.1\nfast\n"), ("short", "pace,aid\n0.1\n"),
                       ("unknown", "pase\n1\n"), ("gap", "pace,aid\n0.1,\n"), ("wide", f"pace\n{'1' * 2**18}\n"),
                       ("semicolons", "pace;aid\n0,1;2\n"), ("tabs", "pace\taid\n0.1\t2\n")):  # fmt: skip
        (place / f"{name}.csv").write_text(text)
    (place / "binary.csv").write_bytes(b"pace\n\xff\xfe\x00\n")
    before = set(place.iterdir())
    assert run_cli("sweep", study_with(place, block), "-o", "swept") == 2
    assert said in capsys.readouterr().err
    assert run_cli("check", place / "study.yaml", "--json") == 2
    printed = capsys.readouterr()
    assert said in printed.err
    (problem,) = json.loads(printed.out)["problems"]
    located = f"{problem['file']}:{problem['line']}:{problem['column']}: {problem['message']}"
    assert said in located
    assert located in printed.err
    assert problem["line"] >= 1
    assert set(place.iterdir()) - before == {place / "study.yaml"}


def test_check_counts_the_points(place, capsys):
    assert run_cli("check", study_with(place, "over: {pace: [1, 2, 3]}")) == 0
    assert "3 points" in capsys.readouterr().out


def test_a_model_without_a_sweep_and_sweeps_too_large_are_refused(place, capsys):
    assert run_cli("sweep", place / "war.yaml") == 2
    assert "has no `sweep:`" in capsys.readouterr().err
    big = f"over: {{pace: {{from: 0, to: 1, steps: {MOST_POINTS}}}, aid: [1, 2]}}"
    with pytest.raises(UsageError, match="2000000 points"):
        plan_of(load(study_with(place, big)))
    study = load(study_with(place, f"over: {{pace: {{from: 0, to: 1, steps: {MOST_POINTS}}}}}"))
    with pytest.raises(UsageError, match="dates: last"):
        check_sweep(study, plan_of(study), settings_of(study))


@pytest.mark.parametrize("wide", ["", "\nwide: true"])
def test_a_stopped_sweep_goes_on_with_the_same_bytes(place, monkeypatch, wide):
    monkeypatch.setattr(journal_module, "INTERVAL", 0.0)
    monkeypatch.setattr(journal_module, "SHARE", 0)
    study = load(study_with(place, f"over: {{pace: [0.05, 0.1, 0.2], aid: [1, 2]}}\ntables: [outcomes, states]{wide}"))
    run_cli("sweep", "study.yaml", "-o", "straight", "-q")
    cases = Cases(study, plan_of(study), settings_of(study, threads=2))
    for stop in (2, 5, 7, None):
        with SweepStore(cases, place / "swept", resume=True) as store:
            made = sweep_cases(study, cases.plan, cases.settings, RowMaker(cases.plan), first=store.done)
            assert store.done == {2: 0, 5: 2, 7: 5, None: 7}[stop]
            try:
                with store.noting():
                    for rows in made:
                        store.add(rows)
                        if store.done == stop:
                            store._files["outcomes"].file.write(b"torn off")
                            raise KeyboardInterrupt
            except KeyboardInterrupt:
                made.close()
                continue
            store.save_sweep((0.0, 0.0))
    for path in (place / "straight").iterdir():
        if path.name != "manifest.json":
            assert path.read_bytes() == (place / "swept" / path.name).read_bytes(), path.name


def test_a_journal_of_other_points_is_refused(place, monkeypatch):
    monkeypatch.setattr(journal_module, "INTERVAL", 0.0)
    study = load(study_with(place, "over: {pace: [0.05, 0.1]}"))
    plan, settings = plan_of(study), settings_of(study)
    with SweepStore(Cases(study, plan, settings), place / "swept") as store:
        store.add(next(sweep_cases(study, plan, settings, RowMaker(plan))))
        store.note()
    for other, said in (
        (replace(plan, points=((0.05,), (0.2,))), "points set has changed"),
        (replace(plan, points=plan.points[:1]), "points was 2, and is 1"),
        (replace(plan, tables=("outcomes",)), "tables was"),
        (replace(plan, common=False), "common random numbers was true, and is false"),
    ):
        store = SweepStore(Cases(study, other, settings), place / "swept", resume=True)
        with pytest.raises(UsageError, match=said), store:
            pass
    (place / "swept.partial/journal/outcomes.csv").write_text("spoilt")
    with SweepStore(Cases(study, plan, settings), place / "swept", resume=True) as store:
        assert store.done == 0
