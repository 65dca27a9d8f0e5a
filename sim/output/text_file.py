"""Single text files: a new one, or one of ours that is replaced whole."""

import os
from pathlib import Path

from sim.errors import OutputError

KNOWN_BY = 4096  # bytes at the start of a file among which its mark stands


def make_way(path: Path, mark: str) -> None:
    """Make the folder of a file that is to be written, and see that its place is free or ours, before any work.

    Raises:
        OutputError: if it cannot be made, or the place is taken by what we did not write.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror or error}") from error
    refuse_taken(path, mark)


def refuse_taken(path: Path, mark: str) -> None:
    """Refuse a place that is taken by anything but a file of ours, which begins with its mark.

    Raises:
        OutputError: saying what stands there.
    """
    if not os.path.lexists(path):
        return
    if not path.is_file():
        kind = "a directory" if path.is_dir() else "no file that could be replaced"
        raise OutputError(f"{path} is {kind}; give the name of a file")
    try:
        with path.open("rb") as stream:
            is_ours = mark.encode() in stream.read(KNOWN_BY)
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror or error}") from error
    if not is_ours:
        raise OutputError(f"{path} exists and was not written by this command; choose another name, or move it away")


def write_text(path: Path, text: str, mark: str) -> None:
    """Write a file, or replace one of ours: ``mark`` is what stands at the start of both.

    Raises:
        OutputError: if it cannot be written, or something else stands there, which still does then.
    """
    refuse_taken(path, mark)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        try:
            partial.write_text(text, encoding="utf-8", newline="")
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror or error}") from error


def write_new(path: Path, text: str) -> None:
    """Write a file that does not exist yet.

    Raises:
        OutputError: if it exists, or cannot be written.
    """
    try:
        with open(path, "x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        raise OutputError(f"{path} exists already") from None
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror}") from error
