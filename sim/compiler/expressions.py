"""Checked expressions and distributions become operations."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sim.compiler.builder import Builder
from sim.compiler.curves import curve_of
from sim.language.families import FAMILIES
from sim.language.tree import Apply, Literal, Node, Read
from sim.model.declarations import Sample

DIRECT = {
    **{name: name for name in ("add", "sub", "mul", "neg", "abs", "exp", "log", "log1p", "expm1", "sqrt")},
    **{name: name for name in ("floor", "ceil", "sign", "sin", "cos", "tanh", "logistic", "logit", "normal_cdf")},
    **{name: name for name in ("table", "hazard")},
    "round": "round_even",
    "floordiv": "floor_divide",
    "mod": "modulo",
    "normal_quantile": "standard_normal_quantile",
}
COMPARISONS = frozenset({"lt", "le", "gt", "ge", "eq", "ne"})
# Functions that can make a NaN, or something infinite, out of finite numbers.
DOUBTFUL = frozenset({"div", "log", "log1p", "sqrt", "pow", "logit", "normal_quantile", "mod", "floordiv", "hazard"})
OVERFLOWING = frozenset({"exp", "expm1"})  # these never make a NaN
BOUNDED = COMPARISONS | {"and", "or", "not", "sign", "sin", "cos", "tanh", "logistic", "normal_cdf", "table"}
LARGEST_POWER = 64  # literal whole exponents up to this are multiplications


class Expressions:
    """Lowers nodes into a builder.

    ``read`` says what a name stands for in this block; ``doubt`` is told of numbers that must not be NaN; ``unbounded``
    says whether what a name stands for can be infinite.
    """

    def __init__(
        self,
        builder: Builder,
        read: Callable[[Read], int],
        doubt: Callable[[int], None] | None = None,
        unbounded: Callable[[Read], bool] | None = None,
    ) -> None:
        self.builder = builder
        self.path: int | None = None  # the truth under which what is lowered matters
        self._read = read
        self._doubt = doubt
        self._unbounded = unbounded

    @contextmanager
    def under(self, condition: int | None) -> Iterator[None]:
        """What is lowered inside matters only where the condition holds."""
        outer = self.path
        self.path = self.builder.all(outer, condition)
        yield
        self.path = outer

    def real(self, node: Node) -> int:
        """The node as a number."""
        return self.builder.real(self.value(node))

    def truth(self, node: Node) -> int:
        """The node as a truth."""
        value = self.value(node)
        if self.builder.types[value] == "real":
            self._doubt_of(node, value)
        return self.builder.truth(value)

    def _doubt_of(self, node: Node, value: int) -> None:
        """A NaN that is compared, or used as a truth, would vanish: report it where it matters."""
        if self._doubt is not None and self._may_be_nan(node):
            b = self.builder
            self._doubt(value if self.path is None else b.op("choose", self.path, value, b.const(0)))

    def _may_be_nan(self, node: Node) -> bool:
        """Whether a node can be NaN by a function of its own; what it reads is checked where it is declared."""
        match node:
            case Apply("div", (numerator, Literal())):
                return self._may_be_nan(numerator)
            case Apply(function, arguments):
                doubtful = function in DOUBTFUL or self._clash(function, arguments)
                return doubtful or any(self._may_be_nan(argument) for argument in arguments)
        return False

    def _clash(self, function: str, arguments: tuple[Node, ...]) -> bool:
        """Whether something infinite can make a NaN here: less another such, times zero, or on a wave."""
        match function:
            case "add" | "sub":
                return all(map(self._may_be_infinite, arguments))
            case "mul":
                factored = any(isinstance(a, Literal) and a.value for a in arguments)
                return not factored and any(map(self._may_be_infinite, arguments))
            case "sin" | "cos":
                return self._may_be_infinite(*arguments)
        return False

    def _may_be_infinite(self, node: Node) -> bool:
        match node:
            case Literal():
                return False
            case Read():
                return self._unbounded is not None and self._unbounded(node)
            case Apply("div", (numerator, Literal())):
                return self._may_be_infinite(numerator)
            case Apply(function, arguments):
                if function in DOUBTFUL | OVERFLOWING:
                    return True
                return function not in BOUNDED and any(map(self._may_be_infinite, arguments))

    def optional(self, node: Node | None) -> int | None:
        """A condition that may be absent."""
        return None if node is None else self.truth(node)

    def value(self, node: Node) -> int:
        match node:
            case Literal(value):
                return self.builder.const(value)
            case Read():
                return self._read(node)
            case Apply(function, arguments):
                return self._apply(function, arguments)

    def _apply(self, function: str, arguments: tuple[Node, ...]) -> int:
        b = self.builder
        if function in ("and", "or"):
            return self._junction(function, arguments)
        if function == "not":
            return b.op("not", self.truth(arguments[0]))
        if function == "if":
            condition, yes, no = arguments
            holds = self.truth(condition)
            with self.under(holds):
                value = self.real(yes)
            with self.under(b.op("not", holds)):
                return b.op("select", holds, value, self.real(no))
        if function == "pow":
            return self._power(*arguments)
        values = [self.real(a) for a in arguments]
        if function in COMPARISONS:
            for argument, value in zip(arguments, values, strict=True):
                self._doubt_of(argument, value)
            return b.op(function, *values)
        if function in ("min", "max"):
            return self._extreme(b.least if function == "min" else b.greatest, values)
        if function == "clip":
            return b.least(values[2], b.greatest(values[1], values[0]))
        if function == "div":
            return b.quotient(*values)
        return b.op(DIRECT[function], *values)

    def _junction(self, function: str, arguments: tuple[Node, ...]) -> int:
        """``and`` or ``or``: each part matters only where those before it leave the answer open."""
        b, outer, parts = self.builder, self.path, list[int]()
        for argument in arguments:
            parts.append(self.truth(argument))
            self.path = b.all(self.path, parts[-1] if function == "and" else b.op("not", parts[-1]))
        self.path = outer
        return b.chain(function, parts)

    def _extreme(self, bound: Callable[[int, int], int], values: list[int]) -> int:
        result = values[0]
        for value in values[1:]:
            result = bound(result, value)
        return result

    def _power(self, base: Node, exponent: Node) -> int:
        value = self.real(base)
        if exponent == Literal(0.5):
            return self.builder.op("add", self.builder.op("sqrt", value), self.builder.const(0.0))  # no negative zero
        if isinstance(exponent, Literal) and exponent.value.is_integer() and abs(exponent.value) <= LARGEST_POWER:
            return self.builder.op("integer_power", value, payload=int(exponent.value))
        return self.builder.op("power", value, self.real(exponent))

    def sample(
        self, sample: Sample, uniform: Callable[[], int], normal: Callable[[], int], by_curve: bool = False
    ) -> int:
        """A draw from a distribution, by its inverse CDF; normal and lognormal from a standard normal.

        ``by_curve``: from a 32-bit uniform and so often that a table is worth it, where the arguments are constants.
        """
        b = self.builder
        arguments = [self.real(a) for a in sample.arguments]
        if sample.low is not None or sample.high is not None:
            low = b.const(-float("inf")) if sample.low is None else self.real(sample.low)
            high = b.const(float("inf")) if sample.high is None else self.real(sample.high)
            return self._inverse(sample, "truncated", uniform(), (low, high, *arguments), by_curve)
        if sample.family == "normal":
            mean, sd = arguments
            return b.op("add", mean, b.op("mul", self._at_least(sd, 0.0), normal()))
        if sample.family == "lognormal":
            median, gsd = arguments
            sigma = b.op("log", self._at_least(gsd, 1.0))
            return b.op("mul", median, b.op("exp", b.op("mul", sigma, normal())))
        return self._inverse(sample, "quantile", uniform(), tuple(arguments), by_curve)

    def _inverse(self, sample: Sample, kind: str, uniform: int, arguments: tuple[int, ...], by_curve: bool) -> int:
        b, family = self.builder, FAMILIES[sample.family]
        name = f"{sample.family}_{kind}"
        constants = tuple(b.ops[a].payload + 0.0 for a in arguments if b.ops[a].name == "const")  # type: ignore[operator]
        is_long = not family.whole and (family.long or kind == "truncated")
        curve = curve_of(name, constants) if by_curve and is_long and len(constants) == len(arguments) else None
        return b.op(name, uniform, *arguments, payload=curve)

    def _at_least(self, value: int, least: float) -> int:
        """The value, or NaN where it is below ``least``: a bad argument must not draw a plausible number."""
        b = self.builder
        op = b.ops[value]
        if op.name == "const" and isinstance(op.payload, float) and op.payload >= least:
            return value
        return b.op("select", b.op("ge", value, b.const(least)), value, b.const(float("nan")))
