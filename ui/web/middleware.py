"""What holds for every request: who may send it, the browser's cookie, the headers. Pure ASGI: streams pass untouched.

A page on another site can reach a server on this machine. It gets nowhere: a foreign `Host` (DNS rebinding) and a
foreign `Origin` (cross-site requests) are refused, and nothing of ours may be framed or load anything from elsewhere.
"""

from __future__ import annotations

import re
import secrets
from http.cookies import CookieError, SimpleCookie
from urllib.parse import SplitResult, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.web.access import COOKIE

COOKIE_SECONDS = 365 * 24 * 3600
POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",  # Gradio needs both
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "worker-src 'self' blob:",
        "frame-src 'self'",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'self'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}
_UPLOADS = re.compile(r"/gradio_api/upload(_progress)?/?$")
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class Gate:
    """Refuses what is not ours to answer; adds the headers and the cookie to the rest.

    `hosts` are the names under which the server may be addressed, None for any.
    """

    def __init__(self, app: ASGIApp, *, hosts: frozenset[str] | None = None):
        self._app = app
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        known = _has_cookie(headers.get("cookie", ""))

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    answer[name] = value
                if not known:
                    answer.append("Set-Cookie", _new_cookie())
            await send(message)

        refusal = self._refusal(scope, headers)
        await (refusal or self._app)(scope, receive, sending)

    def _refusal(self, scope: Scope, headers: Headers) -> PlainTextResponse | None:
        host = headers.get("host", "")
        if self._hosts is not None and _parts(host).hostname not in self._hosts:
            return PlainTextResponse("This server does not answer to that name.\n", status_code=403)
        origin = headers.get("origin")
        if scope["method"] not in _SAFE and origin is not None and origin.partition("://")[2] != host:
            return PlainTextResponse("Requests from other sites are not accepted.\n", status_code=403)
        if _UPLOADS.search(scope["path"]):
            return PlainTextResponse("Nothing can be uploaded here.\n", status_code=403)
        return None


def _parts(host: str) -> SplitResult:
    """A Host header, which may hold a port; nothing of one that cannot be read."""
    try:
        return urlsplit(f"//{host}")
    except ValueError:
        return urlsplit("")


def _has_cookie(header: str) -> bool:
    try:
        return bool(SimpleCookie(header)[COOKIE].value)
    except (CookieError, KeyError):
        return False


def _new_cookie() -> str:
    return f"{COOKIE}={secrets.token_urlsafe(16)}; Max-Age={COOKIE_SECONDS}; Path=/; HttpOnly; SameSite=Lax"
