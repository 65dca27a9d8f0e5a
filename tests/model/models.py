"""Small models as text, and what becomes of them."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from sim.errors import ModelError, Problem
from sim.model.declarations import Model, Study
from sim.model.load import load

HEAD = "model: tiny\nclock: {start: 2025-04-07, step: 1 week, horizon: 52 weeks}\n"
HEAD_LINES = 2

ACTOR = "actors: {moscow: {}}\n"
AIM = ACTOR + "decisions:\n  moscow.aim: {initial: hold, options: {hold: 0, widen: 1}}\n"
WAR = "phases:\n  war: {values: [fighting, ceasefire, settlement], initial: fighting}\n"
SECTORS = "indexes: {sector: [north, south]}\n"


def load_text(text: str, *, settings: Sequence[str] = (), scenarios: Sequence[str] = (), **files: str | bytes) -> Study:
    """The study in a text; other files lie beside it, ``oil_yaml`` being ``oil.yaml``."""
    with tempfile.TemporaryDirectory() as folder:
        for name, content in {"main_yaml": text, **files}.items():
            path = Path(folder, name.replace("__", "/").replace("_yaml", ".yaml"))
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return load(f"{folder}/main.yaml", settings=settings, scenarios=scenarios)


def model_of(sections: str, **files: str) -> Model:
    """The model with these sections."""
    return load_text(HEAD + sections, **files).model


def problems_of(
    text: str, *, settings: Sequence[str] = (), scenarios: Sequence[str] = (), **files: str | bytes
) -> list[Problem]:
    """The errors of a text, none if it is valid."""
    try:
        load_text(text, settings=settings, scenarios=scenarios, **files)
    except ModelError as error:
        return list(error.problems)
    return []


def found(problems: Sequence[Problem]) -> list[tuple[str, int, int]]:
    """Code, line and column of problems."""
    return [(problem.code, problem.place.line, problem.place.column) for problem in problems]


def errors_in(sections: str, **files: str | bytes) -> list[tuple[str, int, int]]:
    """Code, line (counted from the first line of the sections) and column of every error."""
    return [(code, line - HEAD_LINES, column) for code, line, column in found(problems_of(HEAD + sections, **files))]


def one_error(sections: str, **files: str | bytes) -> Problem:
    """The only error of these sections."""
    problems = problems_of(HEAD + sections, **files)
    assert len(problems) == 1, "\n".join(problem.render() for problem in problems)
    return problems[0]


def warnings_of(sections: str) -> list[tuple[str, int, int]]:
    study = load_text(HEAD + sections)
    return [(code, line - HEAD_LINES, column) for code, line, column in found(study.warnings)]
