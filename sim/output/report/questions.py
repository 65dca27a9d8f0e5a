"""Forecast questions: a yes-or-no chart, and the distribution over bins of each numeric one."""

from typing import Any

from sim.output.report.charts import (
    Cell,
    Chart,
    Column,
    Group,
    Key,
    Panel,
    Table,
    bars,
    offsets,
    probability_axis,
    rows_axis,
    rows_height,
)  # fmt: skip
from sim.output.report.colours import colour, ink
from sim.output.report.contents import Report, Row, Thing, grouped, number
from sim.output.report.outcomes import (
    MANY,
    has_band,
    highest,
    in_words,
    interval_marks,
    phrase_of,
    probability_cells,
    uncertainty_keys,
)  # fmt: skip
from sim.output.report.text import chart_text, clip, humanised, is_number, long_date, wrapped

MANY_SCENARIOS = 4
YES_OR_NO = {"yes", "no", "true", "false", "", "1", "0"}
Answers = dict[str, dict[str, Row]]  # answer -> scenario -> row


def build(report: Report) -> dict[str, Any] | str:
    if not report.has("questions"):
        return "The run holds no questions.csv: the model asks no forecast questions."
    questions = {str(name): _answers(rows) for name, rows in grouped(report.rows("questions"), "question").items()}
    binary = {name: answers for name, answers in questions.items() if set(map(str.lower, answers)) <= YES_OR_NO}
    numeric = {name: answers for name, answers in questions.items() if name not in binary}
    draw = _binary_chart if len(report.scenarios) <= MANY_SCENARIOS else _panels_chart
    charts = [draw(report, binary)] if binary else []
    charts += [_numeric_chart(report, numeric)] if numeric else []
    return {"charts": charts, "tables": [_table(report, questions)]}


def _answers(rows: list[Row]) -> Answers:
    found: Answers = {}
    for row in rows:
        found.setdefault(str(row["answer"]), {})[str(row["scenario"])] = row
    return found


def _yes(answers: Answers) -> dict[str, Row]:
    return next((answers[key] for key in answers if key.lower() in ("yes", "true", "1", "")), {})


def _first(answers: Answers) -> Row:
    return next(iter(next(iter(answers.values())).values()))


def _asks(name: str, answers: Answers) -> str:
    return str(_first(answers).get("asks") or "") or humanised(name)


def _binary_chart(report: Report, questions: dict[str, Answers]) -> Chart:
    present = [s for s in report.scenarios if any(s.key in _yes(a) for a in questions.values())]
    at = offsets(len(present))
    rows = [
        (i + at[j], s, _yes(answers).get(s.key, {}))
        for j, s in enumerate(present)
        for i, answers in enumerate(questions.values())
    ]
    traces = interval_marks([placed for placed in rows if is_number(number(placed[2], "p"))], 0.8)
    top = max((highest(row) for a in questions.values() for row in _yes(a).values()), default=1.0)
    labels = [wrapped(_asks(name, answers), 40, 3) for name, answers in questions.items()]
    return Chart(
        title="Questions answered by yes or no",
        summary="One row per question: the probability of yes in each scenario, with the Monte Carlo interval and the "
        "epistemic band.",
        panels=[Panel(traces, x=probability_axis(top), y=rows_axis(labels))],
        legend=[Key(s.title, colour("s", s.index), "square") for s in present]
        + uncertainty_keys(has_band(row for a in questions.values() for row in _yes(a).values())),
        links=report.links("questions"), columns=1, left=260,
        height=len(questions) * max(48, 13 * len(present) + 12),
    )  # fmt: skip


def _panels_chart(report: Report, questions: dict[str, Answers]) -> Chart:
    """For many scenarios: a panel per question, a row per scenario."""
    present = [s for s in report.scenarios if any(s.key in _yes(a) for a in questions.values())]
    return Chart(
        title="Questions answered by yes or no",
        summary="One panel per question and one row per scenario: the probability of yes, with the Monte Carlo "
        "interval and the epistemic band.",
        panels=[_binary_panel(name, answers, present) for name, answers in questions.items()],
        legend=uncertainty_keys(has_band(row for a in questions.values() for row in _yes(a).values())),
        links=report.links("questions"), columns=3, min_width=220, left=176,
        height=rows_height([wrapped(s.title) for s in present], 18),
    )  # fmt: skip


def _binary_panel(name: str, answers: Answers, present: list[Thing]) -> Panel:
    rows = [(i, s, _yes(answers).get(s.key, {})) for i, s in enumerate(present)]
    told = [(i, s, row) for i, s, row in rows if is_number(number(row, "p"))]
    top = max((highest(row) for _, _, row in told), default=1.0)
    title = chart_text(_asks(name, answers), 90)
    rows_of_scenarios = rows_axis([wrapped(s.title) for s in present])
    return Panel(interval_marks(told, 0.9), title=title, x=probability_axis(top), y=rows_of_scenarios)


def _numeric_chart(report: Report, questions: dict[str, Answers]) -> Chart:
    present = [s for s in report.scenarios if any(s.key in by for a in questions.values() for by in a.values())]
    n_rows = max(len(answers) for answers in questions.values())
    return Chart(
        title="Questions answered by a number",
        summary="One panel per question: the probability of each range of values, a bar per scenario.",
        panels=[_numeric_panel(name, answers, present) for name, answers in questions.items()],
        legend=[Key(s.title, colour("s", s.index), "square") for s in present],
        links=report.links("questions"), columns=3, min_width=240, left=92, shares_y=False,
        height=n_rows * max(30, 10 * len(present) + 10),
    )  # fmt: skip


def _numeric_panel(name: str, answers: Answers, present: list[Thing]) -> Panel:
    at, width = offsets(len(present), 0.8), 0.8 / len(present)
    traces = []
    for j, s in enumerate(present):
        rows = [(i, answer, by[s.key]) for i, (answer, by) in enumerate(answers.items()) if s.key in by]
        texts = [f"{chart_text(s.title)}, {chart_text(a)}<br>{chart_text(in_words(r), 120)}" for _, a, r in rows]
        x, y = [number(row, "p") for _, _, row in rows], [i + at[j] for i, _, _ in rows]
        traces.append(bars(x, y, ink("s", s.index), texts, width=0.92 * width))
    top = max((number(row, "p") for by in answers.values() for row in by.values()), default=1.0)
    labels = [chart_text(_interval(answer), 16) for answer in answers]
    title = chart_text(_asks(name, answers), 90)
    return Panel(traces, title=title, x=probability_axis(top), y=rows_axis(labels))


def _interval(answer: str) -> str:
    """A bin as a reader writes it."""
    return answer.replace("..", " to ").replace(">=", "≥ ").replace("<", "< ").replace(" ", "\u00a0")


def _table(report: Report, questions: dict[str, Answers]) -> Table:
    columns = [
        Column("Scenario"), Column("Answer"), Column("In words", kind="words"), Column("Probability", True),
        Column("Monte Carlo, 95%", True), Column("Epistemic, 90%", True), Column("Trajectories", True),
    ]  # fmt: skip
    groups = [
        Group(_rows(report, answers), Cell(_heading(name, answers), code=name)) for name, answers in questions.items()
    ]
    many = sum(len(group.rows) for group in groups) > MANY
    return Table("Every question and answer, by scenario", columns, groups, report.links("questions"), is_folded=many)


def _heading(name: str, answers: Answers) -> str:
    by = str(_first(answers).get("by") or "")
    return clip(_asks(name, answers), 300) + (f" (by {long_date(by)})" if by else "")


def _rows(report: Report, answers: Answers) -> list[list[Cell | str]]:
    return [
        [
            Cell(s.title, swatch=colour("s", s.index)),
            _interval(answer),
            Cell(phrase_of(by[s.key]), chip="phrase") if is_number(number(by[s.key], "p")) else "no case",
            *probability_cells(by[s.key]),
        ]
        for s in report.scenarios
        for answer, by in answers.items()
        if s.key in by
    ]
