"""Scenarios: named differences from the model as written, with inheritance and settings worked out.

A scenario begins as a copy of the one it inherits, and its own statements are laid over that: a setting or a forced
option replaces the inherited one for the time it covers, dates of ``fire`` and names of ``suppress`` add up.
Settings of a study, and after them those of the command line, are laid over every scenario.
"""

from collections.abc import Sequence

from sim.model.check import Checked
from sim.model.declarations import Scenario
from sim.model.document import Scalar, compose
from sim.model.records import Entry, Record
from sim.model.scalars import check_name
from sim.model.schema import SETTINGS
from sim.model.settings import Draft, Settings
from sim.model.shape import suggest
from sim.model.source import Report, Source, Spot
from sim.model.workshop import text

BASELINE = "baseline"
_STATEMENTS = ("inherits", "set", "force", "fire", "suppress")


class Scenarios:
    """The scenarios of a model and of the study that runs it."""

    def __init__(self, checked: Checked) -> None:
        self.report: Report = checked.report
        self.settings = Settings(checked.shop, checked.model)
        self.records: dict[str, Record | None] = {}
        self.keys: dict[str, Scalar] = {}
        self.drafts: dict[str, Draft] = {}

    def declare(self, entries: list[Entry]) -> None:
        for entry in entries:
            name = entry.key.text
            check_name(entry.key, self.report)
            if name in self.records:
                first = self.keys[name]
                hint = f"it stands in {first.source.path}, line {first.line}, already"
                self.report.add("E303", f"the scenario `{name}` is given twice", entry.key, hint)
                continue
            self.records[name], self.keys[name] = entry.value, entry.key
            if name == BASELINE and entry.value is not None:
                self._check_baseline(entry.value)

    def _check_baseline(self, record: Record) -> None:
        for field in _STATEMENTS:
            if field in record:
                message = f"`{BASELINE}` is the model as written and can have no `{field}`"
                self.report.add("E408", message, record.key(field), "declare a scenario of another name")

    def build(self, settings: Sequence[str], everywhere: list[Entry]) -> dict[str, Scenario]:
        """Every scenario by name, baseline first."""
        common = [*everywhere, *(entry for written in settings for entry in self._parsed(written))]
        found = {}
        for name in dict.fromkeys((BASELINE, *self.records)):
            draft = self._draft(name).copy()
            self.settings.apply(draft, common)
            record = self.records.get(name)
            title, about = (text(record, field) if record else "" for field in ("title", "about"))
            found[name] = draft.scenario(name, title, about)
        return found

    def _draft(self, name: str) -> Draft:
        """The statements of a scenario laid over those it inherits."""
        lineage = self._lineage(name)
        draft = self.drafts.get(lineage[-1], Draft())
        for each in reversed(lineage):
            record = self.records.get(each)
            if each not in self.drafts:
                draft = draft.copy()
                if record is not None and each != BASELINE:
                    self.settings.apply_record(draft, record)
                self.drafts[each] = draft
        return draft

    def _lineage(self, name: str) -> list[str]:
        """A scenario and those it inherits, up to the first that is known already or inherits nothing."""
        lineage = [name]
        while name != BASELINE and name not in self.drafts:
            record = self.records.get(name)
            node = record["inherits"] if record is not None else None
            if node is None or not self._exists(node):
                break
            if node.text in lineage:
                circle = " -> ".join((*lineage[lineage.index(node.text) :], node.text))
                self.report.add("E402", f"the scenario `{node.text}` inherits itself: {circle}", node)
                break
            name = node.text
            lineage.append(name)
        return lineage

    def _exists(self, node: Scalar) -> bool:
        if node.text == BASELINE or node.text in self.records:
            return True
        known = list(dict.fromkeys((BASELINE, *self.records)))
        hint = suggest(node.text, known) or f"known: {', '.join(known)}"
        self.report.add("E401", f"there is no scenario `{node.text}`", node, hint)
        return False

    def _parsed(self, written: str) -> list[Entry]:
        """A setting of the command line as an entry of ``set:``."""
        source = Source("--set", written)
        name, sign, _ = written.partition("=")
        if not sign or not name.strip():
            self.report.add("E501", "a setting is written `name=value`", Spot(source))
            return []
        value = compose(source, self.report, skip=len(name) + 1)
        column = len(name) - len(name.lstrip()) + 1
        key = Scalar(source, 1, column, column - 1, len(name), name.strip(), name.strip())
        if value is None:
            if source.path not in (problem.place.file for problem in self.report.errors):
                self.report.add("E501", f"`{name.strip()}` is set to nothing", key)
            return []
        entry = SETTINGS.entry(key, value, self.report)
        return [entry] if entry else []

    def select(
        self, found: dict[str, Scenario], listed: list[Scalar] | None, chosen: Sequence[str]
    ) -> tuple[Scenario, ...]:
        """Those to run: chosen by the caller, else listed by the study, else all."""
        nodes = listed
        if chosen:
            nodes = [Scalar(Source("--scenario", name), 1, 1, 0, len(name), name, name) for name in chosen]
        if nodes is None:
            return tuple(found.values())
        return tuple(found[name] for name in dict.fromkeys(node.text for node in nodes if self._exists(node)))
