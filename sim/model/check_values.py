"""Parameters, levers, draws, derived values and states."""

from collections.abc import Iterator

from sim.language.tree import Literal, Node
from sim.language.units import DIMENSIONLESS, divide
from sim.model.context import ANYTHING, NOTHING, OF_PARAMETER, OF_START, Rights
from sim.model.declarations import Derived, Draw, Jump, Lever, Parameter, State
from sim.model.document import Scalar
from sim.model.names import Entity
from sim.model.records import Record
from sim.model.scalars import jump_parts, number
from sim.model.workshop import Element, Workshop, only_one, own_element


def parameters(shop: Workshop, entity: Entity, record: Record) -> Iterator[Parameter]:
    if not only_one(record, ("value", "prior"), shop.report):
        return
    if "value" not in record and "prior" not in record:
        if not record.faulty:
            shop.report.add("E112", f"the parameter `{entity.name}` needs a `value` or a `prior`", entity.key)
        return
    context, unit = shop.context(entity, OF_PARAMETER), entity.unit
    values = shop.each(record["value"], entity, record.key("value"))
    priors = shop.each(record["prior"], entity, record.key("prior"))
    for element in shop.elements(entity):
        common, site, own = shop.common(entity, element), shop.site(entity, element), own_element(entity, element)
        if unit is None:
            continue
        if (written := values.get(element)) is not None:
            value = shop.expression(written, context, unit=unit, lone=unit, element=own)
            if value is not None:
                yield Parameter(**common, value=value, site=site)
        elif (written := priors.get(element)) is not None:
            prior = shop.sample(written, context, unit, own)
            if prior is not None:
                yield Parameter(**common, prior=prior, site=site)


def levers(shop: Workshop, entity: Entity, record: Record) -> Iterator[Lever]:
    only_one(record, ("range", "choices"), shop.report)
    low, high = _range(shop, record)
    choices = tuple(float(number(node) or 0) for node in record["choices"] or ())
    values = shop.each(record["value"], entity, record.key("value"))
    for element in shop.elements(entity):
        value = shop.constant(values.get(element), shop.context(entity, NOTHING), entity.unit or DIMENSIONLESS)
        if value is not None:
            lever = Lever(**shop.common(entity, element), value=value, low=low, high=high, choices=choices)
            if why := outside(lever, value):
                shop.report.add("E404", why, values[element])
            yield lever


def _range(shop: Workshop, record: Record) -> tuple[float | None, float | None]:
    written = record["range"]
    if not written or len(written) != 2:
        return None, None
    low, high = (float(number(node) or 0) for node in written)
    if low >= high:
        shop.report.add("E315", "the least value of a range must be below the greatest", written[0])
    return low, high


def outside(lever: Lever, value: float) -> str:
    """Why a lever cannot have a value; empty where it can."""
    if lever.low is not None and lever.high is not None and not lever.low <= value <= lever.high:
        return f"{value:g} is outside the range of `{lever.name}`, {lever.low:g} to {lever.high:g}"
    if lever.choices and value not in lever.choices:
        known = ", ".join(f"{choice:g}" for choice in lever.choices)
        return f"{value:g} is no choice of `{lever.name}`: {known}"
    return ""


def draws(shop: Workshop, entity: Entity, record: Record) -> Iterator[Draw]:
    context = shop.context(entity, OF_START if entity.per_trajectory else ANYTHING)
    written = shop.each(record["draw"], entity, record.key("draw"))
    for element, node in written.items():
        if entity.unit is not None:
            sample = shop.sample(node, context, entity.unit, own_element(entity, element))
            if sample is not None:
                yield Draw(
                    **shop.common(entity, element),
                    distribution=sample,
                    every="trajectory" if entity.per_trajectory else "step",
                    site=shop.site(entity, element),
                )


def derived(shop: Workshop, entity: Entity, record: Record) -> Iterator[Derived]:
    written = shop.each(record["value"], entity, record.key("value"))
    for element, node in written.items():
        value = _number(shop, node, entity, element)
        if value is not None:
            yield Derived(**shop.common(entity, element), value=value, text=as_written(node))


def states(shop: Workshop, entity: Entity, record: Record) -> Iterator[State]:
    only_one(record, ("change", "next"), shop.report)
    fields = {
        name: shop.each(record[name], entity, record.key(name)) for name in ("initial", "change", "next", "min", "max")
    }
    per_time = None if entity.unit is None else divide(entity.unit, shop.time)
    for element in shop.elements(entity):
        written = {name: each.get(element) for name, each in fields.items()}
        initial = _number(shop, written["initial"], entity, element, OF_START)
        change = None
        if per_time is not None:
            own = own_element(entity, element)
            change = shop.expression(written["change"], shop.context(entity), unit=per_time, lone=None, element=own)
        following = _number(shop, written["next"], entity, element)
        low, high = (_number(shop, written[name], entity, element) for name in ("min", "max"))
        if isinstance(low, Literal) and isinstance(high, Literal) and low.value > high.value:
            shop.report.add("E315", f"`min` is above `max` in `{entity.name}`", record.key("min"))
        jumps = tuple(_jumps(shop, entity, record, element))
        if initial is not None:
            equation = written["next"] or written["change"]
            yield State(
                **shop.common(entity, element),
                initial=initial,
                change=change,
                next=following,
                low=low,
                high=high,
                jumps=jumps,
                text=as_written(equation) if equation is not None else "",
            )


def _jumps(shop: Workshop, entity: Entity, record: Record, element: Element) -> Iterator[Jump]:
    for entry in record["on"] or ():
        things = shop.thing(entry.key, entity, element)
        written = shop.each(entry.value, entity, entry.key).get(element)
        if written is None or entity.unit is None:
            continue
        operator, start = jump_parts(written)
        unit = DIMENSIONLESS if operator == "*=" else entity.unit
        own = own_element(entity, element)
        value = shop.expression(written, shop.context(entity), unit=unit, lone=unit, element=own, shift=start)
        if value is not None and things:
            yield Jump(things, operator, value)


def _number(
    shop: Workshop, node: Scalar | None, entity: Entity, element: Element, rights: Rights = ANYTHING
) -> Node | None:
    """A number in the declaration's own unit."""
    if entity.unit is None:
        return None
    context = shop.context(entity, rights)
    return shop.expression(node, context, unit=entity.unit, lone=entity.unit, element=own_element(entity, element))


def as_written(node: Scalar) -> str:
    return " ".join(node.text.split())
