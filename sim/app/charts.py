"""A measure over time as an ECharts option: the fan now over the fan before, or the shares of a phase's values."""

import math
from typing import Any

from sim.app.explorer import Explorer, Found
from sim.app.rows import title_of
from sim.app.session import Answer
from sim.engine.results import MEASURE_COLUMNS
from sim.output.report.colours import LIGHT

Option = dict[str, Any]
NOW, BEFORE = LIGHT["s"][1], LIGHT["s"][0]
INK, GRID = "#7b8594", "#8b93a133"


def measure_choices(explorer: Explorer) -> dict[str, str]:
    """The measures by name, with their titles."""
    titles = {m.name: m.title for m in explorer.model.measures}
    numeric = list(explorer.layout.measures)
    machines = [name for name, _ in explorer.layout.machines]
    return {name: titles.get(name) or name.replace("_", " ") for name in (*numeric, *machines)}


def measure_chart(explorer: Explorer, answer: Answer, measure: str) -> Option:
    """The chart of a measure, by whatever kind it is."""
    if measure in explorer.layout.measures:
        return _fan(explorer, answer, measure)
    return _shares(explorer, answer, measure)


def measure_words(explorer: Explorer, answer: Answer, measure: str) -> str:
    """Where it ends on average, with the 95% interval, now and before."""
    if measure not in explorer.layout.measures:
        return f"Dashed: {_other(explorer, answer)}."
    unit = next((m.unit for m in explorer.model.measures if m.name == measure), "")
    now, before = (_mean(explorer, found, measure) for found in (answer.found, answer.reference))
    return f"Mean at the end: {now} {unit}; {_other(explorer, answer)}: {before} {unit}".replace(" ;", ";").strip()


def _other(explorer: Explorer, answer: Answer) -> str:
    """What the answer is compared with."""
    return f"compared with {title_of(explorer.model, answer.state.against)}"


def _mean(explorer: Explorer, found: Found, measure: str) -> str:
    at = explorer.layout.measures.index(measure)
    mean, se = (float(found.result.values[MEASURE_COLUMNS.index(c), -1, at]) for c in ("mean", "se"))
    return f"{_short(mean)} ± {_short(1.96 * se)}" if math.isfinite(mean) else "–"


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _fan(explorer: Explorer, answer: Answer, measure: str) -> Option:
    at = explorer.layout.measures.index(measure)
    now, before = (_columns(found, at) for found in (answer.found, answer.reference))
    other = _other(explorer, answer)
    series = [
        _line(f"{other}: 5%", before["p05"], BEFORE, "dotted", 1),
        _line(f"{other}: 95%", before["p95"], BEFORE, "dotted", 1),
        *_area("5% to 95%", now["p05"], now["p95"], 0.16),
        *_area("25% to 75%", now["p25"], now["p75"], 0.26),
        _line(f"{other}: median", before["p50"], BEFORE, "dashed", 2),
        _line("median", now["p50"], NOW, "solid", 2.5),
    ]
    unit = next((m.unit for m in explorer.model.measures if m.name == measure), "")
    legend = _legend("median", "5% to 95%", "25% to 75%", f"{other}: median")
    return _frame(explorer, series, unit) | {"legend": legend}


def _columns(found: Found, at: int) -> dict[str, list[float | None]]:
    return {name: _finite(found.result.values[i, :, at].tolist()) for i, name in enumerate(MEASURE_COLUMNS)}


def _finite(values: list[float]) -> list[float | None]:
    return [value if math.isfinite(value) else None for value in values]


def _area(name: str, low: list[float | None], high: list[float | None], opacity: float) -> list[Option]:
    """A band: an unseen line, and on top of it what is between."""
    width = [None if a is None or b is None else b - a for a, b in zip(low, high, strict=True)]
    base = {"type": "line", "stack": name, "stackStrategy": "all", "symbol": "none", "silent": True, "animation": False}
    hidden = {"lineStyle": {"opacity": 0}, "tooltip": {"show": False}}
    shade = {"areaStyle": {"color": NOW, "opacity": opacity}, "itemStyle": {"color": NOW, "opacity": opacity * 2}}
    return [base | hidden | {"data": low}, base | hidden | shade | {"data": width, "name": name}]


def _line(name: str, data: list[float | None], colour: str, dash: str, width: float) -> Option:
    style = {"color": colour, "type": dash, "width": width}
    return {
        "type": "line", "name": name, "data": data, "symbol": "none", "animation": False, "lineStyle": style,
        "itemStyle": {"color": colour},
    }  # fmt: skip


def _shares(explorer: Explorer, answer: Answer, name: str) -> Option:
    """The share of trajectories with each value."""
    start, series, names, other = 0, [], [], _other(explorer, answer)
    for machine, values in explorer.layout.machines:
        if machine == name:
            for i, value in enumerate(values):
                colour = LIGHT["o"][i % len(LIGHT["o"])]
                label = value.replace("_", " ")
                now, before = (_percents(found, start + i) for found in (answer.found, answer.reference))
                series.append(_line(f"{other}: {label}", before, colour, "dashed", 1))
                series.append(_line(label, now, colour, "solid", 2.5))
                names.append(label)
        start += len(values)
    return _frame(explorer, series, "% of trajectories") | {"legend": _legend(*names)}


def _percents(found: Found, column: int) -> list[float | None]:
    return [100 * count / found.n if found.n else None for count in found.result.shares[:, column].tolist()]


def _legend(*names: str) -> Option:
    return {"data": list(names), "top": 0, "textStyle": {"color": INK}, "type": "scroll", "itemHeight": 10}


def _frame(explorer: Explorer, series: list[Option], unit: str) -> Option:
    clock = explorer.model.clock
    dates = [clock.date_of(record).isoformat() for record in range(clock.n_records)]
    label = {"color": INK}
    return {
        "animation": False,
        "grid": {"left": 12, "right": 18, "top": 52, "bottom": 8, "containLabel": True},
        "tooltip": {"trigger": "axis", "renderMode": "richText", "confine": True},
        "xAxis": {"type": "category", "data": dates, "boundaryGap": False, "axisLabel": label},
        "yAxis": {
            "type": "value", "scale": True, "name": unit, "nameTextStyle": {"color": INK, "align": "left"},
            "axisLabel": label, "splitLine": {"lineStyle": {"color": GRID}},
        },
        "series": series,
    }  # fmt: skip
