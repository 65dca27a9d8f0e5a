"""Does the Ukraine model, before anything happens in it, look like the war, the market and the aid that were seen?

The talks-alive scenario is run and compared with series up to March 2025: weekly losses, monthly changes of territory,
the volatility of Brent, aid flows, and how often and how long the guns fall silent. The data are not part of this
repository; the folder holds the tables named in ``READS``.

    python -m benchmarks.prior_predictive FOLDER_OF_DATA [-o OUT] [-n TRAJECTORIES]

Prints the comparison and writes it as ``prior_predictive.csv``, with a picture of each series.
"""

import argparse
import csv
import os
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from math import sqrt
from pathlib import Path

import numpy as np
import numpy.typing as npt

from sim.engine.results import Results
from sim.engine.run import run
from sim.model.load import load

Floats = npt.NDArray[np.float64]

MODEL = Path(__file__).parents[1] / "configs" / "ukraine" / "model.yaml"
VARIABLE = "CROSSROADS_HISTORY"
READS = (
    "ru_losses_daily_cumulative.csv", "territory_monthly.csv", "brent_monthly.csv", "aid_monthly.csv", "wars.csv",
    "war_dyad_relapse.csv",
)  # fmt: skip
MEASURES = (
    "war",
    "front.force_ratio",
    "front.casualty_rate",
    "front.occupied",
    "energy.brent_price",
    "aid.european_flow",
)
DELIVERED = "us_delivery: {value: aid.us_delivery, unit: bn_EUR/week}"
LAST = date(2025, 3, 31)
YEAR, MONTH = 52, 4  # records
DAYS, WEEKS_A_YEAR = 30.4375, 365.25 / 7
SEEN, MODELLED = "#c1440e", "#2b5c8a"


@dataclass(frozen=True)
class Line:
    """One number seen, and the model's distribution of it."""

    series: str
    quantity: str
    unit: str
    seen: float
    modelled: Floats

    def quantiles(self) -> list[float]:
        return [float(q) for q in np.quantile(self.modelled, [0.05, 0.5, 0.95])]

    def row(self) -> dict[str, str]:
        p05, p50, p95 = self.quantiles()
        where = float(np.mean(self.modelled < self.seen) + 0.5 * np.mean(self.modelled == self.seen))
        numbers = {"seen": self.seen, "p05": p05, "p50": p50, "p95": p95}
        texts = {name: f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}" for name, value in numbers.items()}
        position = f"{where:.2f}" if self.modelled.size > 1 else ""
        return {
            "series": self.series,
            "quantity": self.quantity,
            "unit": self.unit,
            **texts,
            "position": position,
        }


@dataclass(frozen=True)
class Picture:
    """What was seen against what the model makes, both as samples of the same quantity."""

    name: str
    title: str
    label: str
    seen: Floats
    modelled: Floats


class Model:
    """Whole trajectories of the talks-alive scenario, each with parameters of its own."""

    def __init__(self, n: int) -> None:
        with tempfile.TemporaryDirectory() as folder:
            study = Path(folder) / "study.yaml"
            wanted = [*MEASURES, f"{{{DELIVERED}}}"]
            study.write_text(
                f"study: prior_predictive\nmodel: {MODEL}\nscenarios: [baseline]\nmeasures:\n"
                + "".join(f"  - {name}\n" for name in wanted)
            )
            self.results: Results = run(load(study), n=n, keep=n, replicates=1)
        self.kept = self.results.scenarios[0].kept
        self.end = np.concatenate([part.end for part in self.kept])
        self.fighting = self["war"] == 0

    def __getitem__(self, name: str) -> Floats:
        """float64[records, trajectories]"""
        layout = self.results.layout
        row = [*layout.measures, *(machine for machine, _ in layout.machines)].index(name)
        return np.concatenate([part.values[:, row] for part in self.kept], axis=1)

    def fought(self, first: int, last: int) -> npt.NDArray[np.bool_]:
        """Trajectories that run and fight from one record to another."""
        return self.fighting[first : last + 1].all(axis=0) & (self.end >= last)

    def months(self, name: str) -> Floats:
        """Changes over each month of fighting in the first year."""
        values = self[name]
        starts = range(0, YEAR, MONTH)
        found = [(values[k + MONTH] - values[k])[self.fought(k, k + MONTH)] for k in starts]
        return np.concatenate(found) * DAYS / (7 * MONTH)

    def truces(self) -> tuple[Floats, Floats]:
        """Records until the first ceasefire of each trajectory that has one, and how many records it then held."""
        begins, holds = [], []
        for fighting, end in zip(self.fighting.T, self.end, strict=True):
            silent = np.flatnonzero(~fighting[: end + 1])
            if silent.size:
                begins.append(silent[0])
                again = np.flatnonzero(fighting[silent[0] : end + 1])
                holds.append(again[0] if again.size else np.inf)
        return np.array(begins, float), np.array(holds, float)


def rows(folder: Path, name: str) -> Iterator[dict[str, str]]:
    with (folder / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def losses(folder: Path, model: Model) -> tuple[list[Line], Picture]:
    total = {date.fromisoformat(r["date"]): float(r["personnel"]) for r in rows(folder, READS[0]) if r["personnel"]}
    marks = [total[LAST - timedelta(weeks=k)] for k in range(YEAR + 1)]
    seen = -np.diff(marks)
    values = model["front.casualty_rate"]
    fought = model.fighting[:YEAR]
    weeks = values[:YEAR][fought]
    sound = model.fought(0, 26)
    spread = values[:27, sound].std(axis=0) / values[:27, sound].mean(axis=0)
    lines = [
        Line("losses", "Russian casualties in a week, last 52 weeks: mean", "people", seen.mean(), weeks),
        Line("losses", "the same: highest", "people", seen.max(), weeks),
        Line("losses", "the same: lowest", "people", seen.min(), weeks),
        Line("losses", "relative spread within half a year", "", seen[:26].std() / seen[:26].mean(), spread),
    ]
    return lines, Picture("losses", "Russian casualties in a week of fighting", "people a week", seen, weeks)


def territory(folder: Path, model: Model) -> tuple[list[Line], Picture]:
    change = {r["month"]: float(r["km2_change"]) for r in rows(folder, READS[1]) if r["km2_change"]}
    seen = np.array([value for month, value in change.items() if "2023-01" <= month <= "2025-03"])
    months = model.months("front.occupied")
    year = (model["front.occupied"][YEAR] - model["front.occupied"][0])[model.fought(0, YEAR)]
    unit = "km2"
    lines = [
        Line("territory", "gain in a month, year to March 2025: mean", unit, seen[-12:].mean(), months),
        Line("territory", "gain in a month since 2023: highest", unit, seen.max(), months),
        Line("territory", "gain in a month since 2023: lowest", unit, seen.min(), months),
        Line("territory", "gain in a year of fighting: to March 2025", unit, seen[-12:].sum(), year),
        Line("territory", "gain in a year of fighting: 2023", unit, seen[:12].sum(), year),
    ]
    return lines, Picture("territory", "Russian gain in a month of fighting", "km2 a month", seen, months)


def brent(folder: Path, model: Model) -> tuple[list[Line], Picture]:
    last = {r["month"]: float(r["last"]) for r in rows(folder, READS[2]) if r["last"]}
    years = [[last[m] for m in sorted(last) if f"{y - 1}-12" <= m <= f"{y}-12"] for y in range(2000, 2025)]
    seen = np.array([np.diff(np.log(prices)).std() * sqrt(12) for prices in years])
    ratios = np.array([prices[-1] / prices[0] for prices in years])
    values = model["energy.brent_price"][:, model.end >= YEAR]
    modelled = np.diff(np.log(values[: YEAR + 1 : MONTH]), axis=0).std(axis=0) * sqrt(WEEKS_A_YEAR / MONTH)
    ratio = values[YEAR] / values[0]
    lines = [
        Line("brent", "volatility of monthly log changes, a year since 2000: median", "", np.median(seen), modelled),
        Line("brent", "the same: 5th percentile", "", np.quantile(seen, 0.05), modelled),
        Line("brent", "the same: 95th percentile", "", np.quantile(seen, 0.95), modelled),
        Line("brent", "price after a year over price before: 5th percentile", "", np.quantile(ratios, 0.05), ratio),
        Line("brent", "the same: 95th percentile", "", np.quantile(ratios, 0.95), ratio),
    ]
    return lines, Picture("brent", "Volatility of Brent within a year", "yearly volatility", seen, modelled)


def aid(folder: Path, model: Model) -> tuple[list[Line], Picture]:
    flows: dict[str, dict[str, float]] = {name: defaultdict(float) for name in ("europe", "united_states")}
    for r in rows(folder, READS[3]):
        donor = r["donor_group"]
        side = "united_states" if donor == "united_states" else "europe" if "eu" in donor else ""
        if side:
            flows[side][r["month"]] += float(r["allocated_military_eur_bn"] or 0)
    weeks = 12 * DAYS / 7
    years = [[f"{y}-{m:02}" for m in range(1, 13)] for y in (2023, 2024)]
    years.append([*years[1][3:], "2025-01", "2025-02", "2025-03"])
    europe, america = ([sum(flows[side][m] for m in year) / weeks for year in years] for side in flows)
    sound = model.end >= YEAR
    given = model["aid.european_flow"][1 : YEAR + 1, sound].mean(axis=0)
    delivered = model["us_delivery"][1 : YEAR + 1, sound].mean(axis=0)
    titles, unit = ("2023", "2024", "year to March 2025"), "bn EUR/week"
    lines = [Line("aid", f"European military aid, {t}", unit, x, given) for t, x in zip(titles, europe, strict=True)]
    lines += [
        Line("aid", f"American military aid, {t}", unit, x, delivered) for t, x in zip(titles, america, strict=True)
    ]
    return lines, Picture("aid", "European military aid over a year", "bn EUR a week", np.array(europe), given)


def truces(folder: Path, model: Model) -> tuple[list[Line], Picture]:
    """Base rates; the model's side of each is one share, so its distribution is a point."""
    lengths = [int(r["end_year"]) - int(r["start_year"]) + 1 for r in rows(folder, READS[4]) if r["end_year"]]
    at_risk = sum(max(0, length - 2) for length in lengths)
    ended = sum(length >= 3 for length in lengths)
    soonest: dict[str, float] = {}
    for r in rows(folder, READS[5]):
        years = float(r["years_to_next_fatal_dispute"] or "inf")
        soonest[r["warnum"]] = min(years, soonest.get(r["warnum"], years))
    within = [years <= 1 for years in soonest.values()]
    begins, holds = model.truces()
    n = model.end.size

    def line(quantity: str, seen: float, modelled: float) -> Line:
        return Line("truces", quantity, "", seen, np.array([modelled]))

    before = sum(begins) + sum(end for end, f in zip(model.end, model.fighting.T, strict=True) if f[: end + 1].all())
    rate = begins.size / float(before) * WEEKS_A_YEAR
    lines = [
        line("wars between states: chance that a year of war from the third on is the last", ended / at_risk,
             float((begins <= YEAR).sum()) / n),
        line("this war: first ceasefires a year (none in 3.1 years; half of one is counted)", 0.5 / 3.1, rate),
        line("wars: a fatal dispute within a year after the end; model: first ceasefire broken within a year",
             float(np.mean(within)), float(np.mean(holds[begins <= YEAR] <= YEAR))),
        line("first ceasefire of 2025 holds 30 days: panel of 31 March 2025, mean", 0.51,
             float(np.mean(holds[begins <= 38] > 4.3))),
        line("the same: 91 days", 0.21, float(np.mean(holds[begins <= 38] > 13))),
    ]  # fmt: skip
    finite = np.minimum(holds, 104)
    return lines, Picture("truces", "How long the first general ceasefire holds", "weeks (104: to the end)",
                          np.array([]), finite)  # fmt: skip


def draw(picture: Picture, path: Path) -> None:
    """The model's distribution as a histogram, what was seen as marks above the axis."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 3.4), layout="constrained")
    low, high = np.quantile(picture.modelled, [0.002, 0.998])
    if picture.seen.size:
        low, high = min(low, picture.seen.min()), max(high, picture.seen.max())
    bins = np.linspace(low, high, 45)
    axes.hist(picture.modelled, bins=bins, density=True, color=MODELLED, alpha=0.35, label="model")
    for p, style in ((0.05, ":"), (0.5, "-"), (0.95, ":")):
        label = {0.5: "model: median", 0.05: "model: 5th and 95th percentile"}.get(p)
        axes.axvline(float(np.quantile(picture.modelled, p)), color=MODELLED, linestyle=style, label=label)
    if picture.seen.size:
        marks = np.full(picture.seen.size, 0.045)
        axes.plot(picture.seen, marks, "|", color=SEEN, markersize=13, markeredgewidth=1.6, label="seen",
                  transform=axes.get_xaxis_transform(), clip_on=False)  # fmt: skip
    axes.set_title(picture.title, loc="left", fontsize=11)
    axes.set_xlabel(picture.label)
    axes.set_yticks([])
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.legend(frameon=False, fontsize=8, loc="upper right" if picture.seen.size else "upper center")
    figure.savefig(path, dpi=110)
    plt.close(figure)


def compare(folder: Path, n: int) -> tuple[list[Line], list[Picture]]:
    """Every line and picture of the comparison."""
    model = Model(n)
    found = [part(folder, model) for part in (losses, territory, brent, aid, truces)]
    return [line for lines, _ in found for line in lines], [picture for _, picture in found]


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="prior_predictive", description="The model against what was seen.")
    parser.add_argument("folder", nargs="?", default=os.environ.get(VARIABLE), help=f"of the data (or {VARIABLE})")
    parser.add_argument("-o", "--out", type=Path, default=Path("results/prior_predictive"))
    parser.add_argument("-n", "--trajectories", type=int, default=4000)
    given = parser.parse_args(arguments)
    missing = [name for name in READS if not (given.folder and (Path(given.folder) / name).is_file())]
    if missing:
        parser.error(f"needs a folder with {', '.join(missing)}: the first argument, or {VARIABLE}")
    lines, pictures = compare(Path(given.folder), given.trajectories)
    table = [line.row() for line in lines]
    given.out.mkdir(parents=True, exist_ok=True)
    with (given.out / "prior_predictive.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(table[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(table)
    for row in table:
        print("{quantity:96} {seen:>8}   {p05:>8} {p50:>8} {p95:>8}   {position}".format(**row))
    for picture in pictures:
        draw(picture, given.out / f"{picture.name}.png")
    print(f"files: {given.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
