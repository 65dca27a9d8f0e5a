"""Actors and their decisions."""

from collections.abc import Iterator

from sim.language.tree import Literal, Node
from sim.model.check_events import value_number
from sim.model.check_values import as_written
from sim.model.context import Context
from sim.model.declarations import Actor, Decision, Option
from sim.model.names import Entity
from sim.model.records import Entry, Record
from sim.model.workshop import Element, Workshop, own_element, text


def actors(shop: Workshop, entries: list[Entry]) -> Iterator[Actor]:
    for entry in entries:
        record = entry.value
        if record is None:
            continue
        context = Context(shop.names, shop.clock, "", entry.key.text)
        precision = shop.expression(record["precision"], context)
        inertia = shop.expression(record["inertia"], context)
        yield Actor(
            name=entry.key.text,
            title=text(record, "title") or entry.key.text.replace("_", " ").capitalize(),
            precision=Literal(1.0) if precision is None else precision,
            inertia=Literal(0.0) if inertia is None else inertia,
            about=text(record, "about"),
        )


def decisions(shop: Workshop, entity: Entity, record: Record, known: dict[str, Actor]) -> Iterator[Decision]:
    actor = known.get(entity.name.partition(".")[0])
    if "options" in record and not record["options"] and not entity.faulty:
        shop.report.add("E112", f"the decision `{entity.name}` needs options", entity.key)
    initial = shop.each(record["initial"], entity, record.key("initial"))
    every = shop.each(record["every"], entity, record.key("every"))
    for element in shop.elements(entity):
        node = initial.get(element)
        at = None if node is None or not entity.parts else value_number(shop, entity, node)
        options = tuple(_options(shop, entity, record, element))
        gates = ("when", "precision", "inertia")
        when, precision, inertia = (_field(shop, entity, record, name, element) for name in gates)
        on = shop.things(record["on"] or [], entity, element, events_only=True)
        if actor is not None and at is not None and len(options) == len(entity.parts):
            yield Decision(
                **shop.common(entity, element),
                actor=actor.name,
                asks=text(record, "asks"),
                initial=at,
                every=shop.steps(every.get(element), at_least=1),
                on=on,
                when=when,
                options=options,
                precision=actor.precision if precision is None else precision,
                inertia=actor.inertia if inertia is None else inertia,
                site=shop.site(entity, element),
            )


def _options(shop: Workshop, entity: Entity, record: Record, element: Element) -> Iterator[Option]:
    for entry in record["options"] or ():
        if entry.value is None:
            continue
        utility = _field(shop, entity, entry.value, "utility", element)
        when = _field(shop, entity, entry.value, "when", element)
        written = shop.each(entry.value["utility"], entity, entry.key).get(element)
        if utility is not None and written is not None:
            yield Option(entry.key.text, utility, when, text(entry.value, "about"), as_written(written))


def _field(shop: Workshop, entity: Entity, record: Record, name: str, element: Element) -> Node | None:
    """A number without unit."""
    node = shop.each(record[name], entity, record.key(name)).get(element)
    return shop.expression(node, shop.context(entity), element=own_element(entity, element))
