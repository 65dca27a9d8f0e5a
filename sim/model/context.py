"""Where an expression stands: what it may read there, and what its names mean."""

from collections.abc import Mapping
from dataclasses import dataclass

from sim.errors import LanguageError
from sim.language.expressions import Symbol
from sim.language.tree import Literal, Node, Read
from sim.language.units import DIMENSIONLESS, Unit, parse_unit
from sim.model.declarations import Clock
from sim.model.names import BUILT_IN, DURATIONS, MEMORY, NUMBERS, Entity, Names, Path, Unknowable

_PI = 3.141592653589793


@dataclass(frozen=True, slots=True)
class Rights:
    """The kinds of names that may be read, and the sentence for the others."""

    kinds: frozenset[str]
    sentence: str = ""


_START = ("date", "parameter", "lever", "trajectory draw")
ANYTHING = Rights(frozenset((*_START, "draw", "derived", "state", "event", "phase", "decision", "time")))
NOTHING = Rights(frozenset(("date",)), "a plain number is needed here")
OF_PARAMETER = Rights(frozenset(("date", "parameter")), "a parameter may read other parameters only")
OF_START = Rights(
    frozenset(_START), "what is settled at the start may read parameters, levers and draws of the trajectory only"
)


@dataclass(frozen=True, slots=True)
class Context:
    """The scope that the language asks for names."""

    names: Names
    clock: Clock
    module: str
    reader: str  # the full name of what reads
    rights: Rights = ANYTHING

    @property
    def elements(self) -> Mapping[str, Path]:
        return self.names.elements

    def find(self, path: Path) -> Symbol:
        name = ".".join(path)
        if name in BUILT_IN:
            self._allow("time" if name == "t" else "date", name, "the time")
            return built_in(name, self.clock)
        entity, rest = self.names.lookup(path, self.module)
        if entity.unit is None or (entity.faulty and entity.index):
            raise Unknowable
        symbol = _symbol(entity, rest, name, clock_unit(self.clock))
        kind = "trajectory draw" if entity.per_trajectory else entity.kind
        self._allow(kind, name, "a draw of the step" if kind == "draw" else entity.described)
        entity.read_by(self.reader)
        return symbol

    def _allow(self, kind: str, name: str, described: str) -> None:
        if kind not in self.rights.kinds:
            raise LanguageError("E307", f"`{name}` is {described}: {self.rights.sentence}")


def clock_unit(clock: Clock) -> Unit:
    return parse_unit(clock.unit)


def built_in(name: str, clock: Clock) -> Symbol:
    """A name that every model knows."""
    if name in DURATIONS:
        return Symbol(lambda _: Literal(1.0), parse_unit(name))
    if name == "pi":
        return Symbol(lambda _: Literal(_PI), DIMENSIONLESS)
    nodes: dict[str, Node] = {
        "t": Read("time"),
        "dt": Literal(float(clock.step)),
        "horizon": Literal(float(clock.step * clock.n_steps)),
    }
    return Symbol(lambda _: nodes[name], clock_unit(clock))


def _symbol(entity: Entity, rest: Path, name: str, time: Unit) -> Symbol:
    """The number that the rest of a name says about an entity."""
    unit, index = entity.unit or DIMENSIONLESS, entity.index
    if entity.kind == "date":
        return Symbol(lambda _: Literal(entity.time), time)
    if entity.kind in NUMBERS:
        return Symbol(lambda element: Read(entity.kind, entity.at(element)), unit, index)
    if rest == ("level",):
        return Symbol(lambda element: Read("level", entity.at(element)), DIMENSIONLESS, index)
    if rest and rest[-1] in MEMORY:
        *part, word = rest
        ending = "".join(f".{each}" for each in part)
        unit = time if word == "elapsed" else DIMENSIONLESS
        return Symbol(lambda element: Read(word, entity.at(element) + ending), unit, index)
    if rest and entity.kind != "event":
        at = entity.parts.index(rest[0])
        return Symbol(lambda element: Read("is", entity.at(element), at), DIMENSIONLESS, index)
    raise _no_number(entity, rest, name)


def _no_number(entity: Entity, rest: Path, name: str) -> LanguageError:
    if entity.kind == "event":
        what = "a kind of an event" if rest else "an event"
        hint = f"its memory is a number: `{name}.ever`, `.count` or `.elapsed`"
        return LanguageError("E306", f"`{name}` is {what}, not a number", hint)
    hint = f"ask for a value of it, such as `{name}.{entity.parts[0]}`" if entity.parts else ""
    return LanguageError("E306", f"`{name}` is {entity.described}, not a number", hint)
