"""One offline HTML page that tells what runs found.

    write_report([Path("results/talks_collapse")], Path("report.html"))

The page needs no network and no other file; its text and tables need no JavaScript.
"""

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from sim.errors import OutputError

__all__ = ["write_report"]


def write_report(
    directories: Sequence[Path], target: Path, *, title: str | None = None, measures: Sequence[str] = ()
) -> Path:
    """Make one report of run, sweep and compare directories.

    Args:
        directories: complete directories of this version, unchanged since they were written.
        target: the file; an earlier report there is replaced, anything else is not.
        title: instead of the study's own.
        measures: the measures, phases and decisions to draw over time, in this order; default: all.

    Returns:
        The file.

    Raises:
        UsageError: if a directory is no complete run of this version, or has changed; or for an unknown measure.
        OutputError: if the file cannot be written.
    """
    from sim.output.report.contents import Report
    from sim.output.report.page import MARK, render
    from sim.output.report.reading import open_directories

    target = Path(target)
    _refuse(target, MARK)
    report = Report(open_directories([Path(d) for d in directories]), target, title, tuple(measures))
    report.require_measures()
    _write(target, render(report).encode("utf-8", errors="replace"))
    return target


def _refuse(target: Path, mark: str) -> None:
    """Refuse a place that is taken by anything but an earlier report."""
    try:
        if target.is_dir():
            raise OutputError(f"{target} is a directory; give the name of a file")
        if target.exists():
            with target.open("rb") as stream:
                if mark.encode() not in stream.read(4096):
                    raise OutputError(f"{target} exists and is no report of ours; choose another name with -o")
    except OSError as error:
        raise OutputError(f"cannot write {target}: {error.strerror or error}") from None


def _write(target: Path, data: bytes) -> None:
    """The file as a whole or not at all."""
    temporary = None
    try:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=".report-", suffix=".tmp")
        temporary = Path(name)
        with open(handle, "wb") as stream:
            stream.write(data)
            os.fchmod(stream.fileno(), 0o666 & ~_umask())
        temporary.replace(target)
    except OSError as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        raise OutputError(f"cannot write {target}: {error.strerror or error}") from None


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
