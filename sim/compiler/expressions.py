"""Checked expressions and distributions become operations."""

from collections.abc import Callable

from sim.compiler.builder import Builder
from sim.language.tree import Apply, Literal, Node, Read
from sim.model.declarations import Sample

DIRECT = {
    **{name: name for name in ("add", "sub", "mul", "div", "neg", "abs", "exp", "log", "log1p", "expm1", "sqrt")},
    **{name: name for name in ("floor", "ceil", "sign", "sin", "cos", "tanh", "logistic", "logit", "normal_cdf")},
    **{name: name for name in ("table", "hazard")},
    "round": "round_even",
    "floordiv": "floor_divide",
    "mod": "modulo",
    "normal_quantile": "standard_normal_quantile",
}
COMPARISONS = frozenset({"lt", "le", "gt", "ge", "eq", "ne"})
LARGEST_POWER = 64  # literal whole exponents up to this are multiplications


class Expressions:
    """Lowers nodes into a builder; ``read`` says what a name stands for in this block."""

    def __init__(self, builder: Builder, read: Callable[[Read], int]) -> None:
        self.builder = builder
        self._read = read

    def real(self, node: Node) -> int:
        """The node as a number."""
        return self.builder.real(self.value(node))

    def truth(self, node: Node) -> int:
        """The node as a truth."""
        return self.builder.truth(self.value(node))

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
            return b.chain(function, [self.truth(a) for a in arguments])
        if function == "not":
            return b.op("not", self.truth(arguments[0]))
        if function == "if":
            condition, yes, no = arguments
            return b.op("select", self.truth(condition), self.real(yes), self.real(no))
        if function == "pow":
            return self._power(*arguments)
        values = [self.real(a) for a in arguments]
        if function in COMPARISONS:
            return b.op(function, *values)
        if function in ("min", "max"):
            return self._extreme(b.least if function == "min" else b.greatest, values)
        if function == "clip":
            return b.least(values[2], b.greatest(values[1], values[0]))
        return b.op(DIRECT[function], *values)

    def _extreme(self, bound: Callable[[int, int], int], values: list[int]) -> int:
        result = values[0]
        for value in values[1:]:
            result = bound(result, value)
        return result

    def _power(self, base: Node, exponent: Node) -> int:
        value = self.real(base)
        if isinstance(exponent, Literal) and exponent.value.is_integer() and abs(exponent.value) <= LARGEST_POWER:
            return self.builder.op("integer_power", value, payload=int(exponent.value))
        return self.builder.op("power", value, self.real(exponent))

    def sample(self, sample: Sample, uniform: Callable[[], int], normal: Callable[[], int]) -> int:
        """A draw from a distribution, by its inverse CDF; normal and lognormal from a standard normal."""
        b = self.builder
        arguments = [self.real(a) for a in sample.arguments]
        if sample.low is not None or sample.high is not None:
            low = b.const(-float("inf")) if sample.low is None else self.real(sample.low)
            high = b.const(float("inf")) if sample.high is None else self.real(sample.high)
            return b.op(f"{sample.family}_truncated", uniform(), low, high, *arguments)
        if sample.family == "normal":
            mean, sd = arguments
            return b.op("add", mean, b.op("mul", self._at_least(sd, 0.0), normal()))
        if sample.family == "lognormal":
            median, gsd = arguments
            sigma = b.op("log", self._at_least(gsd, 1.0))
            return b.op("mul", median, b.op("exp", b.op("mul", sigma, normal())))
        return b.op(f"{sample.family}_quantile", uniform(), *arguments)

    def _at_least(self, value: int, least: float) -> int:
        """The value, or NaN where it is below ``least``: a bad argument must not draw a plausible number."""
        b = self.builder
        op = b.ops[value]
        if op.name == "const" and isinstance(op.payload, float) and op.payload >= least:
            return value
        return b.op("select", b.op("ge", value, b.const(least)), value, b.const(float("nan")))
