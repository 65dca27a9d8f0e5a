"""Units of measurement: parsing, algebra and conversion.

The grammar of a unit is our own and tiny (products, quotients and powers of names), and so are the names that models
of a crisis use every day; any other name is looked up in pint, which is imported only then. Factors are fractions,
so that a year is exactly 365.25 days and a conversion between equal units is exactly 1.
"""

import difflib
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from sim.errors import LanguageError

if TYPE_CHECKING:
    from pint import UnitRegistry

Powers = tuple[tuple[str, Fraction], ...]

_TOLERANCE = Fraction(1, 10**12)
_LARGEST = Fraction(10) ** 200
_LONGEST_TEXT = 200
_DECIMALS = 10**30


@dataclass(frozen=True, slots=True, eq=False)
class Unit:
    """A unit: its size in base units, its dimensions, and the names it is written with.

    Two units are equal where size and dimensions are; how they are written does not matter.
    """

    factor: Fraction
    dimensions: Powers = ()
    symbols: Powers = ()

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, Unit) or self.dimensions != other.dimensions:
            return False
        return self.factor == other.factor or abs(self.factor / other.factor - 1) <= _TOLERANCE

    def __hash__(self) -> int:
        return hash(self.dimensions)

    def __str__(self) -> str:
        return describe(self)


DIMENSIONLESS = Unit(Fraction(1))
TIME: Powers = (("[time]", Fraction(1)),)
PER_TIME: Powers = (("[time]", Fraction(-1)),)


# -- algebra -----------------------------------------------------------------------------------------------------------


def multiply(a: Unit, b: Unit) -> Unit:
    """The unit of a product."""
    return _sized(a.factor * b.factor, _add(a.dimensions, b.dimensions), _add(a.symbols, b.symbols))


def divide(a: Unit, b: Unit) -> Unit:
    """The unit of a quotient."""
    return multiply(a, power(b, Fraction(-1)))


def power(unit: Unit, exponent: Fraction) -> Unit:
    """The unit of a power."""
    factor = _power_of_factor(unit.factor, exponent)
    return _sized(factor, _scale(unit.dimensions, exponent), _scale(unit.symbols, exponent))


def ratio(source: Unit, target: Unit) -> Fraction | None:
    """What a number in ``source`` is multiplied by to stand in ``target``; None where the dimensions differ."""
    if source.dimensions != target.dimensions:
        return None
    return Fraction(1) if source == target else source.factor / target.factor


def conversion(source: Unit, target: Unit) -> float | None:
    """:func:`ratio` as a number."""
    exact = ratio(source, target)
    return None if exact is None else float(exact)


def _sized(factor: Fraction, dimensions: Powers, symbols: Powers) -> Unit:
    if not 1 / _LARGEST <= factor <= _LARGEST:
        raise LanguageError("E214", f"the unit {_spell(symbols)} is out of range (1e-200 to 1e200 base units)")
    return Unit(factor, dimensions, symbols)


def _add(a: Powers, b: Powers) -> Powers:
    if not a or not b:
        return a or b
    total = dict(a)
    for name, exponent in b:
        total[name] = total.get(name, Fraction(0)) + exponent
    return _powers(total.items())


def _scale(powers: Powers, exponent: Fraction) -> Powers:
    return _powers((name, own * exponent) for name, own in powers)


def _powers(items: Iterable[tuple[str, Fraction]]) -> Powers:
    return tuple(sorted((name, exponent) for name, exponent in items if exponent))


def _power_of_factor(factor: Fraction, exponent: Fraction) -> Fraction:
    whole = factor**exponent.numerator
    if exponent.denominator == 1:
        return whole
    numerator = _root(whole.numerator, exponent.denominator)
    denominator = _root(whole.denominator, exponent.denominator)
    return numerator / denominator


def _root(number: int, degree: int) -> Fraction:
    """The root of a whole number to 30 decimals, so that it is exact where it is whole (Newton's method)."""
    scaled = number * _DECIMALS**degree
    above = 1 << -(-scaled.bit_length() // degree)
    while (better := ((degree - 1) * above + scaled // above ** (degree - 1)) // degree) < above:
        above = better
    return Fraction(above, _DECIMALS)


# -- writing -----------------------------------------------------------------------------------------------------------


def describe(unit: Unit) -> str:
    """The unit in words that :func:`parse_unit` reads back: ``km2/week``, ``1/year``, ``dimensionless``."""
    return _spell(unit.symbols)


def _spell(symbols: Powers) -> str:
    over = [_spell_power(name, exponent) for name, exponent in symbols if exponent > 0]
    under = [_spell_power(name, -exponent) for name, exponent in symbols if exponent < 0]
    if not over and not under:
        return "dimensionless"
    return "/".join(["*".join(over) or "1", *under])


def _spell_power(name: str, exponent: Fraction) -> str:
    if exponent == 1:
        return name
    return f"{name}**{exponent}" if exponent.denominator == 1 else f"{name}**({exponent})"


# -- names -------------------------------------------------------------------------------------------------------------

CURRENCIES = ("USD", "EUR", "RUB", "GBP", "CNY")

_DAY = 86_400
_BARREL = Fraction("0.158987294928")  # cubic metres: 42 US gallons
_JOULE = {"[mass]": 1, "[length]": 2, "[time]": -2}
_WATT = {"[mass]": 1, "[length]": 2, "[time]": -3}

# names, size in pint's root units (metre, second, gram), dimensions
_ROWS: tuple[tuple[str, int | Fraction, dict[str, int]], ...] = (
    ("dimensionless index share", 1, {}),
    ("percent %", Fraction(1, 100), {}),
    ("s second seconds", 1, {"[time]": 1}),
    ("min minute minutes", 60, {"[time]": 1}),
    ("h hour hours", 3_600, {"[time]": 1}),
    ("d day days", _DAY, {"[time]": 1}),
    ("week weeks", 7 * _DAY, {"[time]": 1}),
    ("month months", Fraction(1461, 48) * _DAY, {"[time]": 1}),
    ("year years", Fraction(1461, 4) * _DAY, {"[time]": 1}),
    ("m meter metre meters metres", 1, {"[length]": 1}),
    ("km kilometer kilometre kilometers kilometres", 1_000, {"[length]": 1}),
    ("ha hectare hectares", 10_000, {"[length]": 2}),
    ("bbl barrel barrels", _BARREL, {"[length]": 3}),
    ("kb kbbl", 1_000 * _BARREL, {"[length]": 3}),
    ("mb Mbbl", 1_000_000 * _BARREL, {"[length]": 3}),
    ("g gram grams", 1, {"[mass]": 1}),
    ("kg kilogram kilograms", 1_000, {"[mass]": 1}),
    ("t tonne tonnes", 1_000_000, {"[mass]": 1}),
    ("W watt watts", 1_000, _WATT),
    ("kW", 10**6, _WATT),
    ("MW", 10**9, _WATT),
    ("GW", 10**12, _WATT),
    ("J joule joules", 1_000, _JOULE),
    ("kWh", 3_600 * 10**6, _JOULE),
    ("MWh", 3_600 * 10**9, _JOULE),
    ("GWh", 3_600 * 10**12, _JOULE),
    ("TWh", 3_600 * 10**15, _JOULE),
    ("people person persons", 1, {"[people]": 1}),
    *((currency, 1, {f"[{currency}]": 1}) for currency in CURRENCIES),
    *((f"bn_{currency}", 10**9, {f"[{currency}]": 1}) for currency in CURRENCIES),
)

NAMED = {
    name: Unit(Fraction(size), _powers((d, Fraction(n)) for d, n in dimensions.items()), ((name, Fraction(1)),))
    for names, size, dimensions in _ROWS
    for name in names.split()
} | {"dimensionless": DIMENSIONLESS}

_MEANT = {
    "$": "USD", "€": "EUR", "£": "GBP", "₽": "RUB", "dollar": "USD", "dollars": "USD", "euro": "EUR", "euros": "EUR",
    "rouble": "RUB", "ruble": "RUB", "roubles": "RUB", "rubles": "RUB", "yuan": "CNY", "pound": "GBP",
    "bpd": "bbl/day", "kbd": "kb/d", "mbd": "mb/d", "kbpd": "kb/d", "mbpd": "mb/d", "bcm": "km3",
    "bn": "bn_USD", "billion": "bn_USD",
}  # fmt: skip
_NO_UNIT = {"fraction", "ratio", "probability", "number", "none", "None", "unitless", "score", "points"}


def check_own_unit(name: str) -> None:
    """Refuse a unit of the model's own (``units:``) that is there already."""
    if name in NAMED:
        raise LanguageError("E215", f"`{name}` is a unit already", hint="`units:` adds new ones only: leave it out")


def _named(name: str, own_units: frozenset[str]) -> Unit:
    if name in own_units:
        return Unit(Fraction(1), ((name, Fraction(1)),), ((name, Fraction(1)),))
    if name in NAMED:
        return NAMED[name]
    if name.startswith("bn_") and name[3:] in own_units:
        return Unit(Fraction(10**9), ((name[3:], Fraction(1)),), ((name, Fraction(1)),))
    if name[-1:] in ("2", "3") and name[:-1] in NAMED:
        raised = power(NAMED[name[:-1]], Fraction(name[-1]))
        return Unit(raised.factor, raised.dimensions, ((name, Fraction(1)),))
    found = _from_pint(name)
    if found is None:
        raise LanguageError("E211", f"there is no unit `{name}`", hint=_unit_hint(name, own_units))
    return found


def _unit_hint(name: str, own_units: frozenset[str]) -> str:
    if name in _NO_UNIT:
        return "a plain number has no unit: leave it out, or write `index` or `share`"
    if name in _MEANT:
        return f"did you mean `{_MEANT[name]}`?"
    known = [*own_units, *NAMED]
    folded = {other.lower(): other for other in known}
    close = difflib.get_close_matches(name.lower(), folded, n=1, cutoff=0.75)
    if close:
        return f"did you mean `{folded[close[0]]}`?"
    return f"a unit of the model's own is declared in the model file: `units: {{{name}: what it counts}}`"


@cache
def _from_pint(name: str) -> Unit | None:
    """The unit that pint knows by this name."""
    try:
        from pint.errors import OffsetUnitCalculusError

        registry = _registry()
    except ImportError:
        raise LanguageError("E211", f"the unit `{name}` needs the package pint, which is not installed") from None
    try:
        unit = registry.parse_units(name)
        _ = registry.Quantity(1, unit) * registry.Quantity(1, "meter")
        factor: Any = registry.get_root_units(unit)[0]
        exponents: dict[str, Any] = dict(unit.dimensionality)
        size, dimensions = Fraction(factor), _powers((name, Fraction(exponent)) for name, exponent in exponents.items())
    except OffsetUnitCalculusError:
        hint = "declare a difference of temperature in K, or a plain ratio"
        raise LanguageError(
            "E213", f"one cannot multiply with `{name}`, whose zero is not nothing", hint=hint
        ) from None
    except Exception:  # pint raises whatever its own parser stumbles over
        return None
    return _sized(size, dimensions, ((name, Fraction(1)),))


@cache
def _registry() -> "UnitRegistry[Fraction]":
    """Pint's registry with the names of the language, so that its prefixes work on them too (``kUSD``)."""
    import pint

    registry: UnitRegistry[Fraction] = pint.UnitRegistry(non_int_type=Fraction)
    registry.define("people = [people] = person")
    registry.define("barrel = 158987294928e-12 * meter ** 3 = bbl")
    for currency in CURRENCIES:
        registry.define(f"{currency} = [{currency}]")
    return registry


# -- parsing -----------------------------------------------------------------------------------------------------------

_TOKEN = re.compile(
    r"""\s*(?: (?P<power>(?:\*\*|\^)\s*(?:[+-]?\d{1,2}|\(\s*[+-]?\d{1,2}\s*(?:/\s*\d{1,2}\s*)?\)))
             | (?P<name>[^\W\d]\w*|[%$€£₽])
             | (?P<number>\d[\d_.]*(?:e[+-]?\d+)?)
             | (?P<sign>[*/·()]) )\s*""",
    re.VERBOSE,
)
_PLAIN = str.maketrans({"²": "2", "³": "3"})


def parse_unit(text: str, own_units: Collection[str] = frozenset()) -> Unit:
    """The unit written as ``text``; ``own_units`` are the names that the model adds. Nothing is dimensionless."""
    return _parse(text, frozenset(own_units))


@lru_cache(maxsize=4096)
def _parse(text: str, own_units: frozenset[str]) -> Unit:
    if len(text) > _LONGEST_TEXT:
        raise LanguageError("E212", f"a unit of {len(text)} characters is longer than the limit of {_LONGEST_TEXT}")
    if not text.strip():
        return DIMENSIONLESS
    reader = _Reader(text, own_units)
    unit = reader.product()
    if reader.tokens:
        raise reader.unreadable()
    return unit


class _Reader:
    """Recursive descent over the tokens of a unit."""

    def __init__(self, text: str, own_units: frozenset[str]) -> None:
        self.text = text
        self.own_units = own_units
        self.tokens = list(self._tokens(text.translate(_PLAIN)))
        self.tokens.reverse()

    def _tokens(self, text: str) -> Iterable[tuple[str, str]]:
        position = 0
        while position < len(text):
            match = _TOKEN.match(text, position)
            if match is None:
                raise self.unreadable()
            kind = match.lastgroup or ""
            yield ("sign", "/") if match[kind] == "per" else (kind, match[kind])
            position = match.end()

    def product(self) -> Unit:
        unit = self.raised()
        while self.tokens and self.tokens[-1] in (("sign", "*"), ("sign", "/"), ("sign", "·")):
            _, sign = self.tokens.pop()
            unit = divide(unit, self.raised()) if sign == "/" else multiply(unit, self.raised())
        return unit

    def raised(self) -> Unit:
        unit = self.atom()
        if self.tokens and self.tokens[-1][0] == "power":
            exponent = re.sub(r"[*^()\s]", "", self.tokens.pop()[1])
            if exponent.endswith(("/0", "/00")):
                raise self.unreadable()
            unit = power(unit, Fraction(exponent))
        return unit

    def atom(self) -> Unit:
        kind, token = self.tokens.pop() if self.tokens else ("end", "")
        if kind == "name":
            return _named(token, self.own_units)
        if (kind, token) == ("number", "1"):
            return DIMENSIONLESS
        if kind == "number":
            raise self.unreadable(hint="a unit contains no number but 1: the number belongs in the value")
        if (kind, token) != ("sign", "("):
            raise self.unreadable()
        unit = self.product()
        if not self.tokens or self.tokens.pop() != ("sign", ")"):
            raise self.unreadable()
        return unit

    def unreadable(self, hint: str = "units are written like km2/week, bn_EUR/week/year or 1/year") -> LanguageError:
        return LanguageError("E212", f"`{self.text}` cannot be read as a unit", hint=hint)
