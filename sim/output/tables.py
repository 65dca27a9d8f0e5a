"""Results -> tables: one function for each CSV file. The columns are described in ``columns.py``."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from sim.engine.results import MEASURE_COLUMNS, Results, ScenarioResult, Share
from sim.model.declarations import Declared, Lever, Question
from sim.output.columns import COLUMNS, Column
from sim.output.phrases import phrase

if TYPE_CHECKING:
    import pandas as pd

Row = Sequence[Any]
Cells = list[Any] | npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Table:
    """Columns of equal length: text, whole numbers, or floats whose NaN is an empty cell."""

    name: str
    columns: tuple[Column, ...]
    data: tuple[Cells, ...]

    @classmethod
    def of_rows(cls, name: str, columns: tuple[Column, ...], rows: Iterable[Row]) -> "Table":
        data = tuple(list(column) for column in zip(*rows, strict=True)) or tuple([] for _ in columns)
        return cls(name, columns, data)

    def __len__(self) -> int:
        return len(self.data[0])

    def frame(self) -> "pd.DataFrame":
        """The table as a pandas DataFrame."""
        import pandas as pd

        return pd.DataFrame(dict(zip((column.name for column in self.columns), self.data, strict=True)))


def outcomes(results: Results) -> Table:
    dates = _dates(results)
    rows = (
        (result.scenario.name, name, *_share(share), *_worded(share), _quantile_date(result.end_dates[i], 0.5, dates))
        for result in results.scenarios
        for i, (name, share) in enumerate(zip(results.layout.outcomes, result.outcomes, strict=True))
    )
    return Table.of_rows("outcomes", COLUMNS["outcomes"], rows)


def questions(results: Results) -> Table:
    asked = results.model.questions
    rows = (
        (result.scenario.name, *_question(asked[q], b), *_share(share), *_worded(share))
        for result in results.scenarios
        for q, b, share in result.questions
    )
    return Table.of_rows("questions", COLUMNS["questions"], rows)


def _question(question: Question, number: int) -> tuple[str, str, str, str]:
    return question.name, question.answer_label(number), question.asks, question.by.isoformat()


def events(results: Results) -> Table:
    dates = _dates(results)
    rows = (
        (result.scenario.name, name, *_event(result, i, dates))
        for result in results.scenarios
        for i, name in enumerate(results.layout.things)
    )
    return Table.of_rows("events", COLUMNS["events"], rows)


def _event(result: ScenarioResult, i: int, dates: list[str]) -> tuple[Any, ...]:
    firsts = (_quantile_date(result.first_dates[i], level, dates) for level in (0.1, 0.5, 0.9))
    return *_share(result.things[i]), _ratio(int(result.thing_totals[i]), result.n), *firsts


def measures(results: Results) -> Table:
    numeric = [m for m in results.model.measures if m.value is not None]
    dates, runs = _dates(results), results.scenarios
    text = (
        [r.scenario.name for r in runs for _ in range(len(numeric) * len(dates))],
        [m.name for m in numeric for _ in dates] * len(runs),
        [m.unit for m in numeric for _ in dates] * len(runs),
        dates * (len(numeric) * len(runs)),
    )
    values = ([x for r in runs for x in r.values[i].T.ravel().tolist()] for i in range(len(MEASURE_COLUMNS)))
    return Table("measures", COLUMNS["measures"], (*text, *values))


def states(results: Results) -> Table:
    dates = _dates(results)
    values = [(name, value) for name, machine in results.layout.machines for value in machine]
    rows = (
        (result.scenario.name, name, value, date, _ratio(count, result.n))
        for result in results.scenarios
        for column, (name, value) in enumerate(values)
        for date, count in zip(dates, result.shares[:, column].tolist(), strict=True)
    )
    return Table.of_rows("states", COLUMNS["states"], rows)


def parameters(results: Results) -> Table:
    declared = {p.name: p for p in results.model.parameters}
    sampled = ((p, declared[p.name]) for p in results.parameters)
    rows = (
        (p.name, d.unit, p.mean, p.sd, p.p05, p.p50, p.p95, p.prior.text, d.source, d.confidence) for p, d in sampled
    )
    return Table.of_rows("parameters", COLUMNS["parameters"], rows)


def drivers(results: Results) -> Table:
    rows = (row for result in results.scenarios for row in _drivers(result))
    return Table.of_rows("drivers", COLUMNS["drivers"], rows)


def _drivers(result: ScenarioResult) -> Iterable[Row]:
    found = result.drivers
    numbers = [a.tolist() for a in (found.share, found.low, found.high, found.slope)]
    for t, target in enumerate(found.targets):
        for p, parameter in enumerate(result.varying):
            share, low, high, slope = (a[t][p] for a in numbers)
            yield result.scenario.name, target, parameter, share, low, high, direction(slope)


def direction(slope: float) -> str:
    """A slope in standard errors as a word."""
    if slope != slope:
        return ""
    return "mixed" if abs(slope) < 2 else "up" if slope > 0 else "down"


def convergence(results: Results) -> Table:
    rows = (
        (result.scenario.name, name, n, *_share(shares[i])[2:])
        for result in results.scenarios
        for i, name in enumerate(results.layout.outcomes)
        for n, shares in result.convergence
    )
    return Table.of_rows("convergence", COLUMNS["convergence"], rows)


def trajectories(results: Results) -> Table:
    """The measures of the kept trajectories over time."""
    numeric = [m for m in results.model.measures if m.value is not None]
    machines = results.layout.machines
    columns = (
        *COLUMNS["trajectories"],
        *(Column(m.name, m.unit, m.title or f"Measure {m.name}.") for m in numeric),
        *(Column(name, "", f"Value of {name}.") for name, _ in machines),
    )
    kept = [(result, part) for result in results.scenarios for part in result.kept]
    dates, n = _dates(results), len(numeric)
    numbers = np.concatenate([np.zeros(0, np.int64), *(part.trajectories for _, part in kept)])
    first = (
        [r.scenario.name for r, part in kept for _ in range(len(part.trajectories) * len(dates))],
        np.repeat(numbers, len(dates)),
        dates * len(numbers),
    )
    rows = [
        np.concatenate([np.zeros(0), *(part.values[:, row].T.ravel() for _, part in kept)])
        for row in range(n + len(machines))
    ]
    named = ([values[int(x)] for x in row] for row, (_, values) in zip(rows[n:], machines, strict=True))
    return Table("trajectories", columns, (*first, *rows[:n], *named))


def experiments(results: Results) -> Table:
    """The parameters, levers and outcome of the kept trajectories."""
    declared: dict[str, Declared] = {d.name: d for d in (*results.model.parameters, *results.model.levers)}
    names = [*results.layout.uncertain, *(lever.name for lever in results.model.levers)]
    columns = (
        *COLUMNS["experiments"],
        *(Column(name, declared[name].unit, _described(declared[name])) for name in names),
        *COLUMNS["experiments end"],
    )
    rows = (row for result in results.scenarios for row in _experiments(results, result))
    return Table.of_rows("experiments", columns, rows)


def _described(declared: Declared) -> str:
    kind = "Lever, at the start" if isinstance(declared, Lever) else "Parameter"
    return f"{kind}. {declared.about}".strip()


def _experiments(results: Results, result: ScenarioResult) -> Iterable[Row]:
    given, dates = result.scenario.levers, _dates(results)
    levers = [float(given[lever.name][0] if lever.name in given else lever.value) for lever in results.model.levers]
    column = 0
    for part in result.kept:
        for trajectory, outcome, end in zip(part.trajectories, part.outcome, part.end, strict=True):
            sampled = result.kept_parameters[:, column].tolist()
            name = results.layout.outcomes[int(outcome)]
            yield result.scenario.name, int(trajectory), *sampled, *levers, name, dates[int(end)]
            column += 1


TABLES: tuple[Callable[[Results], Table], ...] = (
    outcomes, questions, events, measures, states, parameters, drivers, convergence,
)  # fmt: skip


def all_tables(results: Results) -> list[Table]:
    """Every table of a run, ``columns`` last."""
    made = [make(results) for make in TABLES]
    if results.settings.keep:
        made += [trajectories(results), experiments(results)]
    return [*made, document(made)]


def document(tables: Sequence[Table]) -> Table:
    """The table of all columns, its own included."""
    described = [(table.name, table.columns) for table in tables] + [("columns", COLUMNS["columns"])]
    rows = ((name, c.name, c.unit, c.meaning) for name, listed in described for c in listed)
    return Table.of_rows("columns", COLUMNS["columns"], rows)


def _share(share: Share) -> tuple[int, int, float, float, float]:
    return share.k, share.n, share.p, share.low, share.high


def _worded(share: Share) -> tuple[float, float, str]:
    return *share.band, phrase(share.p, share.band)


def _ratio(k: int, n: int) -> float:
    return k / n if n else float("nan")


def _dates(results: Results) -> list[str]:
    clock = results.model.clock
    return [clock.date_of(record).isoformat() for record in range(results.layout.n_records)]


def _quantile_date(counts: npt.NDArray[np.int64], level: float, dates: list[str]) -> str:
    """The date at the lower nearest rank of a quantile; none where nothing was counted."""
    total = int(counts.sum())
    if total == 0:
        return ""
    return dates[int(np.searchsorted(np.cumsum(counts), int(level * (total - 1)), side="right"))]
