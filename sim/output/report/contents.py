"""What a report is about: the tables of one or more run directories as one, with a name and a place for everything."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from sim.errors import UsageError
from sim.output.report import colours
from sim.output.report.reading import RunDirectory
from sim.output.report.text import clip, humanised, is_number

if TYPE_CHECKING:
    import pandas as pd

BASELINE = "baseline"
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Thing:
    """A scenario, outcome or other named thing, with the number that its colour goes by."""

    key: str
    title: str
    index: int


@dataclass(frozen=True)
class Link:
    """A file beside the report."""

    label: str
    href: str


@dataclass(frozen=True)
class Report:
    """Everything that sections are made of; tables are read when they are first asked for."""

    directories: tuple[RunDirectory, ...]
    target: Path
    given_title: str | None = None
    chosen: tuple[str, ...] = ()
    cache: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def title(self) -> str:
        if self.given_title is not None:
            return self.given_title
        titles = dict.fromkeys(_study_title(run) for run in self.directories)
        return " · ".join(titles)

    @property
    def manifest(self) -> Mapping[str, Any]:
        """The manifest of the first directory."""
        return self.directories[0].manifest

    @property
    def is_of_sweeps(self) -> bool:
        """Whether there are sweeps only, whose tables are of many points and not of one run."""
        return all(run.is_sweep for run in self.directories)

    @cached_property
    def about(self) -> str:
        """What the study asks, where it says so; of several directories only what they have in common.

        A run of one scenario that was picked out answers less than that, so nothing is said.
        """
        return "" if any(_is_picked(run) for run in self.directories) else self._shared("about")

    @cached_property
    def model_about(self) -> str:
        return self._shared("model_about")

    def _shared(self, key: str) -> str:
        told = {_text(run.manifest.get(key)) for run in self.directories}
        return told.pop() if len(told) == 1 else ""

    def scenario_about(self, key: str) -> str:
        return self._of_scenario("scenario_abouts", key)[0]

    @cached_property
    def scenarios(self) -> tuple[Thing, ...]:
        """All scenarios, the one that others are compared with first."""
        names = [name for run in self.directories for name in self._names_in(run).values()]
        names += [name for name in self._in_tables("scenario", ("outcomes", "measures")) if name not in names]
        ordered = sorted(dict.fromkeys(names), key=lambda name: name.split(" (")[0] != BASELINE)
        return tuple(Thing(name, self._scenario_title(name), i) for i, name in enumerate(ordered))

    @cached_property
    def outcomes(self) -> tuple[Thing, ...]:
        names = dict.fromkeys(self._in_tables("outcome", ("outcomes",)) + self._compared_outcomes())
        for run in self.directories:
            swept = run.swept("outcomes")
            names |= dict.fromkeys(map(str, [] if swept is None else swept["outcome"].unique()))
        return tuple(Thing(name, self.name_of(name), i) for i, name in enumerate(names))

    def _compared_outcomes(self) -> list[str]:
        frame = self.table("compare")
        if not {"kind", "what"} <= set(frame.columns):
            return []
        return [str(name) for name in frame.loc[frame["kind"] == "outcome", "what"].unique()]

    def scenario(self, key: str) -> Thing:
        return next((s for s in self.scenarios if s.key == key), Thing(key, humanised(key), len(self.scenarios)))

    def outcome(self, key: str) -> Thing:
        return next((o for o in self.outcomes if o.key == key), Thing(key, self.name_of(key), len(self.outcomes)))

    def name_of(self, key: str) -> str:
        """The title of anything but a scenario: as the run gives it, or made of its name."""
        return self._titles.get(key) or humanised(key)

    @cached_property
    def _titles(self) -> dict[str, str]:
        """Titles that manifests and ``columns.csv`` give."""
        found: dict[str, str] = {}
        for run in self.directories:
            found |= _titles_of_columns(run.table("columns"))
            for key in ("titles", "outcome_titles", "measure_titles", "question_titles"):
                given = run.manifest.get(key)
                found |= {str(k): v for k, v in given.items() if isinstance(v, str)} if isinstance(given, dict) else {}
        return found

    @cached_property
    def meanings(self) -> dict[str, str]:
        """What parameters are, in a sentence, as ``columns.csv`` tells it for kept trajectories."""
        rows = self.rows("columns")
        told = {r["column"]: str(r["meaning"]) for r in rows if r.get("table") == "experiments"}
        return {k: v.removeprefix("Parameter. ") for k, v in told.items() if v.startswith("Parameter. ")}

    def _scenario_title(self, name: str) -> str:
        title, where = self._of_scenario("scenario_titles", name)
        if title:
            return title + where
        return humanised(name) if "(" not in name else name.replace("_", " ").capitalize()

    def _of_scenario(self, key: str, name: str) -> tuple[str, str]:
        """A text of a scenario from the first manifest that has it, and what tells its directory from others."""
        for run in self.directories:
            given = run.manifest.get(key)
            for own, shown in self._names_in(run).items():
                if shown == name and isinstance(given, dict) and (found := _text(given.get(own))):
                    return found, name.removeprefix(own)
        return "", ""

    def _names_in(self, run: RunDirectory) -> dict[str, str]:
        """Scenarios of a directory -> their names in the report, which say the directory where two are called alike."""
        names = _scenario_names(run)
        runs = [other for other in self.directories if other.file_of("outcomes") and not other.is_sweep]
        if run not in runs:
            return {name: name for name in names}
        others = {name for other in runs if other is not run for name in _scenario_names(other)}
        return {name: f"{name} ({run.name})" if name in others else name for name in names}

    def has(self, table: str) -> bool:
        if table == "trajectories":  # too large to be read for this alone
            return any(run.file_of(table) is not None for run in self.directories)
        return any(run.table(table) is not None for run in self.directories)

    def table(self, table: str) -> "pd.DataFrame":
        """A table of all directories; empty where none has it."""
        return self.once(table, lambda: self._joined(table))

    def rows(self, table: str) -> list[Row]:
        """A table as rows, for those that are not large."""
        found: list[Row] = self.once(f"rows of {table}", lambda: rows_of(self.table(table)))
        return found

    def once(self, key: str, make: Callable[[], Any]) -> Any:
        """Something that is made when it is first asked for."""
        if key not in self.cache:
            self.cache[key] = make()
        return self.cache[key]

    def _joined(self, table: str) -> "pd.DataFrame":
        import pandas as pd

        frames = [self._named(run, table) for run in self.directories if run.table(table) is not None]
        if len(frames) == 1:
            return frames[0]
        return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()

    def trajectories(self, scenario: str) -> "pd.DataFrame | None":
        """The kept trajectories of a scenario, by its name in the report."""
        for run in self.directories:
            for own, key in self._names_in(run).items():
                if key == scenario and (found := run.trajectories(own)) is not None:
                    return found
        return None

    def rows_beside(self, scenario: str, table: str) -> list[Row]:
        """The rows of a table of the run that has the scenario."""
        tables = (run.table(table) for run in self.directories if scenario in self._names_in(run).values())
        return next((rows_of(found) for found in tables if found is not None), [])

    def _named(self, run: RunDirectory, table: str) -> "pd.DataFrame":
        frame = run.table(table)
        assert frame is not None
        names = self._names_in(run)
        if "scenario" in frame.columns and any(key != name for name, key in names.items()):
            frame = frame.assign(scenario=frame["scenario"].map(lambda name: names.get(name, name)))
        return frame

    def _in_tables(self, column: str, tables: Iterable[str]) -> list[str]:
        frames = (self.table(table) for table in tables)
        return [str(x) for frame in frames if column in frame.columns for x in frame[column].unique()]

    def links(self, *tables: str) -> tuple[Link, ...]:
        """The files behind a chart, as links from where the report will lie."""
        several = len(self.directories) > 1
        return tuple(
            Link(clip(f"{run.name}/{name}" if several else name, 60), self._address(run, name))
            for table in tables
            for run in self.directories
            if (name := run.file_of(table)) is not None
        )

    def _address(self, run: RunDirectory, name: str) -> str:
        """Relative, and quoted so that no name can read as anything but a path."""
        path = (run.path.resolve() / name).as_posix()
        try:
            path = Path(os.path.relpath(path, self.target.resolve().parent)).as_posix()
        except ValueError:  # on another drive
            return Path(path).as_uri()
        return quote(os.fsencode(path), safe="/")

    def require_measures(self) -> None:
        """Refuse measures that were asked for and that no table has."""
        known = [*self._in_tables("measure", ("measures",)), *self._in_tables("variable", ("states",))]
        unknown = [name for name in self.chosen if name not in known]
        if unknown:
            there = ", ".join(dict.fromkeys(known)) or "none"
            raise UsageError(f"no such measure: {', '.join(unknown)}; there are: {there}")


def _study_title(run: RunDirectory) -> str:
    told = (_text(run.manifest.get(key)).strip() for key in ("title", "study", "model"))
    return next(filter(None, told), run.name)


def _is_picked(run: RunDirectory) -> bool:
    """Whether the command named the only scenario, whatever the study has."""
    command = run.manifest.get("command")
    words = map(str, command) if isinstance(command, list) else ()
    return any(word.split("=")[0] == "--scenario" for word in words)


def _scenario_names(run: RunDirectory) -> list[str]:
    given = run.manifest.get("scenarios")
    return [str(name) for name in given] if isinstance(given, list) else []


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _titles_of_columns(columns: "pd.DataFrame | None") -> dict[str, str]:
    if columns is None or not {"table", "column", "meaning"} <= set(columns.columns):
        return {}
    rows = columns[columns["table"] == "trajectories"].to_dict("records")
    told = {r["column"]: str(r["meaning"]) for r in rows if r["column"] not in ("scenario", "trajectory", "date")}
    return {k: v for k, v in told.items() if v and not v.startswith(("Measure ", "Value of "))}


def rows_of(frame: "pd.DataFrame") -> list[Row]:
    """The rows of a table as mappings."""
    names = [str(name) for name in frame.columns]
    return [dict(zip(names, row, strict=True)) for row in zip(*(frame[c].tolist() for c in frame.columns), strict=True)]


def number(row: Row, column: str) -> float:
    """A number of a row, NaN where there is none."""
    value = row.get(column)
    return float(value) if is_number(value) and value is not None else float("nan")


def band_of(row: Row) -> tuple[float, float]:
    """The epistemic band; NaN where it is a point, as no spread between parameter draws was left of the chance."""
    low, high = number(row, "epistemic_p05"), number(row, "epistemic_p95")
    return (low, high) if low < high else (float("nan"), float("nan"))


def colour_class(thing: Thing, kind: str = "s") -> str:
    return colours.colour(kind, thing.index)


def grouped(rows: Sequence[Row], *columns: str) -> dict[Any, list[Row]]:
    """Rows by the value of a column (of several: by the tuple), in the order of appearance."""
    found: dict[Any, list[Row]] = {}
    for row in rows:
        key = tuple(row.get(c) for c in columns)
        found.setdefault(key if len(columns) > 1 else key[0], []).append(row)
    return found
