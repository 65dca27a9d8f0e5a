"""Rules as data: each a text, read at run time and evaluated over values that have names, an agent of Mesa for each.

So runs a model that is a file and not a program, where nothing compiles it. A rule is what a modeller would give a
name: the next value of a state, or what is spoken of more than once.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from string import Formatter
from typing import Any

import numpy as np

from benchmarks.peers.object_peers import Trajectories
from benchmarks.peers.scalar_peer import PYTHON, Rules, seeded
from benchmarks.peers.text import Piece, Writer, pieces
from sim.compiler.passes import optimise
from sim.compiler.program import Block, Op, Program
from sim.compiler.sink import ALWAYS

SHORT = {"div": "{0} / {1}", "at_most": "min({0}, {1})", "at_least": "max({0}, {1})"}  # each argument once
DIALECT = replace(PYTHON, operations=PYTHON.operations | SHORT)
GIVEN = {"parameter": "p{0}", "uniform": "u{0}", "schedule": "h{0}", "load": "s{0}", "record": "r"}


class Sentences(Writer):
    """Writes a block as rules; what only one of them needs is written where it is needed."""

    def __init__(self, block: Block, parts: list[Piece]) -> None:
        super().__init__(DIALECT, block, self._phrase)
        self.parts = parts
        self.guards = {member: group.guard for part in parts for group in part.groups for member in group.members}
        uses = Counter(argument for member in self.guards for argument in self._spoken_of(block.ops[member]))
        uses.update(part.store.value for part in parts)
        often = {value for value, count in uses.items() if count > 1} | set(self.guards.values()) - {ALWAYS}
        self.named = {value for value in often if block.ops[value].arguments or block.ops[value].name == "draw"}

    def rules(self) -> dict[str, str]:
        """A text for each name, in an order in which each follows what it needs."""
        texts = {f"v{member}": self._rule(member) for member in self.guards if member in self.named}
        return texts | {f"t{part.store.slot}": self._phrase(part.store.value) for part in self.parts}

    def _rule(self, value: int) -> str:
        text, guard = self._text(value), self.guards[value]
        return text if guard == ALWAYS else f"({text}) if {self._phrase(guard)} else {self._zero(value)}"

    def _phrase(self, value: int) -> str:
        """Its name, or what it is."""
        return f"v{value}" if value in self.named else f"({self._text(value)})"

    def _source(self, op: Op) -> str:
        return GIVEN[op.name].format(op.payload) if op.name in GIVEN else super()._source(op)

    def _spoken_of(self, op: Op) -> Iterator[int]:
        """Its arguments, as often as its text speaks of them."""
        template = self.dialect.operations.get(op.name)
        if op.name in ("all_finite", "no_nan"):  # a text that speaks of nothing
            return
        if template is None:
            yield from op.arguments
            return
        for _, field, _, _ in Formatter().parse(template):
            if field and field.isdigit():
                yield op.arguments[int(field)]


def mesa_data_peer(program: Program, rules: Rules) -> Trajectories:
    """One agent a rule, which evaluates its text."""
    import mesa

    optimised = optimise(program)
    texts = Sentences(optimised.step, pieces(optimised, DIALECT, optimised.step)).rules()
    codes = {name: compile(text, name, "eval") for name, text in texts.items()}
    scope = seeded(rules.seed)
    states = [(f"s{store.slot}", f"t{store.slot}") for store in optimised.step.stores]
    scheduled = [f"h{number}" for number in range(len(rules.schedule[0]))]
    constants = {f"u{number}": value for number, value in enumerate(rules.uniforms)}

    class Rule(mesa.Agent):  # type: ignore[misc]
        def __init__(self, model: Any, name: str, code: Any) -> None:
            super().__init__(model)
            self.name, self.code = name, code

        def step(self) -> None:
            self.model.values[self.name] = eval(self.code, scope, self.model.values)

    class Week(mesa.Model):  # type: ignore[misc]
        def __init__(self, parameters: list[float]) -> None:
            super().__init__()
            self.values = constants | {f"p{number}": value for number, value in enumerate(parameters)}
            self.values |= {f"s{slot}": value for slot, value in enumerate(rules.begin(parameters))}
            self.record = 0
            for name, code in codes.items():
                Rule(self, name, code)

        def step(self) -> None:
            self.values.update(zip(scheduled, rules.schedule[self.record], strict=True), r=float(self.record))
            self.agents.do("step")
            for state, following in states:
                self.values[state] = self.values[following]
            self.record += 1

    def trajectory(parameters: list[float]) -> list[float]:
        model = Week(parameters)
        for _ in rules.schedule:
            model.step()
        return [model.values[f"s{slot}"] for slot in range(rules.n_slots)]

    return lambda parameters: np.array([trajectory(column.tolist()) for column in parameters.T]).T
