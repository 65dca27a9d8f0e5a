"""One scenario as numbers: what the kernel and the interpreter are given besides the sampled parameters."""

from dataclasses import dataclass

import numpy as np

from sim.compiler.program import Program
from sim.language.tree import Literal
from sim.model.declarations import Model, Sample, Scenario


@dataclass(frozen=True, slots=True)
class Inputs:
    """``uniforms``: float64[n]; ``schedule``: float64[n_records, m]; both at least one wide."""

    uniforms: np.ndarray
    schedule: np.ndarray

    @classmethod
    def of(cls, program: Program, model: Model, scenario: Scenario) -> "Inputs":
        """The numbers of a scenario, in the order that the program gives them."""
        source = _Source(model, scenario)
        uniforms = [source.uniform(*key) for key in program.uniforms]
        columns = [source.schedule(*key) for key in program.schedules]
        schedule = np.array(columns, dtype=float).T if columns else np.zeros((model.clock.n_records, 1))
        return cls(np.array(uniforms or [0.0]), np.ascontiguousarray(schedule))


class _Source:
    def __init__(self, model: Model, scenario: Scenario) -> None:
        self.model = model
        self.scenario = scenario
        self.parameters = {p.name: p for p in model.parameters}
        self.phases = {p.name: p for p in model.phases}
        self.decisions = {d.name: d for d in model.decisions}
        self.levers = {lever.name: lever for lever in model.levers}
        self.events = {e.name: e for e in model.events}

    def uniform(self, kind: str, name: str, number: str = "") -> float:
        scenario = self.scenario
        if kind == "parameter":
            given = scenario.parameters.get(name)
            if given is not None and not isinstance(given, Sample):
                return given
            value = self.parameters[name].value
            return value.value if isinstance(value, Literal) else float("nan")
        if kind == "state":
            return scenario.states.get(name, float("nan"))
        if kind == "phase":
            weights = scenario.phases.get(name, self.phases[name].initial)
            return 1.0 if not any(weights[int(number) + 1 :]) else sum(weights[: int(number) + 1]) / sum(weights)
        return float(scenario.decisions.get(name, self.decisions[name].initial))

    def schedule(self, kind: str, name: str) -> list[float]:
        n = self.model.clock.n_records
        if kind == "lever":
            values = self.scenario.levers.get(name)
            return [self.levers[name].value] * n if values is None else list(values)
        if kind == "fire":
            return self._orders(name, n)
        forced = [float(option) for option in self.scenario.force.get(name, (-1,) * n)]
        return forced if kind == "force" else [*forced[1:], -1.0]

    def _orders(self, name: str, n: int) -> list[float]:
        """What is ordered of an event in the step that ends at each next record."""
        if name in self.scenario.suppress:
            return [-1.0] * n
        orders = [0.0] * n
        kinds = [f"{name}.{kind}" for kind, _ in self.events[name].kinds]
        for number, thing in enumerate([name, *kinds]):
            for record in self.scenario.fire.get(thing, ()):
                orders[record - 1] = float(number + 1)
        return orders
