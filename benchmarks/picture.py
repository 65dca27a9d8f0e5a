"""The benchmarks as one picture, drawn by :mod:`benchmarks.page`."""

from pathlib import Path
from typing import Any

from benchmarks.tools import Table, Tables, number

BLUE, ORANGE, GREEN, GREY = "#0072B2", "#D55E00", "#009E73", "#666666"  # Okabe and Ito: told apart by everyone


def _bars(axes: Any, names: list[str], rows: Table, columns: tuple[str, str, str], colour: str, shift: float) -> None:
    for place, name in enumerate(names):
        row = next((row for row in rows if row["what"] == name and row[columns[0]]), None)
        if row is None:
            continue
        middle, low, high = (number(row, column) for column in columns)
        y = place + shift
        axes.plot([low, high], [y, y], color=colour, linewidth=1.5, alpha=0.6)
        axes.plot([middle], [y], "o" if colour == BLUE else "s", color=colour, markersize=5)
        shown = f"{middle:,.0f}" if middle >= 100 else f"{middle:.3g}"
        axes.annotate(shown, (high, y), (4, 0), textcoords="offset points", va="center", fontsize=7)


def peers(axes: Any, rows: Table) -> None:
    names = list(dict.fromkeys(row["what"] for row in rows if row["what"] != "kernel"))
    for model, colour, shift in (("synthetic", BLUE, -0.17), ("ukraine", ORANGE, 0.17)):
        mine = [row for row in rows if row["model"] == model]
        _bars(axes, names, mine, ("ratio", "ratio_least", "ratio_most"), colour, shift)
        axes.plot([], [], "o" if colour == BLUE else "s", color=colour, label=model)
    axes.axvline(1, color=GREY, linewidth=0.8)
    axes.set(xscale="log", yticks=range(len(names)), yticklabels=names, title="Time, in times of the kernel's")
    axes.set_xlim(right=axes.get_xlim()[1] * 4)
    axes.invert_yaxis()
    axes.legend(frameon=False, loc="upper right")


def threads(axes: Any, rows: Table) -> None:
    n = [number(row, "n") for row in rows]
    for column, colour, mark, label in (
        ("one_thread", BLUE, "o-", "one thread"), ("two_threads", ORANGE, "s-", "two threads"),
    ):  # fmt: skip
        axes.plot(n, [number(row, column) for row in rows], mark, color=colour, label=label)
    for row in rows:
        place = (number(row, "n"), number(row, "two_threads"))
        axes.annotate(f"{number(row, 'speed_up'):.2f}x", place, (0, -13), textcoords="offset points", ha="center")
    axes.set(xscale="log", yscale="log", xlabel="trajectories", ylabel="seconds", title="Time of a whole run")
    axes.margins(0.2)
    axes.legend(frameon=False)


def memory(axes: Any, rows: Table) -> None:
    axes.plot([number(r, "n") for r in rows], [number(r, "peak_mb") for r in rows], "o-", color=BLUE)
    axes.set(xscale="log", xlabel="trajectories", ylabel="MB", title="Peak memory of a run")
    axes.set_ylim(bottom=0)


def compiling(axes: Any, rows: Table) -> None:
    for kind, mark in (("synthetic", "o-"), ("ukraine", "*")):
        mine = [row for row in rows if row["model"].startswith(kind)]
        n = [number(row, "statements") for row in mine]
        size = 12 if kind == "ukraine" else 5
        for column, colour, label in (("first_run", ORANGE, "first run"), ("compile_total", BLUE, "compile")):
            shown = f"{label}, {kind}"
            axes.plot(n, [number(r, column) for r in mine], mark, color=colour, markersize=size, label=shown)
    axes.set(xlabel="statements", ylabel="seconds", title="Compiling a new model")
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False)


def commands(axes: Any, rows: Table) -> None:
    names = [row["what"] for row in rows]
    _bars(axes, names, rows, ("wall", "wall_least", "wall_most"), BLUE, 0)
    axes.set(yticks=range(len(names)), yticklabels=names, xscale="log", xlabel="seconds", title="Warm commands")
    axes.set_xlim(right=axes.get_xlim()[1] * 2)
    axes.margins(y=0.2)
    axes.invert_yaxis()


def efficiency(axes: Any, rows: Table) -> None:
    rows = [row for row in rows if row["replicates"] == "1"]
    for place, row in enumerate(rows):
        for design, colour, mark, shift in (("lhs", BLUE, "o", -0.15), ("sobol", ORANGE, "s", 0.15)):
            ends = [number(row, f"{design}_low"), number(row, f"{design}_high")]
            axes.plot(ends, [place + shift] * 2, color=colour, linewidth=1.5, alpha=0.6)
            label = design if place == 0 else None
            axes.plot([number(row, design)], [place + shift], mark, color=colour, markersize=5, label=label)
    axes.axvline(1, color=GREY, linewidth=0.8)
    axes.set(
        xscale="log", yticks=range(len(rows)), yticklabels=[row["outcome"].replace("_", " ") for row in rows],
        title="Variance, random design over others", xlabel="one trajectory a parameter draw",
    )  # fmt: skip
    axes.invert_yaxis()
    axes.legend(frameon=False)


PANELS = {
    "peers": peers, "threads": threads, "memory": memory, "compile": compiling, "startup": commands,
    "efficiency": efficiency,
}  # fmt: skip


def draw(tables: Tables, png: Path, svg: Path) -> None:
    """All panels, to two files."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot
    from PIL import Image

    style = {"font.size": 8, "axes.titlesize": 9, "axes.spines.top": False, "axes.spines.right": False}
    with pyplot.rc_context({**style, "svg.fonttype": "none", "svg.hashsalt": "crossroads"}):
        figure, grid = pyplot.subplots(3, 2, figsize=(9, 10), layout="constrained")
        for axes, (table, panel) in zip(grid.flat, PANELS.items(), strict=True):
            if tables[table]:
                panel(axes, tables[table])
            else:
                axes.set_title(f"{table}: not measured")
        figure.savefig(png, dpi=110, metadata={"Software": None})
        Image.open(png).convert("RGB").quantize(64).save(png, optimize=True)  # a third of the size
        figure.savefig(svg, metadata={"Date": None})

