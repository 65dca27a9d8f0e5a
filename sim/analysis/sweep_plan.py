"""What a sweep is to run: the ``sweep:`` block of a study, and the points it comes to.

::

    sweep:
      design: grid                  # grid | lhs | sobol | list
      over:                         # parameters, levers, initial values; numbers in the unit they are declared in
        oil.price: [40, 60, 80]                     # grid: the values of each
        sanctions.bite: {from: 0, to: 1, steps: 5}  # the same, evenly spaced
      points: 1000                  # lhs and sobol, whose ranges are {from: 0, to: 1} or {..., scale: log}
      file: points.csv              # list: one column for each name, beside the study
      seed: 1                       # of lhs and sobol; the study's where it is not said
      common_random_numbers: true   # false: each point has luck of its own
      tables: [outcomes, questions] # default: outcomes, questions, events, measures, states; or all
      dates: last                   # of measures and states; default: all
      wide: true                    # also one row for each point; or {outcomes: [...], questions: [], measures: []}
"""

import csv
import io
import math
import os
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import numpy.typing as npt

from sim.analysis.sweep_targets import Target, Value, target_of
from sim.engine.designs import design_of
from sim.errors import Place, UsageError
from sim.model.declarations import Study
from sim.model.document import Mapping, Node, Scalar, compose
from sim.model.document import Sequence as Listed
from sim.model.source import Report, Source

TABLES = ("outcomes", "questions", "events", "measures", "states", "parameters", "drivers", "convergence")
USUAL = TABLES[:5]
DESIGNS = ("grid", "lhs", "sobol", "list")
FIELDS = ("design", "over", "points", "file", "seed", "common_random_numbers", "tables", "dates", "wide")
MOST_POINTS = 1_000_000

Point = tuple[Value, ...]


@dataclass(frozen=True)
class Wide:
    """What stands side by side for each point."""

    outcomes: tuple[str, ...]
    questions: tuple[str, ...]
    measures: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """The points of a sweep, a value for each target, and what is wanted of them."""

    design: str
    targets: tuple[Target, ...]
    points: tuple[Point, ...]
    common: bool = True
    tables: tuple[str, ...] = USUAL
    last_only: bool = False
    wide: Wide | None = None


def plan_of(study: Study) -> Plan:
    """The plan of a study.

    Raises:
        UsageError: saying where the block is not as it should be.
    """
    block = _block(study)
    return _Reader(study, block).plan()


def _block(study: Study) -> Mapping:
    if "sweep" not in study.blocks:
        raise UsageError(f"{study.path} has no `sweep:` that says what to vary")
    with open(study.path, encoding="utf-8-sig") as file:
        source = Source(study.path, file.read())
    root = compose(source, Report())
    node = root.get("sweep") if isinstance(root, Mapping) else None
    if not isinstance(node, Mapping):
        raise refusal("sweep: a mapping is expected, with `design` and `over`", node or root)
    return node


def refusal(message: str, node: Node | None) -> UsageError:
    """An error with its place, the line and a caret."""
    if node is None:
        return UsageError(message)
    return UsageError(message, Place(node.source.path, node.line, node.column), node.source.line(node.line))


class _Reader:
    """Reads a block; whatever is wrong is said with its place."""

    def __init__(self, study: Study, block: Mapping) -> None:
        self.study, self.model, self.block = study, study.model, block
        for key, _ in block.entries:
            if key.text not in FIELDS:
                raise refusal(f"sweep: `{key.text}` is not known here; there are: {', '.join(FIELDS)}", key)

    def plan(self) -> Plan:
        design = self._word("design", DESIGNS, "grid")
        for field, designs in (("points", ("lhs", "sobol")), ("seed", ("lhs", "sobol")), ("file", ("list",))):
            if self.block.get(field) is not None and design not in designs:
                raise refusal(f"sweep: `{field}` belongs to {' and '.join(designs)}, not to {design}", self._key(field))
        targets, points = self._listed() if design == "list" else self._made(design)
        return Plan(
            design=design,
            targets=targets,
            points=points,
            common=self._truth("common_random_numbers", True),
            tables=self._tables(),
            last_only=self._word("dates", ("all", "last"), "all") == "last",
            wide=self._wide(),
        )

    # -- points

    def _made(self, design: str) -> tuple[tuple[Target, ...], tuple[Point, ...]]:
        over = self.block.get("over")
        if not isinstance(over, Mapping) or not over.entries:
            raise refusal("sweep: `over` says what to vary: a mapping of names to values", over or self.block)
        targets = tuple(target_of(self.model, key.text, _refuse(key)) for key, _ in over.entries)
        _once([name for target in targets for name in target.names], over)
        specs = [value for _, value in over.entries]
        if design == "grid":
            axes = [self._axis(target, spec) for target, spec in zip(targets, specs, strict=True)]
            if math.prod(map(len, axes)) > MOST_POINTS:
                raise refusal(f"sweep: this grid has {math.prod(map(len, axes))} points; at most {MOST_POINTS}", over)
            return targets, tuple(product(*axes))
        return targets, self._sampled(design, targets, specs)

    def _axis(self, target: Target, spec: Node) -> list[Value]:
        if isinstance(spec, Mapping):
            first, last, is_log = self._range(target, spec, ("steps",))
            steps = self._count(spec.get("steps"), spec, "steps")
            return [float(v) for v in _spaced(first, last, np.linspace(0, 1, steps), is_log)]
        nodes = spec.items if isinstance(spec, Listed) else [spec]
        if not nodes:
            raise refusal(f"sweep: `{target.name}` has no values", spec)
        return [target.value(node.value, _refuse(node)) if isinstance(node, Scalar) else _bad(node) for node in nodes]

    def _sampled(self, design: str, targets: Sequence[Target], specs: Sequence[Node]) -> tuple[Point, ...]:
        count = self._count(self.block.get("points"), self.block, "points")
        seed = self.block.get("seed")
        number = self.study.seed if seed is None else self._count(seed, seed, "seed", least=0)
        order = sorted(range(len(targets)), key=lambda i: targets[i].name)
        sites = [zlib.crc32(f"sweep {targets[i].name}".encode()) for i in order]
        uniforms = design_of(design, sites, number, count).uniforms(0, count)
        columns: list[list[float]] = [[] for _ in targets]
        for row, i in enumerate(order):
            spec = specs[i]
            if not isinstance(spec, Mapping):
                raise refusal(f"sweep: {design} needs a range for `{targets[i].name}`: {{from: 0, to: 1}}", spec)
            first, last, is_log = self._range(targets[i], spec, ())
            columns[i] = [float(v) for v in _spaced(first, last, uniforms[row], is_log)]
        return tuple(zip(*columns, strict=True))

    def _range(self, target: Target, spec: Mapping, more: Sequence[str]) -> tuple[float, float, bool]:
        for key, _ in spec.entries:
            if key.text not in ("from", "to", "scale", *more):
                raise refusal(f"sweep: a range has {', '.join(('from', 'to', 'scale', *more))}, no `{key.text}`", key)
        if any(lever.choices for lever in target.levers):
            raise refusal(f"sweep: `{target.name}` has choices and no range; list them", spec)
        ends = []
        for field in ("from", "to"):
            node = spec.get(field)
            if not isinstance(node, Scalar):
                raise refusal(f"sweep: the range of `{target.name}` has no `{field}`", spec)
            ends.append(target.number(node.value, _refuse(node)))
        scale = spec.get("scale")
        if scale is not None and (not isinstance(scale, Scalar) or scale.text not in ("linear", "log")):
            raise refusal("sweep: the scale is linear or log", scale)
        is_log = isinstance(scale, Scalar) and scale.text == "log"
        if ends[0] >= ends[1] or (is_log and ends[0] <= 0):
            raise refusal(f"sweep: a range runs from a {'positive ' * is_log}number to a greater one", spec)
        return ends[0], ends[1], is_log

    def _listed(self) -> tuple[tuple[Target, ...], tuple[Point, ...]]:
        node = self.block.get("file")
        if not isinstance(node, Scalar):
            raise refusal("sweep: `file` names the CSV of a list", node or self.block)
        path = os.path.normpath(os.path.join(os.path.dirname(self.study.path), node.text))
        try:
            data = Path(path).read_bytes()
        except OSError as error:
            raise refusal(f"sweep: {path} cannot be read: {error.strerror or error}", node) from error
        rows = [(number, row) for number, row in enumerate(_rows(path, data), start=1) if row]
        return self._table(path, rows, node)

    def _table(
        self, path: str, rows: list[tuple[int, list[str]]], node: Node
    ) -> tuple[tuple[Target, ...], tuple[Point, ...]]:
        if len(rows) < 2:
            raise refusal(f"sweep: {path} holds no points: a header line and one line for each are expected", node)
        if len(rows) - 1 > MOST_POINTS:
            raise refusal(f"sweep: {path} holds {len(rows) - 1} points; at most {MOST_POINTS}", node)
        header = [cell.strip() for cell in rows[0][1]]
        for sign, name in ((";", "semicolons"), ("\t", "tabs")):
            if any(sign in cell for cell in rows[0][1]):
                raise UsageError(f"cells are separated by commas, not by {name}", Place(path, rows[0][0]))
        columns = [(i, name) for i, name in enumerate(header) if name != "point"]
        wanted = self.block.get("over")
        if wanted is not None:
            names = (
                [item.text for item in wanted.items if isinstance(item, Scalar)] if isinstance(wanted, Listed) else []
            )
            missing = [name for name in names if name not in header]
            if missing or not names:
                problem = (
                    f"has no column `{missing[0]}`" if missing else "needs `over` as a list of its columns, or none"
                )
                raise refusal(f"sweep: {path} {problem}", wanted)
            columns = [(header.index(name), name) for name in names]
        if not columns:
            raise UsageError("there is no column of what to vary", Place(path))
        targets = tuple(target_of(self.model, name, _in_file(path, 1, i + 1)) for i, name in columns)
        _once([name for target in targets for name in target.names], node)
        points = []
        for number, row in rows[1:]:
            if len(row) != len(header):
                raise UsageError(f"this line has {len(row)} cells, the header {len(header)}", Place(path, number))
            points.append(tuple(
                target.value(_cell(row[i]), _in_file(path, number, 1 + sum(len(c) + 1 for c in row[:i])))
                for target, (i, _) in zip(targets, columns, strict=True)
            ))  # fmt: skip
        return targets, tuple(points)

    # -- what is wanted

    def _tables(self) -> tuple[str, ...]:
        node = self.block.get("tables")
        if node is None:
            return USUAL
        if isinstance(node, Scalar) and node.text == "all":
            return TABLES
        names = self._names("tables", node, TABLES)
        return tuple(name for name in TABLES if name in names)

    def _wide(self) -> Wide | None:
        node, model = self.block.get("wide"), self.model
        kinds = {
            "outcomes": [o.name for o in model.outcomes],
            "questions": [q.name for q in model.questions],
            "measures": [m.name for m in model.measures if m.value is not None],
        }
        if not isinstance(node, Mapping):
            return Wide(*(tuple(names) for names in kinds.values())) if self._truth("wide", False) else None
        chosen: dict[str, tuple[str, ...]] = dict.fromkeys(kinds, ())
        for key, value in node.entries:
            if key.text not in kinds:
                raise refusal(f"sweep: wide holds {', '.join(kinds)}, no `{key.text}`", key)
            chosen[key.text] = tuple(self._names(key.text, value, kinds[key.text]))
        return Wide(**chosen)

    def _names(self, what: str, node: Node, known: Sequence[str]) -> list[str]:
        items = node.items if isinstance(node, Listed) else [node]
        for item in items:
            if not isinstance(item, Scalar) or item.text not in known:
                shown = f"`{item.text}` is none of the" if isinstance(item, Scalar) else "a list is expected of the"
                raise refusal(f"sweep: {shown} {what}: {', '.join(known)}", item)
        return list(dict.fromkeys(item.text for item in items if isinstance(item, Scalar)))

    # -- single values

    def _key(self, field: str) -> Scalar:
        return next(key for key, _ in self.block.entries if key.text == field)

    def _word(self, field: str, known: Sequence[str], otherwise: str) -> str:
        node = self.block.get(field)
        if node is None:
            return otherwise
        if not isinstance(node, Scalar) or node.text not in known:
            raise refusal(f"sweep: `{field}` is one of {', '.join(known)}", node)
        return node.text

    def _truth(self, field: str, otherwise: bool) -> bool:
        node = self.block.get(field)
        if node is None:
            return otherwise
        if not isinstance(node, Scalar) or not isinstance(node.value, bool):
            raise refusal(f"sweep: `{field}` is true or false", node)
        return node.value

    def _count(self, node: Node | None, place: Node, what: str, least: int = 1) -> int:
        value = node.value if isinstance(node, Scalar) else None
        if isinstance(value, str):
            value = int(value) if value.replace("_", "").isdigit() else value
        most = 2**64 - 1 if what == "seed" else MOST_POINTS
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise refusal(f"sweep: `{what}` is a whole number from {least} to {most}", node or place)
        return value


def _rows(path: str, data: bytes) -> Iterator[list[str]]:
    """The lines of a CSV file as cells."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UsageError("this is no UTF-8 text; save the table as CSV in UTF-8", Place(path, line)) from error
    reader = csv.reader(io.StringIO(text, newline=""))
    try:
        yield from reader
    except csv.Error as error:
        raise UsageError(f"this line cannot be read as CSV: {error}", Place(path, reader.line_num)) from error


def _refuse(node: Node) -> Callable[[str], UsageError]:
    return lambda message: refusal(f"sweep: {message}", node)


def _in_file(path: str, line: int, column: int) -> Callable[[str], UsageError]:
    return lambda message: UsageError(message, Place(path, line, column))


def _bad(node: Node) -> Value:
    raise refusal("sweep: a number or a name is expected", node)


def _once(names: Iterable[str], node: Node) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise refusal(f"sweep: `{name}` is varied twice", node)
        seen.add(name)


def _spaced(first: float, last: float, at: npt.NDArray[np.float64], is_log: bool) -> list[float]:
    if is_log:
        low, high = math.log(first), math.log(last)
        return [min(max(math.exp(low + (high - low) * u), first), last) for u in at.tolist()]
    return [first + (last - first) * u if u < 1 else last for u in at.tolist()]


def _cell(text: str) -> object:
    try:
        return float(text)
    except ValueError:
        return text.strip()
