"""Distributions: ``normal(3, 1)``, ``lognormal(p5=1, p95=4)``, ``quantiles(p5=.., p50=.., p95=.., min=0)``."""

import ast
import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

from sim.errors import LanguageError
from sim.language.canonical import LIMITS, Canonical, canonical, signature
from sim.language.elicited import check_quantiles, from_quantiles, is_quantile
from sim.language.expressions import Expression, Scope
from sim.language.families import FAMILIES, WRITTEN, Family
from sim.language.syntax import NamedCall, read_call
from sim.language.tree import Literal, Node
from sim.language.units import DIMENSIONLESS, Unit, describe

__all__ = ["FAMILIES", "Canonical", "Distribution", "Family", "is_distribution", "parse_distribution"]

NAMES = (*WRITTEN, "quantiles")
_EXAMPLES = "for example `normal(3, 1)`, `lognormal(p5=1, p95=4)` or `quantiles(p5=1, p50=2, p95=5, min=0)`"


@dataclass(frozen=True, eq=False)
class Distribution:
    """A syntactically valid distribution. One of plain numbers is known already; another waits for its names."""

    text: str
    name: str
    arguments: dict[str, Expression]  # in the order of the family, min and max last
    known: Canonical | None

    @cached_property
    def names(self) -> frozenset[str]:
        """The dotted names it reads."""
        return frozenset[str]().union(*(argument.names for argument in self.arguments.values()))

    def resolve(self, scope: Scope, *, unit: Unit, element: tuple[str, str] | None = None) -> Canonical:
        """The canonical form of a draw in ``unit``; constant arguments have been checked."""
        if self.name == "beta" and not unit.dimensions and unit != DIMENSIONLESS:
            message = f"a beta distribution draws shares from 0 to 1, and {describe(unit)} is another scale"
            raise LanguageError("E248", message, "declare it with `unit: share`", 0, len(self.text))
        if self.known is not None:
            return self.known
        by_quantiles = _is_by_quantiles(self.name, self.arguments)
        in_unit = self.arguments if by_quantiles else {*WRITTEN[self.name].in_unit, *LIMITS}
        nodes = {
            name: argument.resolve(scope, unit=unit if name in in_unit else DIMENSIONLESS, element=element)[0]
            for name, argument in self.arguments.items()
        }
        if by_quantiles:
            return _from_quantiles(self.name, nodes, self.arguments, (0, len(self.text)))
        return canonical(self.name, nodes, self.arguments)


def is_distribution(text: str) -> bool:
    """Whether a text that may be an expression or a distribution is meant as the latter."""
    name = re.match(r"\s*(\w+)\s*\(", text)
    return name is not None and name[1] in NAMES


def parse_distribution(value: object) -> Distribution:
    """A distribution as it stands in a file."""
    call = read_call(value) if isinstance(value, str) else None
    if call is None or not isinstance(value, str):
        raise LanguageError("E241", "a distribution is expected here", _EXAMPLES, 0, len(str(value)))
    if call.name not in NAMES:
        close = difflib.get_close_matches(call.name, NAMES, n=1)
        hint = f"did you mean `{close[0]}`?" if close else f"the distributions are {', '.join(NAMES)}"
        raise _error("E241", call, f"there is no distribution `{call.name}`", hint)
    if _is_by_quantiles(call.name, (named.arg or "" for named in call.keywords)):
        return _of_quantiles(value, call)
    arguments = _bound(value, call)
    plain = _plain(arguments)
    known = None if plain is None else canonical(call.name, plain, arguments)
    return Distribution(value, call.name, arguments, known)


def _is_by_quantiles(name: str, arguments: Iterable[str]) -> bool:
    return name == "quantiles" or any(map(is_quantile, arguments))


def _plain(arguments: Mapping[str, Expression]) -> dict[str, Node] | None:
    """The arguments where all are plain numbers."""
    numbers = {name: argument.number for name, argument in arguments.items()}
    plain: dict[str, Node] = {name: Literal(number) for name, number in numbers.items() if number is not None}
    return plain if len(plain) == len(numbers) else None


def _of_quantiles(text: str, call: NamedCall) -> Distribution:
    if call.positional:
        argument = _expression(text, call.positional[0], call)
        raise argument.error("E244", "beside quantiles only `min=` and `max=` can stand", _EXAMPLES)
    written = {named.arg or "": _expression(text, named.value, call) for named in call.keywords}
    whole = call.offset, len(text.rstrip())
    with _about(whole):
        check_quantiles(call.name, written)
    plain = _plain(written)
    known = None if plain is None else _from_quantiles(call.name, plain, written, whole)
    return Distribution(text, call.name, written, known)


def _from_quantiles(
    name: str, nodes: Mapping[str, Node], written: Mapping[str, Expression], whole: tuple[int, int]
) -> Canonical:
    with _about(whole):
        return from_quantiles(name, nodes, written)


@contextmanager
def _about(whole: tuple[int, int]) -> Iterator[None]:
    """An error without a place gets that of the whole distribution."""
    try:
        yield
    except LanguageError as error:
        if error.end == 0:
            error.start, error.end = whole
        raise


def _bound(text: str, call: NamedCall) -> dict[str, Expression]:
    """The arguments by name, in the order of the family."""
    wanted = WRITTEN[call.name].arguments or _weights(call)
    if len(call.positional) > len(wanted):
        raise _error("E242", call, f"`{signature(call.name)}` cannot take {len(call.positional)} arguments")
    given = {name: _expression(text, tree, call) for name, tree in zip(wanted, call.positional, strict=False)}
    for named in call.keywords:
        name = named.arg or ""
        argument = _expression(text, named.value, call)
        if name not in (*wanted, *LIMITS):
            raise argument.error("E242", f"`{signature(call.name)}` has no argument `{name}`", _hint(name, wanted))
        if name in given:
            raise argument.error("E242", f"the argument `{name}` is given twice")
        given[name] = argument
    missing = [name for name in wanted if name not in given]
    if missing:
        raise _error("E242", call, f"`{signature(call.name)}` lacks {' and '.join(missing)}")
    return {name: given[name] for name in (*wanted, *LIMITS) if name in given}


def _weights(call: NamedCall) -> tuple[str, ...]:
    named = [named for named in call.keywords if named.arg not in LIMITS]
    return tuple(f"w{place}" for place in range(max(1, len(call.positional) + len(named))))


def _hint(name: str, wanted: Sequence[str]) -> str:
    close = difflib.get_close_matches(name, [*wanted, *LIMITS], n=1)
    return f"did you mean `{close[0]}`?" if close else ""


def _expression(text: str, tree: ast.expr, call: NamedCall) -> Expression:
    start, end = call.offset + tree.col_offset, call.offset + (tree.end_col_offset or 0)
    return Expression(text[start:end], tree, call.offset)


def _error(code: str, call: NamedCall, message: str, hint: str = "") -> LanguageError:
    return LanguageError(code, message, hint, call.offset, call.offset + len(call.name))
