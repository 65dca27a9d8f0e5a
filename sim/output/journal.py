"""What an unfinished run has done so far: a folder in its ``.partial``, from which the same run can go on.

Each entry is a file of its own: a sha256, then a pickle. It is written to a temporary name and renamed, so that it is
whole or absent; what is damaged counts as absent. Reading makes nothing but the numbers and records of this package.
"""

import hashlib
import io
import json
import os
import pickle
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from sim.errors import UsageError

JOURNAL = "journal"
IDENTITY = "identity.json"
INTERVAL = 5.0  # seconds between writings
SHARE = 50  # and at least this many times as long as the last took
DIGEST = 32
MODULES = ("sim.engine.", "sim.model.declarations", "sim.language.tree", "sim.compiler.program", "sim.errors")
NAMES = {
    ("builtins", "frozenset"),
    ("builtins", "set"),
    ("collections", "OrderedDict"),
    ("datetime", "date"),
    ("numpy", "dtype"),
    ("numpy", "ndarray"),
}
NUMPY = {"_reconstruct", "_frombuffer", "scalar"}


class FileJournal:
    """The journal of one run.

    Args:
        folder: where it lies; made when something is first written.
        identity: what decides the results, by name as the user knows it.
    """

    def __init__(self, folder: Path, identity: Mapping[str, object]) -> None:
        self.folder, self.identity = folder, json.loads(json.dumps(identity))
        self.trouble = ""  # why it cannot be written
        self._cost, self._last = 0.0, time.monotonic()

    @property
    def is_due(self) -> bool:
        return time.monotonic() - self._last >= max(INTERVAL, SHARE * self._cost)

    @property
    def is_begun(self) -> bool:
        return (self.folder / IDENTITY).exists()

    def check(self) -> None:
        """Refuse a journal of something else.

        Raises:
            UsageError: saying what differs.
        """
        found = identity_of(self.folder)
        if found is None:
            return
        names = [name for name in {**self.identity, **found} if found.get(name) != self.identity.get(name)]
        if names:
            said = "; ".join(_difference(name, found.get(name), self.identity.get(name)) for name in names)
            raise UsageError(f"{self.folder.parent} is left from another run and cannot be resumed: {said}")

    def read(self, name: str) -> Any:
        """What was written under a name, None where there is nothing sound."""
        try:
            content = (self.folder / name).read_bytes()
        except OSError:
            return None
        digest, entry = content[:DIGEST], memoryview(content)[DIGEST:]
        if not self.is_begun or hashlib.sha256(entry).digest() != digest:
            return None
        try:
            return _Reader(io.BytesIO(entry)).load()
        except Exception:  # whatever an entry of another making can raise, it is none of ours
            return None

    def write(self, entries: Mapping[str, object]) -> bool:
        """Write entries, or (None) delete what they replace; whether that could be done."""
        began = time.monotonic()
        try:
            self._begin()
            for name, value in entries.items():
                if value is not None:
                    self._put(name, partial(_write_entry, value=value))
            for name, value in entries.items():
                if value is None:
                    (self.folder / name).unlink(missing_ok=True)
            self.trouble = ""
        except OSError as error:
            self.trouble = f"{self.folder} cannot be written ({(error.strerror or str(error)).lower()})"
        self._last = time.monotonic()
        self._cost = self._last - began
        return not self.trouble

    def _begin(self) -> None:
        self.folder.mkdir(exist_ok=True)
        if not self.is_begun:
            text = json.dumps(self.identity, indent=2).encode()
            self._put(IDENTITY, lambda file: file.write(text))

    def _put(self, name: str, write: Callable[[BinaryIO], object]) -> None:
        """A file, whole or not at all."""
        temporary = self.folder / f".{name}.new"
        try:
            with open(temporary, "wb") as file:
                write(file)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self.folder / name)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


class _Hashed:
    """Writes through to a file and sums up what it writes."""

    def __init__(self, file: BinaryIO) -> None:
        self.file, self.sha256 = file, hashlib.sha256()

    def write(self, data: bytes) -> int:
        self.sha256.update(data)
        return self.file.write(data)


def _write_entry(file: BinaryIO, value: object) -> None:
    """A sha256, then a pickle, which is never whole in memory."""
    file.write(bytes(DIGEST))
    hashed = _Hashed(file)
    pickle.dump(value, hashed, protocol=5)
    file.seek(0)
    file.write(hashed.sha256.digest())


def identity_of(folder: Path) -> dict[str, Any] | None:
    """Whose journal lies there; None where there is none."""
    try:
        found = json.loads((folder / IDENTITY).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _difference(name: str, theirs: object, ours: object) -> str:
    shown = [json.dumps(value, ensure_ascii=False) for value in (theirs, ours)]
    if name.endswith("_sha256") or max(map(len, shown)) > 80:
        return f"{name.removesuffix('_sha256').replace('_', ' ')} has changed"
    return f"{name.replace('_', ' ')} was {shown[0]}, and is {shown[1]}"


class _Reader(pickle.Unpickler):
    """Makes arrays and our own records, and calls nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in NAMES or (module.startswith("numpy.") and name in NUMPY):
            return super().find_class(module, name)
        if module.startswith(MODULES) and "." not in name:
            found = super().find_class(module, name)
            if isinstance(found, type) and found.__module__ == module:
                return found
        raise pickle.UnpicklingError(f"{module}.{name} is no part of a journal")
