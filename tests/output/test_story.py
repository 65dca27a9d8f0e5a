import json
from dataclasses import replace

import pytest

from sim.engine.replay import replay
from sim.engine.results import Settings
from sim.errors import UsageError
from sim.model.declarations import Actor, Decision, Event, Option, Outcome, Scenario
from sim.output.story import story, story_document
from tests.engine.models import PLACE, lit, model, study

SETTINGS = Settings(2500, 7)


def deciding(**scenario):
    decision = Decision(
        name="capital.aid", place=PLACE, actor="capital", asks="How much aid?", initial=0, every=4, precision=lit(1),
        inertia=lit(0), site="capital.aid", options=(Option("give", lit(0)), Option("stop", lit(9), about="It ends.")),
    )  # fmt: skip
    m = model(
        8,
        actors=(Actor("capital", "The capital", lit(1), lit(0)),),
        decisions=(decision,),
        events=(Event(name="rain", place=PLACE, about="It rains. Clouds multiply the rate.", site="rain"),),
        outcomes=(Outcome("over", about="All is over."),),
        scenarios=(Scenario("baseline", **scenario),),
    )
    return study(m, 2500)


def test_what_happens_is_told_with_its_date(crossed, results):
    kept = results.scenarios[1].kept[0]
    for i in range(5):
        text = story(replay(crossed, i, "high", SETTINGS))
        last = crossed.model.clock.date_of(int(kept.end[i]))
        name = results.layout.outcomes[int(kept.outcome[i])]
        assert f"{last}  It ends as {name}." in text
        assert text.startswith(f"A tiny model: trajectory {i} of scenario high\n(seed 7, parameter draw 0)")
        assert "2025-01-01  It begins: war is on." in text
        assert ("war moves from on to off" in text) == (name == "ended")


def test_decisions_are_told_with_their_chance():
    text = story(replay(deciding(), 3, None, SETTINGS))
    assert "2025-01-08  The capital, aid: from give to stop (it had more than 99%). How much aid? It ends." in text


def test_what_a_scenario_forces_had_no_chance():
    text = story(replay(deciding(force={"capital.aid": (-1, 1, *[-1] * 7)}), 3, None, SETTINGS))
    assert "from give to stop (set by the scenario)" in text


def test_what_happens_often_is_told_once():
    text = story(replay(deciding(), 3, None, SETTINGS))
    assert text.count("rain:") == 1
    assert "2025-01-08  rain: It rains. It is the first of 8 times." in text
    assert "2025-02-26  It ends as over. All is over." in text


def test_all_numbers_on_request(crossed):
    told = replay(crossed, 0, None, SETTINGS)
    text = story(told, values=True)
    assert f"    x = {told.steps[1].values['x']!r}" in text


def test_the_document_is_json(crossed):
    document = json.loads(json.dumps(story_document(replay(crossed, 0, None, SETTINGS)), allow_nan=False))
    assert document["scenario"] == "baseline"
    assert document["steps"][0]["machines"] == {"war": "on"}
    assert document["steps"][0]["values"]["since"] is None


@pytest.mark.parametrize("trajectory", [-1, 2500])
def test_a_trajectory_that_the_run_does_not_have(crossed, trajectory):
    with pytest.raises(UsageError, match="2499"):
        replay(crossed, trajectory, None, SETTINGS)


def test_replaying_does_not_depend_on_the_size_of_the_run(crossed):
    small, large = (replay(crossed, 11, None, replace(SETTINGS, n=n)) for n in (12, 10**6))
    assert small.steps == large.steps
