"""From text to a syntax tree of allowed constructs: Python's expressions, parsed and never evaluated."""

import ast
import keyword
import math
import re
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sim.errors import LanguageError

MOST_CHARACTERS = 20_000
MOST_NODES = 2_000
MOST_ARGUMENTS = 100  # of a distribution
DEEPEST = 100

_TOO_LARGE_HINT = "split it into derived values, or declare values over an index and use sum"

_ELEMENT = "as in `x[donetsk]`"

BINARY: dict[type[ast.operator], str] = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.Div: "div",
    ast.FloorDiv: "floordiv",
    ast.Mod: "mod",
    ast.Pow: "pow",
}
COMPARISON: dict[type[ast.cmpop], str] = {
    ast.Lt: "lt",
    ast.LtE: "le",
    ast.Gt: "gt",
    ast.GtE: "ge",
    ast.Eq: "eq",
    ast.NotEq: "ne",
}
_UNARY = (ast.UAdd, ast.USub, ast.Not)
_ALLOWED = (ast.Name, ast.UnaryOp, ast.BinOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.Call)

_REFUSED: dict[type[ast.AST], tuple[str, str]] = {
    ast.Lambda: ("a lambda", "declare a derived value instead"),
    ast.NamedExpr: ("an assignment with `:=`", "declare a derived value instead"),
    ast.JoinedStr: ("text", "an element of an index is written without quotes: `x[donetsk]`"),
    ast.Tuple: ("a list of values", "one expression is expected: is a comma too many?"),
    ast.List: ("a list", ""),
    ast.Set: ("a set", ""),
    ast.Dict: ("a dictionary", ""),
    ast.Starred: ("an argument with `*`", "write the arguments out"),
    ast.Slice: ("a slice", "name one element: `x[donetsk]`"),
    ast.Await: ("`await`", ""),
    **dict.fromkeys(
        (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp),
        ("a comprehension", "sum, mean, any, all, min and max run over an index: `sum(x)`"),
    ),
    ast.BitAnd: ("the bit operator `&`", "write `and`"),
    ast.BitOr: ("the bit operator `|`", "write `or`"),
    ast.BitXor: ("the bit operator `^`", "a power is written `**`"),
    ast.LShift: ("the bit operator `<<`", "to compare, write `<`"),
    ast.RShift: ("the bit operator `>>`", "to compare, write `>`"),
    ast.Invert: ("the bit operator `~`", "write `not`"),
    ast.MatMult: ("the operator `@`", "write `*`"),
    ast.Is: ("`is`", "write `==`"),
    ast.IsNot: ("`is not`", "write `!=`"),
    ast.In: ("`in`", "write comparisons joined by `or`"),
    ast.NotIn: ("`not in`", "write comparisons joined by `and`"),
}
_CHARACTERS = {
    "#": "a comment goes on a line of its own, outside the quotes",
    "\\": "",
    ";": "one expression is expected",
    "$": "amounts of money are declared with `unit: USD`",
    "?": "a choice is written `yes if condition else no`",
    "`": "",
    "\N{MINUS SIGN}": "write the hyphen `-`",
    "\N{EN DASH}": "write the hyphen `-`",
    "\N{MULTIPLICATION SIGN}": "write `*`",
    "\N{MIDDLE DOT}": "write `*`",
    "\N{DIVISION SIGN}": "write `/`",
    "\N{LESS-THAN OR EQUAL TO}": "write `<=`",
    "\N{GREATER-THAN OR EQUAL TO}": "write `>=`",
    "\N{NOT EQUAL TO}": "write `!=`",
    "\N{SUPERSCRIPT TWO}": "write `**2`",
    "\N{NO-BREAK SPACE}": "it looks like a space but is none",
}
_UNREADABLE = {
    "!": "write `not`",
    "&": "write `and`",
    "|": "write `or`",
    ":": "",
    "'": "text has no place in an expression",
    '"': "text has no place in an expression",
}
_BLANKS = str.maketrans("\n\r\t", "   ")


def read(text: str) -> tuple[ast.expr, int]:
    """The syntax tree of an expression, and the offset in the text from which its columns count."""
    tree, offset = _read_any(text)
    _check_tree(tree, offset)
    return tree, offset


def _read_any(text: str) -> tuple[ast.expr, int]:
    _check_text(text)
    body = text.translate(_BLANKS).rstrip()
    offset = len(body) - len(body.lstrip())
    return _parse(body[offset:], offset), offset


@dataclass(frozen=True, slots=True)
class NamedCall:
    """A call that stands alone, such as ``lognormal(p5=1, p95=4)``."""

    name: str
    positional: tuple[ast.expr, ...]
    keywords: tuple[ast.keyword, ...]
    offset: int


def read_call(text: str) -> NamedCall | None:
    """The call that the text is, with its keywords; None where it is another expression."""
    tree, offset = _read_any(text)
    if not isinstance(tree, ast.Call) or not isinstance(tree.func, ast.Name):
        return None
    for place, named in enumerate(tree.keywords):
        if named.arg is None:
            raise _error("E233", named, offset, "arguments are written out, without `**`")
        if named.arg in [earlier.arg for earlier in tree.keywords[:place]]:
            raise _error("E242", named, offset, f"the argument `{named.arg}` is given twice")
    arguments = [*tree.args, *(named.value for named in tree.keywords)]
    if len(arguments) > MOST_ARGUMENTS:
        raise _error("E204", tree, offset, f"{len(arguments)} arguments are beyond the limit of {MOST_ARGUMENTS}")
    for argument in arguments:
        _check_tree(argument, offset)
    return NamedCall(tree.func.id, tuple(tree.args), tuple(tree.keywords), offset)


def _check_text(text: str) -> None:
    if len(text) > MOST_CHARACTERS:
        message = f"an expression of {len(text):,} characters is beyond the limit of {MOST_CHARACTERS:,}"
        raise LanguageError("E204", message, hint=_TOO_LARGE_HINT)
    if not text.strip():
        raise LanguageError("E206", "an expression is expected here")
    for position, character in enumerate(text):
        if character in _CHARACTERS or (not " " <= character <= "~" and character not in "\n\r\t"):
            shown = character if character.isprintable() else f"U+{ord(character):04X}"
            message = f"the character {shown} has no place in an expression"
            raise LanguageError("E205", message, _CHARACTERS.get(character, ""), position)


def _too_deep(position: int) -> LanguageError:
    message = f"the expression nests deeper than the limit of {DEEPEST} levels (each term of a sum is one)"
    return LanguageError("E204", message, _TOO_LARGE_HINT, position)


def _parse(body: str, offset: int) -> ast.expr:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(body, mode="eval").body
    except (MemoryError, RecursionError):
        raise _too_deep(offset) from None
    except SyntaxError as error:
        raise _unreadable(body, offset, error) from None


_TELLING = (
    *("never closed", "unmatched", "does not match", "expected 'else'", "leading zeros", "decimal literal"),
    "positional argument follows",
)


def _unreadable(body: str, offset: int, error: SyntaxError) -> LanguageError:
    """Python's syntax error in the words of the language."""
    position = min(error.offset or len(body), len(body)) - 1
    if "integer string conversion" in error.msg:
        return LanguageError("E203", "this number is too large", start=offset)
    if "too many nested" in error.msg:
        return _too_deep(offset + position)
    reason = f": {error.msg.split(';')[0]}" if any(part in error.msg for part in _TELLING) else ""
    message = f"this cannot be read as an expression{reason}"
    return LanguageError("E201", message, _syntax_hint(body, position), offset + position)


def _syntax_hint(body: str, position: int) -> str:
    word = re.match(r"\w*", body[position:])
    if word and keyword.iskeyword(word[0]):
        return f"`{word[0]}` is a word of Python and cannot be a name"
    if body[position] == "=":
        return "two values are compared with `==`"
    if re.search(r"\d\s*[A-Za-z]\w*$", body[: position + 1] + (word[0][1:] if word else "")):
        return "a number times a unit is written with *, as in `8*week`"
    return next((hint for character, hint in _UNREADABLE.items() if character in body.replace("!=", "")), "")


# -- the whitelist -----------------------------------------------------------------------------------------------------


def _check_tree(tree: ast.expr, offset: int) -> None:
    """Refuse what is not of the language, level by level, so that depth and size are known."""
    level: list[ast.expr] = [tree]
    n_nodes = 0
    depth = 0
    while level:
        depth += 1
        n_nodes += len(level)
        if n_nodes > MOST_NODES:
            message = f"the expression has more than the limit of {MOST_NODES:,} numbers, names and operations"
            raise LanguageError("E204", message, hint=_TOO_LARGE_HINT, start=offset)
        if depth > DEEPEST:
            raise _too_deep(offset)
        for node in level:
            _check_node(node, offset)
        level = [child for node in level for child in _parts(node)]


def _parts(node: ast.expr) -> Iterator[ast.expr]:
    """The expressions in a node; a path (``front.held[donetsk]``) has none."""
    if not isinstance(node, (ast.Attribute, ast.Subscript)):
        yield from (child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr))


def _check_node(node: ast.expr, offset: int) -> None:
    match node:
        case ast.Constant():
            _check_constant(node, offset)
        case ast.Attribute() | ast.Subscript():
            _check_path(node, offset)
        case ast.Name(id="true" | "false"):
            raise _refusal(node, offset, f"`{node.id}`", f"write {int(node.id == 'true')}")
        case ast.Call(keywords=[first, *_]):
            written = f"{first.arg}=" if first.arg else "**"
            message = f"the functions of expressions take their arguments by position, without `{written}`"
            raise _error("E233", first, offset, message)
        case ast.BinOp(op=op) if type(op) not in BINARY:
            raise _refusal(node, offset, *_REFUSED[type(op)])
        case ast.UnaryOp(op=op) if not isinstance(op, _UNARY):
            raise _refusal(node, offset, *_REFUSED[type(op)])
        case ast.Compare(ops=ops):
            for comparison in ops:
                if type(comparison) not in COMPARISON:
                    raise _refusal(node, offset, *_REFUSED[type(comparison)])
        case _ if not isinstance(node, _ALLOWED):
            raise _refusal(node, offset, *_REFUSED.get(type(node), ("this construct", "")))


def _check_constant(node: ast.Constant, offset: int) -> None:
    value = node.value
    if isinstance(value, (str, bytes)):
        raise _refusal(node, offset, *_REFUSED[ast.JoinedStr])
    if isinstance(value, bool):
        raise _refusal(node, offset, f"`{value}`", f"write {int(value)}")
    if isinstance(value, complex):
        raise _refusal(node, offset, "a complex number", "a product is written with *")
    if not isinstance(value, (int, float)):
        raise _refusal(node, offset, f"`{value}`", "")
    try:
        finite = math.isfinite(float(value))
    except OverflowError:
        finite = False
    if not finite:
        raise _error("E203", node, offset, "this number is too large", "the largest is about 1.8e308")


def _check_path(node: ast.expr, offset: int) -> None:
    n_elements = 0
    part = node
    while isinstance(part, (ast.Attribute, ast.Subscript)):
        if isinstance(part, ast.Subscript):
            n_elements += 1
            if not isinstance(part.slice, ast.Name):
                raise _error("E222", part.slice, offset, "brackets name one element of an index", _ELEMENT)
        part = part.value
    if not isinstance(part, ast.Name):
        raise _refusal(node, offset, "a part (.name or [name]) of something that is no name", "")
    if n_elements > 1:
        raise _error("E222", node, offset, "a name has one index at most", _ELEMENT)


def _refusal(node: ast.expr, offset: int, what: str, hint: str) -> LanguageError:
    return _error("E202", node, offset, f"{what} has no place in an expression", hint)


def _error(code: str, node: ast.expr | ast.keyword, offset: int, message: str, hint: str = "") -> LanguageError:
    return LanguageError(code, message, hint, offset + node.col_offset, offset + (node.end_col_offset or 0))


# -- paths -------------------------------------------------------------------------------------------------------------


def paths(tree: ast.expr, *, enter: Callable[[ast.Call], bool] = lambda call: True) -> Iterator[ast.expr]:
    """The names read in an expression, as whole paths; of a call only the arguments, where ``enter`` holds."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, (ast.Name, ast.Attribute, ast.Subscript)):
            yield node
        elif not isinstance(node, ast.Call):
            waiting.extend(_parts(node))
        elif enter(node):
            waiting.extend(node.args)


def path_of(node: ast.expr) -> tuple[tuple[str, ...], str | None]:
    """The names of a path from left to right, and the element in its brackets."""
    names: list[str] = []
    element = None
    while not isinstance(node, ast.Name):
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Name):
            element = node.slice.id
        elif isinstance(node, ast.Attribute):
            names.append(node.attr)
        assert isinstance(node, (ast.Attribute, ast.Subscript))
        node = node.value
    return (node.id, *reversed(names)), element
