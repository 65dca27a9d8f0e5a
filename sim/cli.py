"""The command line. Each command parses, calls one function of ``sim.commands`` and returns its exit status.

Exit status: 0 done; 1 our bug; 2 bad usage, or a bad model or study; 3 some trajectories failed; 4 output could not be
written; 5 cluster trouble; 130 interrupted.
"""

import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from sim import __version__
from sim.commands.arguments import formats_of, seed_of, whole
from sim.commands.terminal import Terminal
from sim.errors import CrossroadsError, ModelError, UsageError

INTERRUPTED = 130

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


ModelPath = Annotated[Path, typer.Argument(metavar="PATH", help="A model or a study (YAML).")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="Print results and errors only.")]
Verbose = Annotated[bool, typer.Option("-v", "--verbose", help="Say more; show where in the code an error arose.")]
NoColor = Annotated[bool, typer.Option("--no-color", help="No colour (also: the variable NO_COLOR).")]
Trajectories = Annotated[
    int | None,
    typer.Option("-n", "--trajectories", parser=whole, metavar="N", help="Trajectories of each scenario."),
]
Seed = Annotated[int | None, typer.Option(parser=seed_of, metavar="S", help="Seed of all randomness, below 2^64.")]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="Change a parameter, lever or initial value in all scenarios."),
]
Replicates = Annotated[int, typer.Option(parser=whole, metavar="R", help="Trajectories of each parameter draw.")]
Design = Annotated[str, typer.Option(metavar="KIND", help="How parameters are sampled: random, lhs or sobol.")]

ClusterAddress = Annotated[
    str | None, typer.Option("--cluster", metavar="ADDRESS", help="Dask workers: local:N, or tcp://HOST:PORT.")
]
SchedulerFile = Annotated[
    Path | None, typer.Option("--scheduler-file", metavar="FILE", help="The same, by the file of a Dask scheduler.")
]
Resume = Annotated[bool, typer.Option("--resume", help="Go on with the same run where it was stopped.")]


@app.command()
def run(
    path: ModelPath,
    n: Trajectories = None,
    seed: Seed = None,
    out: Annotated[Path | None, typer.Option("-o", "--out", metavar="DIR", help="Where the files go.")] = None,
    scenario: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Run this scenario only.")] = None,
    settings: Settings = None,
    replicates: Replicates = 10,
    keep: Annotated[int, typer.Option(parser=whole, metavar="N", help="Keep the first N trajectories whole.")] = 0,
    threads: Annotated[int | None, typer.Option(metavar="K", help="Threads (default: all cores).")] = None,
    design: Design = "random",
    force: Annotated[bool, typer.Option("--force", help="Replace what an earlier run wrote there.")] = False,
    formats: Annotated[
        str, typer.Option("--format", parser=formats_of, metavar="LIST", help="csv, or csv,parquet.")
    ] = "csv",
    resume: Resume = False,
    cluster: ClusterAddress = None,
    scheduler_file: SchedulerFile = None,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> int:
    """Run a study or a model."""
    from sim.commands.run import RunOptions, run_command

    chosen, changes = scenario or (), settings or ()
    options = RunOptions(
        n, seed, out, chosen, changes, replicates, keep, threads, design, force, formats, resume, cluster,
        scheduler_file,
    )  # fmt: skip
    return run_command(path, options, Terminal.of(as_json, quiet, verbose, no_color))


@app.command()
def compare(
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH [A B]", help="A study, model or run directory and two scenarios; or two run directories."
        ),
    ],
    n: Trajectories = None,
    seed: Seed = None,
    out: Annotated[Path | None, typer.Option("-o", "--out", metavar="DIR", help="Where the files go.")] = None,
    settings: Settings = None,
    replicates: Annotated[
        int | None, typer.Option(parser=whole, metavar="R", help="Trajectories of each parameter draw (default: 10).")
    ] = None,
    threads: Annotated[int | None, typer.Option(metavar="K", help="Threads (default: all cores).")] = None,
    design: Annotated[str | None, typer.Option(metavar="KIND", help="As for run.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace what an earlier run wrote there.")] = False,
    formats: Annotated[
        str, typer.Option("--format", parser=formats_of, metavar="LIST", help="csv, or csv,parquet.")
    ] = "csv",
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> int:
    """Compare two scenarios on the same random numbers, or two finished runs: A less B."""
    from sim.commands.compare import CompareOptions, compare_command

    options = CompareOptions(n, seed, out, settings or (), replicates, threads, design, force, formats)
    return compare_command(words, options, Terminal.of(as_json, quiet, verbose, no_color))


@app.command()
def claims(
    paths: Annotated[list[Path], typer.Argument(metavar="STUDY...", help="Studies with a claims: block.")],
    n: Trajectories = None,
    seed: Seed = None,
    out: Annotated[Path, typer.Option("-o", "--out", metavar="FILE", help="The table.")] = Path("results/claims.csv"),
    page: Annotated[Path | None, typer.Option(metavar="FILE", help="Also a page in words (Markdown).")] = None,
    threads: Annotated[int | None, typer.Option(metavar="K", help="Threads (default: all cores).")] = None,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> int:
    """Judge the claims of studies by the paired differences of their scenarios."""
    from sim.commands.claims import ClaimsOptions, claims_command

    options = ClaimsOptions(n, seed, out, page, threads)
    return claims_command(paths, options, Terminal.of(as_json, quiet, verbose, no_color))


@app.command()
def sweep(
    path: Annotated[Path, typer.Argument(metavar="STUDY", help="A study with a block sweep: (YAML).")],
    n: Trajectories = None,
    seed: Seed = None,
    out: Annotated[Path | None, typer.Option("-o", "--out", metavar="DIR", help="Where the files go.")] = None,
    scenario: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Run this scenario only.")] = None,
    settings: Settings = None,
    replicates: Replicates = 10,
    threads: Annotated[int | None, typer.Option(metavar="K", help="Threads (default: all cores).")] = None,
    design: Design = "random",
    force: Annotated[bool, typer.Option("--force", help="Replace what an earlier sweep wrote there.")] = False,
    resume: Resume = False,
    cluster: ClusterAddress = None,
    scheduler_file: SchedulerFile = None,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> int:
    """Run a study at many points."""
    from sim.commands.run import RunOptions
    from sim.commands.sweep import sweep_command

    chosen, changes = scenario or (), settings or ()
    options = RunOptions(
        n, seed, out, chosen, changes, replicates, 0, threads, design, force, ("csv",), resume, cluster, scheduler_file
    )
    return sweep_command(path, options, Terminal.of(as_json, quiet, verbose, no_color))


@app.command()
def report(
    directories: Annotated[list[Path], typer.Argument(metavar="DIR...", help="Directories of finished runs.")],
    out: Annotated[Path, typer.Option("-o", "--out", metavar="FILE", help="The page.")] = Path("report.html"),
    title: Annotated[str | None, typer.Option(metavar="TEXT", help="Instead of the study's own.")] = None,
    measures: Annotated[
        list[str] | None, typer.Option("--measures", metavar="NAME", help="Draw this over time (default: all).")
    ] = None,
    figures: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Also the main charts, as SVG and PNG (extra plots).")
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> int:
    """Make one offline page from finished runs."""
    from sim.commands.report import report_command

    terminal = Terminal.of(as_json, quiet, verbose, no_color)
    return report_command(directories, out, title, measures or (), figures, terminal)


@app.command()
def explore(
    path: ModelPath,
    n: Annotated[
        int, typer.Option("-n", "--trajectories", parser=whole, metavar="N", help="Trajectories behind each number.")
    ] = 10_000,
    seed: Seed = None,
    host: Annotated[str | None, typer.Option(metavar="ADDRESS", help="Serve there, with a token in the link.")] = None,
    port: Annotated[int | None, typer.Option(metavar="PORT", help="Port (default: one that is free).")] = None,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Open no browser.")] = False,
    threads: Annotated[int | None, typer.Option(metavar="K", help="Threads (default: all cores).")] = None,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> int:
    """Change a model by sliders and see what becomes of it, on a page of this machine."""
    from sim.commands.explore import ExploreOptions, explore_command

    options = ExploreOptions(n, seed, host, port, not no_browser, threads)
    return explore_command(path, options, Terminal.of(as_json, quiet, verbose, no_color))


@app.command()
def check(
    path: ModelPath, as_json: Json = False, quiet: Quiet = False, verbose: Verbose = False, no_color: NoColor = False
) -> int:
    """Find every problem of a model or study."""
    from sim.commands.check import check_command

    return check_command(path, Terminal.of(as_json, quiet, verbose, no_color))


@app.command()
def explain(
    path: Annotated[str, typer.Argument(metavar="PATH|CODE", help="A model or study, or an error code such as E204.")],
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="Only what is called so.")] = None,
    html: Annotated[bool, typer.Option("--html", help="A page instead of Markdown.")] = False,
    out: Annotated[Path | None, typer.Option("-o", "--out", metavar="FILE", help="Write there.")] = None,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> int:
    """Write a model as a document, or explain an error."""
    from sim.commands.explain import explain_command

    return explain_command(path, name, html, out, Terminal.of(as_json, quiet, verbose, no_color))


@app.command()
def trace(
    path: ModelPath,
    trajectory: Annotated[int, typer.Option("--trajectory", parser=whole, metavar="I", help="Its number, from 0.")],
    scenario: Annotated[str | None, typer.Option(metavar="NAME", help="Its scenario (default: the first).")] = None,
    n: Trajectories = None,
    seed: Seed = None,
    settings: Settings = None,
    replicates: Replicates = 10,
    design: Design = "random",
    values: Annotated[bool, typer.Option("--values", help="All numbers too.")] = False,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> int:
    """Tell one trajectory of a run as a story."""
    from sim.commands.trace import TraceOptions, trace_command

    options = TraceOptions(trajectory, scenario, n, seed, replicates, design, settings or (), values)
    return trace_command(path, options, Terminal.of(as_json, quiet, verbose, no_color))


@app.command()
def show(
    path: ModelPath,
    program: Annotated[bool, typer.Option("--program", help="The program (the default).")] = False,
    kernel: Annotated[bool, typer.Option("--kernel", help="The code generated from it.")] = False,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> int:
    """Print the program or the code that a model becomes."""
    from sim.commands.show import show_command

    if program and kernel:
        raise typer.BadParameter("give --program or --kernel")
    return show_command(path, kernel, Terminal.of(as_json, quiet, verbose, no_color))


@app.command()
def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the model; its file is NAME.yaml.")],
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> int:
    """Write a small working model to start from."""
    from sim.commands.new import new_command

    return new_command(name, Terminal.of(as_json, quiet, verbose, no_color))


@app.command()
def schema(as_json: Json = False, quiet: Quiet = False, verbose: Verbose = False, no_color: NoColor = False) -> int:
    """Print the JSON schema of the model language."""
    from sim.model.schema import json_schema

    Terminal.of(as_json, quiet, verbose, no_color).document(json_schema())
    return 0


def _version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"crossroads {__version__}\n")
        raise typer.Exit


@app.callback()
def crossroads(
    version: Annotated[
        bool, typer.Option("-V", "--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Monte Carlo simulation of geopolitical crises, from a model that an analyst can read."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave with its exit status."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if not words:
        sys.stderr.write(f"{_help()}\n")
        sys.exit(UsageError.exit_status)
    status = _status(words)
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _close_stdout()
    sys.exit(status)


def _help() -> str:
    command = typer.main.get_command(app)
    return command.get_help(command.make_context("crossroads", [], resilient_parsing=True))


def _status(words: list[str]) -> int:
    """The exit status of a command; whatever goes wrong is told on stderr."""
    try:
        return int(app(args=words, prog_name="crossroads", standalone_mode=False) or 0)
    except typer.Exit as leaving:
        return leaving.exit_code
    except ModelError as error:
        Terminal().problems(error.problems)
        return error.exit_status
    except CrossroadsError as error:
        sys.stderr.write(f"{'' if isinstance(error, UsageError) else 'crossroads: '}error: {error}\n")
        return error.exit_status
    except (KeyboardInterrupt, typer.Abort):
        sys.stderr.write("interrupted\n")
        return INTERRUPTED
    except (BrokenPipeError, SystemExit):  # typer and rich leave so when nobody reads any more
        _close_stdout()
        return 0
    except Exception as error:
        return _other(error, words)


def _other(error: Exception, words: list[str]) -> int:
    """A mistake in the usage, or a fault of ours."""
    usage = getattr(error, "format_message", None)
    if usage is not None:
        context = getattr(error, "ctx", None)
        command = context.command_path if context is not None else "crossroads"
        sys.stderr.write(f"error: {usage()}\n  {command} --help shows what there is\n")
        return UsageError.exit_status
    if "-v" in words or "--verbose" in words:
        traceback.print_exc()
    sys.stderr.write(
        f"crossroads: a fault of ours: {type(error).__name__}: {error}\n"
        "  please report it with the command and the model; -v shows where it arose\n"
    )
    return CrossroadsError.exit_status


def _close_stdout() -> None:
    """Nobody reads any more: let the interpreter's last flush go nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
