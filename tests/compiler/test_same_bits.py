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
from sim.language.tree import Read
from sim.model.declarations import Model, State
from tests.engine.models import PLACE, call, crossing, lit, state

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


def happened(program, inputs, parameters, trajectory):
    """(thing, date) of all that happens to a trajectory, by the marks of the interpreter; None if it fails."""
    machines = program.machines
    interpreter = Interpreter(program, inputs, parameters[:, trajectory // REPLICATES], SEED, trajectory)
    found = []
    for one in interpreter.run():
        if one.record == 0:
            found += [(t + int(one.slots[slot]), 0) for slot, t in zip(machines.slots, machines.things, strict=True)]
        for row, thing in enumerate(program.mark_things):
            if one.marks[row] and thing >= 0:
                found.append((thing, one.record + 1))
        for machine, mark in enumerate(machines.marks):
            if one.marks[mark]:
                value = int(interpreter.slots[machines.slots[machine]])
                found.append((machines.things[machine] + value, one.record + 1))
    return found if interpreter.slots[program.results.failed] == np.inf else None


def breaking():
    """The same walk over a draw that is sometimes too small: about a third of the trajectories fail."""
    step = call("div", Read("draw", "e"), call("ge", Read("draw", "e"), lit(-2)))
    x = State(name="x", place=PLACE, initial=lit(0), unit="km", next=call("add", state("x"), step))
    return crossing(states=(x,))


@pytest.mark.parametrize("model", [crossing(), breaking()], ids=["sound", "breaking"])
def test_what_happens_is_counted_as_the_interpreter_marks_it(model):
    program = lower(model)
    inputs, layout = Inputs.of(program, model, model.scenarios[0]), program.layout
    parameters = np.random.default_rng(1).uniform(size=(len(layout.uncertain), COUNT // REPLICATES + 1))
    chunk = simulate(build(program), inputs, parameters, REPLICATES, SEED, 0, COUNT)
    totals, dates = np.zeros(len(layout.things), int), np.zeros((len(layout.things), layout.n_records), int)
    ever, sound = np.zeros((len(layout.things), COUNT), bool), np.ones(COUNT, bool)
    for trajectory in range(COUNT):
        found, firsts = happened(program, inputs, parameters, trajectory), {}
        sound[trajectory] = found is not None
        for thing, date in found or ():
            totals[thing] += 1
            firsts.setdefault(thing, date)
        for thing, date in firsts.items():
            ever[thing, trajectory] = True
            dates[thing, date] += 1
    assert (totals > ever.sum(axis=1)).any()  # some things happen again and again
    assert ((chunk.failed < 0) == sound).all()
    assert sound.all() == (model == crossing())
    assert chunk.totals.tolist() == totals.tolist()
    assert (chunk.dates == dates).all()
    assert (chunk.has_happened() == ever).all()
    assert (chunk.shares.sum(axis=1) == sound.sum()).all()  # the model has one phase


@settings(max_examples=5, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(models())
def test_random_models(model):
    assert_same(model)


@pytest.mark.slow
@settings(max_examples=1000, deadline=None, suppress_health_check=list(HealthCheck))
@given(models())
def test_many_random_models(model):
    assert_same(model)
