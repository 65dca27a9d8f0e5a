"""A small scope to resolve expressions in: names with units, two indexes, a weekly clock."""

from collections.abc import Callable, Mapping

import pytest

from sim.errors import LanguageError
from sim.language.expressions import Symbol, parse
from sim.language.tree import Apply, Literal, Node, Read
from sim.language.units import Unit, describe, parse_unit

NAMES = {
    "area": ("km2", None),
    "gain": ("km2/week", None),
    "oil.price": ("USD/bbl", None),
    "oil.flow": ("mb/d", None),
    "revenue": ("bn_USD/year", None),
    "share": ("percent", None),
    "a": ("", None),
    "b": ("", None),
    "c": ("", None),
    "age": ("year", None),
    "t": ("week", None),
    "war.elapsed": ("week", None),
    "held": ("km2", "sector"),
    "weight": ("", "sector"),
    "trade": ("USD", "country"),
    "attack.count": ("", "sector"),
    "front.attack.port.ever": ("", "sector"),
    "lonely": ("", "single"),
    "many": ("", "crowd"),
}
DURATIONS = ("day", "week", "month", "year")


class TinyScope:
    """Names of ``NAMES``, read as states."""

    elements: Mapping[str, tuple[str, ...]] = {
        "sector": ("north", "east", "south"),
        "country": ("x", "y"),
        "single": ("only",),
        "crowd": tuple(f"e{n:04d}" for n in range(1000)),
    }

    def find(self, path: tuple[str, ...], /) -> Symbol:
        name = ".".join(path)
        if name in DURATIONS:
            return Symbol(lambda element: Literal(1.0), parse_unit(name))
        if name not in NAMES:
            raise LanguageError("E301", f"there is no {name}")
        unit, index = NAMES[name]
        return Symbol(
            lambda element: Read("state", name + (f"[{element}]" if element else "")), parse_unit(unit), index
        )


def spell(node: Node) -> str:
    """A tree on one line."""
    match node:
        case Literal(value):
            return f"{value:g}"
        case Read(of=name):
            return name
        case Apply(function, arguments):
            return f"{function}({', '.join(map(spell, arguments))})"


Resolve = Callable[..., str]


@pytest.fixture
def scope() -> TinyScope:
    return TinyScope()


@pytest.fixture
def resolve(scope: TinyScope) -> Resolve:
    """The tree of an expression on one line, with its unit in brackets where it has one."""

    def resolve(
        value: str | float | bool,
        unit: str | None = None,
        lone_unit: str | None = None,
        element: tuple[str, str] | None = None,
    ) -> str:
        node, found = parse(value).resolve(
            scope,
            unit=None if unit is None else parse_unit(unit),
            lone_unit=None if lone_unit is None else parse_unit(lone_unit),
            element=element,
        )
        return spell(node) + unit_note(found)

    return resolve


def unit_note(unit: Unit) -> str:
    return f" [{describe(unit)}]" if unit.symbols else ""
