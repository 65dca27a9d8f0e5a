"""In which order the values of a block are computed: each as late as its first use, so that few are alive at a time."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sim.compiler.program import Block
from sim.compiler.sink import ALWAYS


@dataclass(frozen=True, slots=True)
class Group:
    """Values to compute, in this order; ``guard`` is the truth without which nobody needs them, or ALWAYS."""

    guard: int
    members: tuple[int, ...]


class Order:
    """Hands out the values that an effect needs and that no earlier effect needed.

    Args:
        block: whose values.
        guarded: for each value the truth that guards it, or ALWAYS.
        known: the values that are there from the beginning.
    """

    def __init__(self, block: Block, guarded: list[int], known: Iterable[int]) -> None:
        self.block = block
        self.guarded = guarded
        self.known = set(known)

    def demand(self, value: int) -> Iterator[Group]:
        """What must be computed before ``value`` is known, and ``value`` itself."""
        stack = [value]
        while stack:
            top = stack[-1]
            members = () if top in self.known else self._members(top)
            missing = self._missing(top, members)
            if missing:
                stack.extend(reversed(missing))
                continue
            stack.pop()
            if members:
                self.known.update(members)
                yield Group(self.guarded[top], members)

    def _members(self, value: int) -> tuple[int, ...]:
        """The value with all that it alone needs under the same guard."""
        guard = self.guarded[value]
        if guard == ALWAYS:
            return (value,)
        found: set[int] = set()
        reach = [value]
        while reach:
            one = reach.pop()
            if one not in found and one not in self.known and self.guarded[one] == guard:
                found.add(one)
                reach.extend(self.block.ops[one].arguments)
        return tuple(sorted(found))

    def _missing(self, value: int, members: tuple[int, ...]) -> list[int]:
        inside = set(members)
        wanted = [a for member in members for a in self.block.ops[member].arguments]
        if members and self.guarded[value] != ALWAYS:
            wanted.insert(0, self.guarded[value])
        return [a for a in dict.fromkeys(wanted) if a not in self.known and a not in inside]
