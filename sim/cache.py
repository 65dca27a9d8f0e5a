"""What took time and can be had again, kept in the platform's user cache directory (``XDG_CACHE_HOME`` is honoured).

An entry is bound to the code that makes it and to its own checksum. It is written to a temporary name and renamed, so
that two processes may race. A cache that is damaged or cannot be written costs time, never an answer or an error.
"""

import contextlib
import functools
import hashlib
import os
import pickle
import sys
import tempfile
from pathlib import Path
from typing import Any


def key_of(rooms: tuple[str, ...], *parts: object) -> str:
    """A name for what the code in these folders and files of the package, and this Python, make from these parts."""
    content = "\0".join([_code(rooms), sys.version, *(repr(part) for part in parts)])
    return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()


def fetch(kind: str, key: str) -> Any:
    """What was kept under a key, None where there is nothing sound."""
    with contextlib.suppress(Exception):  # whatever a damaged file can raise, it is no entry
        content = (folder(kind) / key).read_bytes()
        digest, entry = content[:32], content[32:]
        if hashlib.sha256(entry).digest() == digest:
            return pickle.loads(entry)
    return None


def keep(kind: str, key: str, value: object) -> None:
    """Keep a value, if the disk lets us."""
    entry = pickle.dumps(value, protocol=5)
    with contextlib.suppress(OSError):
        place = folder(kind)
        place.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=place)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(hashlib.sha256(entry).digest() + entry)
            os.replace(name, place / key)
        except OSError:
            Path(name).unlink(missing_ok=True)


def folder(kind: str) -> Path:
    """Where entries of a kind lie."""
    import platformdirs

    return Path(platformdirs.user_cache_dir("crossroads")) / kind


@functools.cache
def _code(rooms: tuple[str, ...]) -> str:
    """Changes whenever a file in the rooms does."""
    package = Path(__file__).parent
    files = [file for room in rooms for file in sorted((package / room).rglob("*.py")) or [package / room]]
    stats = [(str(file.relative_to(package)), (stat := file.stat()).st_size, stat.st_mtime_ns) for file in files]
    return hashlib.sha256(repr(stats).encode()).hexdigest()
