"""Which modules of a model read which, counted and drawn as an SVG."""

from html import escape
from itertools import combinations
from math import atan2, cos, hypot, pi, sin
from pathlib import PurePath

from sim.model.declarations import Model
from sim.output.readers import readers

SHOWN = 2  # influences of fewer readings are left out of the picture
WIDTH, HEIGHT = 860, 640
RADIUS_X, RADIUS_Y = 325, 265
NODE_WIDTH, NODE_HEIGHT = 128, 30
BEND = 0.35  # how far the arrows lean towards the middle

Influences = dict[tuple[str, str], int]


def influences(model: Model) -> Influences:
    """For each pair of modules, how many pairs of a name in the first and a declaration in the second that reads it."""
    home = _homes(model)
    found: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for name, reading in readers(model).items():
        for reader in reading:
            pair = (home.get(name, ""), home.get(reader, ""))
            if all(pair) and pair[0] != pair[1]:
                found.setdefault(pair, set()).add((name.partition("[")[0], reader.partition("[")[0]))
    return {pair: len(readings) for pair, readings in sorted(found.items())}


def _homes(model: Model) -> dict[str, str]:
    """The module of each declaration: the file that it stands in, since decisions are named by their actors."""
    groups = (
        model.parameters, model.levers, model.draws, model.derived, model.states, model.events, model.phases,
        model.decisions,
    )  # fmt: skip
    modules = {name for name, _, _ in model.modules}
    homes = {d.name: PurePath(d.place.file).stem for group in groups for d in group}
    return {name: module for name, module in homes.items() if module in modules}


def influence_svg(model: Model) -> str:
    """The modules in a circle, with an arrow from each to those that read it, as wide as they read."""
    found = {pair: n for pair, n in influences(model).items() if n >= SHOWN}
    titles = {name: (title or name).removeprefix("The ") for name, title, _ in model.modules}
    order = _order([name for name in titles if any(name in pair for pair in found)], found)
    at = {
        name: (
            WIDTH / 2 + RADIUS_X * cos(2 * pi * i / len(order) - pi / 2),
            HEIGHT / 2 + RADIUS_Y * sin(2 * pi * i / len(order) - pi / 2),
        )
        for i, name in enumerate(order)
    }
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
        f'font-size="13"><title>{escape(model.title or model.name)}: which systems read which</title>',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
    ]
    parts += [_arrow(at[a], at[b], n) for (a, b), n in sorted(found.items(), key=lambda item: item[1])]
    parts += [_node(at[name], titles[name]) for name in order]
    return "\n".join([*parts, "</svg>"]) + "\n"


def _order(names: list[str], found: Influences) -> list[str]:
    """An order around the circle that keeps those that read each other close; the best that swaps lead to."""

    def length(order: list[str]) -> float:
        place = {name: i for i, name in enumerate(order)}
        return sum(n * sin(pi * abs(place[a] - place[b]) / len(order)) for (a, b), n in found.items())

    order, best = list(names), length(names)
    improved = True
    while improved:
        improved = False
        for i, j in combinations(range(len(order)), 2):
            order[i], order[j] = order[j], order[i]
            if length(order) < best - 1e-9:
                best, improved = length(order), True
            else:
                order[i], order[j] = order[j], order[i]
    return order


def _arrow(start: tuple[float, float], end: tuple[float, float], n: int) -> str:
    """A bent arrow; bent to one side, so that two arrows between a pair do not hide each other."""
    (x0, y0), (x1, y1) = start, end
    away = hypot(x1 - x0, y1 - y0)
    middle_x = (x0 + x1) / 2 + BEND * (WIDTH / 2 - (x0 + x1) / 2) - 0.08 * (y1 - y0)
    middle_y = (y0 + y1) / 2 + BEND * (HEIGHT / 2 - (y0 + y1) / 2) + 0.08 * (x1 - x0)
    x0, y0 = _edge(start, (middle_x, middle_y), 0)
    width = 0.5 + 0.45 * n
    head = 5 + width
    tip_x, tip_y = _edge(end, (middle_x, middle_y), 2)
    angle = atan2(tip_y - middle_y, tip_x - middle_x)
    neck_x, neck_y = tip_x - head * cos(angle), tip_y - head * sin(angle)
    side_x, side_y = 0.45 * head * sin(angle), -0.45 * head * cos(angle)
    colour = f'stroke="#2b5c8a" fill="#2b5c8a" opacity="{min(0.85, 0.2 + 0.07 * n):.2f}"'
    curve = f"M{x0:.0f},{y0:.0f} Q{middle_x:.0f},{middle_y:.0f} {neck_x:.0f},{neck_y:.0f}"
    corners = ((tip_x, tip_y), (neck_x + side_x, neck_y + side_y), (neck_x - side_x, neck_y - side_y))
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in corners)
    shaft = f'<path d="{curve}" fill="none" stroke-width="{width:.1f}"/>' if away else ""
    return f'<g {colour}>{shaft}<polygon points="{points}" stroke="none"/></g>'


def _edge(node: tuple[float, float], towards: tuple[float, float], gap: float) -> tuple[float, float]:
    """Where a line from the middle of a node leaves its box."""
    dx, dy = towards[0] - node[0], towards[1] - node[1]
    inside = min(
        (NODE_WIDTH / 2 + gap) / abs(dx) if dx else float("inf"),
        (NODE_HEIGHT / 2 + gap) / abs(dy) if dy else float("inf"),
    )
    return node[0] + inside * dx, node[1] + inside * dy


def _node(at: tuple[float, float], title: str) -> str:
    x, y = at
    title = title[:1].upper() + title[1:]
    return (
        f'<rect x="{x - NODE_WIDTH / 2:.0f}" y="{y - NODE_HEIGHT / 2:.0f}" width="{NODE_WIDTH}" '
        f'height="{NODE_HEIGHT}" rx="6" fill="#f4f1ea" stroke="#555"/>'
        f'<text x="{x:.0f}" y="{y + 4.5:.0f}" text-anchor="middle">{escape(title)}</text>'
    )
