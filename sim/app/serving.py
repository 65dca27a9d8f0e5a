"""Serving the page, on this machine unless told otherwise."""

import secrets
import socket
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from sim.app.explorer import Explorer
from sim.app.guard import Guard
from sim.app.session import Session
from sim.errors import UsageError

LOCAL = "127.0.0.1"


def free_port(host: str, port: int | None) -> int:
    """The port asked for, or any that is free."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port or 0))
            return int(probe.getsockname()[1])
    except (OSError, OverflowError) as error:
        raise UsageError(f"cannot serve at {host}, port {port or 'any'}: {error}") from error


def new_token() -> str:
    return secrets.token_urlsafe(24)


def link(host: str, port: int, token: str) -> str:
    name = f"[{host}]" if ":" in host else host
    return f"http://{name}:{port}/" + (f"?{urlencode({'token': token})}" if token else "")


def serve(explorer: Explorer, folder: Path, host: str, port: int, token: str, show: bool) -> None:
    """Serve until interrupted."""
    from nicegui import app, ui

    from sim.app.page import make_page

    Session(explorer).answer()  # so that the first page is painted at once
    app.add_middleware(Guard, token=token)
    ui.page("/", title=f"Crossroads: {explorer.study.title or explorer.study.name}", dark=None)(
        make_page(explorer, folder, token)
    )
    path = urlsplit(link(host, port, token))
    ui.run(
        host=host, port=port, show=f"{path.path}?{path.query}" if show else False,
        reload=False, show_welcome_message=False, tailwind=False, title="Crossroads", access_log=False,
    )  # fmt: skip
