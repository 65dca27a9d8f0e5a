"""``crossroads report``: finished runs as one page, and their charts as figures."""

from collections.abc import Sequence
from pathlib import Path

from sim.commands.terminal import Terminal


def report_command(
    directories: Sequence[Path],
    out: Path,
    title: str | None,
    measures: Sequence[str],
    figures: Path | None,
    terminal: Terminal,
) -> int:
    """Write the page and, where asked, the figures; say where they are; the exit status."""
    from sim.output.report import write_report

    page = write_report(directories, out, title=title, measures=measures)
    written = [str(page)]
    if figures is not None:
        from sim.output.figures import write_figures

        written += [str(file) for file in write_figures(directories, figures, measures=measures)]
    if terminal.as_json:
        terminal.document({"report": str(page), "figures": written[1:]})
    else:
        terminal.result("\n".join(written))
    return 0
