"""The shape of model, module and study files: every section and field, once, for checking and for editors."""

from typing import Any

from sim.language.distributions import is_distribution
from sim.model.records import ByKind, Entries, Field, Fields, Listing, OneOrMore, Raw
from sim.model.scalars import Choice, Day, Duration, Flag, Formula, JumpText, Name, NamedOrDay, Number, Prose, Reference
from sim.model.shape import Schema, Shape

TEXT = Prose("a text")
NAME = Name()
EXPRESSION = Formula("an expression")
CONDITION = Formula("a condition")
RATE = Formula("a rate, such as 0.05/year")
DISTRIBUTION = Formula("a distribution, such as normal(0, 1)")
DAY = Day("a date such as 2025-04-07")
THINGS = OneOrMore(Reference)
CONFIDENCE = Choice(words=("low", "moderate", "high"))
AFTER = NamedOrDay("an event, a kind, a phase value, an option, a date or `start`", Reference.pattern)


def each(shape: Shape) -> Shape:
    """One for all elements of the index, or a mapping with one for each."""
    return ByKind(scalar=shape, mapping=Entries(shape, f"{shape.what} for each element"))


ABOUT = {
    "about": Field(TEXT, "A sentence of explanation."),
    "source": Field(TEXT, "Where the number comes from: a reference, or the words `expert judgement`."),
    "confidence": Field(CONFIDENCE, "The quality of that basis: low, moderate or high."),
}
DECLARED = ABOUT | {
    "unit": Field(TEXT, "The unit of measurement; dimensionless without one."),
    "over": Field(NAME, "An index: this exists once for each of its elements."),
}
STREAM = {"stream": Field(Reference, "The former name, whose random numbers are kept across a renaming.")}
CHANCE = {
    "chance": Field(each(EXPRESSION), "The probability that it happens within the window `within`."),
    "within": Field(each(Duration), "The length of the window of `chance`."),
    "after": Field(AFTER, "What opens the window of `chance`: something that happens, a date or `start`."),
}

JUMPS = Entries(each(JumpText()), "a mapping of things that happen and jumps", Reference)

PARAMETER = Fields(
    "parameter",
    {
        "value": Field(each(EXPRESSION), "A number, or an expression of other parameters."),
        "prior": Field(each(DISTRIBUTION), "What is known about it: a distribution."),
    }
    | DECLARED
    | STREAM,
    short="value",
    other="prior",
    is_other=is_distribution,
)
LEVER = Fields(
    "lever",
    {
        "value": Field(each(EXPRESSION), "Its value, a number.", required=True),
        "range": Field(Listing(Number(), "a list of two numbers", exactly=2), "The least and greatest possible value."),
        "choices": Field(Listing(Number(), "a list of numbers", at_least=1), "The possible values."),
    }
    | DECLARED,
    short="value",
)
DRAW = Fields(
    "draw",
    {
        "draw": Field(each(DISTRIBUTION), "The distribution it is drawn from.", required=True),
        "every": Field(Choice(words=("step", "trajectory")), "How often it is drawn: each step, or once."),
    }
    | DECLARED
    | STREAM,
    short="draw",
)
DERIVED = Fields(
    "derived",
    {"value": Field(each(EXPRESSION), "What it is, computed each step.", required=True)} | DECLARED,
    short="value",
)
STATE = Fields(
    "state",
    {
        "initial": Field(each(EXPRESSION), "Its first value.", required=True),
        "change": Field(each(RATE), "A rate of change, in its unit per time."),
        "next": Field(each(EXPRESSION), "Its next value."),
        "min": Field(each(EXPRESSION), "It is never below this."),
        "max": Field(each(EXPRESSION), "It is never above this."),
        "on": Field(JUMPS, "Jumps, in order."),
    }
    | DECLARED,
    short="initial",
)
EVENT = Fields(
    "event",
    {
        "when": Field(each(CONDITION), "A gate; always open without one."),
        "rate": Field(each(RATE), "The hazard, per time."),
        "probability": Field(each(EXPRESSION), "The probability, each time it is considered."),
        **CHANCE,
        "every": Field(each(Duration), "It is considered only in the steps that start at 0, this, twice this ..."),
        "once": Field(Flag(), "It happens at most once."),
        "cooldown": Field(each(Duration), "The least time from one date to the next."),
        "kinds": Field(Entries(each(EXPRESSION), "a mapping of kinds and weights"), "One of these, by weight."),
    }
    | DECLARED
    | STREAM,
)
MOVE_FIELDS = {
    "on": Field(THINGS, "Events and kinds that cause the move."),
    "when": Field(each(CONDITION), "A gate, or without `on`, `rate` and `chance` the cause."),
    "rate": Field(each(RATE), "The hazard of the move, per time."),
    **CHANCE,
    "about": Field(TEXT, "A sentence of explanation."),
    "source": Field(TEXT, "Where the number comes from."),
    "confidence": Field(CONFIDENCE, "The quality of that basis."),
}
MOVE = Fields("move", MOVE_FIELDS)
LONG_MOVE = Fields(
    "long move",
    {
        "from": Field(OneOrMore(NAME), "The value, or values, it leaves; `any` for all but the target.", required=True),
        "to": Field(
            ByKind(scalar=NAME, mapping=Entries(each(EXPRESSION), "a mapping of values and weights")),
            "The value it takes, or several with weights.",
            required=True,
        ),
    }
    | MOVE_FIELDS,
)


class Moves(Shape):
    """One move: ``a -> b: {...}`` or a mapping with ``from`` and ``to``. Read as (arrow or None, record)."""

    what = "a move such as `calm -> war: {rate: 0.1/year}`"

    def read(self, node: Any, report: Any) -> Any:
        entries = getattr(node, "entries", None)
        arrows = [entry for entry in entries or () if "->" in entry[0].text]
        if not entries or (arrows and len(entries) > 1):
            return self.refuse(node, report, "one move for each `-` of the list")
        if arrows:
            record = MOVE.read(arrows[0][1], report)
            return None if record is None else (arrows[0][0], record)
        record = LONG_MOVE.read(node, report)
        return None if record is None else (None, record)

    def schema(self, definitions: Schema) -> Schema:
        arrow = {
            "type": "object",
            "patternProperties": {"->": MOVE.schema(definitions)},
            "additionalProperties": False,
        }
        return {"anyOf": [arrow, LONG_MOVE.schema(definitions)]}


PHASE = Fields(
    "phase",
    {
        "values": Field(Listing(NAME, "a list of at least two values", at_least=2), "What it can be.", required=True),
        "initial": Field(
            ByKind(scalar=NAME, mapping=Entries(Raw(), "a mapping of values and weights")),
            "Its first value, or weights for several.",
            required=True,
        ),
        "moves": Field(Listing(Moves(), "a list of moves"), "How it moves, in the order in which they are tried."),
    }
    | DECLARED
    | STREAM,
)
ACTOR = Fields(
    "actor",
    {
        "title": Field(TEXT, "Its name for readers."),
        "precision": Field(EXPRESSION, "How closely its choices follow their utilities; 1 without it."),
        "inertia": Field(EXPRESSION, "The utility of staying with the present option; 0 without it."),
    }
    | ABOUT,
    short="title",
)
OPTION = Fields(
    "option",
    {
        "utility": Field(each(EXPRESSION), "How attractive it is, without unit.", required=True),
        "when": Field(each(CONDITION), "Where this does not hold, it cannot be chosen."),
    }
    | ABOUT,
    short="utility",
)
DECISION = Fields(
    "decision",
    {
        "asks": Field(TEXT, "The question that is decided."),
        "initial": Field(each(NAME), "The first option.", required=True),
        "every": Field(each(Duration), "Decision points come at 0, at this, at twice this ..."),
        "on": Field(THINGS, "Events and kinds that are decision points."),
        "when": Field(each(CONDITION), "A gate for decision points."),
        "options": Field(Entries(OPTION, "a mapping of options"), "What can be chosen.", required=True),
        "precision": Field(each(EXPRESSION), "Instead of the actor's."),
        "inertia": Field(each(EXPRESSION), "Instead of the actor's."),
    }
    | DECLARED
    | STREAM,
)
OUTCOME = ByKind(
    scalar=Choice(words=("otherwise",)),
    mapping=Fields(
        "outcome",
        {
            "ends_when": Field(CONDITION, "Stops the trajectory as soon as it holds."),
            "when": Field(CONDITION, "Holds where the trajectory stopped."),
        }
        | ABOUT,
    ),
)
QUESTION = Fields(
    "question",
    {
        "asks": Field(TEXT, "The question in words."),
        "ever": Field(CONDITION, "Yes if this holds at some record time of the window."),
        "always": Field(CONDITION, "Yes if this holds at every record time of the window."),
        "at_end": Field(CONDITION, "Yes if this holds at the last record time of the window."),
        "value": Field(EXPRESSION, "A number asked for, at the last record time of the window."),
        "for": Field(Duration, "With `ever`: it holds at every record time of a stretch this long."),
        "from": Field(DAY, "The first day of the window; the start without it."),
        "by": Field(DAY, "The last day of the window; the horizon without it."),
        "before": Field(CONDITION, "With `ever`: it holds before this first does."),
        "given": Field(CONDITION, "Only trajectories in which this holds in the window count."),
        "bins": Field(Listing(Number(), "a list of numbers", at_least=1), "The edges between answers, increasing."),
        "unit": Field(TEXT, "The unit of the bins; that of the value without it."),
    }
    | ABOUT,
)
MEASURE = Fields(
    "measure",
    {
        "value": Field(EXPRESSION, "What is summarised.", required=True),
        "unit": Field(TEXT, "The unit it is given in."),
        "title": Field(TEXT, "Its name for readers."),
    }
    | ABOUT,
    short="value",
)
MEASURES = ByKind(
    mapping=Entries(MEASURE, "a mapping of measures", NAME),
    sequence=Listing(
        ByKind(scalar=Reference, mapping=Entries(MEASURE, "a mapping of measures", NAME)), "a list of measures"
    ),
)
SPAN = {
    "from": Field(DAY, "The day from which it holds; the start without it."),
    "until": Field(DAY, "The day from which it holds no more; for good without it."),
}
FORCE = ByKind(
    scalar=NAME,
    mapping=Fields("force", {"option": Field(NAME, "The option that is in force.", required=True), **SPAN}),
)
SETTING = ByKind(
    scalar=Formula("a number, a distribution or a name"),
    mapping=Entries(Raw(), "a mapping of elements, or of `value`, `from` and `until`"),
    sequence=Listing(Raw(), "a list of settings"),
)
TIMED = Fields("timed setting", {"value": Field(EXPRESSION, "The value.", required=True), **SPAN})
SETTINGS = Entries(SETTING, "a mapping of names and values", Reference)
SCENARIO = Fields(
    "scenario",
    {
        "title": Field(TEXT, "Its name for readers."),
        "about": Field(TEXT, "What it supposes."),
        "inherits": Field(NAME, "The scenario that it changes; `baseline` without it."),
        "set": Field(SETTINGS, "Parameters, levers and initial values."),
        "force": Field(Entries(OneOrMore(FORCE), "a mapping of decisions", Reference), "Options in force."),
        "fire": Field(Entries(OneOrMore(DAY), "a mapping of events and dates", Reference), "Events that happen."),
        "suppress": Field(THINGS, "Events that never happen."),
        "source": ABOUT["source"],
        "confidence": ABOUT["confidence"],
    },
)
SCENARIOS = Entries(SCENARIO, "a mapping of scenarios", NAME, optional=True)
CLOCK = Fields(
    "clock",
    {
        "start": Field(DAY, "The date of time 0.", required=True),
        "step": Field(Duration, "The length of a step: `N days`, `N weeks` or `1 month`.", required=True),
        "horizon": Field(Duration, "How long a trajectory is."),
        "end": Field(DAY, "Instead of `horizon`: the last record time is not after this."),
    },
)
DEFAULTS = Fields("defaults", {"source": ABOUT["source"], "confidence": ABOUT["confidence"]})
PAIR = Listing(ByKind(scalar=Formula("a name or a number")), "a list of two names and a number", exactly=3)

ANYWHERE = {
    "title": Field(TEXT, "A name for readers."),
    "about": Field(TEXT, "A paragraph of explanation."),
    "defaults": Field(DEFAULTS, "Source and confidence of the declarations of this file that give none."),
    "parameters": Field(Entries(PARAMETER, "a mapping of parameters"), "Constant along a trajectory."),
    "levers": Field(Entries(LEVER, "a mapping of levers"), "What a decision maker could set."),
    "draws": Field(Entries(DRAW, "a mapping of draws"), "Named randomness."),
    "derived": Field(Entries(DERIVED, "a mapping of derived values"), "Computed each step."),
    "states": Field(Entries(STATE, "a mapping of states"), "Numbers carried from step to step."),
    "events": Field(Entries(EVENT, "a mapping of events", optional=True), "What happens at a moment."),
    "phases": Field(Entries(PHASE, "a mapping of phases"), "Finite-state machines."),
    "decisions": Field(Entries(DECISION, "a mapping of decisions"), "Discrete choices of actors."),
    "questions": Field(Entries(QUESTION, "a mapping of questions"), "Forecast questions."),
    "measures": Field(MEASURES, "What is summarised over time."),
}
MODEL_ONLY = {
    "clock": Field(CLOCK, "Start, step and horizon.", required=True),
    "modules": Field(Listing(TEXT, "a list of files"), "The files of the systems of the crisis."),
    "actors": Field(Entries(ACTOR, "a mapping of actors", optional=True), "Who decides."),
    "indexes": Field(Entries(Listing(NAME, "a list of elements", at_least=1), "a mapping of indexes"), "Indexes."),
    "dates": Field(Entries(DAY, "a mapping of dates"), "Dates with names."),
    "units": Field(Entries(TEXT, "a mapping of units"), "Units of the model's own."),
    "history": Field(Entries(OneOrMore(DAY), "a mapping of events and dates", Reference), "Before the start."),
    "outcomes": Field(Entries(OUTCOME, "a mapping of outcomes"), "How a trajectory is classed."),
    "correlations": Field(Listing(PAIR, "a list of correlations"), "Rank correlations: `[a, b, 0.3]`."),
    "scenarios": Field(SCENARIOS, "Named differences from the model as written."),
}
_ELSEWHERE = {name: f"`{name}` stands in the model file, not in a module" for name in ("model", *MODEL_ONLY)}
BLOCKS = ("sweep", "objectives", "compare", "sensitivity", "discover", "calibrate", "claims")

MODEL = Fields("model", {"model": Field(NAME, "The model's name.", required=True)} | ANYWHERE | MODEL_ONLY)
MODULE = Fields("module", ANYWHERE, elsewhere=_ELSEWHERE | {"study": "a study cannot be a module"})
STUDY = Fields(
    "study",
    {
        "study": Field(NAME, "The study's name.", required=True),
        "title": Field(TEXT, "Its name for readers."),
        "about": Field(TEXT, "What it asks."),
        "model": Field(TEXT, "The model's file, beside this one.", required=True),
        "scenarios": Field(
            ByKind(scalar=NAME, mapping=SCENARIOS, sequence=Listing(NAME, "a list of scenarios", at_least=1)),
            "The scenarios to run, as a list of names; or scenarios to add to those of the model, as a mapping.",
        ),
        "set": Field(SETTINGS, "Settings for all scenarios."),
        "measures": Field(MEASURES, "The measures of this study instead of the model's."),
        "trajectories": Field(Number("a whole number from 1", whole=True, low=1), "How many for each scenario."),
        "seed": Field(Number("a whole number from 0, below 2^64", whole=True, low=0, high=2**64 - 1), "The seed."),
        "output": Field(TEXT, "The directory for the results."),
        **{name: Field(Raw(), "Settings of an analysis.") for name in BLOCKS},
    },
)


def json_schema() -> Schema:
    """The JSON schema of model, module and study files, for editors."""
    definitions: Schema = {}
    study, model, module = (shape.schema(definitions) for shape in (STUDY, MODEL, MODULE))
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Crossroads model, module or study",
        "type": "object",
        "if": {"required": ["study"]},
        "then": study,
        "else": {"if": {"required": ["model"]}, "then": model, "else": module},
        "$defs": definitions,
    }
