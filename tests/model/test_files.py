"""Reading files: what cannot be read, modules and where they may lie."""

import os

import pytest

from sim.errors import ModelError
from sim.model.load import load
from tests.model.models import HEAD, HEAD_LINES, errors_in, found, load_text, model_of, one_error, problems_of

STATE = "states:\n  price: {initial: 3}\n"


def failure(path) -> ModelError:
    with pytest.raises(ModelError) as caught:
        load(path)
    assert caught.value.exit_status == 2
    return caught.value


def test_a_file_that_is_not_there(tmp_path):
    (problem,) = failure(tmp_path / "none.yaml").problems
    assert problem.code == "E101"
    assert problem.place.file == str(tmp_path / "none.yaml")
    assert "no such file" in problem.message


def test_a_directory(tmp_path):
    assert failure(tmp_path).problems[0].code == "E101"


def test_a_path_that_is_none():
    assert failure("a\0b").problems[0].code == "E101"


def test_what_is_not_utf8_is_named_with_its_line():
    text = HEAD.encode() + b"title: good\nabout: caf\xe9\n"
    assert found(problems_of("", main_yaml=text)) == [("E102", 4, 11)]


def test_utf16_is_not_utf8():
    assert found(problems_of("", main_yaml=HEAD.encode("utf-16"))) == [("E102", 1, 1)]


@pytest.mark.parametrize("text", ["", "# only a comment\n", "---\n", "- 1\n", "just text\n", "parameters: {}\n"])
def test_neither_a_model_nor_a_study(text):
    assert found(problems_of(text)) == [("E109", 1, 1)]


def test_a_file_beyond_the_limit():
    problems = problems_of("", main_yaml=HEAD.encode() + b"#" * 5_000_000)
    assert [problem.code for problem in problems] == ["E103"]
    assert "5 MB" in problems[0].message


def test_sources_are_listed_with_their_digests(tmp_path):
    (tmp_path / "m.yaml").write_text(HEAD + "modules: [oil.yaml]\n")
    (tmp_path / "oil.yaml").write_text(STATE)
    model = load(tmp_path / "m.yaml").model
    assert [path for path, _ in model.sources] == [str(tmp_path / "m.yaml"), str(tmp_path / "oil.yaml")]
    assert all(len(digest) == 64 for _, digest in model.sources)


def test_modules_have_titles_and_defaults():
    oil = "title: Oil\nabout: The market.\ndefaults: {source: IEA, confidence: high}\n" + STATE
    model = model_of("modules: [sub/oil.yaml]\n", sub__oil_yaml=oil + "parameters:\n  x: {value: 1, source: EIA}\n")
    assert model.modules == (("oil", "Oil", "The market."),)
    assert model.states[0].name == "oil.price"
    assert (model.states[0].source, model.states[0].confidence) == ("IEA", "high")
    assert (model.parameters[0].source, model.parameters[0].confidence) == ("EIA", "high")


@pytest.mark.parametrize(
    ("modules", "errors"),
    [
        ("[oil.yaml, oil.yaml]", [("E113", 1, 21)]),
        ("[oil.yaml, sub/oil.yaml]", [("E113", 1, 21)]),
        ("[oil.yaml, ./sub/../oil.yaml]", [("E113", 1, 21)]),
        ("[main.yaml]", [("E113", 1, 11)]),
        ("[../other.yaml]", [("E113", 1, 11)]),
        ("[/etc/passwd]", [("E113", 1, 11)]),
        ("[Oil.yaml]", [("E301", 1, 11)]),
        ("[class.yaml]", [("E301", 1, 11)]),
        ("[exp.yaml]", [("E113", 1, 11)]),
        ("[missing.yaml]", [("E101", 1, 11)]),
        ("oil.yaml", [("E111", 1, 10)]),
        ("[[oil.yaml]]", [("E111", 1, 11)]),
    ],
)
def test_modules_that_cannot_be_included(modules, errors):
    assert errors_in(f"modules: {modules}\n", oil_yaml=STATE, sub__oil_yaml=STATE) == errors


def test_links_may_not_lead_out_of_the_folder(tmp_path):
    (tmp_path / "model").mkdir()
    (tmp_path / "oil.yaml").write_text(STATE)
    os.symlink(tmp_path / "oil.yaml", tmp_path / "model" / "oil.yaml")
    (tmp_path / "model" / "m.yaml").write_text(HEAD + "modules: [oil.yaml]\n")
    assert [problem.code for problem in failure(tmp_path / "model" / "m.yaml").problems] == ["E113"]


@pytest.mark.parametrize(
    "section",
    "clock modules actors indexes dates units history outcomes correlations scenarios model study".split(),
)
def test_sections_of_the_model_file_stand_there_only(section):
    problem = one_error("modules: [oil.yaml]\n", oil_yaml=f"{section}: {{}}\n")
    assert (problem.code, problem.place.line, problem.place.column) == ("E114", 1, 1)
    assert problem.place.file.endswith("oil.yaml")


def test_problems_come_in_the_order_of_the_files():
    problems = problems_of(
        HEAD + "modules: [b.yaml, a.yaml]\nmeasures: [wrong]\n",
        a_yaml="derived:\n  x: wrong\n",
        b_yaml="derived:\n  y: 1 +\n  z: wrong\n",
    )
    places = [(problem.place.file.rpartition("/")[2], problem.place.line) for problem in problems]
    assert places == [("main.yaml", HEAD_LINES + 2), ("b.yaml", 2), ("b.yaml", 3), ("a.yaml", 2)]


def test_an_unreadable_module_hides_no_other_problem_and_causes_none():
    problems = problems_of(
        HEAD + "modules: [oil.yaml]\nmeasures: [oil.price]\nderived:\n  x: oil.price + wrong\n  y: 1 +\n"
    )
    assert [problem.code for problem in problems] == ["E101", "E201"]


def test_a_problem_shows_its_line_and_a_caret():
    problem = one_error("measures: [forces]\nstates:\n  force: {initial: 1}\n")
    shown = problem.render().splitlines()
    assert shown[0].endswith("main.yaml:3:12: error E305: nothing is called `forces`")
    assert shown[1:] == ["  measures: [forces]", "             ^", "  hint: did you mean `force`?"]


def test_the_model_of_a_study_is_relative_to_it(tmp_path):
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "m.yaml").write_text(HEAD)
    (tmp_path / "s.yaml").write_text("study: s\nmodel: models/m.yaml\n")
    assert load(tmp_path / "s.yaml").model.name == "tiny"


def test_a_study_is_no_model_of_a_study(tmp_path):
    (tmp_path / "s.yaml").write_text("study: s\nmodel: t.yaml\n")
    (tmp_path / "t.yaml").write_text("study: t\nmodel: s.yaml\n")
    assert [(p.code, p.place.file) for p in failure(tmp_path / "s.yaml").problems] == [
        ("E109", str(tmp_path / "t.yaml"))
    ]


def test_loading_writes_nothing(tmp_path):
    (tmp_path / "m.yaml").write_text(HEAD)
    load(tmp_path / "m.yaml")
    assert os.listdir(tmp_path) == ["m.yaml"]


def test_a_model_alone_is_a_study_of_all_its_scenarios():
    study = load_text(HEAD + STATE + "scenarios:\n  low: {set: {price: 1}}\n")
    assert [scenario.name for scenario in study.scenarios] == ["baseline", "low"]
    assert (study.name, study.trajectories, study.seed, study.output) == ("tiny", 10_000, 0, None)
