"""Large and absurd models: what grows, grows linearly; what no machine could hold is refused at once."""

import time

import pytest

from sim.errors import ModelError
from sim.model.load import load

from .runs import CLOCK, ran, write


def refused(folder, text):
    """The codes of the problems of a model; how long it took to find them."""
    started = time.process_time()
    with pytest.raises(ModelError) as found:
        load(write(folder, text))
    assert time.process_time() - started < 5
    return [problem.code for problem in found.value.problems]


def bomb(levels):
    lines = ["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    for k in range(1, levels):
        lines.append(f"a{k}: &a{k} [{', '.join([f'*a{k - 1}'] * 9)}]")
    return "\n".join(lines) + "\nmodel: tiny\nstates: {x: 0}\n"


ABSURD = {
    "terms": "states: {x: {initial: 0, next: '" + " + ".join(["x"] * 10_000) + "'}}\n",
    "depth": "states: {x: {initial: 0, next: '" + "(" * 3000 + "x" + ")" * 3000 + "'}}\n",
    "negations": "states: {x: {initial: 0, next: '" + "-" * 5000 + "x'}}\n",
    "horizon": "clock: {start: 2025-01-06, step: 1 week, horizon: 1000000000 weeks}\nstates: {x: 0}\n",
    "endless": "clock: {start: 2025-01-06, step: 1 day, end: 9999-12-31}\nstates: {x: 0}\n",
    "aliases": bomb(9),
    "digits": "parameters: {x: " + "9" * 5000 + "}\nstates: {y: x}\n",
    "exponent": "parameters: {x: 1e999}\nstates: {y: x}\n",
    "every": "events: {a: {every: 99999999999999999999 weeks}}\nstates: {x: 0, y: z}\n",
}


@pytest.mark.parametrize("name", ABSURD)
def test_absurd_models_are_refused_at_once(tmp_path, name):
    assert refused(tmp_path, ABSURD[name])


def chain(statements):
    """A model of so many derived values and states, each of which reads the one before."""
    lines = ["model: chain", "draws: {e: \"normal(0, 1)\"}", "derived:"]
    half = statements // 2
    for k in range(half):
        before = f"d{k - 1}" if k else "e"
        lines.append(f"  d{k}: tanh({before} + 0.{k % 9 + 1}*s{k}) + exp(-abs(s{(k + 1) % half}))")
    lines.append("states:")
    lines += [f"  s{k}: {{initial: 0.{k % 7}, change: (d{k} - s{k})/week, min: -9, max: 9}}" for k in range(half)]
    lines.append("measures: [s0]\n" + CLOCK)
    return "\n".join(lines)


def test_a_model_of_many_statements_runs():
    found = ran(chain(100), n=200)
    assert found.n == 200


def test_long_sums_within_the_limit():
    terms = " + ".join(f"{k}*x" for k in range(90))
    found = ran(f"states: {{x: {{initial: 1, next: '({terms})/4005'}}}}\n")
    assert found.one("x")[1] == pytest.approx(1)
