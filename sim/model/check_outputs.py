"""What is observed: outcomes, questions and measures."""

import datetime
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any, Literal

from sim.errors import LanguageError
from sim.language.tree import Node, Read
from sim.language.units import DIMENSIONLESS, Unit, describe
from sim.model import calendar
from sim.model.check_values import as_written
from sim.model.collect import File
from sim.model.context import Context
from sim.model.declarations import Measure, Outcome, Question
from sim.model.document import Scalar
from sim.model.names import MACHINES, NUMBERS, Entity, Path, split_reference
from sim.model.records import Entry, Record
from sim.model.scalars import check_name, number
from sim.model.source import At
from sim.model.workshop import Workshop, only_one, text

Kind = Literal["ever", "always", "at_end", "value"]
_KINDS: tuple[Kind, ...] = ("ever", "always", "at_end", "value")


def outcomes(shop: Workshop, entries: list[Entry]) -> Iterator[Outcome]:
    for i, entry in enumerate(entries):
        key, record = entry.key, entry.value
        check_name(key, shop.report)
        last = i == len(entries) - 1
        is_otherwise = isinstance(record, Scalar)
        if is_otherwise != last and record is not None:
            message = "the last outcome must be `otherwise`" if last else "only the last outcome can be `otherwise`"
            shop.report.add("E319", message, key, "each trajectory has exactly one outcome: the first that holds")
        if record is None or is_otherwise:
            yield Outcome(key.text)
            continue
        if not record.faulty and not ("when" in record or "ends_when" in record):
            shop.report.add("E112", f"the outcome `{key.text}` needs `when` or `ends_when`", key)
        context = Context(shop.names, shop.clock, "", f"outcome {key.text}")
        conditions = {name: shop.expression(record[name], context) for name in ("ends_when", "when")}
        written = record["ends_when"] or record["when"]
        yield Outcome(key.text, **conditions, about=text(record, "about"), text=as_written(written) if written else "")


# -- questions ---------------------------------------------------------------------------------------------------------


def questions(shop: Workshop, file: File, entry: Entry) -> Iterator[Question]:
    record = entry.value
    check_name(entry.key, shop.report)
    if record is None or not only_one(record, _KINDS, shop.report):
        return
    kind = next((kind for kind in _KINDS if kind in record), None)
    if kind is None:
        if not record.faulty:
            hint = "give `ever`, `always`, `at_end` or `value`"
            shop.report.add("E112", f"the question `{entry.key.text}` does not say what is asked", entry.key, hint)
        return
    name = f"{file.namespace}.{entry.key.text}" if file.namespace else entry.key.text
    context = Context(shop.names, shop.clock, file.namespace, f"question {name}")
    window = _window(shop, record, entry.key)
    hold = _hold(shop, record, kind)
    _check_fields(shop, record, kind)
    asked = _asked(shop, record, kind, context)
    before, given = (shop.expression(record[field], context) for field in ("before", "given"))
    if asked is None or window is None:
        return
    first, last, by = window
    if hold > last - first:
        shop.report.add("W302", "the window is shorter than `for`: the answer is always no", record.key("for"))
    yield Question(
        name=name,
        kind=kind,
        condition=asked[0],
        first=first,
        last=last,
        by=by,
        hold=hold,
        before=before,
        given=given,
        bins=_bins(shop, record["bins"] or []),
        asks=text(record, "asks"),
        unit=asked[1],
        about=text(record, "about"),
    )


def _window(shop: Workshop, record: Record, at: At) -> tuple[int, int, datetime.date] | None:
    """The first and last record number that count, and the date of the answer."""
    clock, report = shop.clock, shop.report
    if shop.timeless:
        return None
    start = calendar.day(record["from"]) if record["from"] else clock.start
    by = calendar.day(record["by"]) if record["by"] else clock.date_of(clock.n_steps)
    if by < start:
        message = "`by` is before `from`" if "by" in record else f"`from` is after the horizon, {by}"
        report.add("E320", message, record.key("by" if "by" in record else "from"))
        return None
    first, last = max(0, calendar.first_record(clock, start)), min(clock.n_steps, calendar.last_record(clock, by))
    if first > last:
        hint = f"record times run from {clock.start} to {clock.date_of(clock.n_steps)}"
        report.add("E320", "no record time lies in the window of this question", at, hint)
        return None
    if record["by"] and calendar.first_record(clock, by) > clock.n_steps:
        end = clock.date_of(clock.n_steps)
        report.add("W303", f"`by` is after the horizon: the answer is that of {end}", record["by"])
    return first, last, by


def _hold(shop: Workshop, record: Record, kind: Kind) -> int:
    return shop.steps(record["for"]) or 0 if kind == "ever" else 0


def _check_fields(shop: Workshop, record: Record, kind: Kind) -> None:
    """Fields that go with one kind of question only."""
    for field, wanted in (("for", "ever"), ("before", "ever"), ("bins", "value"), ("unit", "value")):
        if field in record and kind != wanted:
            shop.report.add("E309", f"`{field}` goes with `{wanted}` only", record.key(field))
    if kind == "value" and "bins" not in record:
        shop.report.add("E112", "a numeric question needs `bins`", record.key("value"), "such as `bins: [60, 70]`")


def _asked(shop: Workshop, record: Record, kind: Kind, context: Context) -> tuple[Node, str] | None:
    """The condition of a question, or its number and the unit of it."""
    if kind != "value":
        condition = shop.expression(record[kind], context)
        return None if condition is None else (condition, "")
    return _in_unit(shop, record, context)


def _in_unit(shop: Workshop, record: Record, context: Context) -> tuple[Node, str] | None:
    """The field `value`, in the unit of the field `unit` if there is one, and that unit.

    Without one a name has its own; what is reckoned from names without dimension is a plain number, none a percentage.
    """
    unit: Unit | None = None
    if record["unit"] is not None and (unit := shop.units.read(record["unit"])) is None:
        return None
    found = shop.quantity(record["value"], context, unit=unit, lone=unit)
    if found and unit is None and not found[1].dimensions and not isinstance(found[0], Read):
        found = shop.quantity(record["value"], context, unit=DIMENSIONLESS)
    if found is None:
        return None
    node, has = found
    return node, text(record, "unit") or ("" if has == DIMENSIONLESS else describe(has))


def _bins(shop: Workshop, nodes: list[Scalar]) -> tuple[float, ...]:
    edges = [float(number(node) or 0) for node in nodes]
    for (low, high), node in zip(pairwise(edges), nodes[1:], strict=False):
        if low >= high:
            shop.report.add("E321", "the edges of bins must increase", node)
    return tuple(edges)


# -- measures ----------------------------------------------------------------------------------------------------------


def measures(shop: Workshop, lists: Iterable[tuple[str, Any]]) -> tuple[Measure, ...]:
    """The measures that files list, given their namespaces and what they list: names, definitions, or both mixed."""
    found: dict[str, Measure] = {}
    for namespace, written in lists:
        for item in written:
            for node in item if isinstance(item, list) else [item]:
                read = _listed(shop, namespace, node) if isinstance(node, Scalar) else _defined(shop, namespace, node)
                for measure in read:
                    if found.setdefault(measure.name, measure) != measure:
                        at = node if isinstance(node, Scalar) else node.key
                        shop.report.add("E303", f"two measures are called `{measure.name}`", at)
    return tuple(found.values())


def _defined(shop: Workshop, namespace: str, entry: Entry) -> Iterator[Measure]:
    record = entry.value
    if record is None:
        return
    name = f"{namespace}.{entry.key.text}" if namespace else entry.key.text
    context = Context(shop.names, shop.clock, namespace, f"measure {name}")
    found = _in_unit(shop, record, context)
    if found is not None:
        yield Measure(name, found[0], found[1], text(record, "title"))


def _listed(shop: Workshop, namespace: str, node: Scalar) -> Iterator[Measure]:
    """The measure, or one for each element, that a name in a list stands for."""
    path, given = split_reference(node.text)
    context = Context(shop.names, shop.clock, namespace, "measure")
    try:
        entity, rest = shop.names.lookup(path, namespace)
        if entity.kind in MACHINES and not rest:
            entity.read_by("measure")
            for element in shop.meant(entity, given):
                yield Measure(entity.at(element), None)
            return
        symbol = context.find(path)
        unit = text(entity.record, "unit") if entity.kind in NUMBERS and entity.record else _said(symbol.unit)
        for element in shop.meant(entity, given):
            yield Measure(_full(entity, element, rest), symbol.node(element), unit)
    except LanguageError as error:
        shop.refuse(error, node)


def _said(unit: Unit) -> str:
    return "" if unit == DIMENSIONLESS else describe(unit)


def _full(entity: Entity, element: str | None, rest: Path) -> str:
    return ".".join((entity.at(element), *rest))


def default_measures(shop: Workshop) -> Iterator[Measure]:
    """Every state, phase and decision."""
    for kind in ("state", "phase", "decision"):
        for entity in shop.names.entities.values():
            if entity.kind == kind and entity.record is not None:
                entity.read_by("measure")
                for element in shop.elements(entity):
                    yield from _of_entity(entity, element)


def _of_entity(entity: Entity, element: str | None) -> Iterator[Measure]:
    name = entity.at(element)
    if entity.kind == "state" and entity.record is not None:
        yield Measure(name, Read("state", name), text(entity.record, "unit"))
    else:
        yield Measure(name, None)
