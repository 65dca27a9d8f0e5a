"""The generated parts of docs/model-card.md: diagram, outcomes of every scenario, drivers of low confidence, limits.

    python -m benchmarks.model_card [-n TRAJECTORIES]

Runs the Ukraine model twice, over its horizon and over one year, and replaces what stands between the marks
``<!-- generated: name -->`` and ``<!-- end -->``; writes docs/influence.svg too.
"""

import argparse
import re
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from math import sqrt
from pathlib import Path

import numpy as np

from benchmarks.prior_predictive import MODEL, WEEKS_A_YEAR, YEAR, Model
from sim.engine.results import Results, ScenarioResult
from sim.engine.run import run
from sim.model.load import load
from sim.output.influence import influence_svg
from sim.output.tables import all_tables

DOCS = Path(__file__).parents[1] / "docs"
SEED = 20250407
MATTERS = 0.005  # first-order share of variance above which a parameter is told
HEADLINES = ("ceasefire_2025", "no_fighting_at_end", "ukrainian_collapse", "nato_russia_war", "nuclear_use", "gain")
HEADLINE_MEASURES = {"front.occupied": "gain"}
TITLES = {
    "ceasefire_2025": "ceasefire in 2025", "no_fighting_at_end": "no fighting at the end", "gain": "Russian gain",
    "ukrainian_collapse": "Ukrainian collapse", "nato_russia_war": "NATO-Russia war", "nuclear_use": "nuclear use",
}  # fmt: skip

Row = dict[str, str]


def table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table."""
    lines = [list(header), *map(list, rows)]
    lines.insert(1, ["---"] * len(lines[0]))
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def within_a_year() -> Path:
    """A copy of the model that stops after 52 weeks."""
    folder = Path(tempfile.mkdtemp()) / "ukraine"
    shutil.copytree(MODEL.parent, folder)
    path = folder / MODEL.name
    path.write_text(path.read_text("utf-8").replace("horizon: 104 weeks", f"horizon: {YEAR} weeks"), "utf-8")
    return path


def outcomes(year: Results, whole: Results) -> str:
    def share(p: float) -> str:
        return f"{100 * p:.1f}"

    header = ["scenario", "week", *(name.replace("_", " ") for name in whole.layout.outcomes)]
    rows = [
        [f"`{result.scenario.name}`" if week == YEAR else "", str(week), *(share(o.p) for o in result.outcomes)]
        for pair in zip(year.scenarios, whole.scenarios, strict=True)
        for week, result in zip((YEAR, 2 * YEAR), pair, strict=True)
    ]
    return table(header, rows)


def low_confidence(results: Results) -> str:
    """Parameters of low confidence that drive a headline of the collapse scenario, with what they drive."""
    told = {p.name: p for p in results.model.parameters}
    tables = {t.name: t for t in all_tables(results)}
    drives: dict[str, list[tuple[float, str, str]]] = defaultdict(list)
    for row in _rows(tables["drivers"]):
        target = HEADLINE_MEASURES.get(row["target"], row["target"])
        if row["scenario"] == "talks_collapse" and target in HEADLINES and float(row["s1"] or 0) >= MATTERS:
            drives[row["parameter"]].append((float(row["s1"]), target, row["direction"]))
    names = [name for name in drives if told[name].confidence == "low"]
    names.sort(key=lambda name: -max(drives[name])[0])
    rows = (
        [
            f"`{name}`",
            told[name].about.replace("|", "/"),
            "; ".join(f"{TITLES[t]} {_sign(d)} {100 * s:.1f}%" for s, t, d in sorted(drives[name], reverse=True)),
        ]
        for name in names
    )
    return table(("parameter", "meaning", "drives: direction, share of the variance"), rows)


def _rows(found: object) -> Iterator[Row]:
    import csv
    import io

    from sim.output.csv_text import csv_text

    yield from csv.DictReader(io.StringIO(csv_text(found)))  # type: ignore[arg-type]


def _sign(direction: str) -> str:
    return {"up": "up", "down": "down"}.get(direction, "both ways")


def limits(model: Model, whole: Results, year: Results) -> str:
    """The limits that were set before the first run, and what the model gives."""
    base, collapse = ({r.scenario.name: r for r in whole.scenarios}[name] for name in ("baseline", "talks_collapse"))
    asked = [q.name for q in whole.model.questions]
    shares = dict(zip(whole.layout.outcomes, (o.p for o in base.outcomes), strict=True))
    early = dict(zip(year.layout.outcomes, (o.p for o in year.scenarios[0].outcomes), strict=True))
    begins, holds = model.truces()
    first = holds[begins <= 38]

    def q(values: object, *levels: float) -> list[float]:
        return [float(x) for x in np.quantile(np.asarray(values), levels or (0.05, 0.5, 0.95))]

    def texts(values: Iterable[float], form: str = ",.0f") -> str:
        return " / ".join(format(v, form) for v in values)

    def answer(name: str, result: ScenarioResult = base) -> float:
        return next(share.p for number, _, share in result.questions if number == asked.index(name))

    weeks = model["front.casualty_rate"][:YEAR][model.fighting[:YEAR]] / 1000
    gone = (model["front.occupied"][YEAR] - model["front.occupied"][0])[model.end >= YEAR]
    prices = model["energy.brent_price"][:, model.end >= YEAR]
    swings = float(np.diff(np.log(prices[: YEAR + 1]), axis=0).std() * sqrt(WEEKS_A_YEAR))
    alive = ", ".join(f"{np.mean(first > w):.2f}" for w in (30 / 7, 13, 52))
    overlays = [dict(zip(whole.layout.outcomes, (o.p for o in r.outcomes), strict=True)) for r in whole.scenarios]
    highest = {
        name: max(o[name] for o in overlays) for name in ("ukrainian_collapse", "nato_russia_war", "nuclear_use")
    }
    rows = (
        ("Russian casualties a week of fighting, year one, thousand: 5%, median, 95%",
         "median 8.5-10.5, within 5.5-15", texts(q(weeks), ".1f")),
        ("net gain in a month of fighting, year one, km2", "-110..110 / 180-420 / 550-950",
         texts(q(model.months("front.occupied")))),
        ("gain over 52 weeks, km2: median, 95%", "2,500-4,600; below 9,500", texts(q(gone, 0.5, 0.95))),
        ("force ratio at 104 weeks", "5% and 95% within 0.70-1.45",
         texts(q(model["front.force_ratio"][-1][model.end >= 2 * YEAR]), ".2f")),
        ("volatility of weekly log Brent, yearly", "0.26-0.38", f"{swings:.2f}"),
        ("Brent at 52 weeks over the start: 5%, 95%", "at least 0.52; at most 1.74",
         texts(q(prices[YEAR] / prices[0], 0.05, 0.95), ".2f")),
        ("Brent at 100 USD within 104 weeks", "0.30-0.61", f"{answer('brent_100'):.2f}"),
        ("general ceasefire begins in 2025", "0.22-0.55", f"{answer('ceasefire_2025'):.2f}"),
        ("first ceasefire of 2025 alive at 30 days, 91 days, a year", "0.31-0.73, 0.06-0.45, 0.05-0.45", alive),
        ("Ukrainian collapse in 52, 104 weeks", "0.003-0.05; below 0.10",
         f"{early['ukrainian_collapse']:.3f}, {shares['ukrainian_collapse']:.3f}"),
        ("NATO-Russia war in 104 weeks", "0.002-0.03", f"{answer('nato_war'):.3f}"),
        ("nuclear use in 52, 104 weeks", "0.0005-0.01; below 0.02",
         f"{answer('nuclear_year_one'):.3f}, {shares['nuclear_use']:.3f}"),
        ("Russian breakdown in 104 weeks", "0.002-0.04", f"{shares['russian_breakdown']:.3f}"),
        ("exit of the Russian leader in 104 weeks", "0.01-0.16", f"{answer('moscow_leader_exit'):.3f}"),
        ("new American energy wave in 2025", "0.10-0.50", f"{answer('energy_wave_2025'):.2f}"),
        ("secondary measures in 2025", "0.08-0.45", f"{answer('secondary_2025'):.2f}"),
        ("pause or end of American support in 2025", "0.10-0.50", f"{answer('us_pause_2025'):.2f}"),
        ("protracted war at 104 weeks", "0.55-0.85", f"{shares['protracted_war']:.2f}"),
        ("highest collapse, NATO war, nuclear use of any scenario", "below 0.20, 0.12, 0.04",
         texts(highest.values(), ".3f")),
        ("talks collapse against baseline: ceasefire in 2025", "at least 0.05 lower",
         f"{answer('ceasefire_2025', collapse) - answer('ceasefire_2025'):+.2f}"),
    )  # fmt: skip
    return table(("`baseline`, unless it says otherwise", "limit", "model"), rows)


def replace(page: str, name: str, text: str) -> str:
    """The page with what was generated under a name replaced."""
    pattern = rf"(<!-- generated: {name} -->\n).*?(<!-- end -->)"
    return re.sub(pattern, lambda m: f"{m.group(1)}{text}\n{m.group(2)}", page, flags=re.DOTALL)


def main() -> None:
    parser = argparse.ArgumentParser(prog="model_card", description="The generated parts of docs/model-card.md.")
    parser.add_argument("-n", "--trajectories", type=int, default=20_000)
    n = parser.parse_args().trajectories
    whole, year = run(load(MODEL), n=n, seed=SEED), run(load(within_a_year()), n=n, seed=SEED)
    (DOCS / "influence.svg").write_text(influence_svg(whole.model), "utf-8")
    path = DOCS / "model-card.md"
    page = path.read_text("utf-8")
    page = replace(page, "outcomes", outcomes(year, whole))
    page = replace(page, "low confidence", low_confidence(whole))
    page = replace(page, "limits", limits(Model(4000), whole, year))
    path.write_text(page, "utf-8")


if __name__ == "__main__":
    main()
