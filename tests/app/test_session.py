"""What a reader does, without a page."""

import csv
import re
from pathlib import Path

import pytest

from sim.app.charts import measure_chart, measure_words
from sim.app.explorer import Explorer, Superseded, differences
from sim.app.rows import as_written, events_html, lever_course, outcomes_html, story_html
from sim.app.session import Session
from sim.app.state import State
from sim.commands.run import RunOptions, run_command
from sim.commands.terminal import Terminal
from sim.engine.run import settings_of
from sim.errors import OutputError, UsageError
from sim.model.load import load
from sim.output.story import story
from sim.output.tables import events, measures, outcomes, questions

MODEL = """
model: strait
title: A strait <b>under</b> blockade
clock: {start: 2026-01-05, step: 1 week, horizon: 26 weeks}
parameters:
  resolve: {about: How long it lasts., prior: "beta(3, 3)"}
  price: {unit: USD/bbl, prior: "lognormal(p5=60, p95=90)"}
  fixed: {value: 0.25}
  usual: {unit: USD/bbl, value: 75}
levers:
  reserves: {value: 1, range: [0, 4]}
  insured: {value: 0, choices: [0, 1]}
states:
  pressure: {initial: 0, change: "fixed*resolve/week - 0.1*reserves*blockader.closure.part/week"}
events:
  attack: {about: "<script>alert(1)</script>", rate: "0.02*exp(pressure)*(1 + insured)/week"}
phases:
  war:
    values: [calm, crisis, over]
    initial: calm
    moves:
      - calm -> crisis: {rate: "0.05*resolve*(1 + reserves)*(price/usual)**2/week"}
      - crisis -> over: {rate: 0.1/week}
actors:
  blockader: {title: Blockader}
decisions:
  blockader.closure:
    asks: How much is closed?
    initial: none
    every: 4 weeks
    options:
      none: {utility: 1}
      part: {utility: resolve + pressure}
      full: {utility: reserves}
outcomes:
  settled: {ends_when: war.over}
  unsettled: otherwise
questions:
  attack_soon: {asks: Is there an attack?, ever: attack.ever, by: 2026-04-06}
  cost: {asks: What does it cost?, value: price, bins: [70, 80], unit: USD/bbl, by: 2026-04-06}
measures: [pressure, war]
scenarios:
  tense: {title: Tense, set: {resolve: "beta(6, 2)"}, force: {blockader.closure: {option: part, from: 2026-03-02}}}
  later: {title: Later, set: {reserves: {value: 3, from: 2026-03-02}}}
"""
STUDY = """
study: strait_study
model: strait.yaml
scenarios:
  shut: {inherits: tense, set: {reserves: 2}}
set: {fixed: 0.3, price: 70}
measures:
  - pressure_now: {value: pressure*2, title: Twice}
  - war
trajectories: 500
seed: 11
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("explored")


@pytest.fixture(scope="module")
def explorer(folder):
    path = folder / "strait.yaml"
    path.write_text(MODEL, encoding="utf-8")
    study = load(path)
    return Explorer(study, settings_of(study, n=3000, seed=5, threads=2))


def changed(explorer):
    """A session with a change of every kind."""
    session = Session(explorer)
    session.choose("tense")
    session.set("resolve", 0.62)
    session.set("fixed", -1e-05)
    session.set("reserves", 2.5)
    session.force("blockader.closure", "part")
    return session


def test_a_state_begins_with_the_model_as_written(explorer):
    assert Session(explorer).state == State("baseline", "baseline")


def test_nothing_changed_is_no_difference(explorer):
    answer = Session(explorer).answer()
    assert answer.is_final
    assert answer.n == 3000
    assert all(d == low == high == 0 for d, low, high in differences(answer.found, answer.reference))


def test_a_lever_moves_the_outcomes_and_undo_brings_them_back(explorer):
    session = Session(explorer)
    before = session.answer().found
    session.set("reserves", 4.0)
    after = session.answer()
    d, low, high = next(differences(after.found, after.reference))
    assert d == pytest.approx(after.found.result.outcomes[0].p - before.result.outcomes[0].p)
    assert 0 < low < d < high
    assert session.undo()
    assert session.answer().found is before
    assert not session.undo()


def test_common_random_numbers_make_the_interval_of_a_difference_narrow(explorer):
    session = Session(explorer)
    session.set("fixed", 0.26)
    answer = session.answer()
    share = answer.found.result.outcomes[0]
    _, low, high = next(differences(answer.found, answer.reference))
    assert high - low < (share.high - share.low) / 2


def test_bins_of_a_numeric_question_are_named_and_differ_with_an_interval(explorer):
    session = Session(explorer)
    session.set("price", 75.0)
    answer = session.answer()
    page = outcomes_html(explorer, answer, "settled")
    for label in ("&lt;70", "70..80", "&gt;=80"):
        assert f"What does it cost?: {label} USD/bbl" in page
    found, reference = answer.found.result.questions, answer.reference.result.questions
    shown = list(differences(answer.found, answer.reference))[len(explorer.layout.outcomes) :]
    assert len(shown) == len(found) == 4
    for (d, low, high), (_, _, a), (_, _, b) in zip(shown, found, reference, strict=True):
        assert d == pytest.approx(a.p - b.p)
        assert low <= d <= high
    assert all(low < high for _, low, high in shown[1:])
    (middle,) = re.findall(r"70\.\.80 USD/bbl.*?x-d[^>]*>([^<]*)</b> <small>([^<]*) to ([^<]*)<", page)
    assert all(text.startswith("+") for text in middle)


def test_a_lever_that_a_scenario_sets_later_is_shown_as_set(explorer):
    lever = explorer.levers["reserves"]
    assert lever_course(explorer, "later", lever) == (3.0, "1, then 3 from 2026-03-02")
    assert lever_course(explorer, "tense", lever) == (1.0, "1")


def test_what_is_compared_with_is_named(explorer):
    session = Session(explorer, [("scenario", "tense"), ("against", "later")])
    answer = session.answer()
    assert as_written(explorer.model, session.state) == "Tense as written"
    assert "; compared with Later: " in measure_words(explorer, answer, "pressure")
    assert "compared with Later: median" in measure_chart(explorer, answer, "pressure")["legend"]["data"]
    assert measure_words(explorer, answer, "war") == "Dashed: compared with Later."
    session.set("fixed", 0.3)
    assert as_written(explorer.model, session.state) == "Tense + 1 change"


def test_the_trail_names_what_was_changed(explorer):
    session = changed(explorer)
    assert [move.text for move in session.trail] == [
        "scenario tense", "resolve = 0.62", "fixed = -1e-05", "reserves = 2.5", "blockader.closure: part",
    ]  # fmt: skip
    session.set("resolve", 0.62)  # no change
    assert len(session.trail) == 5
    session.set("resolve", None)
    session.reset()
    assert session.state == State("tense", "baseline")
    session.undo()
    assert session.state.value("resolve") is None
    assert session.state.option("blockader.closure") == "part"


@pytest.mark.parametrize(
    ("name", "value"), [("reserves", 4.5), ("insured", 0.5), ("nothing", 1.0), ("blockader.closure", 1.0)]
)
def test_what_cannot_be_set_is_refused(explorer, name, value):
    session = Session(explorer)
    with pytest.raises(UsageError, match=name):
        session.set(name, value)
    assert session.state == State("baseline", "baseline")
    assert session.trail == []


def test_a_link_restores_the_state(explorer):
    from urllib.parse import parse_qsl

    session = changed(explorer)
    again = Session(explorer, parse_qsl(session.state.query((("story", "7"),))))
    assert again.state == session.state
    assert again.notices == []


def test_what_a_link_asks_in_vain_is_said_and_left_out(explorer):
    pairs = [
        ("scenario", "<b>none</b>"), ("set", "resolve:0.5"), ("set", "reserves:99"), ("set", "price:inf"),
        ("set", "novel:1"), ("set", "x"), ("force", "blockader.closure:none"), ("force", "blockader.closure:more"),
    ]  # fmt: skip
    session = Session(explorer, pairs)
    assert session.state.scenario == "baseline"
    assert session.state.values == (("resolve", 0.5),)
    assert session.state.forced == (("blockader.closure", "none"),)
    assert len(session.notices) == 4


def test_an_answer_that_nobody_waits_for_is_given_up(explorer):
    session = Session(explorer)
    session.set("price", 61.0)
    with pytest.raises(Superseded):
        session.answer(is_wanted=lambda: False)
    assert session.answer().n == 3000


def test_a_quick_answer_is_the_start_of_the_whole(explorer):
    session = changed(explorer)
    quick = session.answer(1000)
    assert quick.n == 1000
    assert not quick.is_final
    low, high = quick.found.result.outcomes[0].low, quick.found.result.outcomes[0].high
    assert low < session.answer().found.result.outcomes[0].p < high


def test_drivers_and_spans(explorer):
    names = [name for name, _ in explorer.drivers("baseline", "settled")]
    assert "resolve" in names
    spans = explorer.spans("baseline")
    assert 0 < spans["resolve"].low < spans["resolve"].middle < spans["resolve"].high < 1
    assert spans["fixed"].is_fixed
    assert (spans["fixed"].low, spans["fixed"].high) == (0.125, 0.375)
    assert explorer.drivers("baseline", "nothing") == []


def rows_of(table):
    return [list(row) for row in zip(*table.data, strict=True)]


def read_rows(place, name):
    with open(place / f"{name}.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("kind", ["model", "study"])
def test_a_saved_study_gives_the_numbers_shown(folder, tmp_path, kind, capsys):
    """Every number of outcomes, questions, events and measures, to the last digit, and the scenario itself."""
    (folder / "strait.yaml").write_text(MODEL, encoding="utf-8")
    (folder / "strait_study.yaml").write_text(STUDY, encoding="utf-8")
    study = load(folder / ("strait.yaml" if kind == "model" else "strait_study.yaml"))
    explorer = Explorer(study, settings_of(study, n=1500, threads=2))
    session = Session(explorer)
    session.choose("tense" if kind == "model" else "shut")
    session.set("fixed", 0.1 + 0.2)
    session.set("price", 71.25)
    session.set("reserves", 3.0)
    session.force("blockader.closure", "part")
    path, command = session.save("what_if", tmp_path)
    saved = load(path)
    name = next(s.name for s in saved.model.scenarios if s.name.startswith("what_if"))
    assert {s.name: s for s in saved.model.scenarios}[name] == explorer.scenario(session.state, name)
    reference = "baseline" if kind == "model" else "reference"
    assert command == f"crossroads run what_if.yaml --scenario {reference} --scenario what_if"

    place = tmp_path / "out"
    assert run_command(path, RunOptions(out=place, scenarios=[reference, name]), Terminal(quiet=True)) == 0
    answer = session.answer()
    results = explorer.results(answer.found, answer.reference)
    for table, title in ((outcomes, "outcomes"), (questions, "questions"), (events, "events"), (measures, "measures")):
        shown, written = table(results), read_rows(place, title)
        assert len(shown) == len(written) > 0
        for row, record in zip(rows_of(shown), written, strict=True):
            assert record["scenario"] == {"reference": reference, "explored": name}[row[0]]
            for value, text in zip(row[1:], list(record.values())[1:], strict=True):
                same = text == "" if value != value else text in (repr(value), str(value), value)
                assert same, (title, row, record)


def test_saving_keeps_to_its_folder_and_replaces_nothing(explorer, tmp_path):
    session = changed(explorer)
    session.save("mine", tmp_path)
    with pytest.raises(OutputError, match="exists"):
        session.save("mine", tmp_path)
    for name in ("../mine", "", "Mine", "a b", "a/b", "x" * 101):
        with pytest.raises(UsageError):
            session.save(name, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.yaml"]


def test_a_scenario_of_that_name_is_not_replaced(explorer, tmp_path):
    path, command = changed(explorer).save("tense", tmp_path)
    assert "--scenario tense_2" in command
    assert {s.name for s in load(path).model.scenarios} == {"baseline", "later", "tense", "tense_2"}


def test_stories_are_told_and_escaped(explorer):
    session = changed(explorer)
    told = "".join(story_html(story(explorer.story(session.state, i))) for i in range(6))
    assert "<time>2026-" in told
    assert "<script>" not in told


def test_text_of_a_model_stays_text(explorer):
    answer = changed(explorer).answer()
    page = outcomes_html(explorer, answer, "settled") + events_html(explorer, answer, "<i>", "<b>")
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert "attack" in page
    assert "title=\"<" not in page


def test_the_folder_of_the_model_may_be_elsewhere(explorer, tmp_path):
    text = Session(explorer).study_text("s", tmp_path)
    model = next(line for line in text.splitlines() if line.startswith("model: ")).removeprefix("model: ").strip('"')
    assert (tmp_path / model).resolve() == Path(explorer.study.path).resolve()
