"""The benchmarks as a page: docs/performance.md, from the tables under results/bench, and its picture.

    python -m benchmarks.page [--quick]

What quick runs measured goes to a page beside their tables, never to the documentation.
"""

from collections.abc import Callable, Sequence

from benchmarks.picture import draw
from benchmarks.tools import ROOT, Table, Tables, arguments, folder, machine, number, read, save

SUMMARISED, MESA_DATA = "kernel, all summaries", "Mesa, rules as data"
Cells = tuple[str, ...]
HEAD = """\
# Performance

How fast Crossroads is, beside other ways to run the same model, and what it costs to start, to compile and to remember.
The page is written by `make bench` from what it measured on one machine. Times depend on the machine, and this one is
shared with others; so contestants take turns, and the numbers to read are ratios of two times of the same round: the
median over the rounds, and in brackets the least and the most.

![Six panels: time of the peers, of one and two threads, memory, compile time, commands, variance](performance.png)
"""
REPEAT = """\
## How to repeat it

    make bench          # everything, and this page: a quarter of an hour on this machine, an hour on a slow one
    make bench-quick    # minutes: numbers too small to rely on, apart

Each part runs alone as well, and takes `--quick` and `--rounds`:

| command | what it measures | tables in `results/bench` |
| --- | --- | --- |
| `python -m benchmarks.peers` | the kernel against C, numpy, JAX, numba, Python and three tools | `peers.csv` |
| `python -m benchmarks.scaling` | threads, and memory up to ten million trajectories | `threads.csv`, `memory.csv` |
| `python -m benchmarks.startup` | warm commands, compile time by size of the model | `startup.csv`, `compile.csv` |
| `python -m benchmarks.sweeps` | sweeps of 16 and of 10,000 points | `sweeps.csv`, `large_sweep.csv` |
| `python -m benchmarks.efficiency` | what latin hypercubes and Sobol sequences gain | `efficiency.csv` |
| `python -m benchmarks.page` | this page and its picture, from the tables | `machine.csv` |

The extra `bench` installs what the peers need; gcc is taken from the system. What is absent is shown as not installed.
"""
PEERS = """\
## Peers

The same equations, printed from the program that the kernel is compiled from, on a synthetic model of 60 states and 48
draws a step and on the model of the war; CPU time of one core, no summaries. Who disagrees with the kernel about the
mean of any state by 5 standard errors is marked, and has no claim to its time. C runs the same polynomials, generator
and branches on vectors of eight; gcc may not reorder arithmetic, and contract `a*b + c` only where the row says so. The
others use their own libraries and generators. The Python tools step one trajectory at a time in their own idiom: they
are made for other things than millions of trajectories. Their rules are functions written out beforehand, with a
process or an agent for each state. Mesa runs a second time with rules that are data, as ours are: texts evaluated over
named values, with an agent for each state and for each value that more than one rule speaks of.
"""
SWEEP = """\
## A sweep

European aid, the hazard of a ceasefire and a wave of sanctions ([study](../benchmarks/aid_sanctions_ceasefire.yaml)):
the whole command, from start to files on disk. A point is one setting in one scenario.
"""
DESIGNS = """\
## Designs of the parameters

The variance, over many seeds, of the estimated probability of each outcome under `--design random`, divided by that
under `lhs` and `sobol` at the same cost, with 95% intervals from a bootstrap over the seeds. Above 1 the design helps;
where the interval holds 1, nothing was shown. Noise within a parameter draw is the same under every design, and it is
most of the noise of rare outcomes.
"""


def ranged(row: dict[str, str], name: str, digits: int = 3) -> str:
    """Median and range."""
    median, low, high = (number(row, column) for column in (name, f"{name}_least", f"{name}_most"))
    return f"{_short(median, digits)} ({_short(low, digits)} to {_short(high, digits)})"


def _short(value: float, digits: int = 3) -> str:
    return f"{value:,.0f}" if abs(value) >= 10 ** (digits - 1) else f"{value:.{digits}g}"


def lines(header: Cells, rows: Sequence[Cells]) -> str:
    """A table."""
    rule = ["---"] * len(header)
    return "\n".join("| " + " | ".join(row) + " |" for row in (header, tuple(rule), *rows)) + "\n"


def _row(table: Table, **wanted: str) -> dict[str, str]:
    return next((row for row in table if all(row.get(key) == value for key, value in wanted.items())), {})


def _judged(value: float, good: bool) -> str:
    if value != value:
        return "not measured"
    return "met" if good else "not met"


def goals(tables: Tables) -> str:
    """What was aimed at beside what was measured."""
    rows = [*_peer_goals(tables["peers"]), *_other_goals(tables)]
    return "## Goals\n\n" + lines(("what", "goal", "measured", ""), rows)


def _peer_goals(table: Table) -> list[Cells]:
    wanted: tuple[tuple[str, str, str, Callable[[float], float], Callable[[float], bool]], ...] = (
        ("time, in times of C's (gcc -O3)", "C, gcc -O3", "at most 1.1", lambda ratio: 1 / ratio, lambda v: v <= 1.1),
        ("times faster than numpy", "numpy", "at least 8", float, lambda v: v >= 8),
        ("times faster than scalar numba", "numba, scalar", "at least 4", float, lambda v: v >= 4),
        ("times faster than plain Python", "Python", "at least 300", float, lambda v: v >= 300),
        ("times faster than Mesa, rules as data", MESA_DATA, "at least 1,000", float, lambda v: v >= 1000),
        ("time with all summaries, in times of without", SUMMARISED, "at most 1.2", float, lambda v: v <= 1.2),
    )
    rows = []
    for what, name, goal, shown, good in wanted:
        for model in dict.fromkeys(row["model"] for row in table):
            row = _row(table, model=model, what=name)
            middle, *ends = (shown(number(row, c)) for c in ("ratio", "ratio_least", "ratio_most"))
            judged = "a wrong peer" if row.get("agreement") == "DIFFERS" else _judged(middle, good(middle))
            measured = f"{_short(middle)} ({_short(min(ends))} to {_short(max(ends))})"
            rows.append((f"{what}, {model}", goal, measured, judged))
    return rows


def _other_goals(tables: Tables) -> list[Cells]:
    rows: list[Cells] = []
    for row in tables["threads"][-2:]:
        speed, what = number(row, "speed_up"), f"two threads, {int(row['n']):,} trajectories: times faster than one"
        rows.append((what, "at least 1.85", ranged(row, "speed_up"), _judged(speed, speed >= 1.85)))
    small, large = (number(_row(tables["memory"], n=str(n)), "peak_mb") for n in (10**5, 10**7))
    ratio = large / small
    what = "peak memory, 10^7 trajectories over 10^5"
    rows.append((what, "within 5% of 1", f"{ratio:.3f}", _judged(ratio, abs(ratio - 1) <= 0.05)))
    compiled, started = tables["compile"], tables["startup"]
    for what, row, column, most in (
        ("first run of a new model of 200 statements", _row(compiled, model="synthetic, 200"), "first_run", 3),
        ("first run of the model of the war", _row(compiled, model="ukraine"), "first_run", 8),
        ("`crossroads --help`", _row(started, what="crossroads --help"), "wall", 0.25),
        ("warm `crossroads run`, 10,000 x 104 weeks", _row(started, what="run, 10,000 x 104 weeks"), "wall", 1.5),
    ):
        value = number(row, column)
        rows.append((what, f"at most {most} s", ranged(row, column) + " s", _judged(value, value <= most)))
    return rows


def peers(table: Table) -> str:
    rows = [
        (row["model"], row["what"], *(ranged(row, name) if row["ns"] else "" for name in ("ns", "ratio")),
         row["agreement"] or "is the measure")
        for row in table
    ]  # fmt: skip
    header = ("model", "what", "ns a trajectory and step", "times the kernel's", "results")
    return PEERS + "\n" + lines(header, rows)


def scaling(tables: Tables) -> str:
    columns = ("one_thread", "two_threads", "speed_up")
    rows = [(f"{int(row['n']):,}", *(ranged(row, name) for name in columns)) for row in tables["threads"]]
    text = "## Threads and memory\n\nWhole runs of the model of the war, with all summaries.\n\n"
    text += lines(("trajectories", "one thread, s", "two threads, s", "times faster"), rows)
    rows = [
        (f"{int(row['n']):,}", f"{number(row, 'peak_mb'):.0f} MB", f"{number(row, 'seconds'):,.0f} s")
        for row in tables["memory"]
    ]
    return text + "\n" + lines(("trajectories", "peak memory of the process", "wall time, two threads"), rows)


def starting(tables: Tables) -> str:
    rows = [(row["what"], ranged(row, "wall"), ranged(row, "cpu")) for row in tables["startup"]]
    text = "## Start and compile\n\n" + lines(("warm command", "wall, s", "CPU, s"), rows)
    rows = [
        (row["model"], row["statements"], row["operations"], ranged(row, "compile_total"), ranged(row, "first_run"))
        for row in tables["compile"]
    ]
    header = ("model", "statements", "operations a step", "compile, s of CPU", "first `crossroads run`, s")
    return text + "\n" + lines(header, rows)


def sweeping(table: Table) -> str:
    columns = ("seconds", "points_per_second", "trajectories_per_second")
    rows = [(row["what"], *(ranged(row, name) for name in columns)) for row in table]
    return SWEEP + "\n" + lines(("with", "seconds", "points a second", "trajectories a second"), rows)


def large_sweep(table: Table) -> str:
    """What many points took."""
    if not table:
        return ""
    row = table[0]
    return (
        f"A sweep of {int(row['points']):,} points of {int(row['trajectories']):,} trajectories "
        f"([study](../benchmarks/ten_thousand_points.yaml)) took {number(row, 'seconds'):,.0f} s\nwith all threads, "
        f"{number(row, 'points_per_second'):.0f} points a second, and {number(row, 'peak_mb'):.0f} MB at the most.\n"
    )


def designs(table: Table) -> str:
    rows = [
        (row["outcome"], f"{100 * number(row, 'probability'):.1f}%", row["replicates"], row["n"], row["seeds"],
         *(_gain(row, design) for design in ("lhs", "sobol")))
        for row in table
    ]  # fmt: skip
    header = (
        "outcome", "probability", "trajectories a draw", "trajectories", "seeds", "random / lhs", "random / sobol",
    )  # fmt: skip
    return DESIGNS + "\n" + lines(header, rows)


def _gain(row: dict[str, str], design: str) -> str:
    ratio, low, high = (number(row, name) for name in (design, f"{design}_low", f"{design}_high"))
    return f"{ratio:.2f} ({low:.2f} to {high:.2f})"


def measured_on(table: Table) -> str:
    return "## The machine\n\n" + lines(("what", "is"), [(row["what"], row["is"]) for row in table])


def main() -> None:
    quick = arguments(__doc__).quick
    save("machine", machine(), quick)
    tables, results = read(quick), folder(quick)
    place = results if quick else ROOT / "docs"
    draw(tables, place / "performance.png", results / "performance.svg")
    parts = [HEAD, goals(tables), peers(tables["peers"]), scaling(tables), starting(tables), sweeping(tables["sweeps"])]
    parts += [large_sweep(tables["large_sweep"]), designs(tables["efficiency"]), measured_on(tables["machine"]), REPEAT]
    (place / "performance.md").write_text("\n".join(parts), encoding="utf-8")
    print((place / "performance.md").relative_to(ROOT))


if __name__ == "__main__":
    main()
