"""Makes run directories with the files and columns of a run, from numbers that are plausible and always the same."""

import csv
import hashlib
import json
import math
import random
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import sim
from sim.output.phrases import phrase

START = date(2025, 4, 7)
DATES = [(START + timedelta(weeks=w)).isoformat() for w in range(105)]
OUTCOMES = ("nuclear_use", "collapse", "settlement", "frozen_conflict", "protracted_war")
MACHINES = {
    "armistice.war": ("fighting", "ceasefire", "settlement"),
    "talks.channel": ("closed", "indirect", "direct"),
    "united_states.support": ("carry_on", "long_range", "pause", "walk_away"),
    "kremlin.terms": ("maximal", "trimmed", "freeze_ready"),
}
MEASURES = {
    "front.occupied": ("km2", 111_800.0, 3_000.0),
    "oil.brent": ("USD/bbl", 68.0, 18.0),
    "stress": ("", 0.3, 0.1),
}
EVENTS = ("talks.collapse", "strikes.refinery_strike", "strikes.refinery_strike.port", "nuclear.test", "never.happens")
PARAMETERS = tuple(f"{module}.{name}" for module in ("front", "talks", "oil") for name in ("rate", "range", "trust"))
CONFIDENCES = ("low", "moderate", "high")
SHARE = ("k", "n", "p", "p_low", "p_high")
BAND = ("epistemic_p05", "epistemic_p95", "phrase")
TABLES = ("questions", "events", "measures", "states", "parameters", "drivers", "convergence", "columns")
Rows = Iterable[Sequence[Any]]


def make_run(
    folder: Path, scenarios: Sequence[str] = ("baseline", "talks_collapse"), *, n: int = 20_000, keep: int = 0,
    without: Iterable[str] = (), extra: Mapping[str, tuple[Sequence[str], Rows]] | None = None,
    names: Mapping[str, str] | None = None, **manifest: Any,
) -> Path:  # fmt: skip
    """A complete run directory.

    Args:
        folder: where.
        scenarios: their names.
        n: trajectories.
        keep: kept trajectories.
        without: tables to leave out.
        extra: more tables, by name: columns and rows.
        names: outcomes, events and so on that are called something else.
        manifest: more keys, or other values.
    """
    folder.mkdir(parents=True)
    tables = _tables(scenarios, n, keep) | dict(extra or {})
    for name, (columns, rows) in tables.items():
        if name not in set(without):
            _write(folder / f"{name}.csv", columns, rows, names or {})
    seal(folder, scenarios, n, **manifest)
    return folder


def seal(folder: Path, scenarios: Sequence[str], n: int, **more: Any) -> None:
    """Write the manifest of what lies in a folder."""
    files = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(folder.glob("*.csv"))}
    manifest = {
        "crossroads": sim.__version__, "format": 1, "complete": True, "study": "talks", "model": "ukraine_2025",
        "title": "If the talks fail", "seed": 20250407, "n": n, "scenarios": list(scenarios), "start": DATES[0],
        "end": DATES[-1], "command": ["crossroads", "run", "talks.yaml"], "libraries": {"numpy": "2.4.6"},
        "wall_seconds": 1.234, "files": files,
    } | more  # fmt: skip
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def _write(path: Path, columns: Sequence[str], rows: Rows, names: Mapping[str, str]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow([names.get(c, c) for c in columns])
        writer.writerows([names.get(x, x) if isinstance(x, str) else x for x in row] for row in rows)


def _tables(scenarios: Sequence[str], n: int, keep: int) -> dict[str, tuple[Sequence[str], Rows]]:
    mixes = {s: _mix(i) for i, s in enumerate(scenarios)}
    tables: dict[str, tuple[Sequence[str], Rows]] = {
        "outcomes": (("scenario", "outcome", *SHARE, *BAND, "median_date"), _outcomes(mixes, n)),
        "questions": (("scenario", "question", "answer", "asks", "by", *SHARE, *BAND), _questions(mixes, n)),
        "events": (
            ("scenario", "event", *SHARE, "mean_count", "first_p10", "first_p50", "first_p90"), _events(mixes, n),
        ),
        "measures": (
            ("scenario", "measure", "unit", "date", "mean", "sd", "se", "p05", "p25", "p50", "p75", "p95"),
            _measures(scenarios),
        ),
        "states": (("scenario", "variable", "value", "date", "share"), _states(scenarios)),
        "parameters": (
            ("parameter", "unit", "mean", "sd", "p05", "p50", "p95", "prior", "source", "confidence"), _parameters(),
        ),
        "drivers": (
            ("scenario", "target", "parameter", "s1", "s1_low", "s1_high", "direction"), _drivers(scenarios),
        ),
        "convergence": (("scenario", "outcome", "n", "p", "p_low", "p_high"), _convergence(mixes, n)),
        "columns": (("table", "column", "unit", "meaning"), [("outcomes", "p", "probability", "k / n.")]),
    }  # fmt: skip
    if keep:
        tables |= _kept(mixes, keep)
    return tables


def _mix(i: int) -> list[float]:
    weights = [0.006 + 0.002 * i, 0.03 + 0.01 * i, 0.22 / (1 + 0.6 * i), 0.25, 0.5 + 0.05 * i]
    return [w / sum(weights) for w in weights]


def share(p: float, n: int) -> tuple[Any, ...]:
    """k, n, p and the Wilson interval."""
    k, z = round(p * n), 1.96
    p = k / n
    middle, half = (p + z * z / (2 * n)) / (1 + z * z / n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    half /= 1 + z * z / n
    return k, n, p, max(0.0, middle - half), min(1.0, middle + half)


def worded(p: float) -> tuple[Any, ...]:
    band = max(0.0, p - 0.3 * p * (1 - p) ** 0.5 - 0.001), min(1.0, p + 0.5 * p * (1 - p))
    return *band, phrase(p, band)


def _outcomes(mixes: Mapping[str, list[float]], n: int) -> Rows:
    for scenario, mix in mixes.items():
        for i, (outcome, p) in enumerate(zip(OUTCOMES, mix, strict=True)):
            yield scenario, outcome, *share(p, n), *worded(p), DATES[40 + 15 * i if i < 4 else 104]


def _questions(mixes: Mapping[str, list[float]], n: int) -> Rows:
    for i, scenario in enumerate(mixes):
        for j, asks in enumerate(("Will a ceasefire hold for four weeks before 2026?", "Will anyone use a bomb?")):
            p = (0.35, 0.01)[j] / (1 + 0.2 * i)
            yield scenario, f"question_{j}", "yes", asks, "2025-12-31", *share(p, n), *worded(p)
        bins = (0.2 + 0.01 * i, 0.5, 0.3 - 0.01 * i)
        for answer, p in zip(("<60", "60..70", ">=70"), bins, strict=True):
            yield scenario, "brent", answer, "Where will Brent stand?", "2025-06-30", *share(p, n), *worded(p)


def _events(mixes: Mapping[str, list[float]], n: int) -> Rows:
    entered = [f"{name}.{value}" for name, values in MACHINES.items() for value in values]
    for i, scenario in enumerate(mixes):
        for j, event in enumerate((*EVENTS, *entered)):
            p = 0.0 if event == "never.happens" else min(1.0, (0.9 / (1 + j % 5)) * (1 + 0.05 * i))
            dates = (DATES[5 + j % 9], DATES[30 + j % 9 + i], DATES[80 + j % 9]) if p else ("", "", "")
            yield scenario, event, *share(p, n), 1.7 * p, *dates


def _measures(scenarios: Sequence[str]) -> Rows:
    for i, scenario in enumerate(scenarios):
        for name, (unit, start, spread) in MEASURES.items():
            for w, day in enumerate(DATES):
                grown = spread * math.sqrt(w / 104)
                middle = start + 0.4 * (i - 0.5) * spread * w / 104
                quantiles = [middle + z * grown for z in (-1.64, -0.67, 0.0, 0.67, 1.9)]
                yield scenario, name, unit, day, middle, grown, grown / 100, *quantiles


def _states(scenarios: Sequence[str]) -> Rows:
    for i, scenario in enumerate(scenarios):
        for name, values in MACHINES.items():
            first = [math.exp(-(0.6 + 0.2 * i) * w / 104) for w in range(105)]
            for j, value in enumerate(values):
                for w, day in enumerate(DATES):
                    rest = (1 - first[w]) * (len(values) - j) / sum(range(1, len(values)))
                    yield scenario, name, value, day, first[w] if j == 0 else rest


def _parameters() -> Rows:
    for i, name in enumerate(PARAMETERS):
        source = ("expert judgement", "monthly totals, 2024")[i % 2]
        middle = 10.0 ** (i - 3)
        yield (
            name, ("1/year", "", "USD/bbl")[i % 3], middle, middle / 4, middle / 2, middle, 2 * middle,
            "lognormal(p5=0.2, p95=1.2)", source, CONFIDENCES[i % 3],
        )  # fmt: skip


def _drivers(scenarios: Sequence[str]) -> Rows:
    for i, scenario in enumerate(scenarios):
        for j, target in enumerate((*OUTCOMES, "question_0", "oil.brent")):
            for k, name in enumerate(PARAMETERS):
                s1 = -0.001 if (j + k) % 4 == 0 else 0.25 / (1 + k + j % 3) - 0.005 * i
                yield scenario, target, name, s1, s1 - 0.01, s1 + 0.02, ("up", "down", "mixed")[(j + k) % 3]


def _convergence(mixes: Mapping[str, list[float]], n: int) -> Rows:
    sizes = [100 * 2**i for i in range(20) if 100 * 2**i < n] + [n]
    for i, (scenario, mix) in enumerate(mixes.items()):
        for j, (outcome, p) in enumerate(zip(OUTCOMES, mix, strict=True)):
            for size in sizes:
                wobble = math.sqrt(p * (1 - p) / size) * math.sin(i + j + math.log2(size))
                yield scenario, outcome, size, *share(min(1.0, max(0.0, p + wobble)), size)[2:]


def _kept(mixes: Mapping[str, list[float]], keep: int) -> dict[str, tuple[Sequence[str], Rows]]:
    trajectories, experiments = [], []
    for scenario, mix in mixes.items():
        for i in range(keep):
            random_numbers = random.Random(i)
            outcome = random_numbers.choices(OUTCOMES, mix)[0]
            trajectories += [(scenario, i, *row) for row in _path(outcome, random_numbers)]
            experiments.append((scenario, i, *(random_numbers.gauss(1, 0.2) for _ in PARAMETERS), outcome, DATES[-1]))
    columns = ("scenario", "trajectory", "date", *MEASURES, *MACHINES)
    return {
        "trajectories": (columns, trajectories),
        "experiments": (("scenario", "trajectory", *PARAMETERS, "outcome", "end_date"), experiments),
    }


def _path(outcome: str, random_numbers: random.Random) -> Rows:
    values = {name: start for name, (_, start, _) in MEASURES.items()}
    states = {name: allowed[0] for name, allowed in MACHINES.items()}
    for day in DATES:
        yield day, *values.values(), *states.values()
        for name, (_, _, spread) in MEASURES.items():
            values[name] += random_numbers.gauss(0, spread / 10)
        if random_numbers.random() < (0.02 if outcome == "protracted_war" else 0.06):
            changed = random_numbers.choice(list(MACHINES))
            states[changed] = random_numbers.choice(MACHINES[changed])
