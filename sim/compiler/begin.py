"""The start of a trajectory: its own draws, and the first value of everything that is carried."""

from sim.compiler.builder import Builder
from sim.compiler.expressions import Expressions
from sim.compiler.frame import NEVER, Frame, sample_draw
from sim.compiler.program import Block, Note, Store
from sim.language.tree import Apply, Literal, Node, Read
from sim.model.declarations import Phase, State

INFINITY = float("inf")


class _Start:
    """The start block. It reads parameters, levers and trajectory draws, and shares the frame's numbers."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.builder = Builder()
        self.expressions = Expressions(self.builder, self.read)
        self.draws: dict[str, int] = {}
        self.values: dict[int, int] = {}
        self.notes: list[Note] = []

    def read(self, node: Read) -> int:
        b, frame = self.builder, self.frame
        match node.what:
            case "lever":
                return b.op("schedule", payload=frame.schedules["lever", node.of])
            case "draw":
                if node.of not in self.draws:
                    draw = frame.draws[node.of]
                    self.draws[node.of] = sample_draw(self.expressions, draw, frame.model, self.site)
                return self.draws[node.of]
            case "parameter":
                return self._parameter(node.of)
        raise AssertionError(node)

    def _parameter(self, name: str) -> int:
        b, frame = self.builder, self.frame
        if name in frame.layout.uncertain:
            return b.op("parameter", payload=frame.layout.uncertain.index(name))
        given = b.op("uniform", payload=frame.uniforms["parameter", name])
        value = frame.parameters[name].value
        if value is None or not isinstance(value, Apply | Read):
            return given
        return b.op("select", b.op("eq", given, given), given, self.expressions.real(value))

    def site(self, name: str, variant: str) -> int:
        number = self.frame.sites.setdefault(name, len(self.frame.sites))
        return self.builder.op("draw", payload=(number, variant))

    def uniform(self, *key: str) -> int:
        return self.builder.op("uniform", payload=self.frame.uniforms[key])

    def first(self, key: tuple[str, ...]) -> int:
        """The first value of a slot."""
        b = self.builder
        match key[0]:
            case "draw":
                return self.read(Read("draw", key[1]))
            case "state":
                return self._state(self.frame.states[key[1]])
            case "machine":
                return self._machine(key[1])
            case "last" | "count":
                return self._memory(key[0], key[1])
            case "end" | "barrier":
                return b.const(INFINITY)
            case "answer":
                question = self.frame.questions[key[1]]
                return b.const(1.0 if question.kind == "always" else 0.0)
            case "outcome":
                return b.const(-1.0)
            case "condition" | "given" | "before" | "run":
                return b.const(0.0)
        raise AssertionError(key)

    def _state(self, state: State) -> int:
        b = self.builder
        given = self.uniform("state", state.name)
        value = b.op("select", b.op("eq", given, given), given, self.expressions.real(state.initial))
        if state.low is not None and self._is_constant(state.low):
            value = b.greatest(self.expressions.real(state.low), value)
        if state.high is not None and self._is_constant(state.high):
            value = b.least(self.expressions.real(state.high), value)
        self.notes.append(Note(("check", state.name, "finite"), value))
        return value

    def _is_constant(self, node: Node) -> bool:
        match node:
            case Literal():
                return True
            case Read(what, of):
                return what in ("parameter", "lever") or (what == "draw" and self.frame.draws[of].every == "trajectory")
            case Apply(_, arguments):
                return all(self._is_constant(a) for a in arguments)

    def _machine(self, name: str) -> int:
        b, frame = self.builder, self.frame
        phase = frame.phases.get(name)
        if phase is not None:
            return self._phase(phase)
        forced = b.op("schedule", payload=frame.schedules["force", name])
        return b.op("select", b.op("ge", forced, b.const(0)), forced, self.uniform("decision", name))

    def _phase(self, phase: Phase) -> int:
        """The initial value, by one uniform against the running sums of the weights."""
        b = self.builder
        uniform = self.site(phase.site, "long")
        value = b.const(0)
        for number in range(len(phase.values) - 1):
            edge = self.uniform("phase", phase.name, str(number))
            value = b.op("add", value, b.op("number", b.op("ge", uniform, edge)))
        return value

    def _memory(self, what: str, thing: str) -> int:
        b, frame = self.builder, self.frame
        if thing in frame.phases or thing in frame.decisions:
            return b.const(0.0)  # a machine counts from the start
        machine, _, value = thing.rpartition(".")
        values = frame.machine_values.get(machine)
        if values is not None:
            entered = b.op("eq", self._value_of(machine), b.const(values.index(value)))
            return b.op("select", entered, b.const(1.0 if what == "count" else 0.0), b.const(_never(what)))
        past = next((p for p in frame.model.history if p.thing == thing), None)
        if past is None:
            return b.const(_never(what))
        return b.const(past.count if what == "count" else past.last)

    def _value_of(self, machine: str) -> int:
        slot = self.frame.slots["machine", machine]
        if slot not in self.values:
            self.values[slot] = self.first(("machine", machine))
        return self.values[slot]

    def block(self) -> Block:
        b = self.builder
        keys = [key for key in self.frame.slots if key != ("failed",)]
        for key in keys:
            slot = self.frame.slots[key]
            if slot not in self.values:
                self.values[slot] = self.first(key)
            if key[0] == "draw":
                self.notes.append(Note(("check", key[1], "finite"), self.values[slot]))
        self.values[self.frame.slots["failed",]] = self._failed()
        stores = tuple(Store(slot, value) for slot, value in sorted(self.values.items()))
        return Block(ops=tuple(b.ops), stores=stores, notes=tuple(self.notes))

    def _failed(self) -> int:
        b = self.builder
        checked = [note.value for note in self.notes if note.label[0] == "check"]
        sound = b.op("all_finite", *dict.fromkeys(checked)) if checked else None
        if sound is None:
            return b.const(INFINITY)
        failed = b.op("select", sound, b.const(INFINITY), b.const(0.0))
        end = self.frame.slots["end",]
        self.values[end] = b.op("select", sound, self.values[end], b.const(0.0))
        return failed


def _never(what: str) -> float:
    return 0.0 if what == "count" else NEVER


def lower_start(frame: Frame) -> Block:
    """The start block of a model whose step block is complete."""
    return _Start(frame).block()
