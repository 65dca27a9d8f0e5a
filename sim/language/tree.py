"""A checked expression: names resolved, units converted, indexes written out. Three kinds of node are enough."""

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Literal:
    """A number."""

    value: float


@dataclass(frozen=True, slots=True)
class Read:
    """The present value of something in the model.

    ``what`` is one of: ``parameter lever draw derived state`` (a number, by full name); ``ever count elapsed`` (the
    memory of a thing that can happen, by full name of the thing; elapsed in clock units); ``is`` (1 where phase or
    decision ``of`` has value number ``at``); ``level`` (that number itself); ``time`` (since start, in clock units).
    """

    what: str
    of: str = ""
    at: int = 0


@dataclass(frozen=True, slots=True)
class Apply:
    """A function of :mod:`sim.language.functions` applied to arguments."""

    function: str
    arguments: "tuple[Node, ...]"


Node: TypeAlias = Literal | Read | Apply
