"""What names stand for: the symbol table of a model, and how a name is looked up."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from sim.errors import LanguageError
from sim.language.functions import AGGREGATES, FUNCTIONS
from sim.language.units import DIMENSIONLESS, Unit
from sim.model.document import Scalar
from sim.model.records import Record
from sim.model.shape import suggest

DURATIONS = ("day", "week", "month", "year")
BUILT_IN = ("t", "dt", "pi", "horizon", *DURATIONS)
RESERVED = frozenset((*BUILT_IN, *FUNCTIONS, *AGGREGATES))
MEMORY = ("ever", "count", "elapsed")
OWN = frozenset((*MEMORY, "level"))  # what a thing or machine says of itself: no value, kind or option has such a name
MACHINES = ("phase", "decision")
NUMBERS = ("parameter", "lever", "draw", "derived", "state")
_PARTS = {"event": "a kind", "phase": "a phase value", "decision": "an option"}
_DESCRIBED = {"event": "an event", "derived": "a derived value"}

Path = tuple[str, ...]


class Unknowable(LanguageError):
    """Nothing can be said, because what is asked for is faulty and has been reported already."""

    def __init__(self) -> None:
        super().__init__("", "")


@dataclass(slots=True, eq=False)
class Entity:
    """A declared name."""

    kind: str  # one of NUMBERS, event, phase, decision, date
    name: str  # in full
    module: str  # "" in the root
    key: Scalar
    record: Record | None  # None: faulty
    unit: Unit | None = DIMENSIONLESS  # None: faulty
    index: str | None = None
    parts: Path = ()  # kinds of an event, values of a phase, options of a decision
    per_trajectory: bool = False  # of a draw
    time: float = 0.0  # of a date
    faulty: bool = False
    readers: set[str] = field(default_factory=set)

    @property
    def described(self) -> str:
        return _DESCRIBED.get(self.kind, f"a {self.kind}")

    def at(self, element: str | None) -> str:
        """The full name of one element."""
        return self.name if element is None else f"{self.name}[{element}]"

    @property
    def attributes(self) -> Path:
        if self.kind == "event":
            return MEMORY
        return ("elapsed", "level") if self.kind in MACHINES else ()

    def has(self, rest: Path) -> bool:
        """Does what follows the name mean something?"""
        if len(rest) < 2:
            return not rest or rest[0] in self.parts or rest[0] in self.attributes
        return len(rest) == 2 and rest[0] in self.parts and rest[1] in MEMORY

    def read_by(self, reader: str) -> None:
        if reader != self.name:
            self.readers.add(reader)


@dataclass(slots=True)
class Names:
    """Every declared name of a model, by full name."""

    elements: dict[str, Path] = field(default_factory=dict)  # of every index
    indexes: dict[str, Scalar] = field(default_factory=dict)  # where every index is declared
    faulty_indexes: set[str] = field(default_factory=set)
    entities: dict[str, Entity] = field(default_factory=dict)
    modules: list[str] = field(default_factory=list)
    actors: dict[str, Scalar] = field(default_factory=dict)
    incomplete: set[str] = field(default_factory=set)  # modules (and "" for the root) with faults that hide names
    hints_left: int = 50  # to look for a near name among thousands takes its time

    def lookup(self, path: Path, module: str) -> tuple[Entity, Path]:
        """The entity that a dotted name begins with, and the rest of the name."""
        found = list(self._candidates(path, module))
        for entity, rest in found:
            if entity.has(rest):
                return entity, rest
        if not found:
            raise self._unknown(path, module)
        entity, rest = found[0]
        raise Unknowable if entity.faulty else _no_such_part(entity, rest)

    def _candidates(self, path: Path, module: str) -> Iterator[tuple[Entity, Path]]:
        """What a dotted name may mean, nearest first: in its own module, in the root, by its full name."""
        if module and (entity := self.entities.get(f"{module}.{path[0]}")):
            yield entity, path[1:]
        if entity := self.entities.get(path[0]):
            yield entity, path[1:]
        if len(path) > 1 and (entity := self.entities.get(f"{path[0]}.{path[1]}")):
            yield entity, path[2:]

    def _unknown(self, path: Path, module: str) -> LanguageError:
        if self.incomplete & {"", module, path[0]}:
            return Unknowable()
        name = ".".join(path)
        if path[0] in (*self.modules, *self.actors) and len(path) == 1:
            what = "a module" if name in self.modules else "an actor"
            return LanguageError("E306", f"`{name}` is {what}, not a number or an event")
        if name in BUILT_IN:
            hint = f"a measure of it has a name of its own: `time_passed: {{value: {name}}}`, say"
            return LanguageError("E306", f"`{name}` is built in, and not declared in the model", hint)
        return LanguageError("E305", f"nothing is called `{name}`", self._suggestion(path, module))

    def _suggestion(self, path: Path, module: str) -> str:
        """The full name, or the name of the same module, that is nearest to an unknown one."""
        self.hints_left -= 1
        if self.hints_left < 0:
            return ""
        known = {name: name for name in (*self.entities, *BUILT_IN)}
        for name, entity in self.entities.items():
            known.setdefault(name.rpartition(".")[2], name)
            known |= {f"{name}.{part}": f"{name}.{part}" for part in entity.parts}
        known |= {
            name.removeprefix(f"{module}."): name.removeprefix(f"{module}.")
            for name, entity in self.entities.items()
            if module and entity.module == module
        }
        for given in dict.fromkeys((".".join(path), ".".join(path[:2]), path[0], path[-1])):
            if given in known:
                return f"did you mean `{known[given]}`?"
            if hint := suggest(given, known):
                return f"did you mean `{known[hint.split('`')[1]]}`?"
        return ""

    def thing(self, path: Path, module: str) -> tuple[Entity, str]:
        """The entity of something that happens, and the kind, value or option that is meant ("" for an event)."""
        entity, rest = self.lookup(path, module)
        name = ".".join(path)
        if entity.kind in _PARTS and (len(rest) == 1 and rest[0] in entity.parts):
            return entity, rest[0]
        if entity.kind == "event" and not rest:
            return entity, ""
        if entity.kind in MACHINES and not rest:
            hint = f"name a value: `{entity.name}.{entity.parts[0]}`" if entity.parts else ""
            raise LanguageError("E306", f"`{name}` is {entity.described}, and only its values happen", hint)
        what = "a number" if rest else entity.described
        raise LanguageError("E306", f"`{name}` is {what}, nothing that happens")


def _no_such_part(entity: Entity, rest: Path) -> LanguageError:
    known: Path = MEMORY
    if rest[0] in entity.parts:
        owner, what, word = f"{entity.name}.{rest[0]}", _PARTS[entity.kind], rest[1]
    else:
        owner, what, word = entity.name, entity.described, rest[0]
        known = (*entity.parts, *entity.attributes)
    near = suggest(word, known)
    hint = near.replace("`", f"`{owner}.", 1) or (f"it has {', '.join(known)}" if known else "")
    return LanguageError("E305", f"`{owner}` is {what} and has no `{word}`", hint)


def split_reference(text: str) -> tuple[Path, str | None]:
    """The dotted name in a reference such as ``attack[donetsk].port``, and the element."""
    head, _, tail = text.partition("[")
    element, _, rest = tail.partition("]")
    return (*head.split("."), *(part for part in rest.split(".") if part)), element or None
