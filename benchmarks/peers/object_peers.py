"""The same equations in the idiom of tools that run one trajectory at a time: ema_workbench, simpy, Mesa.

The equations are the functions of :mod:`benchmarks.peers.scalar_peer`. They say what such a stepping loop costs, not
that those tools are meant for this.
"""

import importlib.util
import logging
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from benchmarks.peers.scalar_peer import Rules

Trajectories = Callable[[np.ndarray], np.ndarray]  # parameters[n_uncertain, n] -> slots[n_slots, n]


def has(package: str) -> bool:
    return importlib.util.find_spec(package) is not None


def python_peer(rules: Rules) -> Trajectories:
    """A plain loop."""
    return lambda parameters: np.array([rules.trajectory(column.tolist()) for column in parameters.T]).T


class World:
    """What the rules of one trajectory read and write."""

    def __init__(self, rules: Rules, parameters: list[float]) -> None:
        self.rules = rules
        self.parameters = parameters
        self.slots = rules.begin(parameters)
        self.following = list(self.slots)
        self.told: list[Any] = [0.0] * rules.n_values
        self.record = 0

    def apply(self, rule: Callable[..., None]) -> None:
        row = self.rules.schedule[self.record]
        rule(self.slots, self.following, self.told, self.parameters, self.rules.uniforms, row, self.record)

    def advance(self) -> None:
        """All that is carried is replaced together."""
        self.slots[:] = self.following
        self.record += 1


def simpy_peer(rules: Rules) -> Trajectories:
    """One process a rule, each of which waits a week; a last one closes the week."""
    import simpy

    def process(environment: Any, work: Callable[[], None]) -> Iterator[Any]:
        while True:
            work()
            yield environment.timeout(1)

    def trajectory(parameters: list[float]) -> list[float]:
        environment, world = simpy.Environment(), World(rules, parameters)
        for rule in rules.rules:
            environment.process(process(environment, lambda rule=rule: world.apply(rule)))
        environment.process(process(environment, world.advance))
        environment.run(until=len(rules.schedule) - 0.5)
        return world.slots

    return lambda parameters: np.array([trajectory(column.tolist()) for column in parameters.T]).T


def mesa_peer(rules: Rules) -> Trajectories:
    """One agent a rule; the model lets all of them step in turn, then closes the week."""
    import mesa

    class Rule(mesa.Agent):  # type: ignore[misc]
        def __init__(self, model: Any, rule: Callable[..., None]) -> None:
            super().__init__(model)
            self.rule = rule

        def step(self) -> None:
            self.model.world.apply(self.rule)

    class Week(mesa.Model):  # type: ignore[misc]
        def __init__(self, parameters: list[float]) -> None:
            super().__init__()
            self.world = World(rules, parameters)
            for rule in rules.rules:
                Rule(self, rule)

        def step(self) -> None:
            self.agents.do("step")
            self.world.advance()

    def trajectory(parameters: list[float]) -> list[float]:
        model = Week(parameters)
        for _ in rules.schedule:
            model.step()
        return model.world.slots

    return lambda parameters: np.array([trajectory(column.tolist()) for column in parameters.T]).T


def ema_peer(rules: Rules, slots: tuple[int, ...]) -> Trajectories:
    """An ema_workbench model with a Python function; every trajectory is an experiment, each state an outcome."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from ema_workbench import Model, RealParameter, ScalarOutcome, Scenario, perform_experiments
    logging.getLogger("EMA").setLevel(logging.ERROR)

    def function(**given: float) -> dict[str, float]:
        end = rules.trajectory([given[f"p{i}"] for i in range(len(given))])
        return {f"s{slot}": end[slot] for slot in slots}

    def run(parameters: np.ndarray) -> np.ndarray:
        model = Model("crossroads", function=function)
        model.uncertainties = [RealParameter(f"p{i}", -1e12, 1e12) for i in range(len(parameters))]
        model.outcomes = [ScalarOutcome(f"s{slot}") for slot in slots]
        columns = parameters.T.tolist()
        experiments = [Scenario(str(i), **{f"p{k}": v for k, v in enumerate(c)}) for i, c in enumerate(columns)]
        _, outcomes = perform_experiments(model, experiments, log_progress=True)
        result = np.zeros((rules.n_slots, len(columns)))
        for slot in slots:
            result[slot] = outcomes[f"s{slot}"]
        return result

    return run
