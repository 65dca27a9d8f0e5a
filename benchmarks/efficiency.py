"""What a design of the parameters is worth: the variance of estimated probabilities, random against lhs and sobol.

    python -m benchmarks.efficiency [--quick]

The same run of the model of the war is repeated with many seeds under each design, with the same number of
trajectories. For each outcome the variance of its estimated probability over the seeds is compared: a ratio of 2 means
that half as many trajectories would do. Its 95% interval is a bootstrap over the seeds, which asks nothing of the shape
of the distribution. With one trajectory for each parameter draw, the noise within a draw, which no design can lower, is
as large as it gets; with ten there are fewer draws, of more weight each.
"""

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from benchmarks.tools import ROOT, UKRAINE, Row, arguments, save
from sim.engine.designs import DESIGNS
from sim.engine.run import run
from sim.model.declarations import Study
from sim.model.load import load

N = 2_048  # trajectories; for ten replicates the draws are no power of 2, for one they are
SEEDS, QUICK_SEEDS = 120, 6
QUICK_N = 256
REPLICATES = (1, 10)
BOOTSTRAPS = 4_000
LEAST_PROBABILITY = 0.005  # rarer outcomes say too little
Floats = npt.NDArray[np.float64]


def estimates(study: Study, design: str, replicates: int, n: int, seeds: int) -> Floats:
    """The probability of each outcome by each seed, [seeds, outcomes]."""
    rows = []
    for seed in range(seeds):
        done = run(study, n=n, seed=1000 + seed, design=design, replicates=replicates, scenarios=["baseline"])
        rows.append([share.p for share in done.scenarios[0].outcomes])
    return np.array(rows)


def reduction(base: Floats, other: Floats, generator: np.random.Generator) -> tuple[float, float, float]:
    """Ratio of two variances, with a 95% interval."""
    ratio = float(base.var(ddof=1) / other.var(ddof=1))
    picks = generator.integers(0, len(base), (2, BOOTSTRAPS, len(base)))
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = base[picks[0]].var(axis=1) / other[picks[1]].var(axis=1)
    low, high = np.nanquantile(ratios, (0.025, 0.975), method="nearest")
    return ratio, float(low), float(high)


def measure(n: int, seeds: int) -> list[Row]:
    study = load(str(ROOT / UKRAINE))
    study = replace(study, model=replace(study.model, measures=(), questions=()))  # outcomes are all that is asked for
    names = [outcome.name for outcome in study.model.outcomes]
    generator = np.random.default_rng(1)
    rows: list[Row] = []
    for replicates in REPLICATES:
        found = {design: estimates(study, design, replicates, n, seeds) for design in DESIGNS}
        base = found.pop("random")
        for number, name in enumerate(names):
            probability = float(base[:, number].mean())
            if probability < LEAST_PROBABILITY:
                continue
            row: Row = {"outcome": name, "probability": probability, "replicates": replicates, "n": n, "seeds": seeds}
            for design, values in found.items():
                ratio, low, high = reduction(base[:, number], values[:, number], generator)
                row |= {design: ratio, f"{design}_low": low, f"{design}_high": high}
            rows.append(row)
    return rows


def main() -> None:
    given = arguments(__doc__)
    seeds = given.rounds or (QUICK_SEEDS if given.quick else SEEDS)
    save("efficiency", measure(QUICK_N if given.quick else N, seeds), given.quick)


if __name__ == "__main__":
    main()
