"""The sections of a report in their order: to add one, write a function and a template, and name them here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sim.output.report import (
    answer,
    assumptions,
    causes,
    changes,
    convergence,
    fans,
    happenings,
    outcomes,
    provenance,
    questions,
    stories,
    sweeps,
    timelines,
)  # fmt: skip
from sim.output.report.contents import Report

Context = Mapping[str, Any] | str | None
"""What a template needs; or a sentence on what is missing; or nothing, and the section is left out."""


@dataclass(frozen=True)
class Section:
    """A part of the page: ``name`` is its anchor and that of its template in ``templates/sections``.

    Most need tables of a run; those of ``every_report`` can tell something true of sweeps alone as well.
    """

    name: str
    title: str
    short: str
    build: Callable[[Report], Context]
    every_report: bool = False


def sections_of(report: Report) -> list[Section]:
    """The sections that apply: what tables of runs are read for is no part of a report of sweeps alone."""
    return [section for section in SECTIONS if section.every_report or not report.is_of_sweeps]


SECTIONS = (
    Section("answer", "The answer", "Answer", answer.build, every_report=True),
    Section("outcomes", "Outcomes", "Outcomes", outcomes.build),
    Section("changes", "What a scenario changes", "Changes", changes.build),
    Section("sweep", "What a sweep shows", "Sweep", sweeps.build, every_report=True),
    Section("measures", "Measures over time", "Measures", fans.build),
    Section("states", "Phases and decisions over time", "Phases", timelines.build),
    Section("events", "Events: how likely, when", "Events", happenings.build),
    Section("drivers", "What drives the results", "Drivers", causes.build),
    Section("questions", "Forecast questions", "Questions", questions.build),
    Section("stories", "Five representative futures", "Futures", stories.build),
    Section("assumptions", "Assumptions", "Assumptions", assumptions.build),
    Section("convergence", "Convergence", "Convergence", convergence.build),
    Section("guide", "How to read this, and what the model leaves out", "Reading", provenance.guide, every_report=True),
    Section("provenance", "Provenance", "Provenance", provenance.build, every_report=True),
)
