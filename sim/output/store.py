"""Results -> one directory, complete or absent: written beside its place as ``.partial``, then renamed."""

import contextlib
import errno
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sim.engine.results import Results
from sim.errors import OutputError
from sim.output.csv_text import csv_parts
from sim.output.journal import JOURNAL, FileJournal, identity_of
from sim.output.manifest import manifest_of, manifest_text
from sim.output.parquet import parquet_bytes, require_parquet
from sim.output.tables import Table, all_tables

try:
    import fcntl
except ImportError:  # not on this system
    fcntl = None  # type: ignore[assignment]

MANIFEST = "manifest.json"
MARK = ".crossroads-run"  # in a directory that is being written
FORMATS = ("csv", "parquet")


class Store:
    """The place of one run, claimed before the run so that nothing is computed in vain.

    Use as a context: on leaving without :meth:`save`, nothing remains but a journal that has been begun.

    Args:
        directory: where the run will stand.
        force: replace what an earlier run wrote there.
        formats: ``csv``, and perhaps ``parquet``.
        identity: what decides the results; without it there is no journal.
        resume: go on with a run of this identity that did not end.
    """

    def __init__(
        self, directory: str | Path, *, force: bool = False, formats: Sequence[str] = ("csv",),
        identity: Mapping[str, object] | None = None, resume: bool = False,
    ) -> None:  # fmt: skip
        self.directory = Path(directory)
        if self.directory.name in ("", ".."):
            raise OutputError(f"{directory or '.'} is no place for a run")
        self.partial = self.directory.with_name(self.directory.name + ".partial")
        self.force = force
        self.formats = formats
        self.resume = resume
        self.journal = None if identity is None else FileJournal(self.partial / JOURNAL, identity)
        self._lock = -1
        if "parquet" in formats:
            require_parquet()

    def __enter__(self) -> "Store":
        with _as_output_error(self.directory):
            self._check()
            if self._is_resumed():
                self._lock = _locked(self.partial)
                self._clean()
                return self
            if self.partial.exists():
                self._lock = _locked(self.partial)
                shutil.rmtree(self.partial)
                self._unlock()
            self.partial.mkdir(parents=True)
            (self.partial / MARK).touch()
            self._lock = _locked(self.partial)
        return self

    def __exit__(self, *_: object) -> None:
        if self._lock >= 0 and (self.partial / MARK).exists():
            if self.journal is None or not self.journal.is_begun:
                shutil.rmtree(self.partial, ignore_errors=True)
            else:
                self._clean()
        self._unlock()

    def save(self, results: Results, command: Sequence[str] = ()) -> Path:
        """Write the files of a run and put them in their place.

        Raises:
            OutputError: if anything cannot be written; nothing is left then.
        """
        with _as_output_error(self.directory):
            files = {name: self._write_parts(name, parts) for name, parts in _files(results, self.formats)}
            self._write(MANIFEST, manifest_text(manifest_of(results, files, command)).encode())
            self._settle()
        return self.directory

    def _check(self) -> None:
        """Refuse a place that is taken by anything but what we may replace."""
        for place, ours in ((self.directory, is_run), (self.partial, is_partial)):
            if place.is_symlink():
                raise OutputError(f"{place} is a link; give the directory itself")
            if place.exists() and not ours(place):
                raise OutputError(f"{place} exists and was not written by a run")
            if place.exists() and not self.force and not (ours is is_partial and self.resume):
                what, way = ("exists", "") if ours is is_run else ("is left from a run that did not end", self._way())
                raise OutputError(f"{place} {what}; {way}choose another place with -o, or replace it with --force")

    def _way(self) -> str:
        return "" if identity_of(self.partial / JOURNAL) is None else "go on with it by --resume, "

    def _is_resumed(self) -> bool:
        """Whether there is something to resume, of the same identity."""
        if not self.resume or self.journal is None or not self.journal.is_begun:
            return False
        self.journal.check()
        return True

    def _clean(self) -> None:
        """Leave nothing of a run that did not end but its journal."""
        for entry in self.partial.iterdir():
            if entry.name not in (MARK, JOURNAL):
                entry.unlink()

    def _unlock(self) -> None:
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def _write(self, name: str, data: bytes) -> str:
        return self._write_parts(name, [data])

    def _write_parts(self, name: str, parts: Iterable[bytes]) -> str:
        """Write a file to the disk itself, and give its sha256."""
        digest = hashlib.sha256()
        with open(self.partial / name, "xb") as file:
            for part in parts:
                file.write(part)
                digest.update(part)
            file.flush()
            os.fsync(file.fileno())
        return digest.hexdigest()

    def _settle(self) -> None:
        """Put the finished directory in its place. What the user added to the one it replaces is carried over."""
        _sync_directory(self.partial)
        if self.directory.exists():
            self._replace()
        else:
            self.partial.rename(self.directory)
        shutil.rmtree(self.directory / JOURNAL, ignore_errors=True)
        (self.directory / MARK).unlink()
        _sync_directory(self.directory.parent)

    def _replace(self) -> None:
        ours = {MANIFEST, MARK, JOURNAL, *_manifest(self.directory).get("files", {})}
        foreign = [entry.name for entry in self.directory.iterdir() if entry.name not in ours]
        for name in foreign:
            if os.path.lexists(self.partial / name):
                raise OutputError(f"{self.directory / name} is in the way, and not from the run that stands there")
        old = self.directory.with_name(f"{self.directory.name}.replaced-{os.getpid()}")
        self.directory.rename(old)
        try:
            self.partial.rename(self.directory)
        except OSError:
            old.rename(self.directory)
            raise
        for name in foreign:
            (old / name).rename(self.directory / name)
        shutil.rmtree(old)


def save(
    results: Results, directory: str | Path, *, force: bool = False, formats: Sequence[str] = ("csv",),
    command: Sequence[str] = (),
) -> Path:  # fmt: skip
    """Write the files of a run into a directory of its own."""
    with Store(directory, force=force, formats=formats) as store:
        return store.save(results, command)


def _files(results: Results, formats: Sequence[str]) -> Iterator[tuple[str, Iterable[bytes]]]:
    writers: dict[str, Callable[[Table], Iterable[bytes]]] = {
        "csv": lambda table: (part.encode() for part in csv_parts(table)),
        "parquet": lambda table: [parquet_bytes(table)],
    }
    for table in all_tables(results):
        for name in dict.fromkeys(("csv", *formats)):
            yield f"{table.name}.{name}", writers[name](table)


def is_run(place: Path) -> bool:
    """Whether a run of ours stands there."""
    return place.is_dir() and _manifest(place).get("complete") is True and "crossroads" in _manifest(place)


def is_partial(place: Path) -> bool:
    """Whether a run of ours is being written there, or died while it was."""
    return place.is_dir() and (place / MARK).is_file() and not (place / MARK).is_symlink()


def _locked(place: Path) -> int:
    """The mark of a directory, locked as long as this process has it open."""
    handle = os.open(place / MARK, os.O_RDWR)
    if fcntl is not None:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(handle)
            if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
                raise OutputError(f"another run is writing {place}") from error
            return os.open(place / MARK, os.O_RDWR)  # a file system without locks
    return handle


def _manifest(place: Path) -> dict[str, Any]:
    try:
        found = json.loads((place / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _sync_directory(place: Path) -> None:
    with contextlib.suppress(OSError):  # not every file system knows this
        handle = os.open(place, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextlib.contextmanager
def _as_output_error(place: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise OutputError(f"cannot write {error.filename or place}: {reason}") from error
