"""Who may talk to the page: requests for this machine by its own name, and with a token where one is set."""

import hmac
from collections.abc import Awaitable, Callable, MutableMapping
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import parse_qs, urlsplit

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

COOKIE = "crossroads"
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class Guard:
    """ASGI middleware. Without a token only names of this machine are answered to, so that no other site's name can
    be pointed here; with one, it must stand in the URL or in the cookie that the first such request was given. Another
    site's script may never open a connection."""

    def __init__(self, app: App, token: str = "") -> None:
        self.app, self.token = app, token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
        elif not self.may_pass(scope):
            await _refuse(scope, receive, send)
        else:
            await self.app(scope, receive, self._with_cookie(scope, send))

    def may_pass(self, scope: Scope) -> bool:
        headers = {key.decode("latin-1").lower(): value.decode("latin-1") for key, value in scope["headers"]}
        host, origin = headers.get("host", ""), headers.get("origin", "")
        if origin and urlsplit(origin).netloc != host:
            return False
        if not self.token:
            return _name(host) in LOOPBACK
        return self._has_token(scope) or self._has_cookie(headers)

    def _has_token(self, scope: Scope) -> bool:
        given = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("token", [""])
        return hmac.compare_digest(given[0].encode(), self.token.encode())

    def _has_cookie(self, headers: dict[str, str]) -> bool:
        try:
            found = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
        except Exception:  # whatever a stranger sends
            return False
        return found is not None and hmac.compare_digest(found.value.encode(), self.token.encode())

    def _with_cookie(self, scope: Scope, send: Send) -> Send:
        if not self.token or scope["type"] != "http" or not self._has_token(scope):
            return send

        async def with_cookie(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                cookie = f"{COOKIE}={self.token}; Path=/; HttpOnly; SameSite=Strict"
                message["headers"] = [*message.get("headers", []), (b"set-cookie", cookie.encode())]
            await send(message)

        return with_cookie


def _name(host: str) -> str:
    return urlsplit(f"//{host}").hostname or ""


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008})
        return
    headers = [(b"content-type", b"text/plain; charset=utf-8")]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": b"This page opens with the link that crossroads printed.\n"})
