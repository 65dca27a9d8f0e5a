"""What stands in every column of every table: the text behind ``columns.csv`` and the documentation of the outputs."""

from dataclasses import dataclass

from sim.engine.results import MEASURE_COLUMNS


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    unit: str
    meaning: str


def _column(name: str, unit: str, *meaning: str) -> Column:
    return Column(name, unit, " ".join(meaning))


_SCENARIO = _column("scenario", "", "Name of the scenario.")
_DATE = _column("date", "date", "Date of the record time.")
_OUTCOME = _column("outcome", "", "Name of the outcome.")
_N = _column("n", "trajectories", "Trajectories that count: those that did not fail.")
_SHARE = (
    _column("p", "probability", "k / n."),
    _column("p_low", "probability", "Lower end of the 95% interval of p: Monte Carlo error only",
            "(Wilson, at the effective sample size)."),
    _column("p_high", "probability", "Upper end of the 95% interval of p."),
)  # fmt: skip
_BAND = (
    _column("epistemic_p05", "probability", "5% quantile over parameter draws of the probability given the parameters,",
            "binomial noise removed; empty without uncertain parameters or with one trajectory for each draw."),
    _column("epistemic_p95", "probability", "95% quantile of the same."),
    _column("phrase", "", "The probability in the words of ICD 203;",
            "'a to b' where the epistemic band crosses an edge of the scale."),
)  # fmt: skip
_STATISTICS = {
    "mean": "Mean over trajectories; empty where the measure is infinite in some.",
    "sd": "Standard deviation over trajectories.",
    "se": "Monte Carlo standard error of the mean, allowing for trajectories of one parameter draw being alike.",
}

COLUMNS: dict[str, tuple[Column, ...]] = {
    "outcomes": (
        _SCENARIO,
        _OUTCOME,
        _column("k", "trajectories", "Trajectories with this outcome."),
        _N,
        *_SHARE,
        *_BAND,
        _column("median_date", "date", "Median date at which these trajectories stopped (or the horizon)."),
    ),
    "questions": (
        _SCENARIO,
        _column("question", "", "Name of the question."),
        _column("answer", "", "'yes', or the bin of a numeric question, in the unit of the question."),
        _column("asks", "", "The question in words."),
        _column("by", "date", "Last date of its window."),
        _column("k", "trajectories", "Trajectories with this answer."),
        _column("n", "trajectories", "Trajectories that count: not failed, and the question's condition (given) met."),
        *_SHARE,
        *_BAND,
    ),
    "events": (
        _SCENARIO,
        _column("event", "", "What can happen: an event or a kind of it, a phase value (when entered),",
                "an option (when changed to)."),
        _column("k", "trajectories", "Trajectories in which it happened at least once."),
        _N,
        *_SHARE,
        _column("mean_count", "times", "Mean number of times it happened, over all trajectories."),
        _column("first_p10", "date", "10% quantile of the date of the first time, among the k."),
        _column("first_p50", "date", "Median date of the first time, among the k."),
        _column("first_p90", "date", "90% quantile of the date of the first time, among the k."),
    ),
    "measures": (
        _SCENARIO,
        _column("measure", "", "Name of the measure."),
        _column("unit", "", "Its unit, which is that of the statistics; empty: dimensionless."),
        _DATE,
        *(_column(name, "that of the measure", _STATISTICS.get(name, f"{name[1:].lstrip('0')}% quantile."))
          for name in MEASURE_COLUMNS),
    ),
    "states": (
        _SCENARIO,
        _column("variable", "", "Name of the phase or decision."),
        _column("value", "", "One of its values or options."),
        _DATE,
        _column("share", "probability", "Share of the trajectories that have this value then."),
    ),
    "parameters": (
        _column("parameter", "", "Name of the uncertain parameter."),
        _column("unit", "", "Its unit, which is that of the statistics; empty: dimensionless."),
        _column("mean", "that of the parameter", "Mean of the values sampled (the first 10,000 parameter draws)."),
        _column("sd", "that of the parameter", "Their standard deviation."),
        _column("p05", "that of the parameter", "Their 5% quantile."),
        _column("p50", "that of the parameter", "Their median."),
        _column("p95", "that of the parameter", "Their 95% quantile."),
        _column("prior", "", "The prior as written."),
        _column("source", "", "Where the numbers come from."),
        _column("confidence", "", "Quality of that basis: low, moderate or high."),
    ),
    "drivers": (
        _SCENARIO,
        _column("target", "", "An outcome, a yes-or-no question, or a measure (at the horizon)."),
        _column("parameter", "", "An uncertain parameter."),
        _column("s1", "share", "Share of the target's variance over trajectories, chance included, that the parameter",
                "explains alone; unbiased, so what explains nothing may come out slightly below 0."),
        _column("s1_low", "share", "Lower end of its 95% interval."),
        _column("s1_high", "share", "Upper end of its 95% interval."),
        _column("direction", "", "How the target moves as the parameter grows: 'up' or 'down'; 'mixed':",
                "neither is clear."),
    ),
    "convergence": (
        _SCENARIO,
        _OUTCOME,
        _column("n", "trajectories", "The first trajectories: 100, 200, 400 ... and all; those that failed left out."),
        *_SHARE,
    ),
    "trajectories": (_SCENARIO, _column("trajectory", "", "Its number."), _DATE),  # and the measures
    "experiments": (_SCENARIO, _column("trajectory", "", "Its number.")),  # and parameters, levers and what follows
    "experiments end": (
        _column("outcome", "", "Its outcome."),
        _column("end_date", "date", "The date at which it stopped, or the horizon."),
    ),
    "columns": (
        _column("table", "", "Name of the table, which is that of its file."),
        _column("column", "", "Name of the column."),
        _column("unit", "", "Unit of its numbers; empty: text, or dimensionless."),
        _column("meaning", "", "What stands in it."),
    ),
}  # fmt: skip
