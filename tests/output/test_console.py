"""What the terminal says beside the table of a run."""

import io

import pytest

from sim.engine.run import run
from sim.output.console import console_for, show_results
from tests.compiler.runs import loaded

UNCERTAIN = "parameters: {pace: {prior: 'uniform(0, 1)', unit: 1/week}}\n"
COIN = "events: {toss: {rate: pace, once: true}}\noutcomes: {heads: {when: toss.ever}, tails: otherwise}\n"
FEW = "draws of the parameters, too few to know them"


@pytest.mark.parametrize(
    ("parameters", "n", "replicates", "said"),
    [
        (UNCERTAIN, 990, 10, f"The bands rest on 99 {FEW}"),
        (UNCERTAIN, 1000, 10, ""),
        (UNCERTAIN, 200, 1, ""),
        ("parameters: {pace: {value: 1, unit: 1/week}}\n", 200, 10, ""),
    ],
)
def test_bands_of_few_parameter_draws_are_said_to_be(parameters, n, replicates, said):
    stream = io.StringIO()
    show_results(run(loaded(parameters + COIN), n=n, replicates=replicates), None, console_for(stream, False))
    shown = " ".join(stream.getvalue().split())
    assert said in shown if said else FEW not in shown


def test_a_band_that_is_a_point_is_not_shown():
    stream = io.StringIO()
    text = UNCERTAIN + COIN.replace("{when: toss.ever}", "{when: toss.count > 1}")
    results = run(loaded(text), n=1000)
    assert results.scenarios[0].outcomes[0].band == (0, 0)
    show_results(results, None, console_for(stream, False))
    assert "0.0 (0.0, 0.4)" in stream.getvalue()
    assert "[0, 0]" not in stream.getvalue()
