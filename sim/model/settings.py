"""What a scenario states: values set, options forced, events fired and suppressed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sim.errors import LanguageError
from sim.language.distributions import is_distribution
from sim.model import calendar
from sim.model.check_events import read_weights, value_number
from sim.model.check_values import outside
from sim.model.context import NOTHING, OF_PARAMETER
from sim.model.declarations import Lever, Model, Sample, Scenario
from sim.model.document import Scalar
from sim.model.names import Entity, split_reference
from sim.model.records import Entry, Record
from sim.model.schema import TIMED
from sim.model.workshop import Element, Workshop

_SETTABLE = ("parameter", "lever", "state", "phase", "decision")


@dataclass(slots=True)
class Draft:
    """A scenario in the making."""

    parameters: dict[str, float | Sample] = field(default_factory=dict)
    levers: dict[str, tuple[float, ...]] = field(default_factory=dict)
    states: dict[str, float] = field(default_factory=dict)
    phases: dict[str, tuple[float, ...]] = field(default_factory=dict)
    decisions: dict[str, int] = field(default_factory=dict)
    force: dict[str, tuple[int, ...]] = field(default_factory=dict)
    fire: dict[str, frozenset[int]] = field(default_factory=dict)
    suppress: frozenset[str] = frozenset()

    def copy(self) -> "Draft":
        return Draft(
            dict(self.parameters),
            dict(self.levers),
            dict(self.states),
            dict(self.phases),
            dict(self.decisions),
            dict(self.force),
            dict(self.fire),
            self.suppress,
        )

    def scenario(self, name: str, title: str, about: str) -> Scenario:
        return Scenario(
            name,
            title,
            about,
            self.parameters,
            self.levers,
            self.states,
            self.phases,
            self.decisions,
            self.force,
            self.fire,
            self.suppress,
        )


class Settings:
    """Reads the statements of scenarios into drafts."""

    def __init__(self, shop: Workshop, model: Model) -> None:
        self.shop, self.clock, self.report = shop, shop.clock, shop.report
        self.levers: Mapping[str, Lever] = {lever.name: lever for lever in model.levers}
        kinds = [[f"{event.name}.{kind}" for kind, _ in event.kinds] for event in model.events]
        self.siblings = {kind: [k for k in all_kinds if k != kind] for all_kinds in kinds for kind in all_kinds}

    def apply_record(self, draft: Draft, record: Record) -> None:
        self.apply(draft, record["set"] or [])
        for entry in record["force"] or ():
            self._force(draft, entry)
        for entry in record["fire"] or ():
            self._fire(draft, entry)
        for node in record["suppress"] or ():
            draft.suppress |= frozenset(self._suppressed(node))

    def apply(self, draft: Draft, entries: Iterable[Entry]) -> None:
        for entry in entries:
            if entry.value is not None:
                self._set(draft, entry)

    # -- set

    def _set(self, draft: Draft, entry: Entry) -> None:
        found = self._entity(entry.key)
        if found is None:
            return
        entity, elements = found
        if entity.kind == "lever":
            for element in elements:
                self._set_lever(draft, entity, element, entry)
            return
        for element, written in self._written(entity, elements, entry).items():
            self._set_one(draft, entity, element, written)

    def _entity(self, node: Scalar) -> tuple[Entity, tuple[Element, ...]] | None:
        """What a key of ``set`` names, and which of its elements."""
        path, given = split_reference(node.text)
        try:
            entity, rest = self.shop.names.lookup(path, "")
            if rest or entity.kind not in _SETTABLE:
                what = "a part of something" if rest else entity.described
                hint = "parameters, levers and the initial values of states, phases and decisions can be set"
                raise LanguageError("E403", f"`{node.text}` is {what} and cannot be set", hint)
            elements = self.shop.meant(entity, given)
        except LanguageError as error:
            self.shop.refuse(error, node)
            return None
        entity.read_by("scenario")
        return entity, elements

    def _written(self, entity: Entity, elements: tuple[Element, ...], entry: Entry) -> dict[Element, Any]:
        """What is set for each element: the same, or what a mapping of elements says."""
        value = entry.value
        if isinstance(value, list) and entity.index is not None and elements == self.shop.elements(entity):
            keyed = [item for item in value if isinstance(item, Entry)]
            if keyed and (entity.kind != "phase" or any(item.key.text in elements for item in keyed)):
                for item in keyed:
                    if item.key.text not in elements:
                        self.report.add("E314", f"`{item.key.text}` is no element of {entity.index}", item.key)
                return {item.key.text: item.value for item in keyed if item.key.text in elements}
        return dict.fromkeys(elements, value)

    def _set_one(self, draft: Draft, entity: Entity, element: Element, written: Any) -> None:
        name = entity.at(element)
        if entity.kind == "phase":
            weights = read_weights(self.shop, entity, written)
            if weights is not None:
                draft.phases[name] = weights
        elif not isinstance(written, Scalar):
            self._refuse(entity, written)
        elif entity.kind == "decision":
            at = value_number(self.shop, entity, written)
            if at is not None:
                draft.decisions[name] = at
        elif entity.kind == "parameter" and is_distribution(written.text):
            if entity.unit is not None:
                prior = self.shop.sample(written, self.shop.context(entity, OF_PARAMETER), entity.unit, None)
                draft.parameters |= {} if prior is None else {name: prior}
        else:
            self._set_number(draft, entity, name, written)

    def _set_number(self, draft: Draft, entity: Entity, name: str, written: Scalar) -> None:
        if entity.unit is None:
            return
        value = self.shop.constant(written, self.shop.context(entity, NOTHING), entity.unit)
        if value is not None and entity.kind == "parameter":
            draft.parameters[name] = value
        elif value is not None:
            draft.states[name] = value

    def _refuse(self, entity: Entity, written: Any) -> None:
        at = written[0] if isinstance(written, list) and written else written
        at = at.key if isinstance(at, Entry) else at
        if hasattr(at, "line"):
            self.report.add("E403", f"one value is expected for the {entity.kind} `{entity.name}`", at)

    # -- levers

    def _set_lever(self, draft: Draft, entity: Entity, element: Element, entry: Entry) -> None:
        lever = self.levers.get(entity.at(element))
        if lever is None:
            return
        values = list(draft.levers.get(lever.name) or [lever.value] * self.clock.n_records)
        for node, first, last in self._timed(entity, element, entry):
            value = self.shop.constant(node, self.shop.context(entity, NOTHING), entity.unit or self.shop.time)
            if value is None:
                continue
            if why := outside(lever, value):
                self.report.add("E404", why, node)
            values[first:last] = [value] * (last - first)
        draft.levers[lever.name] = tuple(values)

    def _timed(self, entity: Entity, element: Element, entry: Entry) -> list[tuple[Scalar, int, int]]:
        """The values of a lever for one element: each with the first record that has it and the first that has not."""
        value = entry.value
        if isinstance(value, Scalar):
            return [(value, 0, self.clock.n_records)]
        keys = {item.key.text for item in value if isinstance(item, Entry)}
        if keys and entity.index is not None and keys <= set(self.shop.elements(entity)):
            own = next((item.value for item in value if item.key.text == element), None)
            return self._timed_node(own) if own is not None else []
        if keys:
            return self._of_record(TIMED.from_entries(value, entry.key, self.report))
        return [timed for node in value for timed in self._timed_node(node)]

    def _timed_node(self, node: Any) -> list[tuple[Scalar, int, int]]:
        if isinstance(node, Scalar):
            return [(node, 0, self.clock.n_records)]
        return self._of_record(TIMED.read(node, self.report))

    def _of_record(self, record: Record | None) -> list[tuple[Scalar, int, int]]:
        if record is None or record["value"] is None:
            return []
        return [(record["value"], *self._span(record))]

    def _span(self, record: Record) -> tuple[int, int]:
        """The records from ``from`` up to, and not at, ``until``."""
        first, last = 0, self.clock.n_records
        if self.shop.timeless:
            return first, first
        if record["from"]:
            first = max(0, calendar.first_record(self.clock, calendar.day(record["from"])))
        if record["until"]:
            last = min(last, calendar.first_record(self.clock, calendar.day(record["until"])))
        if first > self.clock.n_steps:
            self.report.add("E405", "`from` is after the horizon", record["from"])
        elif first >= last:
            self.report.add("E405", "`until` leaves no record time", record["until"])
        return first, max(first, last)

    # -- force, fire, suppress

    def _force(self, draft: Draft, entry: Entry) -> None:
        path, given = split_reference(entry.key.text)
        try:
            entity, rest = self.shop.names.lookup(path, "")
            if rest or entity.kind != "decision":
                hint = "`fire` makes an event happen" if entity.kind == "event" else "write `{actor.decision: option}`"
                raise LanguageError("E406", f"`{entry.key.text}` is no decision: only those can be forced", hint)
            elements = self.shop.meant(entity, given)
        except LanguageError as error:
            self.shop.refuse(error, entry.key)
            return
        for element in elements:
            options = list(draft.force.get(entity.at(element)) or [-1] * self.clock.n_records)
            for written in entry.value or ():
                node, (first, last) = self._forced(written)
                option = None if node is None else self._option(entity, node)
                if option is not None:
                    options[first:last] = [option] * (last - first)
            draft.force[entity.at(element)] = tuple(options)

    def _forced(self, written: Scalar | Record) -> tuple[Scalar | None, tuple[int, int]]:
        if isinstance(written, Scalar):
            return written, (0, self.clock.n_records)
        return written["option"], self._span(written)

    def _option(self, entity: Entity, node: Scalar) -> int | None:
        if node.text not in entity.parts and not entity.faulty:
            hint = f"it has {', '.join(entity.parts)}"
            self.report.add("E406", f"`{entity.name}` has no option `{node.text}`", node, hint)
            return None
        return entity.parts.index(node.text) if node.text in entity.parts else None

    def _fire(self, draft: Draft, entry: Entry) -> None:
        records = frozenset(record for node in entry.value or () if (record := self._record(node)) is not None)
        for thing in self._events(entry.key, kinds=True):
            draft.fire[thing] = draft.fire.get(thing, frozenset()) | records
            self._one_kind(draft, thing, entry.key)

    def _one_kind(self, draft: Draft, thing: str, node: Scalar) -> None:
        """An event that is fired is of one kind."""
        for other in self.siblings.get(thing, ()):
            if both := draft.fire[thing] & draft.fire.get(other, frozenset()):
                date = self.clock.date_of(min(both))
                self.report.add("E409", f"`{other}` is fired at {date} too, and an event is of one kind", node)
                return

    def _record(self, node: Scalar) -> int | None:
        if self.shop.timeless:
            return None
        record = max(1, calendar.first_record(self.clock, calendar.day(node)))
        if record <= self.clock.n_steps:
            return record
        end = self.clock.date_of(self.clock.n_steps)
        self.report.add("E405", f"{node.text} is after the horizon, {end}", node)
        return None

    def _suppressed(self, node: Scalar) -> tuple[str, ...]:
        return self._events(node, kinds=False)

    def _events(self, node: Scalar, *, kinds: bool) -> tuple[str, ...]:
        """The full names of the events (or kinds) that a reference names."""
        path, given = split_reference(node.text)
        try:
            entity, part = self.shop.names.thing(path, "")
            if entity.kind != "event" or (part and not kinds):
                what = "an event or a kind of one" if kinds else "an event"
                hint = "`force` keeps an option in force" if entity.kind == "decision" else ""
                raise LanguageError("E407", f"`{node.text}` is not {what}", hint)
            elements = self.shop.meant(entity, given)
        except LanguageError as error:
            self.shop.refuse(error, node)
            return ()
        entity.read_by("scenario")
        return tuple(entity.at(element) + (f".{part}" if part else "") for element in elements)
