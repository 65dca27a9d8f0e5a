"""Expressions: parsed once, and resolved wherever they stand into a checked tree with a unit."""

import ast
import difflib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

from sim.errors import LanguageError
from sim.language import functions, syntax
from sim.language.constants import constant
from sim.language.functions import AGGREGATES, FUNCTIONS
from sim.language.quantities import Quantity, convert, said
from sim.language.tree import Literal, Node
from sim.language.units import DIMENSIONLESS, PER_TIME, Unit, describe

LARGEST_TREE = 1_000_000


@dataclass(frozen=True)
class Symbol:
    """What a name stands for: a node for each element of the index it is over, or (``index`` None) one for None."""

    node: Callable[[str | None], Node]
    unit: Unit
    index: str | None = None


class Scope(Protocol):
    """Where an expression stands: what its names mean there."""

    @property
    def elements(self) -> Mapping[str, tuple[str, ...]]:
        """The elements of every index."""

    def find(self, path: tuple[str, ...], /) -> Symbol:
        """What a dotted name stands for, without the element in its brackets; LanguageError where it is no number."""


def parse(value: str | float | bool) -> "Expression":
    """An expression as it stands in a file: text, or a number that YAML has read already."""
    if isinstance(value, str):
        tree, offset = syntax.read(value)
        return Expression(value, tree, offset)
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise LanguageError("E203", "a number must be finite and below about 1.8e308")
    text = repr(value)
    return Expression(text, ast.Constant(number, col_offset=0, end_col_offset=len(text)), 0)


@dataclass(frozen=True, eq=False)
class Expression:
    """A syntactically valid expression; nothing is known of its names yet."""

    text: str
    tree: ast.expr
    offset: int  # columns of the tree count from here

    @cached_property
    def names(self) -> frozenset[str]:
        """The dotted names it reads."""
        return frozenset(".".join(syntax.path_of(node)[0]) for node in syntax.paths(self.tree))

    @cached_property
    def number(self) -> float | None:
        """Its value, where it is a lone number such as ``-3``."""
        match self.tree:
            case ast.Constant(value=int() | float() as value):
                return float(value)
            case ast.UnaryOp(op=ast.USub() | ast.UAdd() as sign, operand=ast.Constant(value=int() | float() as value)):
                return 0.0 - value if isinstance(sign, ast.USub) else float(value)
        return None

    def resolve(
        self,
        scope: Scope,
        *,
        unit: Unit | None,
        lone_unit: Unit | None = None,
        element: tuple[str, str] | None = None,
    ) -> tuple[Node, Unit]:
        """The checked tree in ``unit`` (None: in the unit it has).

        A lone number stands in ``lone_unit``; ``element`` is the index and the element of the declaration it is in.
        """
        quantity = self._quantity(scope, lone_unit, element)
        value = constant(quantity.node)
        if value is not None and not math.isfinite(value):
            raise self.error("E203", "this constant is infinite or no number", "write an expression that has a value")
        if unit is None:
            return quantity.node, quantity.unit or lone_unit or DIMENSIONLESS
        converted = convert(quantity, unit)
        if converted is None:
            raise self.error("E217", _wrong_unit(unit, quantity.unit), _wrong_unit_hint(self, unit, quantity.unit))
        return converted.node, unit

    def error(self, code: str, message: str, hint: str = "") -> LanguageError:
        """An error whose place is the whole expression."""
        return LanguageError(code, message, hint, *self._span)

    @property
    def _span(self) -> tuple[int, int]:
        return self.offset + self.tree.col_offset, self.offset + (self.tree.end_col_offset or 0)

    def _quantity(self, scope: Scope, lone_unit: Unit | None, element: tuple[str, str] | None) -> Quantity:
        if self.number is None:
            return _Resolver(scope, element, self.offset).value(self.tree)
        unit = None if self.number == 0 else lone_unit or DIMENSIONLESS
        return Quantity(Literal(self.number), unit, *self._span)


def _wrong_unit(wanted: Unit, found: Unit | None) -> str:
    has = said(found) if found == DIMENSIONLESS else f"in {said(found)}"
    return f"this is {has}, but {said(wanted)} is expected here"


def _wrong_unit_hint(expression: Expression, wanted: Unit, found: Unit | None) -> str:
    if found != DIMENSIONLESS:
        return ""
    if expression.number is not None and wanted.dimensions == PER_TIME:
        return f"a rate is a number per time: `{expression.text.strip()}/year`, or `hazard(p, window)`"
    if expression.number is not None:
        return f"give the number a name and the unit {describe(wanted)} as a parameter"
    return "a number in an expression has no unit: declare it as a parameter with one"


class _Resolver:
    """One pass over a syntax tree, for one element of the declaration."""

    def __init__(self, scope: Scope, element: tuple[str, str] | None, offset: int) -> None:
        self.scope = scope
        self.elements = dict([element] if element else [])  # index -> the element that is meant here
        self.offset = offset
        self.aggregated: dict[tuple[ast.Call, tuple[tuple[str, str], ...]], Quantity] = {}

    # -- places and errors

    def _span(self, node: ast.expr) -> tuple[int, int]:
        return self.offset + node.col_offset, self.offset + (node.end_col_offset or 0)

    def _error(self, code: str, node: ast.expr, message: str, hint: str = "") -> LanguageError:
        return LanguageError(code, message, hint, *self._span(node))

    def _apply(self, name: str, arguments: Sequence[Quantity], node: ast.expr) -> Quantity:
        quantity = functions.call(name, arguments, *self._span(node))
        if quantity.size > LARGEST_TREE:
            message = f"written out over its indexes, this has more than the limit of {LARGEST_TREE:,} operations"
            raise self._error("E204", node, message, "declare the inner sum as a derived value")
        return quantity

    # -- values

    def value(self, node: ast.expr) -> Quantity:
        match node:
            case ast.Constant(value=int() | float() as number):
                return Quantity(Literal(float(number)), DIMENSIONLESS if number else None, *self._span(node))
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return self.value(operand)
            case ast.UnaryOp(op=op, operand=operand):
                return self._apply("not" if isinstance(op, ast.Not) else "neg", [self.value(operand)], node)
            case ast.BinOp(left=left, op=op, right=right):
                return self._apply(syntax.BINARY[type(op)], [self.value(left), self.value(right)], node)
            case ast.BoolOp(op=op, values=values):
                name = "and" if isinstance(op, ast.And) else "or"
                return self._apply(name, [self.value(part) for part in values], node)
            case ast.IfExp(test=test, body=yes, orelse=no):
                return self._apply("if", [self.value(test), self.value(yes), self.value(no)], node)
            case ast.Compare():
                return self._comparison(node)
            case ast.Call():
                return self._call(node)
        return self._read(node)

    def _comparison(self, node: ast.Compare) -> Quantity:
        values = [self.value(part) for part in (node.left, *node.comparators)]
        parts = [
            self._apply(syntax.COMPARISON[type(op)], [left, right], node)
            for op, left, right in zip(node.ops, values, values[1:], strict=False)
        ]
        return parts[0] if len(parts) == 1 else self._apply("and", parts, node)

    # -- names

    def _symbol(self, node: ast.expr, path: tuple[str, ...]) -> Symbol:
        if len(path) == 1 and (path[0] in FUNCTIONS or path[0] in AGGREGATES):
            raise self._error("E226", node, f"`{path[0]}` is a function and needs arguments in parentheses")
        try:
            return self.scope.find(path)
        except LanguageError as error:
            error.start, error.end = self._span(node)
            raise

    def _read(self, node: ast.expr) -> Quantity:
        path, element = syntax.path_of(node)
        symbol = self._symbol(node, path)
        if element is not None:
            self._check_element(node, path, symbol, element)
        elif symbol.index is not None:
            element = self._own_element(node, path, symbol.index)
        return Quantity(symbol.node(element), symbol.unit, *self._span(node))

    def _check_element(self, node: ast.expr, path: tuple[str, ...], symbol: Symbol, element: str) -> None:
        name = ".".join(path)
        if symbol.index is None:
            raise self._error("E223", node, f"`{name}` is not over an index, so that it has no element `{element}`")
        elements = self.scope.elements[symbol.index]
        if element not in elements:
            close = difflib.get_close_matches(element, elements, n=1)
            hint = f"did you mean `{close[0]}`?" if close else f"its elements: {', '.join(elements[:12])}"
            raise self._error(
                "E222", node, f"`{element}` is no element of {symbol.index}, which `{name}` is over", hint
            )

    def _own_element(self, node: ast.expr, path: tuple[str, ...], index: str) -> str:
        """The element that a bare name over ``index`` means here."""
        if index in self.elements:
            return self.elements[index]
        name, *rest = path
        example = ".".join([f"{name}[{self.scope.elements[index][0]}]", *rest])
        whole = ".".join(path)
        hint = f"name one element, as in `{example}`, or all of them, as in `sum({whole})`"
        raise self._error("E221", node, f"`{whole}` has a value for each element of {index}: which one is meant?", hint)

    # -- calls

    def _call(self, node: ast.Call) -> Quantity:
        name = ".".join(syntax.path_of(node.func)[0]) if _is_path(node.func) else ""
        if _is_aggregate(node):
            return self._aggregate(node, name)
        if name not in FUNCTIONS:
            raise self._unknown_function(node, name)
        function = FUNCTIONS[name]
        if not function.takes(len(node.args)):
            message = f"`{function.signature}` cannot take {len(node.args)} argument{'s'[: len(node.args) != 1]}"
            raise self._error("E232", node, message)
        return self._apply(name, [self.value(argument) for argument in node.args], node)

    def _unknown_function(self, node: ast.Call, name: str) -> LanguageError:
        if name in AGGREGATES:
            message = f"`{name}(x)` takes one argument, a value over an index, and not {len(node.args)}"
            return self._error("E232", node, message)
        known = [*FUNCTIONS, *AGGREGATES]
        close = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean `{close[0]}`?" if close else f"the functions are {', '.join(sorted(set(known)))}"
        from sim.language.distributions import NAMES  # which is written over this file

        if name in NAMES:
            hint = "a distribution stands alone: as the `prior:` of a parameter, or as a draw"
        message = f"there is no function `{name}`" if name else "only a function can be called"
        return self._error("E231", node.func, message, hint)

    # -- aggregates

    def _aggregate(self, node: ast.Call, name: str) -> Quantity:
        """A function of all elements of an index; names over another index mean the element around it."""
        index, others = self._index_of(node, name)
        key = node, tuple((other, self.elements[other]) for other in others)
        if key not in self.aggregated:
            outer = self.elements
            values = []
            for element in sorted(self.scope.elements[index]):
                self.elements = {other: outer[other] for other in others} | {index: element}
                values.append(self.value(node.args[0]))
            self.elements = outer
            self.aggregated[key] = self._reduced(node, name, values)
        return self.aggregated[key]

    def _index_of(self, node: ast.Call, name: str) -> tuple[str, list[str]]:
        """The index that an aggregate runs over, and those whose element is fixed by what is around it."""
        indexes = set()
        for read in syntax.paths(node.args[0], enter=lambda call: not _is_aggregate(call)):
            path, element = syntax.path_of(read)
            symbol = self._symbol(read, path)
            if element is None and symbol.index is not None:
                indexes.add(symbol.index)
        if not indexes:
            hint = f"or give it two values: `{FUNCTIONS[name].signature}`" if name in FUNCTIONS else ""
            message = f"`{name}` of one argument runs over an index, and nothing in this argument is over one"
            raise self._error("E224", node, message, hint)
        free = sorted(indexes - self.elements.keys()) if len(indexes) > 1 else list(indexes)
        if len(free) != 1:
            message = f"`{name}` runs over one index, and here are names over {' and '.join(sorted(indexes))}"
            raise self._error("E225", node, message, "name one element of the other index, as in `x[donetsk]`")
        return free[0], sorted(indexes - set(free))

    def _reduced(self, node: ast.Call, name: str, values: list[Quantity]) -> Quantity:
        if name in ("any", "all"):
            return self._apply("or" if name == "any" else "and", values if len(values) > 1 else values * 2, node)
        if name in ("min", "max"):
            return self._apply(name, values, node) if len(values) > 1 else values[0]
        total = self._sum(values, node)
        if name == "mean":
            return self._apply("div", [total, Quantity(Literal(float(len(values))), DIMENSIONLESS)], node)
        return total

    def _sum(self, values: list[Quantity], node: ast.expr) -> Quantity:
        """Neighbours are added first: the tree stays flat however many elements there are."""
        while len(values) > 1:
            pairs = zip(values[::2], values[1::2], strict=False)
            odd = values[-1:] if len(values) % 2 else []
            values = [self._apply("add", pair, node) for pair in pairs] + odd
        return replace(values[0], start=self._span(node)[0], end=self._span(node)[1])


def _is_path(node: ast.expr) -> bool:
    return isinstance(node, (ast.Name, ast.Attribute))


def _is_aggregate(node: ast.Call) -> bool:
    return isinstance(node.func, ast.Name) and node.func.id in AGGREGATES and len(node.args) == 1
