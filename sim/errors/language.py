"""E2xx: expressions, units and distributions."""

from sim.errors.code import Code, bad

LANGUAGE: dict[str, Code] = {
    "E201": bad(
        "An expression that cannot be read",
        "Expressions have the syntax of Python's expressions: numbers, names, operators, comparisons, `and or not`, "
        "`a if c else b` and calls of functions. This one breaks off, has a bracket too many, lacks an operator, or "
        "uses a word of Python as a name.",
        "measures:\n  - force: {value: 3 + * 2}\n",
        "Look at the place under the caret; equality is `==`, a product needs its `*`.",
    ),
    "E202": bad(
        "A construct that expressions do not have",
        "Expressions are parsed and never run, and only a small part of Python's syntax belongs to them. Text, "
        "lists, lambdas, comprehensions, assignments, bit operators, `is`, `in`, True and None do not.",
        'measures:\n  - force: {value: "2 ^ 3"}\n',
        "A power is written `**`; truth is 0 or 1; sums over an index are `sum(x)`.",
    ),
    "E203": bad(
        "A number that is too large",
        "A number must be finite: the largest is about 1.8e308. Infinite and NaN constants are not numbers a model "
        "can compute with.",
        "measures:\n  - force: {value: 1e999}\n",
        "Choose a unit in which the number is of ordinary size.",
    ),
    "E204": bad(
        "An expression that is too long or too deep",
        "An expression may have 20,000 characters, 2,000 numbers, names and operations, and 100 levels of nesting "
        "(each further term of a sum is a level); written out over its indexes, a million operations. A machine "
        "could not hold much more, and no reader could follow it.",
        "measures:\n  - force: {value: " + "(" * 201 + "1" + ")" * 201 + "}\n",
        "Split it into derived values, or declare values over an index and use `sum`.",
    ),
    "E205": bad(
        "A character that expressions do not have",
        "Expressions consist of the letters, digits and signs of a plain keyboard. Minus signs, multiplication "
        "signs and spaces from a word processor look right and are other characters; `#`, `;`, `?`, `$` and the "
        "backslash have no meaning.",
        'measures:\n  - force: {value: "3 × 2"}\n',
        "Type the sign again: `-`, `*`, `/`, `<=`.",
    ),
    "E206": bad(
        "An empty expression",
        "An expression is expected here, and the text is empty.",
        'measures:\n  - force: {value: " "}\n',
        "Write a number or an expression, or leave the field out.",
    ),
    "E211": bad(
        "An unknown unit",
        "The units are those of pint with those of the model language: `km2 m2 km3`, `USD EUR RUB GBP CNY` and "
        "their `bn_` multiples, `people`, `bbl kb mb Mbbl`, `percent`, `index`, `share`. Upper and lower case "
        "differ.",
        "parameters:\n  aid: {value: 3, unit: dollars, source: expert judgement}\nmeasures: [aid]\n",
        "`units: {warhead: one warhead}` in the model file adds a unit of the model's own.",
    ),
    "E212": bad(
        "A unit that cannot be read",
        "A unit is a product, quotient or power of names: `km2/week`, `bn_EUR/week/year`, `1/year`, `m/s**2`. It "
        "contains no number but 1, and between two names stands `*` or `/`.",
        "parameters:\n  aid: {value: 3, unit: 1000 USD, source: expert judgement}\nmeasures: [aid]\n",
        "The number belongs in the value: `value: 3000` with `unit: USD`.",
    ),
    "E213": bad(
        "A unit that cannot be multiplied",
        "Degrees Celsius and decibels have a zero that is not nothing, so that products and sums of them mean nothing.",
        "parameters:\n  cold: {value: 3, unit: degC, source: expert judgement}\nmeasures: [cold]\n",
        "Declare a difference of temperature in K, or a plain ratio.",
    ),
    "E214": bad(
        "A unit out of range",
        "The size of a unit, in metres, seconds, grams, dollars and so on, must lie between 1e-200 and 1e200.",
        "parameters:\n  far: {value: 3, unit: Ym**20, source: expert judgement}\nmeasures: [far]\n",
        "Choose a unit of ordinary size.",
    ),
    "E215": bad(
        "A unit that is there already",
        "`units:` in the model file adds units of the model's own, each of a dimension of its own. It cannot "
        "redefine a unit that exists.",
        "units: {week: seven days}\nmeasures:\n  - force: {value: 3}\n",
        "Leave it out, or choose another name.",
    ),
    "E216": bad(
        "Units that do not fit together",
        "What is added, subtracted or compared, and the arguments of `min`, `max`, `clip`, the branches of a "
        "conditional and the points of a table, must have units of the same dimension; different scales of one "
        "dimension are converted. A number within an expression has no unit, except 0, which fits any.",
        "parameters:\n"
        "  area: {value: 3, unit: km2, source: expert judgement}\n"
        "measures:\n"
        "  - total: {value: area + 5}\n",
        "Give the number a name and a unit as a parameter; a duration is `8*week`.",
    ),
    "E217": bad(
        "An expression in the wrong unit",
        "The value of this field has a unit, and the expression is in a unit of another dimension. A rate is a "
        "number per time.",
        "events:\n  strike: {rate: 0.05}\nmeasures:\n  - strikes: {value: strike.count}\n",
        "Write `0.05/year`, or `hazard(p, window)`.",
    ),
    "E218": bad(
        "A plain number is needed",
        "`exp`, `log`, `floor`, `logistic` and their like, conditions and `and or not` work on plain numbers. A "
        "quantity with a unit becomes one when it is divided by a quantity of the same dimension.",
        "parameters:\n"
        "  area: {value: 3, unit: km2, source: expert judgement}\n"
        "measures:\n"
        "  - growth: {value: exp(area)}\n",
        "Divide it by a reference quantity of the same unit first.",
    ),
    "E219": bad(
        "An exponent that leaves the unit unknown",
        "The exponent of a quantity with a unit must be a simple number such as 2, -1 or 1/2: otherwise the unit of "
        "the result would not be known before the run.",
        "parameters:\n"
        "  area: {value: 3, unit: km2, source: expert judgement}\n"
        "  power: {value: 2, source: expert judgement}\n"
        "measures:\n"
        "  - growth: {value: area ** power}\n",
        "Divide the base by a quantity of the same unit first.",
    ),
    "E221": bad(
        "Which element is meant?",
        "A name that is over an index has a value for each element. Its bare name means the same element inside a "
        "declaration over the same index, and the running element inside `sum`, `mean`, `any`, `all`, `min` and "
        "`max`; anywhere else one element is named.",
        "indexes: {sector: [north, south]}\n"
        "parameters:\n"
        "  held: {value: 3, over: sector, source: expert judgement}\n"
        "measures:\n"
        "  - force: {value: held + 1}\n",
        "Write `held[north]`, or `sum(held)`.",
    ),
    "E222": bad(
        "Not an element of the index",
        "The brackets after a name hold one element of the index that it is over.",
        "indexes: {sector: [north, south]}\n"
        "parameters:\n"
        "  held: {value: 3, over: sector, source: expert judgement}\n"
        "measures:\n"
        '  - force: {value: "held[west]"}\n',
        "The elements are listed under `indexes:`.",
    ),
    "E223": bad(
        "A name without an index",
        "Only a declaration with `over:` has elements.",
        'parameters:\n  held: {value: 3, source: expert judgement}\nmeasures:\n  - force: {value: "held[north]"}\n',
        "Leave the brackets out, or declare it `over:` an index.",
    ),
    "E224": bad(
        "Nothing to run over",
        "`sum`, `mean`, `any` and `all`, and `min` and `max` of one argument, run over the index of what they are "
        "given, and here nothing is over one. A name with its element in brackets stays fixed.",
        "parameters:\n  held: {value: 3, source: expert judgement}\nmeasures:\n  - force: {value: sum(held)}\n",
        "Sum something that is declared `over:` an index.",
    ),
    "E225": bad(
        "Two indexes at once",
        "A sum runs over one index. Where its argument names things over two different ones, it is not clear which.",
        "indexes: {sector: [north, south], ally: [east, west]}\n"
        "parameters:\n"
        "  held: {value: 3, over: sector, source: expert judgement}\n"
        "  aid: {value: 3, over: ally, source: expert judgement}\n"
        "measures:\n"
        "  - force: {value: sum(held * aid)}\n",
        "Name one element of the other index, or sum in two steps: `sum(held * sum(aid))`.",
    ),
    "E226": bad(
        "A function without its arguments",
        "The names of functions are no values.",
        "measures:\n  - force: {value: exp + 1}\n",
        "Write the arguments in parentheses: `exp(1)`.",
    ),
    "E231": bad(
        "An unknown function",
        "Expressions have the functions abs, min, max, clip, exp, log, log1p, expm1, sqrt, floor, ceil, round, "
        "sign, sin, cos, tanh, logistic, logit, normal_cdf, normal_quantile, table, hazard, sum, mean, any and all. "
        "Distributions stand in `prior:` and `draws:`, never inside an expression.",
        "measures:\n  - force: {value: ln(2)}\n",
        "The natural logarithm is `log`.",
    ),
    "E232": bad(
        "The wrong number of arguments",
        "A function takes the arguments that its signature lists.",
        'measures:\n  - force: {value: "clip(3, 1)"}\n',
        "`clip(x, lo, hi)`, `table(x, x0, y0, x1, y1, ...)`, `hazard(p, window)`.",
    ),
    "E233": bad(
        "Arguments by keyword",
        "The functions of expressions take their arguments by position; only distributions take keywords.",
        'measures:\n  - force: {value: "clip(3, lo=1, hi=2)"}\n',
        "Write `clip(3, 1, 2)`.",
    ),
    "E234": bad(
        "A table out of order",
        "`table(x, x0, y0, x1, y1, ...)` is piecewise linear through its points, whose x increase.",
        'measures:\n  - force: {value: "table(3, 2, 0, 1, 5)"}\n',
        "Write the points from left to right.",
    ),
    "E235": bad(
        "A hazard that is none",
        "`hazard(p, window)` is the constant rate that gives probability p within the window: p is at least 0 and "
        "below 1, and the window a time.",
        'measures:\n  - force: {value: "hazard(1, 30*day)", unit: 1/week}\n',
        "What is certain to happen is an event with `chance: 1`.",
    ),
    "E241": bad(
        "Not a distribution",
        "A prior and a draw are one distribution: normal, lognormal, uniform, triangular, pert, beta, gamma, "
        "exponential, weibull, student_t, bernoulli, binomial, poisson, categorical or quantiles, with its "
        "arguments and nothing around it.",
        'parameters:\n  force: {prior: "gaussian(0, 1)", source: expert judgement}\nmeasures: [force]\n',
        "A fixed number stands under `value:`; arithmetic with a draw goes into a derived value.",
    ),
    "E242": bad(
        "Wrong arguments of a distribution",
        "A distribution takes the arguments of its signature, by position or by name, each once, and `min=` and "
        "`max=` to truncate it.",
        'parameters:\n  force: {prior: "normal(3)", source: expert judgement}\nmeasures: [force]\n',
        "For example `normal(mean, sd)` or `normal(mean=3, sd=1)`.",
    ),
    "E243": bad(
        "Arguments that make no distribution",
        "A standard deviation, shape or scale is above 0, a probability between 0 and 1, a lower end below its "
        "upper end, a geometric standard deviation above 1.",
        'parameters:\n  force: {prior: "uniform(3, 1)", source: expert judgement}\nmeasures: [force]\n',
        "Look at the order and the sign of the arguments.",
    ),
    "E244": bad(
        "Quantiles where they cannot stand",
        "normal, lognormal, uniform, beta, gamma and weibull also take exactly two quantiles (`p5=.., p95=..`), and "
        "`quantiles(...)` takes 2 to 10. Beside quantiles only `min=` and `max=` can stand. Quantiles are p1 to p99.",
        'parameters:\n  force: {prior: "poisson(p5=1, p95=4)", source: expert judgement}\nmeasures: [force]\n',
        "`quantiles(p5=1, p50=2, p95=4, min=0)` fits almost anything.",
    ),
    "E245": bad(
        "Quantiles that no such distribution has",
        "Quantiles increase with their probability, and lie within what the distribution can draw: lognormal, gamma "
        "and weibull draw numbers above 0, beta between 0 and 1, and `quantiles(...)` between its `min` and `max`.",
        'parameters:\n  force: {prior: "lognormal(p5=4, p95=1)", source: expert judgement}\nmeasures: [force]\n',
        "p5 is the low end and p95 the high end.",
    ),
    "E246": bad(
        "A truncation that leaves nothing",
        "`min=` and `max=` keep the part of a distribution that lies between them. Here there is none, or less than "
        "double precision can tell from none.",
        'parameters:\n  force: {prior: "normal(0, 1, min=3, max=2)", source: expert judgement}\nmeasures: [force]\n',
        "`min` is below `max`, and both are in the declaration's own unit.",
    ),
    "E247": bad(
        "Quantiles without a density",
        "`quantiles(...)` meets every quantile exactly with Keelin's metalog of as many terms. Quantiles that bend "
        "too sharply would make its density negative somewhere, so that there is no such distribution.",
        "parameters:\n"
        '  force: {prior: "quantiles(p5=0, p50=1, p95=100)", source: expert judgement}\n'
        "measures: [force]\n",
        "Give a bound (`min=`), fewer quantiles, or quantiles closer to a smooth curve.",
    ),
    "E248": bad(
        "A share on another scale",
        "A beta distribution draws numbers from 0 to 1. In percent these would be numbers from 0 to 1 percent, "
        "which is hardly ever meant.",
        'parameters:\n  force: {prior: "beta(2, 3)", unit: percent, source: expert judgement}\nmeasures: [force]\n',
        "Declare it with `unit: share`.",
    ),
    "E249": bad(
        "Quantiles are numbers",
        "A distribution is fitted to quantiles before the run: they are plain numbers in the declaration's own unit, "
        "or constants such as `2*week`. So are the limits of `quantiles(...)`.",
        "parameters:\n"
        "  high: {value: 3, source: expert judgement}\n"
        '  force: {prior: "lognormal(p5=1, p95=high)", source: expert judgement}\n'
        "measures: [force, high]\n",
        "Write the numbers out, or use the arguments of the family.",
    ),
}
