"""``crossroads explore``: a model on a page of this machine, to be changed and looked at."""

from dataclasses import dataclass
from pathlib import Path

from sim.commands.studies import load_study
from sim.commands.terminal import Terminal
from sim.errors import UsageError


@dataclass(frozen=True, slots=True)
class ExploreOptions:
    """How the page is served and what it runs; None: the study's, or what is free."""

    n: int = 10_000
    seed: int | None = None
    host: str | None = None
    port: int | None = None
    browser: bool = True
    threads: int | None = None


def explore_command(path: Path, options: ExploreOptions, terminal: Terminal) -> int:
    """Serve the page until Ctrl-C; the exit status."""
    _require_nicegui()
    study = load_study(path)
    from sim.app.explorer import Explorer
    from sim.app.serving import LOCAL, free_port, link, new_token, serve
    from sim.engine.run import settings_of

    host = options.host or LOCAL
    port = free_port(host, options.port)
    token = new_token() if options.host else ""
    settings = settings_of(study, n=options.n, seed=options.seed, threads=options.threads)
    terminal.note(f"compiling {study.model.name} and running {settings.n:,} trajectories ...")
    explorer = Explorer(study, settings)
    url = link(host, port, token)
    if terminal.as_json:
        terminal.document({"url": url})
    else:
        terminal.result(url)
    terminal.note("Ctrl-C ends it")
    serve(explorer, Path.cwd(), host, port, token, options.browser)
    return 0


def _require_nicegui() -> None:
    try:
        import nicegui  # noqa: F401
    except ImportError:
        message = "explore needs NiceGUI, which is not installed: pip install 'crossroads-sim[app]'"
        raise UsageError(message) from None
