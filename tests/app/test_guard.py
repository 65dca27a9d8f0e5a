"""Who may talk to the page."""

import pytest

from sim.app.guard import Guard
from tests.app.loops import finished


def asked(token="", *, host="127.0.0.1:8000", query="", kind="http", **headers):
    """The status of a request, and whether a cookie was set."""
    sent = []

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def receive():
        return {}

    async def send(message):
        sent.append(message)

    pairs = [(b"host", host.encode()), *((k.encode(), v.encode()) for k, v in headers.items())]
    scope = {"type": kind, "headers": pairs, "query_string": query.encode()}
    finished(Guard(app, token)(scope, receive, send))
    return sent[0].get("status", sent[0]["type"]), any(k == b"set-cookie" for k, _ in sent[0].get("headers", []))


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost:1", "[::1]:80"])
def test_this_machine_by_its_own_name(host):
    assert asked(host=host) == (200, False)


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:80", "", "10.0.0.1"])
def test_no_other_name_without_a_token(host):
    assert asked(host=host)[0] == 403


def test_no_other_sites_script():
    assert asked(origin="http://127.0.0.1:8000") == (200, False)
    assert asked(origin="http://evil.example")[0] == 403
    assert asked(origin="http://evil.example", kind="websocket")[0] == "websocket.close"


def test_a_token_is_required_and_then_remembered():
    assert asked("secret", host="10.0.0.1:80")[0] == 403
    assert asked("secret", host="10.0.0.1:80", query="token=wrong")[0] == 403
    assert asked("secret", host="10.0.0.1:80", query="token=secret&x=1") == (200, True)
    assert asked("secret", host="10.0.0.1:80", cookie="a=b; crossroads=secret") == (200, False)
    assert asked("secret", host="10.0.0.1:80", cookie="crossroads=wrong")[0] == 403
    assert asked("secret", host="10.0.0.1:80", cookie="crossroads=secret", origin="http://x")[0] == 403
    assert asked("secret", kind="websocket")[0] == "websocket.close"
