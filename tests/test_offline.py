"""Nothing leaves the machine: a whole `hotseat play` in a process whose every outside connection fails and is noted."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.ui.serving import HOTSEAT, environment
from tests.ui.terminal import warm

CANDIDATE = Path(__file__).parent / "candidates" / "rag-support-assistant" / "weak.yaml"
ESCAPES = {
    "connection": "socket.create_connection(('192.0.2.1', 443), timeout=2)",
    "connection over IPv6": "socket.socket(socket.AF_INET6).connect(('2001:db8::1', 443))",
    "datagram": "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'ping', ('192.0.2.1', 9))",
    "look-up": "socket.getaddrinfo('example.com', 443)",
    "old look-up": "socket.gethostbyname('example.com')",
    "below the socket module": "__import__('_socket').socket().connect(('192.0.2.1', 443))",
    "HTTP": "urllib.request.urlopen('http://192.0.2.1/', timeout=2)",
    "asyncio": "asyncio.run(asyncio.open_connection('192.0.2.1', 443))",
    "httpx": "__import__('httpx').Client(trust_env=False).get('http://example.com/')",
    "a thread": "fetched_in_a_thread()",
}


def guarded(script: str, folder: Path) -> tuple[str, str]:
    """What a guarded Python process printed, and what its guard noted."""
    noted = folder / "guard.txt"
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=environment(folder, noted),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.stdout + done.stderr, noted.read_text() if noted.exists() else ""


@pytest.mark.parametrize("escape", ESCAPES.values(), ids=ESCAPES)
def test_the_guard_stops_and_notes_every_way_out(escape: str, tmp_path: Path) -> None:
    """Without this the other test would pass with a guard that is asleep."""
    script = textwrap.dedent(f"""
        import asyncio, socket, threading, urllib.request
        def fetched_in_a_thread():
            caught = []
            def fetch():
                try:
                    socket.create_connection(("192.0.2.1", 443), timeout=2)
                except OSError as error:
                    caught.append(error)
            thread = threading.Thread(target=fetch)
            thread.start()
            thread.join()
            raise caught[0]
        try:
            {escape}
        except Exception as error:
            print("refused:", error)
        else:
            print("got out")
    """)
    printed, noted = guarded(script, tmp_path)
    assert "got out" not in printed
    assert "refused:" in printed
    assert "192.0.2.1" in noted or "2001:db8::1" in noted or "example.com" in noted


def test_the_guard_lets_loopback_pass(tmp_path: Path) -> None:
    script = textwrap.dedent("""
        import socket
        server = socket.create_server(("127.0.0.1", 0))
        socket.create_connection(("localhost", server.getsockname()[1]), timeout=5).close()
        print("connected")
    """)
    assert guarded(script, tmp_path) == ("connected\n", "")


def test_a_whole_interview_never_leaves_the_machine(warm_home: Path, tmp_path: Path) -> None:
    noted = tmp_path / "guard.txt"
    done = subprocess.run(
        [*HOTSEAT, "play", "--problem", "rag-support-assistant", "--candidate", str(CANDIDATE), "--json"],
        env=environment(warm(warm_home, tmp_path / "home"), noted),
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert json.loads(done.stdout)["transcript"]["turns"]
    assert not noted.exists(), noted.read_text()


def test_the_first_start_never_leaves_the_machine(warm_home: Path) -> None:
    """`warm_home` was made under the same guard: notes indexed, exemplars embedded."""
    assert not (warm_home / "guard.txt").exists(), (warm_home / "guard.txt").read_text()
