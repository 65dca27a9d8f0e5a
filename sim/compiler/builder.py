"""Building a block: equal operations become one value, and reals and truths are told apart."""

from sim.compiler.operations import OPERATIONS, SOURCES
from sim.compiler.program import Op, Payload
from sim.numerics.division import CONSTANT_DIVISORS

# Sources that are finite numbers by construction (inputs are checked, slots are checked at every record).
NUMBERS = frozenset({"const", "parameter", "uniform", "schedule", "record", "load"})


class Builder:
    """Collects the operations of one block; every method returns the number of a value."""

    def __init__(self) -> None:
        self.ops: list[Op] = []
        self.types: list[str] = []
        self._known: dict[tuple[object, ...], int] = {}

    def op(self, name: str, *arguments: int, payload: Payload = None) -> int:
        key = (name, arguments, payload.hex() if isinstance(payload, float) else payload)  # 0.0 is not -0.0
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = len(self.ops)
            self.ops.append(Op(name, arguments, payload))
            self.types.append(SOURCES.get(name) or OPERATIONS[name].result)
        return known

    def const(self, value: float) -> int:
        return self.op("const", payload=float(value))

    def real(self, value: int) -> int:
        """The value as a number: a truth is 0 or 1."""
        return value if self.types[value] == "real" else self.op("number", value)

    def truth(self, value: int) -> int:
        """The value as a truth: a number holds unless it is 0."""
        if self.types[value] == "truth":
            return value
        op = self.ops[value]
        return op.arguments[0] if op.name == "number" else self.op("truth", value)

    def is_number(self, value: int) -> bool:
        """Whether the value can be no NaN."""
        return self.ops[value].name in NUMBERS

    def all(self, *conditions: int | None) -> int | None:
        """The conjunction of the conditions that are given, None where there is none."""
        result: int | None = None
        for condition in conditions:
            if condition is not None:
                result = condition if result is None else self.op("and", result, condition)
        return result

    def any(self, *conditions: int) -> int:
        """The disjunction of at least one condition."""
        result = conditions[0]
        for condition in conditions[1:]:
            result = self.op("or", result, condition)
        return result

    def quotient(self, a: int, b: int) -> int:
        """a/b; there is a quicker way to divide by a constant."""
        divisor = self.ops[b].payload if self.ops[b].name == "const" else None
        low, high = CONSTANT_DIVISORS
        if isinstance(divisor, float) and low <= abs(divisor) <= high:
            return self.op("divided_by", a, payload=divisor)
        return self.op("div", a, b)

    def least(self, a: int, b: int) -> int:
        return self._bound("at_most", "minimum", a, b)

    def greatest(self, a: int, b: int) -> int:
        return self._bound("at_least", "maximum", a, b)

    def _bound(self, cheap: str, strict: str, a: int, b: int) -> int:
        """The smaller or larger of two, by the cheap form where one of them can be no NaN."""
        if self.is_number(a):
            return self.op(cheap, a, b)
        if self.is_number(b):
            return self.op(cheap, b, a)
        return self.op(strict, a, b)

    def chain(self, name: str, values: list[int]) -> int:
        """A left-to-right fold: ((a op b) op c) ..."""
        result = values[0]
        for value in values[1:]:
            result = self.op(name, result, value)
        return result

    def position(self, point: int, weights: list[int]) -> int:
        """Which interval of the running sums of weights holds ``point``: 0 .. len(weights) - 1."""
        if len(weights) == 1:
            return self.const(0)
        running = weights[0]
        result = self.op("number", self.op("ge", point, running))
        for weight in weights[1:-1]:
            running = self.op("add", running, weight)
            result = self.op("add", result, self.op("number", self.op("ge", point, running)))
        return result
