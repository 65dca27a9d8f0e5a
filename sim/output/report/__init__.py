"""One offline HTML page that tells what runs found.

    write_report([Path("results/talks_collapse")], Path("report.html"))

The page needs no network and no other file; its text and tables need no JavaScript.
"""

from collections.abc import Sequence
from pathlib import Path

from sim.output.text_file import refuse_taken, write_text

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
    refuse_taken(target, MARK)
    report = Report(open_directories([Path(d) for d in directories]), target, title, tuple(measures))
    report.require_measures()
    write_text(target, render(report).encode("utf-8", errors="replace").decode("utf-8"), MARK)
    return target
