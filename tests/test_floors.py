"""Imports point down only (docs/design.md): a room knows the floors below it and its own."""

import ast
import functools
from pathlib import Path

import pytest

SIM = Path(__file__).parents[1] / "sim"
FLOORS = {
    "errors": 0, "cache": 0, "numerics": 1, "language": 2, "model": 3, "compiler": 4, "engine": 5, "analysis": 6,
    "output": 7, "app": 8, "commands": 8, "cli": 8, "__main__": 8,
}  # fmt: skip
FILES = sorted(SIM.rglob("*.py"))


@functools.cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def room_of(path: Path) -> str:
    parts = path.relative_to(SIM).with_suffix("").parts
    return parts[0]


def imported(path: Path):
    """The modules of sim that a file imports, anywhere in it, with their lines."""
    package = ("sim", *path.relative_to(SIM).parent.parts)
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            module = ".".join(part for part in (base, node.module) if part)
            names = [module] if module != "sim" else [f"sim.{alias.name}" for alias in node.names]
        else:
            continue
        yield from ((node.lineno, name) for name in names if name.split(".")[0] == "sim")


def test_every_room_has_a_floor():
    rooms = {room_of(path) for path in FILES} - {"__init__"}
    assert rooms <= set(FLOORS)


@pytest.mark.parametrize("room", FLOORS)
def test_imports_point_down(room):
    upward = []
    for path in FILES:
        if room_of(path) != room:
            continue
        for line, name in imported(path):
            other = name.split(".")[1] if "." in name else "__init__"
            if FLOORS.get(other, 0) > FLOORS[room]:
                upward.append(f"{path.relative_to(SIM.parent)}:{line} imports {name}")
    assert upward == []


def test_rooms_do_not_import_each_other_in_circles():
    """Nor do files: no file reaches itself through what it imports at its top."""
    edges: dict[str, set[str]] = {}
    modules = {".".join(("sim", *p.relative_to(SIM).with_suffix("").parts)).removesuffix(".__init__") for p in FILES}
    for path in FILES:
        name = ".".join(("sim", *path.relative_to(SIM).with_suffix("").parts)).removesuffix(".__init__")
        edges[name] = {other for _, other in top_level(path) if other in modules and other != name}
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, " -> ".join((*path[path.index(name) :], name))
        if name not in done:
            for other in sorted(edges[name]):
                visit(other, (*path, name))
            done.add(name)

    for name in sorted(edges):
        visit(name, ())


def top_level(path: Path):
    """What a file imports when it is imported itself."""
    lines = {node.lineno for node in parsed(path).body}
    return [(line, name) for line, name in imported(path) if line in lines]
