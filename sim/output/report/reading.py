"""Opens run directories: is each complete, of this version and unchanged, and what do its tables say."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import sim
from sim.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd

FORMAT = 1  # of run directories: that of ``sim.output.manifest``, which would bring the engine with it
TEXT_COLUMNS = frozenset(
    "scenario scenario_a scenario_b kind aspect paired"
    " outcome question event measure variable parameter target table column what from to answer asks by date"
    " phrase median_date first_p10 first_p50 first_p90 unit value prior source confidence meaning end_date".split()
)
REQUIRED: Mapping[str, tuple[str, ...]] = {
    "outcomes": ("scenario", "outcome", "k", "n", "p", "p_low", "p_high"),
    "questions": ("scenario", "question", "answer", "k", "n", "p", "p_low", "p_high"),
    "events": ("scenario", "event", "k", "n", "p", "p_low", "p_high"),
    "measures": ("scenario", "measure", "date", "mean", "p05", "p25", "p50", "p75", "p95"),
    "states": ("scenario", "variable", "value", "date", "share"),
    "parameters": ("parameter",),
    "drivers": ("scenario", "target", "parameter", "s1"),
    "convergence": ("scenario", "outcome", "n", "p", "p_low", "p_high"),
    "trajectories": ("scenario", "trajectory", "date"),
    "experiments": ("scenario", "trajectory", "outcome"),
    "transitions": ("scenario_a", "scenario_b", "from", "to", "k"),
}
SHOWN = ("outcomes.csv", "compare.csv", "transitions.csv", "points.csv")  # a directory with none of them has no answer
KEPT_LIMIT = 500  # kept trajectories of a scenario that are read
CHUNK = 50_000
SPREADSHEET_GUARDS = ("'=", "'+", "'-", "'@", "'\t", "'\r")


@dataclass(frozen=True)
class RunDirectory:
    """A directory whose files are what its manifest says they are."""

    path: Path
    manifest: Mapping[str, object]
    tables: dict[str, "pd.DataFrame"] = field(default_factory=dict, repr=False, compare=False)

    @property
    def name(self) -> str:
        return self.path.resolve().name

    @property
    def files(self) -> Mapping[str, str]:
        """Every file of the run with its sha256."""
        files = self.manifest["files"]
        assert isinstance(files, Mapping)
        return files

    def file_of(self, table: str) -> str | None:
        """The file that holds a table, CSV before Parquet; None where the run has none."""
        return next((name for name in (f"{table}.csv", f"{table}.parquet") if name in self.files), None)

    @property
    def is_sweep(self) -> bool:
        """Whether the tables are of many points, each a run of its own."""
        return self.file_of("points") is not None

    def table(self, table: str) -> "pd.DataFrame | None":
        """A table of the run; None where it has none or an empty one. Of a sweep, what is not of its points."""
        return None if self.is_sweep and table not in ("points", "columns") else self._table(table)

    def swept(self, table: str) -> "pd.DataFrame | None":
        """A table of a sweep, with the number of the point in its first column."""
        found = self._table(table) if self.is_sweep else None
        return found if found is not None and "point" in found.columns else None

    def _table(self, table: str) -> "pd.DataFrame | None":
        name = self.file_of(table)
        if name is None:
            return None
        if table not in self.tables:
            self.tables[table] = _read(self.path / name, REQUIRED.get(table, ()))
        return self.tables[table] if len(self.tables[table]) else None

    def trajectories(self, scenario: str) -> "pd.DataFrame | None":
        """The kept trajectories of one scenario, the first by number; the file may be far larger than memory."""
        import pandas as pd

        name = self.file_of("trajectories")
        if name is None:
            return None
        frames = (
            part[(part["scenario"] == scenario) & (pd.to_numeric(part["trajectory"], errors="coerce") < KEPT_LIMIT)]
            for part in _parts(self.path / name)
        )
        found = [part for part in frames if len(part)]
        return _plain(pd.concat(found, ignore_index=True)) if found else None


def open_directories(paths: Sequence[Path]) -> tuple[RunDirectory, ...]:
    """All directories, opened and verified; one error names everything that is wrong with any of them."""
    if not paths:
        raise UsageError("a report needs at least one run directory")
    opened: dict[Path, RunDirectory] = {}
    problems: list[str] = []
    for path in paths:
        try:
            opened.setdefault(path.resolve(), open_directory(path))
        except UsageError as error:
            problems.append(str(error))
    if problems:
        raise UsageError("\n".join(problems))
    return tuple(opened.values())


def open_directory(path: Path) -> RunDirectory:
    """A run directory, or a UsageError that says what it is instead."""
    run = RunDirectory(path, _manifest(path))
    problems = _changed_files(run)
    if problems:
        raise UsageError("\n".join(f"{path}: {problem}" for problem in problems))
    if not any(name in run.files for name in SHOWN):
        raise UsageError(f"{path}: holds none of {', '.join(SHOWN)}, so there is nothing to report")
    return run


def _manifest(path: Path) -> Mapping[str, object]:
    manifest = _load_manifest(path)
    if manifest.get("complete") is not True:
        raise UsageError(f"{path}: not a complete run (its manifest.json does not say so)")
    if (other := _other_version(manifest)) is not None:
        raise UsageError(
            f"{path}: written by {other}, and this is version {sim.__version__}; run the study again, "
            "or make the report with the version that wrote it"
        )
    files = manifest.get("files")
    if not isinstance(files, dict) or not all(isinstance(digest, str) for digest in files.values()):
        raise UsageError(f"{path}: its manifest.json does not list the files of the run with their sha256")
    return manifest


def _other_version(manifest: Mapping[str, object]) -> str | None:
    """The version that wrote a manifest, in words, where it is not this one."""
    for key in ("crossroads", "version"):
        if manifest.get(key, sim.__version__) != sim.__version__:
            return f"version {manifest[key]}"
    return None if manifest.get("format", FORMAT) == FORMAT else f"a version with format {manifest['format']}"


def _load_manifest(path: Path) -> Mapping[str, object]:
    if not path.is_dir():
        raise UsageError(f"{path}: {_not_a_directory(path)}")
    try:
        manifest = json.loads((path / "manifest.json").read_bytes().decode("utf-8"))
    except FileNotFoundError:
        raise UsageError(f"{path}: not a complete run (it has no manifest.json)") from None
    except OSError as error:
        raise UsageError(f"{path}: manifest.json cannot be read ({error.strerror})") from None
    except (ValueError, RecursionError):
        raise UsageError(f"{path}: its manifest.json is not JSON") from None
    if not isinstance(manifest, dict):
        raise UsageError(f"{path}: its manifest.json is not a manifest of a run")
    return manifest


def _not_a_directory(path: Path) -> str:
    if path.exists():
        return "not a directory"
    if path.with_name(path.name + ".partial").is_dir():
        return "the run is not finished; the same command with --resume completes it"
    return "there is no such directory"


def _changed_files(run: RunDirectory) -> list[str]:
    problems = []
    for name, digest in run.files.items():
        if not _is_inside(name):
            problems.append(f"its manifest.json names a file outside it ({name})")
            continue
        try:
            if _sha256(run.path / name) != digest.lower().removeprefix("sha256:"):
                problems.append(f"{name} has changed since the run wrote it (its sha256 is not the manifest's)")
        except FileNotFoundError:
            problems.append(f"{name} is missing, though the manifest lists it")
        except OSError as error:
            problems.append(f"{name} cannot be read ({error.strerror})")
    return problems


def _is_inside(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return bool(parts) and not PurePosixPath(name).is_absolute() and ".." not in parts and "\0" not in name


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _read(path: Path, required: tuple[str, ...]) -> "pd.DataFrame":
    """A table with text as text and numbers as numbers (an empty cell of a number is NaN)."""
    try:
        frame = _read_parquet(path) if path.suffix == ".parquet" else _read_text(path)
        _require(path, frame, required)
        return _plain(frame)
    except (ValueError, TypeError, OSError) as error:
        raise UsageError(f"{path}: cannot be read as a table ({_first_line(error)})") from None


def _require(path: Path, frame: "pd.DataFrame", required: tuple[str, ...]) -> None:
    """Refuse a table without the columns of this version."""
    missing = [column for column in required if column not in frame.columns]
    if missing and len(frame.columns):
        raise UsageError(f"{path}: has no column {', '.join(missing)}, so it is from another version")


def _parts(path: Path) -> "Iterator[pd.DataFrame]":
    """A table of kept trajectories, some rows at a time."""
    try:
        for frame in [_read_parquet(path)] if path.suffix == ".parquet" else _read_text(path, CHUNK):
            _require(path, frame, REQUIRED["trajectories"])
            yield frame
    except (ValueError, TypeError, OSError) as error:
        raise UsageError(f"{path}: cannot be read as a table ({_first_line(error)})") from None


def _read_text(path: Path, rows: int | None = None) -> Any:
    """A CSV file with text as Python strings, and numbers wherever all filled cells of a column are; or parts of it."""
    import pandas as pd

    try:
        names = list(pd.read_csv(path, nrows=0, encoding="utf-8").columns)
    except pd.errors.EmptyDataError:
        return pd.DataFrame()
    texts = {name: object for name in names if name in TEXT_COLUMNS}
    blanks = {name: [""] for name in names if name not in TEXT_COLUMNS}
    return pd.read_csv(
        path, dtype=texts, na_values=blanks, keep_default_na=False, encoding="utf-8", low_memory=False, chunksize=rows
    )  # fmt: skip


def _read_parquet(path: Path) -> "pd.DataFrame":
    import pandas as pd

    try:
        frame = pd.read_parquet(path)
    except ImportError:
        raise UsageError(f"{path}: reading it needs the extra crossroads-sim[parquet]") from None
    return frame


def _plain(frame: "pd.DataFrame") -> "pd.DataFrame":
    """The same table with its text as Python strings, less a spreadsheet guard."""
    import pandas as pd

    columns = {name: frame[name] if frame[name].dtype.kind in "fiu" else _text(frame[name]) for name in frame.columns}
    return pd.DataFrame(columns)


def _text(values: "pd.Series[Any]") -> "pd.Series[Any]":
    found = values.astype(object).where(values.notna(), "").astype(str).astype(object)
    guarded = found.str.startswith(SPREADSHEET_GUARDS)
    return found.where(~guarded, found.str[1:])


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
