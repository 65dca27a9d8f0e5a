"""Single text files: a new one, or one that is replaced whole."""

import os
from pathlib import Path

from sim.errors import OutputError


def write_text(path: Path, text: str) -> None:
    """Write or replace a file, making its folder where that is missing.

    Raises:
        OutputError: if it cannot be written; what stood there still does.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
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
