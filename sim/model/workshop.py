"""What every check of a declaration needs: names, units, and the way from a written text to a checked node."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypedDict

from sim.errors import LanguageError
from sim.language.distributions import Distribution, parse_distribution
from sim.language.expressions import Expression, parse
from sim.language.tree import Literal, Node
from sim.language.units import DIMENSIONLESS, Unit, divide
from sim.model import calendar
from sim.model.collect import Units
from sim.model.context import ANYTHING, Context, Rights, clock_unit
from sim.model.declarations import Clock, Sample
from sim.model.document import UNREADABLE, Scalar
from sim.model.names import Entity, Names, Path, Unknowable, split_reference
from sim.model.records import Entry, Record
from sim.model.shape import suggest
from sim.model.source import At, Report, place_of

Element = str | None
Each = Mapping[Element, Scalar]


class Common(TypedDict):
    """The fields of every declaration."""

    name: str
    place: Any
    about: str
    unit: str
    source: str
    confidence: str


@dataclass(slots=True)
class Workshop:
    """The tools of the checks of one model."""

    names: Names
    clock: Clock
    units: Units
    report: Report
    defaults: Mapping[str, Record | None]  # of every file, by namespace
    timeless: bool = False  # the clock is faulty and has been replaced
    parsed: dict[tuple[str, str], Expression | Distribution | LanguageError] = field(default_factory=dict)

    # -- elements

    def elements(self, entity: Entity) -> tuple[Element, ...]:
        return (None,) if entity.index is None else self.names.elements[entity.index]

    def each(self, value: Scalar | list[Entry] | None, entity: Entity, key: At) -> Each:
        """What is written for each element of a declaration; empty where nothing (valid) is."""
        if value is None:
            return {}
        if isinstance(value, Scalar):
            return dict.fromkeys(self.elements(entity), value)
        if entity.index is None:
            if not entity.faulty:
                self.report.add("E314", f"`{entity.name}` is not over an index: one value is expected", key)
            return {}
        self.check_elements(value, entity.index, key)
        return {entry.key.text: entry.value for entry in value if isinstance(entry.value, Scalar)}

    def check_elements(self, entries: list[Entry], index: str, key: At) -> None:
        elements = self.names.elements[index]
        given = [entry.key.text for entry in entries]
        for entry in entries:
            if entry.key.text not in elements:
                self.report.add("E314", f"`{entry.key.text}` is no element of {index}", entry.key)
        if missing := [f"`{element}`" for element in elements if element not in given]:
            self.report.add("E314", f"a value for {' and '.join(missing)} is missing", key)

    def common(self, entity: Entity, element: Element) -> Common:
        """Name, place and basis of one element of a declaration."""
        record = entity.record
        assert record is not None
        defaults = self.defaults[entity.module]
        return {
            "name": entity.at(element),
            "place": place_of(entity.key),
            "about": text(record, "about"),
            "unit": text(record, "unit"),
            "source": text(record, "source") or (text(defaults, "source") if defaults else ""),
            "confidence": text(record, "confidence") or (text(defaults, "confidence") if defaults else ""),
        }

    def site(self, entity: Entity, element: Element) -> str:
        """The name under which random numbers are drawn."""
        stream = entity.record["stream"] if entity.record else None
        if stream is None:
            return entity.at(element)
        name = f"{entity.module}.{stream.text}" if entity.module and "." not in stream.text else stream.text
        return name if element is None else f"{name}[{element}]"

    # -- expressions

    def context(self, entity: Entity, rights: Rights = ANYTHING) -> Context:
        return Context(self.names, self.clock, entity.module, entity.name, rights)

    def expression(
        self,
        node: Scalar | None,
        context: Context,
        *,
        unit: Unit | None = DIMENSIONLESS,
        lone: Unit | None = DIMENSIONLESS,
        element: tuple[str, str] | None = None,
        shift: int = 0,
    ) -> Node | None:
        """The checked tree of a text (from ``shift`` on), None where there is none or it is faulty."""
        found = self.quantity(node, context, unit=unit, lone=lone, element=element, shift=shift)
        return found[0] if found else None

    def quantity(
        self,
        node: Scalar | None,
        context: Context,
        *,
        unit: Unit | None = None,
        lone: Unit | None = None,
        element: tuple[str, str] | None = None,
        shift: int = 0,
    ) -> tuple[Node, Unit] | None:
        """The checked tree of a text and its unit."""
        if node is None:
            return None
        value = node.text[shift:] if shift or isinstance(node.value, str) else node.value
        try:
            expression = self._parse(parse, value)
            assert isinstance(expression, Expression)
            return expression.resolve(context, unit=unit, lone_unit=lone, element=element)
        except LanguageError as error:
            self.refuse(error, node, shift)
            return None

    def sample(self, node: Scalar, context: Context, unit: Unit, element: tuple[str, str] | None) -> Sample | None:
        """A distribution in canonical form."""
        try:
            distribution = self._parse(parse_distribution, node.text)
            assert isinstance(distribution, Distribution)
            return Sample(*distribution.resolve(context, unit=unit, element=element), text=" ".join(node.text.split()))
        except LanguageError as error:
            self.refuse(error, node)
            return None

    def _parse(self, parser: Callable[[Any], Any], value: object) -> Expression | Distribution:
        key = parser.__name__, repr(value)
        if key not in self.parsed:
            try:
                self.parsed[key] = parser(value)
            except LanguageError as error:
                self.parsed[key] = error
        known = self.parsed[key]
        if isinstance(known, LanguageError):
            raise known
        return known

    def refuse(self, error: LanguageError, node: Scalar, shift: int = 0) -> None:
        if not isinstance(error, Unknowable) and UNREADABLE not in node.text:
            self.report.refuse(error, node, shift)

    # -- constants, durations, units

    def constant(self, node: Scalar | None, context: Context, unit: Unit) -> float | None:
        """A number in a unit, be it written as an expression of numbers and durations."""
        tree = self.expression(node, context, unit=unit, lone=unit)
        if tree is None or node is None:
            return None
        if not isinstance(tree, Literal):
            self.report.add("E111", f"a plain number is expected here, not `{node.text}`", node)
            return None
        return tree.value

    def steps(self, node: Scalar | None, at_least: int = 0) -> int | None:
        return None if node is None or self.timeless else calendar.steps(node, self.clock, self.report, at_least)

    @property
    def per_time(self) -> Unit:
        return divide(DIMENSIONLESS, clock_unit(self.clock))

    @property
    def time(self) -> Unit:
        return clock_unit(self.clock)

    # -- things

    def things(self, nodes: list[Scalar], reader: Entity, element: Element, *, events_only: bool = False) -> Path:
        """The full names of things that happen, with every element that is meant."""
        found: dict[str, None] = {}
        for node in nodes:
            found |= dict.fromkeys(self.thing(node, reader, element, events_only=events_only))
        return tuple(found)

    def thing(self, node: Scalar, reader: Entity, element: Element, *, events_only: bool = False) -> Path:
        path, given = split_reference(node.text)
        try:
            entity, part = self.names.thing(path, reader.module)
            if events_only and entity.kind != "event":
                message = f"`{node.text}` belongs to {entity.described}: only events and kinds count here"
                raise LanguageError("E306", message)
            same = given is None and entity.index is not None and entity.index == reader.index
            meant = (element,) if same and element is not None else self.meant(entity, given)
        except LanguageError as error:
            self.refuse(error, node)
            return ()
        entity.read_by(reader.name)
        return tuple(entity.at(each) + (f".{part}" if part else "") for each in meant)

    def meant(self, entity: Entity, given: Element) -> tuple[Element, ...]:
        """The elements of an entity that a reference means: the one given in brackets, or all."""
        if given is None:
            return self.elements(entity)
        if entity.faulty:
            raise Unknowable
        if entity.index is None:
            raise LanguageError("E314", f"`{entity.name}` is not over an index, so that it has no element `{given}`")
        if given not in self.names.elements[entity.index]:
            elements = self.names.elements[entity.index]
            hint = suggest(given, elements) or f"its elements: {', '.join(elements[:12])}"
            raise LanguageError("E314", f"`{given}` is no element of {entity.index}", hint)
        return (given,)


def own_element(entity: Entity, element: Element) -> tuple[str, str] | None:
    """The index and element within which the expressions of a declaration stand."""
    return None if entity.index is None or element is None else (entity.index, element)


def text(record: Record, name: str) -> str:
    node = record[name]
    return "" if node is None else str(node.text)


def only_one(record: Record, names: tuple[str, ...], report: Report) -> bool:
    """At most one of these fields may be given."""
    given = [name for name in names if name in record]
    if len(given) < 2:
        return True
    report.add("E309", f"`{given[0]}` and `{given[1]}` cannot both be given", record.key(given[1]))
    return False
