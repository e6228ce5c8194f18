"""The real server in a process of its own: what it answers and refuses, how it stops, and that it stays at home."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from agent.events import Mode, Request, Setup
from agent.interviewer import Interviewer
from agent.scorecard import Scoring
from agent.store import Store
from knowledge.library import Library
from tests.ui.serving import HOTSEAT, Served, environment

ANSWER = "My goal is 28-day retention, because clicks reward clickbait. How many users do we have? <b>$x {y}</b>"


async def _stream_to_end(stream: Any) -> None:
    async for _ in stream:
        pass


def interview(home: Path, library: Library, scoring: Scoring, *, finish: bool, **setup: Any) -> str:
    """An interview of one answer in the server's store, made beside it."""
    with closing(Store(home)) as store:
        interviewer = Interviewer(library=library, scoring=scoring, store=store, reader=None)

        async def played() -> str:
            one = await interviewer.begin(Setup(problem="video-recommendation", **setup))
            await _stream_to_end(interviewer.answer(one, ANSWER))
            while finish and not interviewer.view(one).ended:
                await _stream_to_end(interviewer.request(one, Request.FINISH))
            return one

        return asyncio.run(played())


@pytest.fixture
def client(served: Served) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=served.address, timeout=30, trust_env=False) as client:
        yield client


# --- pages and files -------------------------------------------------------------------------------------------------


def test_the_printed_address_answers(client: httpx.Client, served: Served) -> None:
    assert served.address.startswith("http://127.0.0.1:")
    assert client.get("/health").json() == {"status": "ok"}


@pytest.mark.parametrize("path", ["/", "/interview", "/interview?s=nosuchthing", "/report", "/report?s=nosuchthing"])
def test_every_page_is_served(client: httpx.Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert 'content="Hotseat"' in answer.text


def texts(client: httpx.Client, one: str) -> list[str]:
    """What was said, turn by turn, from the file that holds every event."""
    events = client.get(f"/report/{one}.json").json()["events"]
    return [event["text"] for event in events if event["kind"] in {"said", "answered"}]


def test_the_report_is_downloaded_in_each_format(
    client: httpx.Client, served: Served, library: Library, scoring: Scoring
) -> None:
    one = interview(served.home, library, scoring, finish=True)
    markdown = client.get(f"/report/{one}.md")
    assert markdown.headers["content-disposition"].endswith(f'-{one}.md"')
    assert ANSWER.replace("<", "\\<") in markdown.text
    data = client.get(f"/report/{one}.json").json()
    assert data["interview"] == one
    assert texts(client, one)[1] == ANSWER
    assert data["scorecard"]["problem"] == "video-recommendation"
    page = client.get(f"/report/{one}.html")
    assert page.headers["content-disposition"].startswith("attachment")
    assert page.text.startswith("<!doctype html>")
    assert "<b>$x" not in page.text


@pytest.mark.parametrize("ending", ["md", "html", "json"])
def test_a_download_of_nothing_is_one_line(client: httpx.Client, ending: str) -> None:
    answer = client.get(f"/report/nosuchthing.{ending}")
    assert answer.status_code == 404
    assert answer.text.startswith("There is no such interview here.")
    assert answer.text.count("\n") == 1


def test_feedback_waits_for_the_end_of_a_strict_interview(
    client: httpx.Client, served: Served, library: Library, scoring: Scoring
) -> None:
    strict = interview(served.home, library, scoring, finish=False)
    practice = interview(served.home, library, scoring, finish=False, mode=Mode.PRACTICE)
    assert client.get(f"/report/{strict}.md").status_code == 409
    assert client.get(f"/report/{practice}.md").status_code == 200


def test_an_interview_of_another_owner_is_as_good_as_none(
    client: httpx.Client, served: Served, library: Library, scoring: Scoring
) -> None:
    foreign = interview(served.home, library, scoring, finish=True, owner="somebody-else")
    answer = client.get(f"/report/{foreign}.json")
    assert answer.status_code == 404
    assert answer.text == client.get("/report/nosuchthing.json").text


# --- turns over HTTP -------------------------------------------------------------------------------------------------


def pressed(client: httpx.Client, button: str, data: list[Any], one: str) -> list[Any]:
    """Does what the page does when a button is clicked; the values of the last update."""
    config = client.get("/interview").text.split("window.gradio_config = ", 1)[1]
    page = json.JSONDecoder().raw_decode(config)[0]
    target = next(c["id"] for c in page["components"] if c["props"].get("elem_id") == button)
    event = next(d["id"] for d in page["dependencies"] if [target, "click"] in d["targets"])
    join = {"data": data, "fn_index": event, "session_hash": f"test{button}"}
    assert client.post(f"/gradio_api/queue/join?s={one}", json=join).status_code == 200
    values: list[Any] = []
    with client.stream("GET", "/gradio_api/queue/data", params={"session_hash": join["session_hash"]}) as lines:
        for line in lines.iter_lines():
            message = json.loads(line.removeprefix("data: ")) if line.startswith("data: ") else {}
            if message.get("msg") == "process_completed":
                assert message["success"], message
                values = message["output"].get("data", [])
            if message.get("msg") == "close_stream":
                break
    return values


def test_an_answer_is_stored_and_answered(
    client: httpx.Client, served: Served, library: Library, scoring: Scoring
) -> None:
    one = interview(served.home, library, scoring, finish=False)
    pressed(client, "send", ["I would log every impression with its position.", "3"], one)
    pressed(client, "end", ["5"], one)
    pressed(client, "send", ["I think it went well.", "6"], one)
    events = client.get(f"/report/{one}.json").json()["events"]
    assert [e["kind"][0] for e in events if e["kind"] in {"said", "answered"}] == list("sasassas")
    assert texts(client, one)[3] == "I would log every impression with its position."


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (["  \n ", "3"], "nothing to send"),
        (["x" * 1_000_000, "3"], "1,000,000 characters"),
        (["An answer to a question that has gone.", "1"], "another window"),
    ],
)
def test_what_is_not_accepted_is_said_and_not_stored(
    client: httpx.Client, served: Served, library: Library, scoring: Scoring, data: list[Any], line: str
) -> None:
    one = interview(served.home, library, scoring, finish=False, mode=Mode.PRACTICE)
    assert line in json.dumps(pressed(client, "send", data, one))
    assert len(texts(client, one)) == 3


def test_a_forged_id_reaches_nobody_elses_interview(
    client: httpx.Client, served: Served, library: Library, scoring: Scoring
) -> None:
    foreign = interview(served.home, library, scoring, finish=False, owner="somebody-else")
    assert "no such interview" in json.dumps(pressed(client, "send", ["Mine now.", "3"], foreign))
    with closing(Store(served.home)) as store:
        assert [event.kind for event in store.events(foreign)].count("answered") == 1


# --- what every answer carries, and what is refused ------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/health", "/report/nosuchthing.md", "/theme.css"])
def test_every_answer_forbids_other_sites(client: httpx.Client, path: str) -> None:
    headers = client.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "img-src 'self' data: blob:" in policy
    assert "frame-ancestors 'self'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"


def test_the_cookie_is_out_of_reach_of_scripts_and_set_once(client: httpx.Client) -> None:
    cookie = client.get("/").headers["set-cookie"]
    assert cookie.startswith("hotseat=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "set-cookie" not in client.get("/").headers


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/openapi.json", "/gradio_api/runs"])
def test_nothing_is_served_that_we_do_not_offer(client: httpx.Client, path: str) -> None:
    assert client.get(path).status_code in (403, 404)


def test_nothing_can_be_uploaded(client: httpx.Client) -> None:
    assert client.post("/gradio_api/upload", files={"files": ("a.txt", b"a")}).status_code == 403


@pytest.mark.parametrize("name", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", ""])
def test_a_name_that_is_not_ours_is_refused(client: httpx.Client, name: str) -> None:
    assert client.get("/", headers={"Host": name}).status_code == 403


@pytest.mark.parametrize("origin", ["http://evil.example", "null"])
def test_a_request_that_another_site_sends_is_refused(client: httpx.Client, origin: str) -> None:
    assert client.post("/gradio_api/queue/join", json={}, headers={"Origin": origin}).status_code == 403


# --- starting and stopping -------------------------------------------------------------------------------------------


def test_sigterm_stops_it_while_a_page_is_open(served_home: Path) -> None:
    server = Served(served_home)
    with (
        httpx.Client(base_url=server.address, timeout=30, trust_env=False) as client,
        client.stream("GET", "/gradio_api/heartbeat/test") as heartbeat,
    ):
        assert heartbeat.status_code == 200
        next(heartbeat.iter_raw())
        assert server.stop() < 10
    assert server.process.returncode is not None


def test_a_port_in_use_is_one_line_that_says_what_to_do(served: Served) -> None:
    run = subprocess.run(
        [*HOTSEAT, "web", "--port", str(served.port), "--no-browser"],
        env=environment(served.home, served.record),
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 2
    assert run.stdout == ""
    assert run.stderr.count("\n") == 1
    assert str(served.port) in run.stderr
    assert "hotseat web --port" in run.stderr


@pytest.mark.parametrize("action", ["create_connection(('192.0.2.1', 80), 1)", "getaddrinfo('a.example', 80)"])
def test_the_guard_guards(tmp_path: Path, action: str) -> None:
    """What the next test relies on."""
    record = tmp_path / "guard.txt"
    run = subprocess.run(
        [sys.executable, "-c", f"import socket; socket.{action}"],
        env=environment(tmp_path, record),
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode != 0
    assert "keeps this process on this machine" in run.stderr
    assert record.read_text()


def test_the_guard_lets_loopback_through(tmp_path: Path) -> None:
    record = tmp_path / "guard.txt"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        action = f"import socket; socket.create_connection(('localhost', {listener.getsockname()[1]}), 5)"
        subprocess.run([sys.executable, "-c", action], env=environment(tmp_path, record), check=True)
    assert not record.exists()


def test_the_server_never_leaves_the_machine(served_home: Path, library: Library, scoring: Scoring) -> None:
    """From start to stop, with pages opened, a turn played and a report read."""
    server = Served(served_home)
    try:
        with httpx.Client(base_url=server.address, timeout=30, trust_env=False) as client:
            for path in ("/", "/interview", "/report", "/config", "/theme.css"):
                client.get(path)
            one = interview(served_home, library, scoring, finish=False, mode=Mode.PRACTICE)
            pressed(client, "send", ["I would log every impression with its position.", "3"], one)
            assert client.get(f"/report/{one}.md").status_code == 200
    finally:
        server.stop()
    assert server.attempts == ""
    assert os.environ.get("HOTSEAT_GUARD") is None
