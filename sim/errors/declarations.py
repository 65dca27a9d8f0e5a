"""E3xx: names and declarations."""

from sim.errors.code import Code, bad

DECLARATIONS: dict[str, Code] = {
    "E301": bad(
        "Not a name",
        "Names are lower case letters, digits and underscores, beginning with a letter, and no words of Python.",
        "parameters:\n  Price: 3\n",
        "Write `price`.",
    ),
    "E302": bad(
        "A name of the language",
        "Functions, durations and built-in names (`t dt horizon pi day week month year`) cannot be declared, and no "
        "value, kind or option can be called `ever`, `count`, `elapsed` or `level`.",
        "states:\n  exp: {initial: 0}\n",
        "Choose another name.",
    ),
    "E303": bad(
        "A name given twice",
        "Within a module, and within the root, a name stands for one thing, whatever its kind. The same holds for "
        "elements, values, kinds, measures, scenarios and streams.",
        "states:\n  force: {initial: 0}\ndates: {force: 2025-01-13}\n",
        "Rename one of the two.",
    ),
    "E304": bad(
        "A name that hides another",
        "A name of the root is visible in every module, so a module cannot declare it again; and nothing is called "
        "like another module.",
        "modules: [oil.yaml]\nstates:\n  price: {initial: 0}\n# file: oil.yaml\nstates:\n  price: {initial: 0}\n",
        "Rename one of the two.",
    ),
    "E305": bad(
        "An unknown name",
        "A bare name is looked up in its own module, then in the root, then among the built-ins; a name of another "
        "module is written with it: `oil.brent`.",
        "states:\n  force: {initial: 0}\nmeasures: [forces]\n",
        "The message gives the nearest known name.",
    ),
    "E306": bad(
        "A name of another kind",
        "An event, a phase or a decision is not a number: its memory (`strike.ever`), value (`war.ceasefire`) or level "
        "is. Only events, kinds, phase values and options happen; moves and decisions react to events and kinds.",
        "events:\n  strike: {rate: 1/year}\nmeasures:\n  - strikes: strike + 1\n",
        "Say which part of it is meant.",
    ),
    "E307": bad(
        "A name that cannot be read here",
        "Parameters read parameters only. Initial values and draws of the trajectory are settled at the start: they "
        "read parameters, levers and draws of the trajectory. Everything else may read everything.",
        "states:\n  force: {initial: 3}\nparameters:\n  half: force/2\nmeasures: [half, force]\n",
        "Declare it as a derived value, or read a parameter.",
    ),
    "E308": bad(
        "A cycle",
        "A parameter, draw or derived value that needs itself cannot be computed. States, phases and events read as at "
        "the start of the step, so a loop through one of them is no cycle.",
        "derived:\n  a: b + 1\n  b: a + 1\nmeasures: [a, b]\n",
        "Make one of them a state.",
    ),
    "E309": bad(
        "Fields that exclude each other",
        "Of these fields only one can be given, or one goes with another kind of declaration only.",
        "states:\n  force: {initial: 3, change: 0, next: 3}\n",
        "Delete one of them.",
    ),
    "E311": bad(
        "A day that does not exist",
        "Dates are written year-month-day and lie in the calendar, between the years 1000 and 9900.",
        "dates: {leap: 2025-02-29}\n",
        "Check the day and the month.",
    ),
    "E312": bad(
        "A duration that does not fit the steps",
        "`every`, `cooldown`, `for`, `within` and `horizon` are whole numbers of steps, and a step is `N days`, "
        "`N weeks` or `1 month`. A month is a twelfth of 365.25 days, so that it is no whole number of weeks.",
        "events:\n  strike: {rate: 1/year, cooldown: 10 days}\nmeasures:\n  - strikes: strike.count\n",
        "Use a multiple of the step.",
    ),
    "E313": Code(
        "An impossible horizon",
        "A horizon is after the start, within the calendar, and at most 100,000 steps.",
        "model: bad\nclock: {start: 2025-01-06, step: 1 day, horizon: 1_000_000 days}\n",
        "Take a longer step, or a nearer horizon.",
    ),
    "E314": bad(
        "Elements that do not fit the index",
        "A value given per element has one for each element of the index and for nothing else; a reference names an "
        "element that exists; and `over:` an index that is declared.",
        "indexes: {sector: [north, south]}\nstates:\n  held: {over: sector, initial: {north: 1}}\n",
        "Compare with the list under `indexes:`.",
    ),
    "E315": bad(
        "A number out of bounds",
        "A probability lies between 0 and 1; weights and rates are not negative and not all zero; a minimum is below "
        "its maximum.",
        "events:\n  strike: {probability: 1.5}\nmeasures:\n  - strikes: strike.count\n",
        "Was a percentage meant? 30% is 0.3.",
    ),
    "E316": bad(
        "A number that is not finite",
        "Infinity and NaN are not numbers a model can compute with.",
        "levers:\n  aid: {value: 1, range: [0, .inf]}\nmeasures: [aid]\n",
        "Leave a bound out instead.",
    ),
    "E317": bad(
        "A value, option or move that does not exist",
        "The initial value and the moves of a phase name values of its list, the initial option of a decision one of "
        "its options. A move is `a -> b: {...}` or has `from` and `to`, and leads to another value.",
        "phases:\n  war: {values: [calm, fighting], initial: peace}\n",
        "The message lists what there is.",
    ),
    "E318": bad(
        "A decision without an actor",
        "A decision is called `actor.name`, and its actor is declared under `actors:` in the model file.",
        "decisions:\n  moscow.aim: {initial: hold, options: {hold: 0, widen: 1}}\n",
        "Add the actor: `actors: {moscow: {title: Moscow}}`.",
    ),
    "E319": bad(
        "Outcomes that do not cover everything",
        "Every trajectory has exactly one outcome, the first in the list that holds, so the last one is `otherwise`.",
        "phases:\n  war: {values: [calm, fighting], initial: calm}\noutcomes:\n  peace: {when: war.calm}\n",
        "Add a last outcome: `other: otherwise`.",
    ),
    "E320": bad(
        "A question without a window",
        "The record times from `from` to `by`, both included, answer a question; at least one must lie between.",
        "phases:\n  war: {values: [calm, fighting], initial: calm}\n"
        "questions:\n  peace: {ever: war.calm, from: 2025-01-07, by: 2025-01-12}\n",
        "Record times are the start and whole steps after it.",
    ),
    "E321": bad(
        "Bins out of order",
        "The edges between the answers of a numeric question increase.",
        "states:\n  price: {initial: 3}\nquestions:\n  price_end: {value: price, bins: [70, 60]}\n",
        "Sort them.",
    ),
    "E322": bad(
        "An impossible correlation",
        "Correlations are between two uncertain parameters, or two draws of the same cadence, each pair once, with a "
        "number between -1 and 1; and together they form a positive definite matrix.",
        'parameters:\n  a: {prior: "normal(0, 1)"}\n  b: 3\ncorrelations:\n  - [a, b, 0.5]\nmeasures: [a, b]\n',
        "Give the fixed one a prior, or leave the pair out.",
    ),
    "E323": bad(
        "History that is none",
        "`history:` gives events, or kinds of them, that happened on or before the start.",
        "events:\n  strike: {rate: 1/year}\nhistory: {strike: 2025-01-20}\n",
        "What happens later is fired by a scenario: `fire: {strike: 2025-01-20}`.",
    ),
}
