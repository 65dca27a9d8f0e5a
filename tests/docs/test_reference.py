"""The reference pages say everything that the program has, as it is."""

import re

import pytest

from sim.engine.run import run
from sim.language.families import WRITTEN
from sim.language.functions import AGGREGATES, FUNCTIONS
from sim.language.quantile_forms import TWO_QUANTILES
from sim.model.load import load
from sim.model.names import BUILT_IN
from tests.docs.assembly import assemble
from tests.docs.blocks import DOCS
from tests.docs.generated import PAGES, commands, definitions, parts_of, renewed

HOW = "python -m tests.docs.rewrite brings the page up to date"


def page(name):
    return (DOCS / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", PAGES)
def test_generated_parts_are_in_step(name):
    assert renewed(page(name)) == page(name), HOW


def test_every_kind_of_declaration_has_its_table():
    shown = {part.removeprefix("fields ") for part in parts_of(page("language.md")) if part.startswith("fields ")}
    among_others = {"model", "module", "defaults", "force", "timed setting", "move"}  # sections, or told in prose
    assert set(definitions()) - among_others == shown


def test_every_column_has_its_table():
    from tests.docs.generated import COLUMNS

    shown = {part.removeprefix("columns ") for part in parts_of(page("outputs.md"))}
    assert shown >= {name for name in COLUMNS if name != "experiments end"}


def test_arguments_keep_their_brackets():
    assert "| `PATH [A B]` |" in page("command-line.md")
    assert "| `NAME` |" in page("command-line.md")


def test_every_command_and_option_says_what_it_does():
    silent = [
        f"{name} {parameter.name}"
        for name, command in commands().items()
        for parameter in command.params
        if not (parameter.help or "").strip()
    ]
    assert not silent
    assert all(command.help for command in commands().values())


def test_functions_and_built_in_names_are_listed():
    listed = set(re.findall(r"^\| `([^|]*)` \|", page("language.md"), re.MULTILINE))
    names = {name for cell in listed for name in re.findall(r"\b([a-z]\w*)\b", cell)}
    assert not {*FUNCTIONS, *AGGREGATES, *BUILT_IN} - names


def test_distributions_are_listed():
    rows = re.findall(r"^\| `(\w+)\(([^)]*)\)` \|.*\|(.*)\|$", page("language.md"), re.MULTILINE)
    listed = {name: (arguments, "yes" in two) for name, arguments, two in rows if name in WRITTEN}
    expected = {
        name: (", ".join(family.arguments) or "w0, w1, ...", name in TWO_QUANTILES) for name, family in WRITTEN.items()
    }
    assert listed == expected


def test_the_examples_are_one_model_that_runs(tmp_path, monkeypatch):
    assemble(page("language.md"), tmp_path, "strait.yaml")
    monkeypatch.chdir(tmp_path)
    study = load("study.yaml")
    assert not study.warnings
    assert not run(study, n=200).failures


@pytest.fixture
def fine_points(tmp_path, monkeypatch):
    """Runs a small model with these lines in it."""
    monkeypatch.chdir(tmp_path)

    def results(lines):
        head = "model: fine\nclock: {start: 2026-01-05, step: 1 week, horizon: 4 weeks}\n"
        (tmp_path / "fine.yaml").write_text(head + lines, encoding="utf-8")
        return run(load("fine.yaml"), n=400, threads=1).scenarios[0]

    return results


def test_a_hazard_below_zero_counts_as_zero(fine_points):
    found = fine_points("parameters: {r: {unit: 1/week, prior: 'normal(-1, 0.01)'}}\nevents: {strike: {rate: r}}\n")
    assert (found.failures, found.things[0].k) == (0, 0)


def test_a_probability_above_one_fires_surely(fine_points):
    found = fine_points("parameters: {p: {prior: 'normal(3, 0.01)'}}\nevents: {strike: {probability: p}}\n")
    assert (found.failures, found.things[0].k) == (0, 400)


def test_weights_that_are_all_zero_fail(fine_points):
    found = fine_points("draws: {u: 'uniform(0, 1)'}\nevents: {strike: {kinds: {a: 0*u, b: 0*u}}}\n")
    assert found.failures == 400


def test_without_an_open_option_the_present_one_stays(fine_points):
    found = fine_points(
        "actors: {x: X}\ndecisions: {x.choice: {initial: a, options: {a: {utility: 0, when: t < 0}, "
        "b: {utility: 9, when: t < 0}}}}\n"
    )
    assert found.failures == 0
    assert found.shares[-1].tolist() == [400, 0]


def test_bounds_hold_at_the_start(fine_points):
    found = fine_points("states: {x: {initial: 5, max: 3}}\n")
    assert found.values[0].ravel().tolist() == [3.0] * 5


def test_without_outcomes_a_trajectory_is_completed(fine_points):
    found = fine_points("states: {x: {initial: 5}}\n")
    assert [share.k for share in found.outcomes] == [400]


def test_clip_with_bounds_in_disorder_gives_the_upper(fine_points):
    found = fine_points("states: {x: {initial: 'clip(5, 4, 2)'}}\n")
    assert found.values[0].ravel().tolist() == [2.0] * 5
