"""What a sweep can vary: parameters, levers, and the initial values of states, phases and decisions."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from difflib import get_close_matches

from sim.errors import UsageError
from sim.model.check_values import outside
from sim.model.declarations import Lever, Model, Scenario

Value = float | str
Refuse = Callable[[str], UsageError]


@dataclass(frozen=True)
class Target:
    """One thing that is varied; all elements of an index together where none is named."""

    name: str
    kind: str  # parameter, lever, state, phase or decision
    names: tuple[str, ...]  # in full, with elements
    unit: str
    choices: tuple[str, ...] = ()  # values of a phase, options of a decision
    levers: tuple[Lever, ...] = ()  # for their ranges

    def value(self, given: object, refuse: Refuse) -> Value:
        """What was written, as a value of this."""
        if not self.choices:
            return self.number(given, refuse)
        if given not in self.choices:
            raise refuse(f"{given!r} is no value of the {self.kind} `{self.name}`: {', '.join(self.choices)}")
        return str(given)

    def number(self, given: object, refuse: Refuse) -> float:
        if self.choices:
            raise refuse(f"the {self.kind} `{self.name}` has no range, but values: {', '.join(self.choices)}")
        if isinstance(given, str):
            given = _number(given)
        if isinstance(given, bool) or not isinstance(given, int | float) or not math.isfinite(given):
            unit = f", in {self.unit}" if self.unit else ""
            raise refuse(f"a number is expected for `{self.name}`{unit}, not {_shown(given)}")
        for why in filter(None, (outside(lever, float(given)) for lever in self.levers)):
            raise refuse(why)
        return float(given)

    def set(self, scenario: Scenario, model: Model, value: Value) -> Scenario:
        """The scenario with this value, laid over what it says itself."""
        if self.kind == "parameter":
            return replace(scenario, parameters={**scenario.parameters, **dict.fromkeys(self.names, float(value))})
        if self.kind == "state":
            return replace(scenario, states={**scenario.states, **dict.fromkeys(self.names, float(value))})
        if self.kind == "lever":
            course = (float(value),) * model.clock.n_records
            return replace(scenario, levers={**scenario.levers, **dict.fromkeys(self.names, course)})
        at = self.choices.index(str(value))
        if self.kind == "decision":
            return replace(scenario, decisions={**scenario.decisions, **dict.fromkeys(self.names, at)})
        weights = tuple(float(i == at) for i in range(len(self.choices)))
        return replace(scenario, phases={**scenario.phases, **dict.fromkeys(self.names, weights)})


def target_of(model: Model, name: str, refuse: Refuse) -> Target:
    """What a name stands for.

    Raises:
        UsageError: if it cannot be varied.
    """
    found = _known(model)
    if name in found:
        return found[name]
    near = get_close_matches(name, found, 1)
    raise refuse(f"no parameter, lever, state, phase or decision is called `{name}`"
                 + (f"; did you mean `{near[0]}`?" if near else ""))  # fmt: skip


def _known(model: Model) -> dict[str, Target]:
    found: dict[str, Target] = {}
    kinds = (("parameter", model.parameters), ("lever", model.levers), ("state", model.states),
             ("phase", model.phases), ("decision", model.decisions))  # fmt: skip
    for kind, declared in kinds:
        for d in declared:
            choices = tuple(getattr(d, "values", ())) or tuple(o.name for o in getattr(d, "options", ()))
            levers = (d,) if isinstance(d, Lever) else ()
            found[d.name] = Target(d.name, kind, (d.name,), d.unit, choices, levers)
            whole = d.name.partition("[")[0]
            if whole != d.name:
                others = found[whole] if whole in found else Target(whole, kind, (), d.unit, choices)
                found[whole] = replace(others, names=(*others.names, d.name), levers=(*others.levers, *levers))
    return found


def _shown(given: object) -> str:
    """What stands where a number is expected."""
    return "nothing" if given in (None, "") else repr(given)


def _number(text: str) -> object:
    try:
        return float(text.replace("_", ""))
    except ValueError:
        return text
