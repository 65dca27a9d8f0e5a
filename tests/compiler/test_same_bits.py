"""The kernel and the interpreter give the same bits, on random models and after every pass."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from sim.compiler.inputs import Inputs
from sim.compiler.interpret import Interpreter
from sim.compiler.kernel import build
from sim.compiler.lower import lower
from sim.compiler.passes import PASSES
from sim.engine.driver import simulate
from sim.model.declarations import Model

from .random_models import models

SEED = 2**64 - 5
TRAJECTORIES = (0, 5, 63, 64, 66)
COUNT = 67
REPLICATES = 3


def interpreted(program, inputs, parameters, trajectory):
    interpreter = Interpreter(program, inputs, parameters[:, trajectory // REPLICATES], SEED, trajectory)
    seen = list(interpreter.run())
    return interpreter.slots, np.array([s.records for s in seen])


def bits(values):
    """NaN equals NaN, whatever its sign and payload; zeros keep their sign."""
    values = np.ascontiguousarray(values, dtype=float)
    return np.where(np.isnan(values), 0, values.view(np.int64) + 1)


def assert_same(model: Model) -> None:
    program = lower(model)
    kernel = build(program)
    uncertain = len(program.layout.uncertain)
    parameters = np.random.default_rng(1).uniform(size=(uncertain, COUNT // REPLICATES + 1))
    stages = [program]
    for one in PASSES:
        stages.append(one(stages[-1]))
    for scenario in model.scenarios:
        inputs = Inputs.of(program, model, scenario)
        chunk = simulate(kernel, inputs, parameters, REPLICATES, SEED, 0, COUNT, n_keep=COUNT)
        for number, trajectory in enumerate(TRAJECTORIES):
            stage = stages[number % len(stages)]
            slots, rows = interpreted(stage, inputs, parameters, trajectory)
            results = program.results
            failed = slots[results.failed]
            assert chunk.failed[trajectory] == (-1 if failed == np.inf else failed)
            assert np.array_equal(bits(rows), bits(chunk.kept[:, :, trajectory]))
            if failed == np.inf:
                assert chunk.outcome[trajectory] == slots[results.outcome]
                assert chunk.end[trajectory] == slots[results.end]
                answers = [slots[slot] for slot in results.answers]
                assert np.array_equal(bits(answers), bits(chunk.answers[:, trajectory]))
                given_slots = [slots[slot] > 0 if slot >= 0 else True for slot in results.given]
                assert np.array_equal(given_slots, chunk.given[:, trajectory])


@settings(max_examples=5, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(models())
def test_random_models(model):
    assert_same(model)


@pytest.mark.slow
@settings(max_examples=1000, deadline=None, suppress_health_check=list(HealthCheck))
@given(models())
def test_many_random_models(model):
    assert_same(model)
