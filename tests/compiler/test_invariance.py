"""What must change no number: order, company, threads, the number of trajectories, renaming with `stream:`."""

import csv
import io
import textwrap

import numpy as np
import pytest

from sim.engine.run import run
from sim.model.load import load
from sim.output.csv_text import csv_text
from sim.output.store import save
from sim.output.tables import all_tables

from .runs import CLOCK, bits, ran, write

PARTS = {
    "actors": ["west: {title: West, precision: 1.5}", "east: {title: East}"],
    "parameters": [
        'a: {prior: "normal(0, 1)"}', 'b: {prior: "uniform(0, 1)"}', 'c: {prior: "exponential(1)"}',
        "d: {value: a + b}",
        'pull: {unit: 1/week, prior: "uniform(0.1, 0.3)"}',
    ],
    "levers": ["aid: {value: 1}", "tax: {value: 0.1}"],
    "draws": ['e: "normal(0, 1)"', 'f: "gamma(2, 1)"', 'g: {draw: "uniform(0, 1)", every: trajectory}'],
    "derived": ["gap: x - y*tax", "heat: gap*gap + g + f"],
    "states": [
        "x: {initial: a, change: (e + aid)/week, on: {hit: += 1, hit.big: -= 2}}",
        "y: {initial: d, next: y + f}",
    ],
    "events": ["hit: {rate: pull, kinds: {big: 1, small: 2}}", "miss: {probability: b/4, cooldown: 2 weeks}"],
    "phases": [
        "war: {values: [on, off], initial: {on: 0.9, off: 0.1}, "
        "moves: [on -> off: {rate: pull}, off -> on: {on: hit}]}",
        "mood: {values: [calm, hot], initial: calm, moves: [calm -> hot: {when: heat > 20}]}",
    ],
    "decisions": [
        "west.act: {initial: go, options: {go: 0, stay: gap/10}}",
        "east.act: {initial: go, on: miss, options: {go: 0, stay: c/10}}",
    ],
    "questions": ["deep: {ever: x > 5, for: 2 weeks}", "high: {value: y, bins: [10, 20]}"],
    "correlations": ["[a, b, 0.5]", "[b, c, 0.3]", "[e, f, -0.4]"],
}  # fmt: skip
TAIL = """
outcomes: {calm: {when: x < 3}, hot: {ends_when: y > 60}, rest: otherwise}
scenarios:
  hard: {set: {aid: 2}, force: {west.act: stay}}
  fired: {fire: {miss: 2025-02-03}}
measures: [x, y, gap, heat, war, mood, west.act, east.act]
"""


def model_text(order=1, extra=None):
    """The model with every section written forwards (1) or backwards (-1), perhaps with more declarations."""
    lines = ["model: whole", CLOCK.rstrip()]
    for section in list(PARTS)[::order]:
        more = (extra or {}).get(section, [])
        entries = [*PARTS[section], *more][::order]
        lines.append(f"{section}:")
        lines += [f"  - {entry}" if section == "correlations" else f"  {entry}" for entry in entries]
    return "\n".join(lines) + TAIL


def tables(text, folder, n=1500, **options):
    results = run(load(write(folder, text)), n=n, seed=11, keep=100, **options)
    return {table.name: csv_text(table) for table in all_tables(results)}


def rows(text, *, without=()):
    """The rows of a table that name none of these, rows and columns in any order."""
    kept = "".join(line for line in text.splitlines(True) if not any(f",{name}" in f",{line}" for name in without))
    return sorted(sorted(row.items()) for row in csv.DictReader(io.StringIO(kept)))


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return tables(model_text(), tmp_path_factory.mktemp("whole"))


def test_the_order_of_declarations_changes_no_number(whole, tmp_path):
    other = tables(model_text(-1), tmp_path)
    for name, text in whole.items():
        assert rows(other[name]) == rows(text), name


def test_more_declarations_change_no_number(whole, tmp_path):
    extra = {
        "actors": ["north: {title: North}"],
        "parameters": ['aa: {prior: "normal(0, 1)"}', "zz: {value: 3}"],
        "draws": ['ee: "normal(0, 1)"'],
        "derived": ["more: aa + ee + zz"],
        "states": ["xx: {initial: 0, next: more, on: {extra: += 1, hit: += 1}}"],
        "events": ["extra: {rate: 1/week, kinds: {p: 1, q: 1}}"],
        "phases": ["third: {values: [u, v], initial: {u: 0.5, v: 0.5}, moves: [u -> v: {rate: 1/week}]}"],
        "decisions": ["north.act: {initial: u, options: {u: more, v: 0}}"],
        "questions": ["third: {ever: third.v}"],
    }
    added = ("aa", "third", "extra", "north.act", "third", "zz")
    other = tables(model_text(1, extra), tmp_path)
    for name in ("outcomes", "questions", "events", "measures", "states", "parameters", "convergence", "drivers"):
        assert rows(other[name], without=added) == rows(whole[name], without=added), name
    assert other["trajectories"] == whole["trajectories"]


def test_the_order_of_modules_changes_no_number(tmp_path):
    modules = {
        "oil": 'parameters: {p: {prior: "normal(1, 0.1)"}}\nstates: {price: {initial: p, next: price*p + gas.q/100}}\n',
        "gas": 'parameters: {q: {prior: "uniform(0, 1)"}}\nevents: {leak: {probability: q, when: oil.price > 1}}\n',
    }
    texts = []
    for order in (1, -1):
        folder = tmp_path / str(order)
        folder.mkdir()
        names = ", ".join(f"{name}.yaml" for name in list(modules)[::order])
        text = f"model: two\nmodules: [{names}]\n{CLOCK}measures: [oil.price, gas.leak.count]\n"
        path = write(folder, text, **modules)
        results = run(load(path), n=800, seed=2, keep=10)
        texts.append({table.name: csv_text(table) for table in all_tables(results)})
    for name, content in texts[0].items():
        assert rows(texts[1][name]) == rows(content), name


def test_run_directories_are_the_same_bytes_for_any_number_of_threads(tmp_path):
    study = load(write(tmp_path, model_text()))
    places = [save(run(study, n=5000, seed=4, keep=50, threads=k), tmp_path / f"run{k}") for k in (1, 2, 3)]
    files = {path.name for path in places[0].iterdir()} - {"manifest.json"}
    assert len(files) > 8
    for place in places[1:]:
        assert {path.name for path in place.iterdir()} - {"manifest.json"} == files
        for name in files:
            assert (place / name).read_bytes() == (places[0] / name).read_bytes(), name


def test_trajectories_do_not_depend_on_their_number(whole, tmp_path):
    for n in (100, 2049, 3000):
        other = tables(model_text(), tmp_path, n=n)
        assert other["trajectories"] == whole["trajectories"]
        assert other["experiments"] == whole["experiments"]


def test_the_seed_changes_everything_random():
    text = model_text()
    one, other = ran(text, seed=1), ran(text, seed=2)
    assert (one["x"] != other["x"]).all()
    largest = ran(text, seed=2**64 - 1)
    assert (largest["x"] != one["x"]).all()
    assert ran(text, seed=0).n == 100


def test_a_stream_keeps_the_numbers_across_a_renaming():
    text = """
        parameters: {NAME1: {prior: "normal(0, 1)"}}
        draws: {NAME2: "uniform(0, 1)"}
        events: {NAME3: {rate: 0.2/week, kinds: {p: 1, q: 2}}}
        phases: {NAME4: {values: [on, off], initial: {on: 0.5, off: 0.5}, moves: [on -> off: {rate: 0.1/week}]}}
        actors: {west: {title: West}}
        decisions: {west.NAME5: {initial: a, options: {a: 0, b: 0}}}
        measures: [NAME1, NAME2, NAME3.p.count, NAME4, west.NAME5]
        """
    stems = ["level", "noise", "hit", "war", "aid"]

    def named(prefix, stream):
        result = text
        for i, stem in enumerate(stems, start=1):
            full = f"west.{stem}" if i == 5 else stem
            value = f"NAME{i}: {{" if i != 2 else 'NAME2: "uniform(0, 1)"'
            if stream and i != 2:
                result = result.replace(value, f"{value}stream: {full}, ")
            elif stream:
                result = result.replace(value, f'NAME2: {{draw: "uniform(0, 1)", stream: {full}}}')
            result = result.replace(f"NAME{i}", prefix + stem)
        return ran(textwrap.dedent(result))

    old, kept, lost = named("", False), named("new_", True), named("new_", False)
    for i, stem in enumerate(stems, start=1):
        name = stem + {3: ".p.count"}.get(i, "")
        before = old[f"west.{name}" if i == 5 else name]
        after = f"west.new_{name}" if i == 5 else f"new_{name}"
        assert np.array_equal(before, kept[after]), stem
        assert not np.array_equal(before, lost[after]), stem


def test_scenarios_share_all_random_numbers():
    text = model_text()
    base, fired = ran(text, n=300), ran(text, n=300, scenario="fired")
    counts = ran(text, n=300)["x"]
    assert np.array_equal(bits(base["x"]), bits(counts))
    assert np.array_equal(bits(base["x"][:5]), bits(fired["x"][:5]))
    assert np.array_equal(bits(base["y"]), bits(fired["y"]))
