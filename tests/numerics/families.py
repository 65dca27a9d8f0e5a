"""One case or more of every family, with the distribution of scipy.stats that it is."""

import math
from dataclasses import dataclass
from typing import Any

from scipy import stats


@dataclass(frozen=True)
class Case:
    """A family, its arguments and the same in scipy."""

    name: str
    arguments: tuple[float, ...]
    reference: Any

    def __str__(self) -> str:
        return f"{self.name}{self.arguments}"


def _pert(low: float, mode: float, high: float) -> Case:
    a = 1 + 4 * (mode - low) / (high - low)
    return Case("pert", (low, mode, high), stats.beta(a, 6 - a, low, high - low))


def _triangular(low: float, mode: float, high: float) -> Case:
    reference = stats.triang((mode - low) / (high - low), low, high - low)
    return Case("triangular", (low, mode, high), reference)


CONTINUOUS = (
    Case("normal", (1.5, 2.0), stats.norm(1.5, 2.0)),
    Case("lognormal", (3.0, 2.0), stats.lognorm(math.log(2.0), scale=3.0)),
    Case("uniform", (1.0, 4.0), stats.uniform(1.0, 3.0)),
    _triangular(1.0, 2.0, 5.0),
    _triangular(1.0, 1.0, 5.0),
    _triangular(1.0, 5.0, 5.0),
    _pert(1.0, 2.0, 5.0),
    _pert(1.0, 1.0, 2.0),
    _pert(1.0, 2.0, 2.0),
    *(Case("beta", (a, b), stats.beta(a, b)) for a, b in ((2.0, 3.0), (0.5, 0.5), (30.0, 2.0), (0.2, 4.0))),
    *(Case("gamma", (a, 0.5), stats.gamma(a, scale=0.5)) for a in (0.05, 0.3, 1.0, 2.0, 9.5, 50.0, 3000.0)),
    Case("exponential", (2.0,), stats.expon(scale=2.0)),
    Case("weibull", (1.5, 2.0), stats.weibull_min(1.5, scale=2.0)),
    *(Case("student_t", (df, 1.0, 2.0), stats.t(df, 1.0, 2.0)) for df in (0.3, 1.0, 2.0, 3.0, 5.5, 30.0, 1e6)),
)
WHOLE = (
    Case("bernoulli", (0.3,), stats.bernoulli(0.3)),
    *(
        Case("binomial", (n, p), stats.binom(n, p))
        for n, p in ((1.0, 0.5), (10.0, 0.3), (10.0, 0.7), (40.0, 0.5), (100.0, 0.9), (1000.0, 0.4), (1e5, 1e-4))
    ),
    *(Case("poisson", (mean,), stats.poisson(mean)) for mean in (1e-6, 0.1, 1.0, 3.0, 19.9, 20.1, 300.0, 1e6)),
)
