"""The web server: puts pages, routes and middleware together, listens, says where, and stops when told to.

Nothing here knows what is on a page. Gradio is imported by `create_app` only: it takes seconds.
"""

from __future__ import annotations

import os
import socket
import sys
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from ipaddress import ip_address
from typing import TYPE_CHECKING

from agent.errors import HotseatError, UsageError
from ui.assembly import Assembly, quiet_environment
from ui.web.access import Access, OwnerOf, local_owner

if TYPE_CHECKING:
    from fastapi import FastAPI

STOP_SECONDS = 3
"""Given to open connections on SIGTERM. An open page holds one for ever: without a limit nothing stops."""
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


def create_app(assembly: Assembly, *, owner_of: OwnerOf = local_owner, hosts: frozenset[str] | None = None) -> FastAPI:
    """The whole application. `hosts` are the names it answers to, None for any."""
    quiet_environment()
    from fastapi import FastAPI

    from ui.web.downloads import routes
    from ui.web.middleware import Gate
    from ui.web.pages import mount
    from ui.web.runs import Runs

    runs = Runs(assembly.interviewer)
    access = Access(assembly.interviewer, owner_of)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        if (finder := assembly.interviewer.finder) is not None:
            threading.Thread(target=finder.warm, daemon=True).start()
        yield
        await runs.close()

    app = FastAPI(title="Hotseat", docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    app.add_middleware(Gate, hosts=hosts)
    app.include_router(routes(assembly.interviewer, access))
    return mount(app, assembly, runs, access)


def serve(assembly: Assembly, listener: socket.socket, *, browser: bool) -> None:
    """Serves what `listen` bound until SIGTERM or Ctrl-C. Prints the address on stdout once it answers."""
    import uvicorn

    local = _is_loopback(listener)
    app = create_app(assembly, hosts=LOOPBACK_NAMES if local else None)
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        lifespan="on",
        timeout_graceful_shutdown=STOP_SECONDS,
    )

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                _announce(_address(listener), local=local, browser=browser)

    server = Server(config)
    server.run(sockets=[listener])
    if not server.started:
        raise HotseatError("The page could not be started; the lines above say why.")


def listen(host: str, port: int) -> socket.socket:
    """A bound socket: whoever comes second learns it before anything heavy is loaded.

    Raises UsageError when the address cannot be listened on.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    if os.name == "posix":  # elsewhere it would let two servers share a port
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)  # bound alone is not taken: two could share it until one listens
    except OSError as error:
        listener.close()
        raise UsageError(_unbound(host, port, error)) from None
    return listener


def _unbound(host: str, port: int, error: OSError) -> str:
    import errno

    if error.errno == errno.EADDRINUSE:
        free = port + 1 if port < 65535 else 0
        return f"Port {port} is in use. Stop what runs there, or take another one: `hotseat web --port {free}`."
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"Port {port} may not be used by you. Take one above 1023: `hotseat web --port 7860`."
    return f"Cannot listen on {host!r} ({error.strerror or error}). Usual is `hotseat web --host 127.0.0.1`."


def _is_loopback(listener: socket.socket) -> bool:
    return ip_address(listener.getsockname()[0]).is_loopback


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _announce(address: str, *, local: bool, browser: bool) -> None:
    print(address, flush=True)
    if not local:
        print("Everybody who can reach this address sees every interview.", file=sys.stderr, flush=True)
    open_page = _browser() if browser else None
    if open_page:
        threading.Thread(target=open_page, args=(address,), daemon=True).start()


def _browser() -> Callable[[str], bool] | None:
    """What opens a page in a window, or None on a machine without windows or browser."""
    import webbrowser

    windows = sys.platform in ("darwin", "win32") or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    if not windows:
        return None
    try:
        return webbrowser.get().open
    except webbrowser.Error:
        return None
