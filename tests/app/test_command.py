"""``crossroads explore`` before anything is served."""

import socket
import sys

import pytest

from sim.app.serving import free_port, link, new_token
from sim.cli import main
from sim.errors import UsageError


def test_without_the_extra_it_says_what_to_install(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "nicegui", None)
    with pytest.raises(SystemExit) as left:
        main(["explore", str(tmp_path / "model.yaml")])
    assert left.value.code == 2
    assert "pip install 'crossroads-sim[app]'" in capsys.readouterr().err


def test_a_port_that_is_taken_is_refused():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=str(port)):
            free_port("127.0.0.1", port)
    assert free_port("127.0.0.1", None) > 0


@pytest.mark.parametrize("port", [70_000, -1])
def test_a_port_that_cannot_be_is_refused(port):
    with pytest.raises(UsageError):
        free_port("127.0.0.1", port)


def test_links_and_tokens():
    assert link("127.0.0.1", 80, "") == "http://127.0.0.1:80/"
    assert link("::1", 80, "a") == "http://[::1]:80/?token=a"
    assert len({new_token() for _ in range(100)}) == 100
