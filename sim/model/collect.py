"""The names of a model: every declaration of every file gets its full name, and a place in the symbol table."""

import re
from dataclasses import dataclass
from typing import Any

from sim.errors import LanguageError
from sim.language.units import DIMENSIONLESS, Unit, check_own_unit, parse_unit
from sim.model.calendar import day, time_of
from sim.model.declarations import Clock
from sim.model.document import Scalar
from sim.model.names import OWN, RESERVED, Entity, Names
from sim.model.records import Entry, Record
from sim.model.scalars import check_name
from sim.model.shape import suggest
from sim.model.source import Report

_UNIT_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
SECTIONS = {
    "parameters": "parameter",
    "levers": "lever",
    "draws": "draw",
    "derived": "derived",
    "states": "state",
    "events": "event",
    "phases": "phase",
    "decisions": "decision",
}


@dataclass(frozen=True, slots=True, eq=False)
class File:
    """A file of a model as read: the namespace ("" for the model file) and the sections."""

    namespace: str
    record: Record

    def entries(self, section: str) -> list[Entry]:
        return self.record[section] or []


class Units:
    """The model's own units, and the way from a text to a unit."""

    def __init__(self, entries: list[Entry], report: Report) -> None:
        self.report = report
        self.used: set[str] = set()
        self.keys = {entry.key.text: entry.key for entry in entries if self._is_free(entry.key)}
        self._names = frozenset(self.keys)

    def _is_free(self, key: Scalar) -> bool:
        if not _UNIT_NAME.fullmatch(key.text):
            self.report.add("E301", f"`{key.text}` cannot be the name of a unit", key, "letters, then digits")
            return False
        try:
            check_own_unit(key.text)
        except LanguageError as error:
            self.report.refuse(error, key)
            return False
        return True

    def read(self, node: Scalar) -> Unit | None:
        """The unit that a text stands for, None where it is faulty."""
        self.used |= self._names.intersection(_UNIT_NAME.findall(node.text))
        try:
            return parse_unit(node.text, self._names)
        except LanguageError as error:
            self.report.refuse(error, node)
            return None

    def of(self, record: Record | None) -> Unit | None:
        """The unit of a declaration, None where it is faulty."""
        if record is None or "unit" not in record:
            return DIMENSIONLESS
        return None if record["unit"] is None else self.read(record["unit"])


def collect(files: list[File], clock: Clock, report: Report) -> tuple[Names, Units]:
    """The symbol table, and the model's own units."""
    collector = _Collector(files, clock, report)
    collector.run()
    return collector.names, collector.units


class _Collector:
    def __init__(self, files: list[File], clock: Clock, report: Report) -> None:
        self.files, self.clock, self.report = files, clock, report
        self.root = files[0]
        self.names = Names(modules=[file.namespace for file in files[1:]])
        self.units = Units(self.root.entries("units"), report)

    def run(self) -> None:
        for file in self.files:
            sections = (name for name in (*SECTIONS, "indexes", "dates", "units", "actors"))
            if file.record.faulty or any(name in file.record and file.record[name] is None for name in sections):
                self.names.incomplete.add(file.namespace)
        self.indexes()
        self.names.actors = {entry.key.text: entry.key for entry in self.root.entries("actors") if self.free(entry.key)}
        for file in self.files:
            for section, kind in SECTIONS.items():
                for entry in file.entries(section):
                    self.declare(file, kind, entry)
        for entry in self.root.entries("dates"):
            if self.free(entry.key) and self.is_new(entry.key.text, entry.key):
                time = time_of(self.clock, day(entry.value)) if entry.value else 0.0
                self.names.entities[entry.key.text] = Entity("date", entry.key.text, "", entry.key, None, time=time)
        self.shadows()

    def indexes(self) -> None:
        for entry in self.root.entries("indexes"):
            if not self.free(entry.key) or not entry.value or entry.value.faulty:
                self.names.faulty_indexes.add(entry.key.text)
                continue
            seen: dict[str, Scalar] = {}
            for element in entry.value or ():
                if element.text in seen:
                    self.report.add("E303", f"the element `{element.text}` is listed twice", element)
                seen[element.text] = element
            self.names.elements[entry.key.text] = tuple(seen)
            self.names.indexes[entry.key.text] = entry.key

    # -- names

    def free(self, key: Scalar) -> bool:
        """Is this a name that can be given?"""
        if key.text in RESERVED:
            self.report.add("E302", f"`{key.text}` is a function or built-in name of the language", key)
            return False
        return check_name(key, self.report)

    def declare(self, file: File, kind: str, entry: Entry) -> None:
        key = entry.key
        if kind == "decision":
            name = self.decision_name(key)
        else:
            self.free(key)
            name = f"{file.namespace}.{key.text}" if file.namespace else key.text
        if name is None or not self.is_new(name, key):
            return
        record = entry.value
        faulty = record is None or record.faulty
        entity = Entity(kind, name, file.namespace, key, record, self.units.of(record), faulty=faulty)
        self.names.entities[name] = entity
        if record is not None:
            entity.index = self.index(entity, record)
            entity.per_trajectory = kind == "draw" and getattr(record["every"], "text", "") == "trajectory"
            entity.parts = self.parts(entity, record)

    def decision_name(self, key: Scalar) -> str | None:
        actor, dot, name = key.text.partition(".")
        if not dot or "." in name:
            self.report.add("E318", f"`{key.text}` is no decision: it is called `actor.name`", key)
            return None
        if actor not in self.names.actors and "" not in self.names.incomplete:
            hint = suggest(actor, self.names.actors) or "actors are declared in the model file, under `actors:`"
            self.report.add("E318", f"there is no actor `{actor}`", key, hint)
        check_name(key.part(len(actor) + 1, len(key.text)), self.report)
        return key.text

    def is_new(self, name: str, key: Scalar) -> bool:
        other = self.names.entities.get(name)
        first = other.key if other else self.names.actors.get(name)
        if first is None:
            return True
        what = f"{other.described} " if other else "an actor "
        hint = f"{what}in {first.source.path}, line {first.line}, is called so"
        self.report.add("E303", f"the name `{name}` is given twice", key, hint)
        return False

    def index(self, entity: Entity, record: Record) -> str | None:
        over = record["over"]
        if over is None:
            entity.faulty |= "over" in record
            return None
        if over.text in self.names.elements:
            return str(over.text)
        entity.faulty, entity.unit = True, None
        if "" not in self.names.incomplete and over.text not in self.names.faulty_indexes:
            hint = suggest(over.text, self.names.elements) or "indexes are declared in the model file, under `indexes:`"
            self.report.add("E314", f"there is no index `{over.text}`", over, hint)
        return None

    def parts(self, entity: Entity, record: Record) -> tuple[str, ...]:
        """The kinds of an event, the values of a phase, the options of a decision."""
        field = {"event": "kinds", "phase": "values", "decision": "options"}.get(entity.kind, "")
        if field in record and (record[field] is None or getattr(record[field], "faulty", False)):
            entity.faulty = True
        seen: dict[str, Scalar] = {}
        for item in record[field] or () if field else ():
            key = item.key if isinstance(item, Entry) else item
            if key.text in OWN or (key.text == "any" and entity.kind == "phase"):
                self.report.add("E302", f"`{key.text}` has a meaning of its own here and can be no name", key)
            elif isinstance(item, Entry) and not check_name(key, self.report):
                pass
            elif key.text in seen:
                self.report.add("E303", f"`{key.text}` is listed twice", key)
            seen.setdefault(key.text, key)
        return tuple(seen)

    def shadows(self) -> None:
        """No declaration has a name that hides, or is hidden by, another one."""
        roots: dict[str, Any] = {n: e.key for n, e in self.names.entities.items() if "." not in n} | self.names.actors
        for name, entity in self.names.entities.items():
            if entity.kind == "decision":
                continue
            short = name.rpartition(".")[2]
            if entity.module and short in roots:
                hint = f"`{short}` stands in {roots[short].source.path}, line {roots[short].line}"
                self.report.add("E304", f"`{short}` would hide a name of the root", entity.key, hint)
            elif short in self.names.modules and short != entity.module:
                self.report.add("E304", f"`{short}` is the name of a module", entity.key, "choose another name")
