"""E4xx and E5xx: scenarios and studies. Wxxx: warnings."""

from sim.errors.code import Code, bad

_AID = "actors: {moscow: {}}\ndecisions:\n  moscow.aim: {initial: hold, options: {hold: 0, widen: 1}}\n"
_WAR = "phases:\n  war: {values: [calm, fighting], initial: calm}\n"
_STATE = "states:\n  force: {initial: 3}\n"

SCENARIOS: dict[str, Code] = {
    "E401": bad(
        "An unknown scenario",
        "A scenario inherits, and a study runs, scenarios that are declared; `baseline` always is.",
        _STATE + "scenarios:\n  worse: {inherits: bad_case, set: {force: 2}}\n",
        "The message gives the nearest name.",
    ),
    "E402": bad(
        "Scenarios that inherit each other",
        "Following `inherits` from scenario to scenario must end.",
        _STATE + "scenarios:\n  one: {inherits: two, set: {force: 2}}\n  two: {inherits: one, set: {force: 1}}\n",
        "Let one of them inherit `baseline`.",
    ),
    "E403": bad(
        "What cannot be set",
        "`set:` takes parameters, levers and the initial values of states, phases and decisions. Draws, derived values "
        "and events follow from the model.",
        "derived:\n  force: 3\nmeasures: [force]\nscenarios:\n  worse: {set: {force: 2}}\n",
        "Events are fired or suppressed, decisions forced.",
    ),
    "E404": bad(
        "A lever outside its range",
        "A lever takes values within its `range:`, or one of its `choices:`.",
        "levers:\n  aid: {value: 1, range: [0, 2]}\nmeasures: [aid]\nscenarios:\n  more: {set: {aid: 3}}\n",
        "Widen the range if the value is possible.",
    ),
    "E405": bad(
        "A date outside the run",
        "What a scenario fires, forces or sets from a date on must lie before the horizon, and `until` after `from`.",
        "events:\n  strike: {rate: 1/year}\nscenarios:\n  hit: {fire: {strike: 2026-01-01}}\n",
        "Compare with the clock.",
    ),
    "E406": bad(
        "What cannot be forced",
        "`force:` keeps an option of a decision in force.",
        _AID + "scenarios:\n  more: {force: {moscow.aim: retreat}}\n",
        "Write `{actor.decision: option}`.",
    ),
    "E407": bad(
        "What cannot be fired or suppressed",
        "`fire:` makes events, or kinds of them, happen; `suppress:` keeps events from happening.",
        _STATE
        + "scenarios:\n  calm: {suppress: [war.calm]}\n"
        + "phases:\n  war: {values: [calm, fighting], initial: calm}\n",
        "Phases are set at the start, decisions forced.",
    ),
    "E408": bad(
        "A baseline that is changed",
        "`baseline` is the model as written: it can have a title and a text, but no settings.",
        _STATE + "scenarios:\n  baseline: {set: {force: 2}}\n",
        "Change the model, or declare a scenario of another name.",
    ),
    "E409": bad(
        "Two kinds of one event at once",
        "An event happens at most once in a step, and is of one of its kinds.",
        "events:\n  strike: {rate: 1/year, kinds: {port: 1, depot: 1}}\n"
        "scenarios:\n  hit: {fire: {strike.port: 2025-01-13, strike.depot: 2025-01-13}}\n",
        "Fire one of them a step later, or declare two events.",
    ),
    "E501": Code(
        "A setting that cannot be read",
        "A setting of the command line is written `name=value`.",
        "model: bad\nclock: {start: 2025-01-06, step: 1 week, horizon: 4 weeks}\n" + _STATE,
        "For example `--set oil.price=70`.",
        settings=("force",),
    ),
    "W301": bad(
        "A name that is never used",
        "It is declared, but nothing reads it, reacts to it or lists it: often a slip, or something left over.",
        "parameters:\n  force: 3\n",
        "Delete it, or list it under `measures:`.",
    ),
    "W302": bad(
        "A stretch longer than its window",
        "`for` asks for a stretch of time within the window of the question. Here the window is shorter, so the answer "
        "is always no.",
        _WAR + "questions:\n  peace: {ever: war.calm, for: 8 weeks}\n",
        "Widen the window, or shorten the stretch.",
    ),
    "W303": bad(
        "A question answered after the horizon",
        "The run ends before the last day of the question, so what it answers is the state of affairs at the horizon.",
        _WAR + "questions:\n  peace: {ever: war.calm, by: 2025-12-31}\n",
        "Lengthen the horizon.",
    ),
}
