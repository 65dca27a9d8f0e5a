"""Events and phases: what happens at a moment, and the machines that it moves."""

import math
import re
from collections.abc import Iterator
from typing import Any

from sim.errors import LanguageError
from sim.language.tree import Apply, Literal, Node, Read
from sim.model import calendar
from sim.model.check_values import as_written
from sim.model.declarations import Chance, Event, Move, Phase
from sim.model.document import Scalar, Sequence
from sim.model.names import Entity, split_reference
from sim.model.records import Entry, Record
from sim.model.scalars import is_day, is_finite, number
from sim.model.shape import suggest
from sim.model.workshop import Each, Element, Workshop, only_one, own_element

_ARROW = re.compile(r"(\w+)\s*->\s*(\w+)")
_CAUSES = ("rate", "probability", "chance")


def events(shop: Workshop, entity: Entity, record: Record) -> Iterator[Event]:
    only_one(record, _CAUSES, shop.report)
    if "chance" in record:
        only_one(record, ("chance", "every"), shop.report)
    kinds = [(entry.key.text, shop.each(entry.value, entity, entry.key)) for entry in record["kinds"] or ()]
    for element in shop.elements(entity):
        written = _Causes(shop, entity, record, element)
        weights = [(name, written.plain(each, "weight")) for name, each in kinds]
        if weights and all(isinstance(weight, Literal) and weight.value == 0 for _, weight in weights):
            shop.report.add("E315", "the weights sum to zero", record.key("kinds"))
        yield Event(
            **shop.common(entity, element),
            when=written.field("when"),
            rate=written.rate(),
            probability=written.probability("probability"),
            chance=written.chance(),
            every=written.steps("every", at_least=1) or 1,
            once=bool(record["once"].value) if record["once"] else False,
            cooldown=written.steps("cooldown") or 0,
            kinds=tuple((name, weight) for name, weight in weights if weight is not None),
            site=shop.site(entity, element),
            texts=written.texts(),
        )


class _Causes:
    """The gates and hazards of an event or a move, for one element."""

    def __init__(self, shop: Workshop, entity: Entity, record: Record, element: Element) -> None:
        self.shop, self.entity, self.record, self.element = shop, entity, record, element

    def plain(self, each: Each, what: str = "") -> Node | None:
        """A number without unit; a constant weight is not negative."""
        node = each.get(self.element)
        own = own_element(self.entity, self.element)
        tree = self.shop.expression(node, self.shop.context(self.entity), element=own)
        if node is not None and what and isinstance(tree, Literal) and tree.value < 0:
            self.shop.report.add("E315", f"a {what} cannot be negative", node)
        return tree

    def field(self, name: str) -> Node | None:
        return self.plain(self.each(name))

    def each(self, name: str) -> Each:
        return self.shop.each(self.record[name], self.entity, self.record.key(name))

    def steps(self, name: str, at_least: int = 0) -> int | None:
        return self.shop.steps(self.each(name).get(self.element), at_least)

    def rate(self) -> Node | None:
        node, own = self.each("rate").get(self.element), own_element(self.entity, self.element)
        context = self.shop.context(self.entity)
        tree = self.shop.expression(node, context, unit=self.shop.per_time, lone=None, element=own)
        if node is not None and isinstance(tree, Literal) and tree.value < 0:
            self.shop.report.add("E315", "a rate cannot be negative", node)
        return tree

    def probability(self, name: str) -> Node | None:
        tree = self.field(name)
        node = self.each(name).get(self.element)
        if node is not None and isinstance(tree, Literal) and not 0 <= tree.value <= 1:
            self.shop.report.add("E315", "a probability is a number from 0 to 1", node)
        return tree

    def texts(self) -> tuple[tuple[str, str], ...]:
        """The gates and hazards as they are written."""
        nodes = [(name, self.each(name).get(self.element)) for name in ("when", *_CAUSES)]
        return tuple((name, as_written(node)) for name, node in nodes if node is not None)

    def chance(self) -> Chance | None:
        record, report = self.record, self.shop.report
        if "chance" not in record:
            for name in ("within", "after"):
                if name in record:
                    report.add("E309", f"`{name}` goes with `chance`", record.key(name), "give `chance: 0.3`, say")
            return None
        if "within" not in record:
            report.add("E112", "`chance` needs the length of its window", record.key("chance"), "add `within: 14 days`")
        probability = self.probability("chance")
        within = self.steps("within", at_least=1)
        since = self.since(record["after"]) if record["after"] is not None else None
        return None if probability is None or within is None else Chance(probability, within, since)

    def since(self, node: Scalar) -> Node | None:
        """The time elapsed since the window opened."""
        if node.text == "start":
            return Read("time")
        if is_day(node):
            return self._since(calendar.time_of(self.shop.clock, calendar.day(node)))
        path, _ = split_reference(node.text)
        try:
            entity, rest = self.shop.names.lookup(path, self.entity.module)
            if entity.kind == "date" and not rest:
                entity.read_by(self.entity.name)
                return self._since(entity.time)
        except LanguageError as error:
            self.shop.refuse(error, node)
            return None
        things = self.shop.thing(node, self.entity, self.element)
        if len(things) > 1:
            hint = f"name one: `{entity.name}[{self.shop.elements(entity)[0]}]`"
            self.shop.report.add("E314", f"`{node.text}` is over {entity.index}: which element is meant?", node, hint)
        return Read("elapsed", things[0]) if things else None

    def _since(self, time: float) -> Node:
        return Apply("sub", (Read("time"), Literal(time)))


# -- phases ------------------------------------------------------------------------------------------------------------


def phases(shop: Workshop, entity: Entity, record: Record) -> Iterator[Phase]:
    if not entity.parts:
        return
    for element in shop.elements(entity):
        initial = read_weights(shop, entity, initial_of(shop, entity, record, element))
        moves = [_move(shop, entity, move, element) for move in record["moves"] or ()]
        if initial is not None:
            yield Phase(
                **shop.common(entity, element),
                values=entity.parts,
                initial=initial,
                moves=tuple(move for move in moves if move is not None),
                site=shop.site(entity, element),
            )


def initial_of(shop: Workshop, entity: Entity, record: Record, element: Element) -> Any:
    """What is written as the initial value of one element of a phase: a name, or entries with weights."""
    written = record["initial"]
    if not isinstance(written, list) or entity.index is None:
        return written
    elements = shop.names.elements[entity.index]
    if not any(entry.key.text in elements for entry in written):
        return written
    shop.check_elements(written, entity.index, record.key("initial"))
    return next((entry.value for entry in written if entry.key.text == element), None)


def read_weights(shop: Workshop, entity: Entity, written: Any) -> tuple[float, ...] | None:
    """The weights of the values of a phase, summing to 1, from a value or a mapping of weights."""
    if isinstance(written, Scalar):
        at = value_number(shop, entity, written)
        return None if at is None else tuple(float(i == at) for i in range(len(entity.parts)))
    if written is None or isinstance(written, Sequence):
        if written is not None:
            shop.report.add("E111", "a value, or a mapping of values and weights, is expected here", written)
        return None
    entries = written if isinstance(written, list) else [Entry(key, value) for key, value in written.entries]
    weights = dict.fromkeys(range(len(entity.parts)), 0.0)
    for entry in entries:
        at, weight = value_number(shop, entity, entry.key), _weight(shop, entry)
        if at is None or weight is None:
            return None
        weights[at] = weight
    total = math.fsum(weights.values())
    if not total > 0 and entries:
        shop.report.add("E315", "the weights sum to zero", entries[0].key)
    return tuple(weight / total for weight in weights.values()) if total > 0 else None


def _weight(shop: Workshop, entry: Entry) -> float | None:
    weight = number(entry.value) if isinstance(entry.value, Scalar) else None
    if weight is None or not is_finite(weight) or weight < 0:
        shop.report.add("E315", f"the weight of `{entry.key.text}` must be a number from 0", entry.key)
        return None
    return float(weight)


def value_number(shop: Workshop, entity: Entity, node: Scalar) -> int | None:
    """The position of a value of a phase, or an option of a decision."""
    if node.text in entity.parts:
        return entity.parts.index(node.text)
    if not entity.faulty:
        what = "value" if entity.kind == "phase" else "option"
        hint = suggest(node.text, entity.parts) or f"it has {', '.join(entity.parts)}"
        shop.report.add("E317", f"`{entity.name}` has no {what} `{node.text}`", node, hint)
    return None


def _move(shop: Workshop, entity: Entity, written: tuple[Scalar | None, Record], element: Element) -> Move | None:
    arrow, record = written
    causes = _Causes(shop, entity, record, element)
    ends = _arrow_ends(shop, arrow) if arrow is not None else (record["from"], record["to"])
    if ends is None or ends[0] is None or ends[1] is None:
        return None
    targets = _targets(shop, entity, ends[1], causes)
    sources = _sources(shop, entity, ends[0], targets)
    _check_causes(shop, record, arrow or record)
    move = Move(
        sources=sources or (),
        targets=targets or (),
        on=shop.things(record["on"] or [], entity, element, events_only=True),
        when=causes.field("when"),
        rate=causes.rate(),
        chance=causes.chance(),
        texts=causes.texts(),
    )
    return move if sources and targets else None


def _arrow_ends(shop: Workshop, arrow: Scalar) -> tuple[list[Scalar], Scalar] | None:
    found = _ARROW.fullmatch(arrow.text.strip())
    if found is None:
        hint = "write `a -> b`, or from several `{from: [a, b], to: c}`"
        shop.report.add("E317", f"`{arrow.text}` is no move", arrow, hint)
        return None
    source, target = (arrow.part(found.start(i), found.end(i)) for i in (1, 2))
    return [source], target


def _targets(shop: Workshop, entity: Entity, written: Scalar | list[Entry], causes: _Causes) -> Any:
    """The targets of a move with their weights; empty where one is faulty."""
    if isinstance(written, Scalar):
        at = value_number(shop, entity, written)
        return () if at is None else ((at, None),)
    targets = []
    for entry in written:
        at = value_number(shop, entity, entry.key)
        weight = causes.plain(shop.each(entry.value, entity, entry.key), "weight")
        if at is not None and weight is not None:
            targets.append((at, weight))
    return tuple(targets) if len(targets) == len(written) else ()


def _sources(shop: Workshop, entity: Entity, written: list[Scalar], targets: Any) -> tuple[int, ...]:
    """The values that a move leaves; one that is the only target already is left alone."""
    single = targets[0][0] if len(targets) == 1 else None
    found: dict[int, None] = {}
    for node in written:
        if node.text == "any":
            found |= dict.fromkeys(range(len(entity.parts)))
        elif (at := value_number(shop, entity, node)) is not None:
            found[at] = None
            if at == single and len(written) == 1:
                shop.report.add("E317", f"a phase never moves to the value it has, here `{node.text}`", node)
    return tuple(at for at in found if at != single)


def _check_causes(shop: Workshop, record: Record, at: Any) -> None:
    only_one(record, ("rate", "chance"), shop.report)
    for name in ("rate", "chance"):
        if name in record and "on" in record:
            only_one(record, ("on", name), shop.report)
    if not any(name in record for name in ("on", "when", "rate", "chance")) and not record.faulty:
        shop.report.add("E112", "a move needs a cause: `on`, `when`, `rate` or `chance`", at)
