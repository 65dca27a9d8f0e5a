"""A checked expression as the text that a reader of the model would write."""

from collections.abc import Callable, Iterator

from sim.language.tree import Apply, Literal, Node, Read

_OPERATORS = {
    "or": (1, " or "), "and": (2, " and "),
    "lt": (4, " < "), "le": (4, " <= "), "gt": (4, " > "), "ge": (4, " >= "), "eq": (4, " == "), "ne": (4, " != "),
    "add": (5, " + "), "sub": (5, " - "), "mul": (6, "*"), "div": (6, "/"), "floordiv": (6, " // "), "mod": (6, " % "),
    "pow": (8, "**"),
}  # fmt: skip
_RIGHT = ("sub", "div", "floordiv", "mod", "lt", "le", "gt", "ge", "eq", "ne")  # a op (b op c) needs its parentheses
_ATOM = 9

Name = Callable[[Read], str]


def formula(node: Node, name: Name) -> str:
    """The text of an expression; ``name`` says what a reading is called."""
    return _text(node, name)[1]


def _text(node: Node, name: Name) -> tuple[int, str]:
    """How tightly the text binds, and the text."""
    match node:
        case Literal(value):
            return (_ATOM if value >= 0 else 7), number(value)
        case Read():
            return _ATOM, name(node)
        case Apply("neg", (inner,)):
            return 7, f"-{_inside(inner, 7, name)}"
        case Apply("not", (inner,)):
            return 3, f"not {_inside(inner, 3, name)}"
        case Apply("if", (condition, yes, no)):
            return 0, f"{_inside(yes, 1, name)} if {_inside(condition, 1, name)} else {_inside(no, 0, name)}"
        case Apply(function, arguments) if function in _OPERATORS:
            strength, sign = _OPERATORS[function]
            first = _inside(arguments[0], strength + (function == "pow"), name)
            rest = (_inside(a, strength + (function in _RIGHT), name) for a in arguments[1:])
            return strength, sign.join([first, *rest])
        case Apply(function, arguments):
            return _ATOM, f"{function}({', '.join(formula(a, name) for a in arguments)})"


def _inside(node: Node, strength: int, name: Name) -> str:
    inner, text = _text(node, name)
    return text if inner >= strength else f"({text})"


def number(value: float) -> str:
    """A number as short as it can be told exactly."""
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def reads(node: Node | None) -> Iterator[Read]:
    """Every reading in an expression."""
    match node:
        case Read():
            yield node
        case Apply(_, arguments):
            for argument in arguments:
                yield from reads(argument)
