"""Charts and tables as data: the template writes the words and the numbers, the script of the page draws the marks.

A chart is a list of panels. The script lays the panels out in as many columns as the window has room for, looks colours
up in the palette of the theme, and hands traces to the charting library. Coordinates that several traces share, such as
dates, are written once: a number in place of coordinates is their place in the chart's ``lists``.
"""

import json
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sim.output.report.colours import ink
from sim.output.report.contents import Link
from sim.output.report.text import is_number, quantity

DIGITS = 6  # significant ones of a number in a chart; curves have fewer
TWO_LINES = 29  # pixels
CHARACTER = 7  # pixels of a digit on an axis
WORTH_SHARING = 6  # coordinates
Trace = dict[str, Any]
Axis = dict[str, Any]


@dataclass(frozen=True)
class Panel:
    """One pair of axes with what is drawn in it; ``title`` is already chart text."""

    traces: Sequence[Trace]
    title: str = ""
    x: Axis = field(default_factory=dict)
    y: Axis = field(default_factory=dict)
    notes: Sequence[Trace] = ()


@dataclass(frozen=True)
class Key:
    """An entry of a legend: ``mark`` and ``colour`` are classes of the style sheet."""

    label: str
    colour: str
    mark: str = "dot"
    note: str = ""


@dataclass(frozen=True)
class Column:
    label: str
    is_number: bool = False
    hint: str = ""
    kind: str = ""  # a class of the style sheet

    @property
    def style(self) -> str:
        return "n" if self.is_number else self.kind


@dataclass(frozen=True)
class Cell:
    """Text, with the class of a swatch before it, or of a chip around it; ``source`` stands in a line of its own."""

    text: str
    swatch: str = ""
    code: str = ""
    chip: str = ""
    source: str = ""


@dataclass(frozen=True)
class Group:
    """Rows of a table under one heading; the first cell of a row names it."""

    rows: Sequence[Sequence[Cell | str]]
    title: Cell | str = ""


@dataclass(frozen=True)
class Table:
    caption: str
    columns: Sequence[Column]
    groups: Sequence[Group]
    links: Sequence[Link] = ()
    is_folded: bool = False

    @property
    def n_rows(self) -> int:
        return sum(len(group.rows) for group in self.groups)


@dataclass(frozen=True)
class Chart:
    """A figure: its title and what it shows in words, panels, legend, the numbers behind it."""

    title: str
    summary: str
    panels: Sequence[Panel]
    legend: Sequence[Key] = ()
    links: Sequence[Link] = ()
    table: Table | None = None
    note: str = ""
    code: str = ""
    columns: int = 4  # at most
    min_width: int = 230  # of a panel
    height: int = 160  # of a panel
    left: int = 56  # room for the labels of the vertical axis
    shares_y: bool = True
    unit: str = ""  # beside the vertical axis

    def spec(self) -> str:
        """The chart for the script, as JSON that can stand in a page."""
        lists = _repeated(trace[axis] for panel in self.panels for trace in panel.traces for axis in _listed(trace))
        panels = [
            {"title": p.title, "traces": [_referring(t, lists) for t in p.traces], "x": p.x, "notes": p.notes}
            | ({} if p.y == self.panels[0].y else {"y": p.y})
            for p in self.panels
        ]
        settings = {name: getattr(self, name) for name in ("columns", "height", "left", "unit")}
        return page_json(
            settings
            | {
                "minWidth": self.min_width,
                "sharesY": self.shares_y,
                "lists": list(lists),
                "y": self.panels[0].y,
                "panels": panels,
            }
        )


def _listed(trace: Trace) -> list[str]:
    """The axes on which a trace has enough coordinates to be worth sharing."""
    return [axis for axis in ("x", "y") if len(trace.get(axis, ())) >= WORTH_SHARING]


def _repeated(lists: Iterable[Sequence[Any]]) -> dict[tuple[Any, ...], int]:
    """What occurs more than once, with its place."""
    counts = Counter(map(tuple, lists))
    return {found: place for place, found in enumerate(found for found, n in counts.items() if n > 1)}


def _referring(trace: Trace, lists: Mapping[tuple[Any, ...], int]) -> Trace:
    """A trace with numbers for the coordinates that it shares."""
    keys = {axis: tuple(trace[axis]) for axis in _listed(trace)}
    return trace | {axis: lists[key] for axis, key in keys.items() if key in lists}


def page_json(value: object) -> str:
    """JSON that nothing in it can end: no ``<``, no ``&``, ASCII only, no NaN; numbers as exact as a chart can show."""
    text = json.dumps(_shown(value), separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _shown(value: Any) -> Any:
    if isinstance(value, float):
        return _short(value) if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _shown(item) for key, item in value.items()}
    return [_shown(item) for item in value] if isinstance(value, (list, tuple)) else value


def _short(x: float) -> float | int:
    x = float(f"{x:.{DIGITS}g}")
    return int(x) if x == int(x) and abs(x) < 2**53 else x


def rounded(values: Iterable[float], spread: float) -> list[float | None]:
    """Numbers with no more digits than a chart of this spread can show."""
    digits = 3 - math.floor(math.log10(spread)) if spread > 0 else DIGITS
    return [round(float(v), digits) if is_number(v) else None for v in values]


def line(x: Any, y: Any, colour: str, name: str, *, width: float = 2, dash: str = "solid", hover: str = "") -> Trace:
    trace: Trace = {"type": "scatter", "mode": "lines", "x": x, "y": y, "line": _line(colour, width, dash)}
    return trace | _hover(name, hover)


def band(x: Any, low: Any, high: Any, colour: str, names: tuple[str, str], hover: str = "") -> list[Trace]:
    """The area between two curves, which hovering tells apart."""
    edge: Trace = {"type": "scatter", "mode": "lines", "x": x, "line": {"width": 0, "color": colour}}
    upper = edge | {"y": high, "fill": "tonexty", "fillcolor": colour} | _hover(names[1], hover)
    return [edge | {"y": low} | _hover(names[0], hover), upper]


def segments(spans: Iterable[tuple[float, Any, Any]], colour: str, *, width: float) -> Trace:
    """Horizontal strokes at heights, from one value to another."""
    x: list[Any] = []
    y: list[Any] = []
    for at, low, high in spans:
        x += [low, high, None]
        y += [at, at, None]
    return {"type": "scatter", "mode": "lines", "x": x, "y": y, "line": _line(colour, width), "hoverinfo": "skip"}


def dots(
    x: Sequence[Any], y: Sequence[Any], colour: str, texts: Sequence[str], *, symbol: str = "circle", size: float = 8
) -> Trace:
    """Marks, each with its text on hovering (texts are chart text)."""
    marker = {"color": colour, "size": size, "symbol": symbol, "line": {"width": 1, "color": ink("ui", 3)}}
    return {
        "type": "scatter", "mode": "markers", "x": x, "y": y, "marker": marker,
        "customdata": texts, "hovertemplate": "%{customdata}",
    }  # fmt: skip


def bars(x: Sequence[Any], y: Sequence[Any], colour: str | Sequence[str], texts: Sequence[str], **more: Any) -> Trace:
    """Horizontal bars."""
    return {
        "type": "bar", "orientation": "h", "x": x, "y": y, "marker": {"color": colour, "line": {"width": 0}},
        "customdata": texts, "hovertemplate": "%{customdata}", **more,
    }  # fmt: skip


def area(x: Any, y: Any, colour: str, name: str) -> Trace:
    """One layer of a stack of shares."""
    return {
        "type": "scatter", "mode": "lines", "x": x, "y": y, "stackgroup": "one", "fillcolor": colour,
        "line": {"width": 0.6, "color": ink("ui", 3)}, "hoveron": "points+fills",
    } | _hover(name, "%{y:.0%}")  # fmt: skip


def polygon(x: Sequence[float], y: Sequence[float], colour: str, text: str) -> Trace:
    return {
        "type": "scatter", "mode": "lines", "x": x, "y": y, "fill": "toself", "fillcolor": colour,
        "line": {"width": 0, "color": colour}, "hoveron": "fills", "text": text, "hoverinfo": "text",
    }  # fmt: skip


def label(x: float, y: float, text: str, **more: Any) -> Trace:
    """Words at a place of the panel."""
    return {"x": x, "y": y, "text": text, "showarrow": False, **more}


def rows_axis(labels: Sequence[str]) -> Axis:
    """A vertical axis of named rows, the first on top."""
    ticks = {"tickvals": list(range(len(labels))), "ticktext": list(labels)}
    between = {"tickvals": [i + 0.5 for i in range(len(labels) - 1)], "showgrid": True, "ticks": ""}
    return ticks | {"range": [len(labels) - 0.5, -0.5], "showgrid": False, "ticks": "", "minor": between}


def room_beside(low: float, high: float, *, with_unit: bool) -> int:
    """Pixels for the labels of a vertical axis of numbers, and for its unit, which stands upright beside them."""
    pad = 0.06 * (high - low)  # as the library leaves around curves
    ticks = nice_ticks(low - pad, high + pad) if pad > 0 else [low]
    widest = max(len(quantity(tick, DIGITS)) for tick in ticks)
    return max(56, 14 + CHARACTER * widest) + (20 if with_unit else 0)


def rows_height(labels: Sequence[str], each: int) -> int:
    """Room for named rows: more than ``each`` where a label has two lines."""
    return len(labels) * (max(each, TWO_LINES) if any("<br>" in text for text in labels) else each)


def probability_axis(top: float = 1.0, title: str = "") -> Axis:
    """From nought to what is needed, in percent."""
    end = 1.0 if top > 0.6 else max(1.12 * top, 0.01)
    return {"range": [0, end], "tickformat": ".0%" if end >= 0.05 else ".1%", "title": title, "rangemode": "tozero"}


def offsets(n: int, room: float = 0.7) -> list[float]:
    """Where in a row of height 1 several marks stand, the first on top, nearer to each other than to the next row."""
    return [room * ((i + 0.5) / n - 0.5) for i in range(n)]


def nice_ticks(low: float, high: float, wanted: int = 5) -> list[float]:
    """Round numbers within a range, 0 among them where it is."""
    step = next(s for s in _steps() if (high - low) / s <= wanted)
    first, last = math.ceil(low / step), math.floor(high / step)
    return [round(i * step, 10) for i in range(first, last + 1)]


def _steps() -> Iterator[float]:
    return (digit * 10.0**power for power in range(-9, 18) for digit in (1, 2, 5))


def _line(colour: str, width: float, dash: str = "solid") -> dict[str, Any]:
    return {"color": colour, "width": width} | ({} if dash == "solid" else {"dash": dash})


def _hover(name: str, template: str) -> Trace:
    return {"hovertemplate": f"{name}: {template or '%{y:,.5~r}'}"}
