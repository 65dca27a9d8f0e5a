"""What ties declarations together: correlations, history, cycles, names that nobody uses, streams used twice."""

from collections.abc import Iterator

from sim.errors import LanguageError
from sim.language.tree import Apply, Node, Read
from sim.model import calendar
from sim.model.declarations import Correlation, Model, Past, Sample
from sim.model.document import Scalar
from sim.model.names import Entity, split_reference
from sim.model.records import Entry
from sim.model.scalars import number
from sim.model.workshop import Workshop
from sim.numerics.correlation import correlation_factors

# -- correlations ------------------------------------------------------------------------------------------------------


def correlations(shop: Workshop, rows: list[list[Scalar]]) -> list[Correlation]:
    found: list[tuple[Correlation, Scalar]] = []
    for row in rows:
        if len(row) == 3:
            found += [(correlation, row[0]) for correlation in _row(shop, row)]
    seen: set[frozenset[str]] = set()
    for correlation, at in found:
        pair = frozenset((correlation.first, correlation.second))
        if len(pair) == 1:
            shop.report.add("E322", f"`{correlation.first}` cannot be correlated with itself", at)
        elif pair in seen:
            shop.report.add("E322", f"the pair {_pair(correlation)} is listed twice", at)
        seen.add(pair)
    if len(seen) == len(found) and all(len(pair) == 2 for pair in seen):
        _check_definite(shop, found)
    return [correlation for correlation, _ in found]


def _pair(correlation: Correlation) -> str:
    return f"`{correlation.first}`, `{correlation.second}`"


def _row(shop: Workshop, row: list[Scalar]) -> Iterator[Correlation]:
    rank = number(row[2])
    if rank is None or not -1 < rank < 1:
        shop.report.add("E322", "a rank correlation is a number between -1 and 1", row[2])
        return
    ends = [_end(shop, node) for node in row[:2]]
    if None in ends:
        return
    (first, first_elements), (second, second_elements) = (end for end in ends if end is not None)
    if _cadence(first) != _cadence(second):
        message = f"`{first.name}` is {_said(first)} and `{second.name}` {_said(second)}: these cannot be correlated"
        shop.report.add("E322", message, row[1])
    elif first_elements != second_elements and not len(first_elements) == len(second_elements) == 1:
        shop.report.add("E322", "name one element of each, or two names over the same index", row[1])
    else:
        for one, other in zip(first_elements, second_elements, strict=True):
            yield Correlation(first.at(one), second.at(other), float(rank))


def _end(shop: Workshop, node: Scalar) -> tuple[Entity, tuple[str | None, ...]] | None:
    """What one name of a pair stands for."""
    path, given = split_reference(node.text)
    try:
        entity, rest = shop.names.lookup(path, "")
        if rest or entity.kind not in ("parameter", "draw"):
            raise LanguageError("E322", f"`{node.text}` is neither an uncertain parameter nor a draw")
        if entity.kind == "parameter" and entity.record is not None and "value" in entity.record:
            raise LanguageError("E322", f"`{node.text}` is a fixed parameter: only uncertain ones can be correlated")
        return entity, shop.meant(entity, given)
    except LanguageError as error:
        shop.refuse(error, node)
        return None


def _cadence(entity: Entity) -> str:
    return "parameter" if entity.kind == "parameter" else "trajectory" if entity.per_trajectory else "step"


def _said(entity: Entity) -> str:
    return {"parameter": "a parameter", "trajectory": "a draw of the trajectory", "step": "a draw of the step"}[
        _cadence(entity)
    ]


def _check_definite(shop: Workshop, found: list[tuple[Correlation, Scalar]]) -> None:
    """Name the first pair with which the correlations contradict each other."""
    if _is_definite([correlation for correlation, _ in found]):
        return
    low, high = 0, len(found)  # the first `low` pairs are consistent, the first `high` are not
    while high - low > 1:
        middle = (low + high) // 2
        if _is_definite([correlation for correlation, _ in found[:middle]]):
            low = middle
        else:
            high = middle
    correlation, at = found[high - 1]
    message = f"the matrix of correlations is not positive definite with the pair {_pair(correlation)}"
    shop.report.add("E322", message, at, "bring it closer to 0; pairs that are not listed are 0")


def _is_definite(pairs: list[Correlation]) -> bool:
    try:
        correlation_factors(tuple(sorted((pair.first, pair.second, pair.rank) for pair in pairs)))
    except (ValueError, ZeroDivisionError):
        return False
    return True


# -- history -----------------------------------------------------------------------------------------------------------


def history(shop: Workshop, entries: list[Entry]) -> list[Past]:
    times: dict[str, list[float]] = {}
    for entry in entries:
        for thing in _past_things(shop, entry.key):
            times.setdefault(thing, []).extend(_times(shop, entry.value or []))
    return [Past(thing, len(dates), max(dates)) for thing, dates in times.items() if dates]


def _past_things(shop: Workshop, node: Scalar) -> list[str]:
    """The events, and kinds with their events, that happened."""
    path, given = split_reference(node.text)
    try:
        entity, part = shop.names.thing(path, "")
        if entity.kind != "event":
            raise LanguageError("E323", f"`{node.text}` is no event: only events have a history")
        elements = shop.meant(entity, given)
    except LanguageError as error:
        shop.refuse(error, node)
        return []
    return [name for each in elements for name in (entity.at(each), *([f"{entity.at(each)}.{part}"] if part else []))]


def _times(shop: Workshop, nodes: list[Scalar]) -> Iterator[float]:
    for node in nodes:
        time = calendar.time_of(shop.clock, calendar.day(node))
        if time > 0 and not shop.timeless:
            hint = "a scenario can make an event happen, under `fire:`"
            shop.report.add("E323", "history is what happened before the start", node, hint)
        yield time


# -- cycles ------------------------------------------------------------------------------------------------------------


def check_cycles(shop: Workshop, model: Model) -> None:
    """No parameter, draw or derived value may need itself."""
    needs: dict[str, list[str]] = {}
    for parameter in model.parameters:
        needs[parameter.name] = list(_needs(parameter.value, parameter.prior))
    for draw in model.draws:
        needs[draw.name] = list(_needs(None, draw.distribution))
    for derived in model.derived:
        needs[derived.name] = list(_needs(derived.value, None))
    for cycle in _cycles(needs):
        entity = shop.names.entities[cycle[0].partition("[")[0]]
        shop.report.add("E308", f"`{cycle[0]}` needs itself: {' -> '.join([*cycle, cycle[0]])}", entity.key)


def _needs(node: Node | None, sample: Sample | None) -> Iterator[str]:
    """The names that are needed before a value can be computed."""
    open_nodes: list[Node | None] = [node]
    if sample is not None:
        open_nodes += [*sample.arguments, sample.low, sample.high]
    while open_nodes:
        match open_nodes.pop():
            case Read("parameter" | "draw" | "derived", name):
                yield name
            case Apply(_, arguments):
                open_nodes += arguments


def _cycles(needs: dict[str, list[str]]) -> Iterator[list[str]]:
    """One cycle for each group of names that need each other."""
    done: set[str] = set()
    for root in needs:
        path: dict[str, Iterator[str]] = {}
        if root in done:
            continue
        path[root] = iter(needs[root])
        while path:
            name = next(reversed(path))
            following = next(path[name], None)
            if following is None:
                path.popitem()
                done.add(name)
            elif following in path:
                names = list(path)
                yield names[names.index(following) :]
            elif following not in done and following in needs:
                path[following] = iter(needs[following])


# -- names nobody uses, streams used twice -----------------------------------------------------------------------------


_UNUSED_HINT = "delete it, or list it under `measures:`"
_UNUSED_HINTS = {"date": "delete it"}


def warn_of_unused(shop: Workshop) -> None:
    """A name that nothing refers to."""
    names = shop.names
    decided = {name.partition(".")[0] for name, entity in names.entities.items() if entity.kind == "decision"}
    _warn(shop, "actor", {name: key for name, key in names.actors.items() if name not in decided})
    indexed = {entity.index for entity in names.entities.values()}
    _warn(shop, "index", {name: key for name, key in names.indexes.items() if name not in indexed})
    _warn(shop, "unit", {name: key for name, key in shop.units.keys.items() if name not in shop.units.used})
    for entity in shop.names.entities.values():
        if not entity.readers and entity.kind != "event":  # an event has a row of its own in events.csv
            message = f"the {entity.described.partition(' ')[2]} `{entity.name}` is declared and never used"
            shop.report.add("W301", message, entity.key, _UNUSED_HINTS.get(entity.kind, _UNUSED_HINT))


def _warn(shop: Workshop, what: str, keys: dict[str, Scalar]) -> None:
    for name, key in keys.items():
        shop.report.add("W301", f"the {what} `{name}` is declared and never used", key)


def check_streams(shop: Workshop, model: Model) -> None:
    """Two declarations must not draw the same random numbers."""
    drawing = [(parameter.site, parameter.name) for parameter in model.parameters if parameter.prior is not None]
    for declared in (model.draws, model.events, model.phases, model.decisions):
        drawing += [(each.site, each.name) for each in declared]
    owners = {site: name for site, name in drawing if site == name}
    for site, name in drawing:
        owner = owners.setdefault(site, name)
        if owner != name:
            entity = shop.names.entities[name.partition("[")[0]]
            shop.report.add("E303", f"`{owner}` draws from the stream `{site}` already", entity.key)
