"""What is needed only where a truth holds is computed only if it holds in some lane.

``choose(m, a, b)`` and ``also(m, x)`` say that ``a`` and ``x`` matter only where ``m`` holds. A value that nobody else
needs goes under the guard of ``m``; a guard that saves too little is dropped.
"""

from sim.compiler.operations import OPERATIONS, SOURCES
from sim.compiler.program import Block

LEAST_COST = 30  # instructions under a guard that are worth a branch
ALWAYS = -1


def guards(block: Block, lane: list[bool]) -> list[int]:
    """For each value the truth that guards it, or ALWAYS. ``lane``: whether it differs between trajectories."""
    demand: list[int | None] = [None] * len(block.ops)
    for root in block.roots():
        demand[root] = ALWAYS
    for index in reversed(range(len(block.ops))):
        op, own = block.ops[index], demand[index]
        if own is None:
            continue
        for position, argument in enumerate(op.arguments):
            lazy = op.name in ("choose", "also") and position == 1 and own == ALWAYS
            wanted = op.arguments[0] if lazy else own
            _demand(demand, argument, wanted)
    found = [ALWAYS if not lane[i] or g is None or g == i else g for i, g in enumerate(demand)]
    return _worthwhile(block, _well_ordered(block, found))


def _demand(demand: list[int | None], value: int, guard: int) -> None:
    demand[value] = guard if demand[value] in (None, guard) else ALWAYS


def _well_ordered(block: Block, found: list[int]) -> list[int]:
    """A truth is never under its own guard, nor is what it is made of."""
    for guard in set(found) - {ALWAYS}:
        reach = [guard]
        seen: set[int] = set()
        while reach:
            value = reach.pop()
            if value not in seen:
                seen.add(value)
                if found[value] == guard:
                    found[value] = ALWAYS
                reach.extend(block.ops[value].arguments)
    return found


def _worthwhile(block: Block, found: list[int]) -> list[int]:
    costs: dict[int, int] = {}
    for index, guard in enumerate(found):
        costs[guard] = costs.get(guard, 0) + _cost(block, index)
    kept = {guard for guard, cost in costs.items() if cost >= LEAST_COST}
    return [guard if guard in kept else ALWAYS for guard in found]


def _cost(block: Block, index: int) -> int:
    name = block.ops[index].name
    return 1 if name in SOURCES else OPERATIONS[name].cost
