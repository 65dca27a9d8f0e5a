"""What to run: the settings of a study, or the defaults for a model alone."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sim.model.check import Checked
from sim.model.check_outputs import measures
from sim.model.declarations import Study
from sim.model.document import Mapping, Node, Plain, Scalar
from sim.model.document import Sequence as Listed
from sim.model.records import Entry, Record
from sim.model.scalars import number
from sim.model.scenarios import Scenarios
from sim.model.schema import BLOCKS
from sim.model.workshop import text


def study_of(
    checked: Checked, record: Record | None, settings: Sequence[str], chosen: Sequence[str], path: str
) -> Study:
    """The study that a record describes, or (None) all scenarios of the model."""
    model, shop = checked.model, checked.shop
    scenarios = Scenarios(checked)
    scenarios.declare(checked.root["scenarios"] or [])
    if record is None:
        found = scenarios.build(settings, [])
        model = replace(model, scenarios=tuple(found.values()))
        return Study(
            name=model.name,
            model=model,
            scenarios=scenarios.select(found, None, chosen),
            title=model.title,
            about=model.about,
            path=path,
        )
    added, listed = _scenarios_of(record["scenarios"])
    scenarios.declare(added)
    found = scenarios.build(settings, record["set"] or [])
    if record["measures"] is not None:
        model = replace(model, measures=measures(shop, [("", record["measures"])]))
    model = replace(model, scenarios=tuple(found.values()))
    return Study(
        name=text(record, "study"),
        model=model,
        scenarios=scenarios.select(found, listed, chosen),
        trajectories=_integer(record["trajectories"], 10_000),
        seed=_integer(record["seed"], 0),
        output=text(record, "output") or None,
        title=text(record, "title"),
        about=text(record, "about"),
        path=path,
        blocks={name: plain(record[name]) for name in BLOCKS if record[name] is not None},
    )


def _scenarios_of(written: Any) -> tuple[list[Entry], list[Scalar] | None]:
    """The scenarios that a study adds, and those it selects (None: all)."""
    if isinstance(written, Scalar):
        return [], [written]
    if written and isinstance(written[0], Entry):
        return written, None
    return [], written


def _integer(node: Scalar | None, otherwise: int) -> int:
    return otherwise if node is None else int(number(node) or 0)


def plain(node: Node) -> "Plain | list[object] | dict[str, object]":
    """A part of a file as Python values. A number with underscores is a number here as everywhere."""
    if isinstance(node, Mapping):
        return {key.text: plain(value) for key, value in node.entries}
    if isinstance(node, Listed):
        return [plain(item) for item in node.items]
    lone = None if node.style or node.value is None else number(node)
    return node.value if lone is None else lone
