"""The frame of a lowering: the step block as it grows, and the numbers given to slots, inputs, sites and rows."""

from collections.abc import Callable

from sim.compiler.builder import Builder
from sim.compiler.expressions import Expressions
from sim.compiler.program import Block, Layout, Mark, Note, Record, Store
from sim.language.tree import Apply, Literal, Node, Read
from sim.model.declarations import Chance, Draw, Model, Sample
from sim.numerics.correlation import correlation_factor

NEVER = float("-inf")


class Registry(dict[tuple[str, ...], int]):
    """Keys numbered in the order of their first use."""

    def __missing__(self, key: tuple[str, ...]) -> int:
        self[key] = len(self)
        return self[key]


class Frame:
    """What the parts of a lowering share. Values are numbers of operations of the step block."""

    def __init__(self, model: Model, layout: Layout) -> None:
        self.model = model
        self.layout = layout
        self.builder = Builder()
        self.expressions = Expressions(self.builder, self.read, self._doubt, self.unbounded)
        self.slots = Registry()
        self.uniforms = Registry()
        self.schedules = Registry()
        self.marks = Registry()
        self.sites: dict[str, int] = {}
        self.happened: dict[str, int] = {}  # thing -> truth that it happens in this step
        self.next_values: dict[str, int] = {}  # machine -> its next value
        self.checks: list[tuple[str, int, bool]] = []  # declaration, value, whether infinity is allowed
        self.stores: dict[int, int] = {}
        self.records: list[Record] = []
        self.mark_list: list[Mark] = []
        self.notes: list[Note] = []
        self.active: int | None = None
        self.subject = ""  # the declaration that is being lowered
        self.failing: int = -1  # the truth that a number seen at this record was NaN or infinite
        self.parameters = {p.name: p for p in model.parameters}
        self.states = {s.name: s for s in model.states}
        self.phases = {p.name: p for p in model.phases}
        self.decisions = {d.name: d for d in model.decisions}
        self.questions = {q.name: q for q in model.questions}
        self.machine_values = {p.name: p.values for p in model.phases}
        self.machine_values |= {d.name: tuple(o.name for o in d.options) for d in model.decisions}
        self.draws = {d.name: d for d in model.draws}
        self.derived = {d.name: d for d in model.derived}
        self._memo: dict[tuple[str, str], int] = {}
        self._unbounded: dict[str, bool] = {}

    # -- reading

    def read(self, node: Read) -> int:
        b = self.builder
        match node.what:
            case "parameter" | "draw" | "derived":
                return self._computed(node.what, node.of)
            case "lever":
                return self.schedule("lever", node.of)
            case "state":
                return self.load("state", node.of)
            case "is":
                return b.op("eq", self.load("machine", node.of), b.const(node.at))
            case "level":
                return self.load("machine", node.of)
            case "time":
                return self.time()
            case "elapsed":
                return b.op("sub", self.time(), self.load("last", node.of))
            case "ever":
                return b.op("gt", self.load("last", node.of), b.const(NEVER))
            case "count":
                return self.load("count", node.of)
        raise AssertionError(node)

    def _computed(self, what: str, name: str) -> int:
        if (what, name) not in self._memo:
            outer = self.subject, self.expressions.path
            self.subject, self.expressions.path = name, None
            self._memo[what, name] = getattr(self, f"_{what}")(name)
            self.subject, self.expressions.path = outer
        return self._memo[what, name]

    def _parameter(self, name: str) -> int:
        b = self.builder
        if name in self.layout.uncertain:
            return b.op("parameter", payload=self.layout.uncertain.index(name))
        given = self.uniform("parameter", name)
        value = self.parameters[name].value
        if value is None or not isinstance(value, Apply | Read):
            return given
        return b.op("select", b.op("eq", given, given), given, self.expressions.real(value))

    def _derived(self, name: str) -> int:
        value = self.expressions.real(self.derived[name].value)
        self.check(name, value, self.unbounded(self.derived[name].value))
        self.note(value, "derived", name)
        return value

    def _draw(self, name: str) -> int:
        draw = self.draws[name]
        if draw.every == "trajectory":
            return self.load("draw", name)
        value = sample_draw(self.expressions, draw, self.model, self.site)
        if not _is_constant(draw.distribution):
            self.check(name, value)
        self.note(value, "draw", name)
        return value

    # -- numbers given out

    def load(self, *key: str) -> int:
        return self.builder.op("load", payload=self.slots[key])

    def uniform(self, *key: str) -> int:
        return self.builder.op("uniform", payload=self.uniforms[key])

    def schedule(self, *key: str) -> int:
        return self.builder.op("schedule", payload=self.schedules[key])

    def site(self, name: str, variant: str) -> int:
        number = self.sites.setdefault(name, len(self.sites))
        return self.builder.op("draw", payload=(number, variant))

    def record(self) -> int:
        return self.builder.op("record")

    def time(self) -> int:
        return self.builder.op("mul", self.record(), self.builder.const(self.model.clock.step))

    def next_time(self) -> int:
        """The date of what happens in this step: t + dt."""
        b = self.builder
        return b.op("mul", b.op("add", self.record(), b.const(1)), b.const(self.model.clock.step))

    # -- effects

    def store(self, value: int, *key: str) -> None:
        self.stores[self.slots[key]] = value

    def mark(self, value: int, kind: str, name: str) -> None:
        self.mark_list.append(Mark(self.marks[kind, name], value))

    def note(self, value: int, *label: str) -> None:
        self.notes.append(Note(label, value))

    def check(self, name: str, value: int, unbounded: bool = False) -> None:
        """A number that must be finite (or, unbounded, no NaN) at every step."""
        self.checks.append((name, value, unbounded))
        self.note(value, "check", name, "nan" if unbounded else "finite", str(len(self.notes)))

    def _doubt(self, value: int) -> None:
        self.check(self.subject, value, unbounded=True)

    def take_checks(self) -> int:
        """The truth that all checks since the last call hold."""
        b = self.builder
        finite = [b.real(value) for _, value, unbounded in self.checks if not unbounded]
        others = [b.real(value) for _, value, unbounded in self.checks if unbounded]
        self.checks = []
        result = b.op("all_finite", *dict.fromkeys(finite))
        return b.op("and", result, b.op("no_nan", *dict.fromkeys(others))) if others else result

    def unbounded(self, node: Node) -> bool:
        """Whether the node reads the time since something that may never have happened."""
        match node:
            case Read("elapsed"):
                return True
            case Read("derived", of):
                if of not in self._unbounded:
                    self._unbounded[of] = self.unbounded(self.derived[of].value)
                return self._unbounded[of]
            case Apply(_, arguments):
                return any(self.unbounded(a) for a in arguments)
        return False

    # -- chances

    def hazard_of(self, chance: Chance) -> tuple[int, int | None]:
        """Expected number in one step (infinite where the chance is 1), and the truth that the window is open."""
        b = self.builder
        probability = b.op("at_most", b.const(1), self.expressions.real(chance.probability))
        hazard = b.op("neg", b.op("log1p", b.op("neg", probability)))
        hazard = b.quotient(hazard, b.const(chance.within))
        if chance.since is None:
            return hazard, None
        since = self.expressions.real(chance.since)
        width = b.const(chance.within * self.model.clock.step)
        return hazard, b.op("and", b.op("ge", since, b.const(0)), b.op("lt", since, width))

    def expected(self, rate: int, steps: int = 1) -> int:
        """Expected number in ``steps`` steps at a rate."""
        return self.builder.op("mul", rate, self.builder.const(steps * self.model.clock.step))

    def block(self) -> Block:
        return Block(
            ops=tuple(self.builder.ops),
            stores=tuple(Store(slot, value) for slot, value in sorted(self.stores.items())),
            records=tuple(self.records),
            marks=tuple(self.mark_list),
            notes=tuple(self.notes),
            active=self.active,
        )


def _is_constant(sample: Sample) -> bool:
    """Whether a distribution has been checked once and for all."""
    given = (*sample.arguments, *(bound for bound in (sample.low, sample.high) if bound is not None))
    return all(isinstance(argument, Literal) for argument in given)


def sample_draw(expressions: Expressions, draw: Draw, model: Model, site: Callable[[str, str], int]) -> int:
    """One value of a draw; correlated draws mix the standard normals of their group, by name."""
    b = expressions.builder
    per_step = draw.every == "step"

    def normal_of(name: str) -> int:
        if per_step:
            return site(name, "normal")
        return b.op("standard_normal_quantile", site(name, "long"))

    group = correlation_factor(draw.name, tuple((c.first, c.second, c.rank) for c in model.correlations))
    if not group:
        uniform = "uniform" if per_step else "long"
        return expressions.sample(
            draw.distribution,
            lambda: site(draw.site, uniform),
            lambda: normal_of(draw.site),
            by_curve=per_step,
        )
    sites = {d.name: d.site for d in model.draws}

    def mixed() -> int:
        return b.chain("add", [b.op("mul", b.const(w), normal_of(sites[name])) for name, w in group])

    def uniform_of_mixed() -> int:
        inside = b.op("at_most", b.const(1 - 2**-53), b.op("normal_cdf", mixed()))
        return b.op("at_least", b.const(2**-53), inside)

    return expressions.sample(draw.distribution, uniform_of_mixed, mixed)
