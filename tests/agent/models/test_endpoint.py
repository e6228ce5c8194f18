"""What `Endpoint` makes of servers, good and bad. Only loopback is contacted; patience is short."""

from __future__ import annotations

import asyncio
import socket
import traceback
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest
from pydantic import SecretStr

from agent.errors import ModelError, ModelGarbled, ModelRefused, ModelStalled, ModelUnreachable
from agent.models.endpoint import Endpoint, Patience
from agent.models.port import Message, Model
from agent.settings import ModelSettings
from tests.agent.models import fake_server as fake
from tests.agent.models.fake_server import FakeServer

KEY = "sk-secret-4711"
ASKED = [Message("system", "You interview."), Message("user", "I would use clicks.")]
SHORT = Patience(connect=0.5, first=1.0, between=0.4, whole=1.5)


@pytest.fixture
async def server() -> AsyncIterator[FakeServer]:
    async with fake.fake_server() as running:
        yield running


def endpoint(server: FakeServer, model: str = "m-8b", patience: Patience = SHORT) -> Endpoint:
    return Endpoint(ModelSettings(model, server.base_url, SecretStr(KEY), small=False), patience)


async def reply(model: Endpoint) -> str:
    return "".join([piece async for piece in model.stream(ASKED, max_tokens=30)])


async def failure(model: Endpoint) -> ModelError:
    with pytest.raises(ModelError) as caught:
        await reply(model)
    return caught.value


async def test_a_reply_arrives_in_pieces_and_is_accounted_for(server: FakeServer) -> None:
    model: Model = (made := endpoint(server))
    assert [piece async for piece in model.stream(ASKED, max_tokens=30)] == ["How ", "would you ", "label it?"]
    assert made.last is not None
    assert (made.last.prompt_tokens, made.last.completion_tokens) == (7, 3)
    assert made.last.first_s is not None
    assert 0 < made.last.first_s <= made.last.whole_s < 1


async def test_the_request_is_one_that_every_server_understands(server: FakeServer) -> None:
    await reply(endpoint(server, model="qwen2.5-codex-7b"))  # a name that ChatOpenAI sends to another API
    sent = server.requests[0].body
    assert sent["messages"] == [{"role": m.role, "content": m.content} for m in ASKED]
    assert (sent["max_tokens"], sent["max_completion_tokens"]) == (30, 30)
    assert sent["stream"] is True
    assert sent["stream_options"] == {"include_usage": True}
    assert sent["temperature"] == 0.3


async def test_no_trace_of_an_interview_leaves(server: FakeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    from langchain_core.tracers.langchain import wait_for_all_tracers

    for name in ("LANGSMITH_TRACING", "LANGSMITH_TRACING_V2", "LANGCHAIN_TRACING_V2"):
        monkeypatch.setenv(name, "true")
    monkeypatch.setenv("LANGSMITH_API_KEY", "ls-secret")
    monkeypatch.setenv("LANGSMITH_ENDPOINT", server.base_url)
    await reply(endpoint(server))
    await asyncio.to_thread(wait_for_all_tracers)
    assert len(server.requests) == 1


async def test_what_the_environment_holds_for_openai_stays_here(
    server: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_ORG_ID", "org-secret")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Other: other-secret\nAuthorization: Bearer other-secret")
    monkeypatch.setenv("OPENAI_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("LANGSMITH_GATEWAY", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    await reply(endpoint(server))
    assert server.requests[0].headers["authorization"] == f"bearer {KEY}"
    assert "secret" not in str(server.requests[0].headers).replace(KEY, "")


REFUSALS = [
    pytest.param(fake.echo_key("401 Unauthorized"), ModelRefused, "HOTSEAT_API_KEY", 1, id="401"),
    pytest.param(fake.echo_key("403 Forbidden"), ModelRefused, "HOTSEAT_API_KEY", 1, id="403"),
    pytest.param(fake.status("404 Not Found", {"detail": "no"}), ModelRefused, "HOTSEAT_MODEL", 1, id="404"),
    pytest.param(fake.echo_key("429 Too Many Requests"), ModelRefused, "quota", 2, id="429"),
    pytest.param(fake.echo_key("500 Internal Server Error"), ModelRefused, "log", 2, id="500"),
    pytest.param(fake.echo_key("400 Bad Request"), ModelRefused, "model doctor", 1, id="400"),
    pytest.param(fake.status("307 Moved", {}, "location: /x\r\n"), ModelRefused, "HOTSEAT_BASE_URL", 1, id="307"),
    pytest.param(fake.html, ModelGarbled, "/v1", 1, id="html"),
    pytest.param(fake.malformed, ModelGarbled, "/v1", 1, id="malformed"),
    pytest.param(fake.no_choices, ModelGarbled, "empty", 1, id="no-choices"),
    pytest.param(fake.pieces(""), ModelGarbled, "empty", 1, id="empty"),
    pytest.param(fake.pieces("<think>hm, 7", " points</think>", " "), ModelGarbled, "empty", 1, id="only-thoughts"),
    pytest.param(fake.pieces("It hides 7 points.", "</think>", "Ok?"), ModelGarbled, "thoughts", 1, id="stray-thought"),
    pytest.param(fake.silent, ModelStalled, "no word within 1 s", 1, id="silent"),
    pytest.param(fake.silent_after_headers, ModelStalled, "no word within 1 s", 1, id="silent-after-headers"),
    pytest.param(fake.keep_alives_only, ModelStalled, "no word within 1 s", 1, id="keep-alives-only"),
    pytest.param(fake.stalls_in_the_middle, ModelStalled, "silent for 0.4 s", 1, id="stall"),
    pytest.param(fake.endless, ModelStalled, "still writing after 1.5 s", 1, id="endless"),
    pytest.param(fake.truncated, ModelStalled, "broke off", 1, id="truncated"),
    pytest.param(fake.cut_off, ModelStalled, "broke off", 1, id="cut-off"),
    pytest.param(fake.error_within, ModelStalled, "fault of its own", 1, id="error-within"),
    pytest.param(
        fake.status("400 Bad Request", {"error": {"code": "context_length_exceeded", "message": "max_tokens"}}),
        ModelRefused,
        "context window",
        1,
        id="overflow",
    ),
]


@pytest.mark.parametrize(("behaviour", "kind", "advice", "requests"), REFUSALS)
async def test_a_fault_becomes_one_line_that_helps_and_tells_no_secret(
    server: FakeServer, behaviour: fake.Behaviour, kind: type[ModelError], advice: str, requests: int
) -> None:
    server.say(behaviour, behaviour)
    error = await failure(endpoint(server, patience=Patience(first=5) if requests > 1 else SHORT))
    assert type(error) is kind
    assert advice in str(error)
    assert "'m-8b'" in str(error)
    assert server.base_url in str(error)
    assert "\n" not in str(error)
    assert KEY not in "".join(traceback.format_exception(error))
    assert error.__context__ is None  # what a debugger or an error tracker would walk along
    assert len(server.requests) == requests


async def test_nobody_listening() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    error = await failure(Endpoint(ModelSettings("m", url, SecretStr(KEY), small=False), Patience(first=3)))
    assert type(error) is ModelUnreachable
    assert url in str(error)
    assert "is the server running" in str(error)


async def test_a_busy_server_gets_a_second_chance(server: FakeServer) -> None:
    server.say(fake.status("503 Loading", {"error": "loading"}))
    assert await reply(endpoint(server, patience=Patience(first=3))) == "How would you label it?"


async def test_a_wait_longer_than_our_patience_is_not_begun(server: FakeServer) -> None:
    server.say(fake.status("429 Too Many Requests", {}, "retry-after: 90\r\n"))
    assert type(await failure(endpoint(server))) is ModelRefused
    assert len(server.requests) == 1


@pytest.mark.parametrize("field", ["temperature", "max_tokens", "max_completion_tokens", "stream_options"])
async def test_a_field_that_a_server_rejects_is_left_out_from_then_on(server: FakeServer, field: str) -> None:
    server.say(fake.status("400 Bad Request", {"error": {"message": f"Unsupported parameter: '{field}'"}}))
    model = endpoint(server)
    await reply(model)
    await reply(model)
    assert [field in request.body for request in server.requests] == [True, False, False]


async def test_length_stays_bounded_whatever_a_server_rejects(server: FakeServer) -> None:
    server.say(
        *(
            fake.status("400 Bad Request", {"error": {"message": f"no {name}"}})
            for name in ("max_tokens", "max_completion_tokens")
        )
    )
    assert type(await failure(endpoint(server))) is ModelRefused
    assert "max_completion_tokens" in server.requests[-1].body


async def test_thoughts_are_not_shown_even_when_tags_are_split(server: FakeServer) -> None:
    server.say(fake.pieces("<thi", "nk>The rubric", " says</th", "ink>\n\nWhich ", "labels", "?"))
    assert await reply(endpoint(server)) == "Which labels?"


async def test_silence_after_the_last_word_is_no_fault(server: FakeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.models.endpoint._AFTER_FINISH", 0.1)
    server.say(fake.stalls_after_the_finish)
    model = endpoint(server)
    assert await reply(model) == "How?"
    assert model.last is not None
    assert model.last.prompt_tokens is None


async def test_closing_the_iterator_stops_the_server(server: FakeServer) -> None:
    server.say(fake.endless)
    async with aclosing(endpoint(server).stream(ASKED, max_tokens=30)) as pieces:
        assert await anext(pieces) == "and "
    await asyncio.wait_for(server.hung_up.wait(), 1)


@pytest.mark.parametrize("behaviour", [fake.silent, fake.endless])
async def test_cancelling_the_task_stops_the_server(server: FakeServer, behaviour: fake.Behaviour) -> None:
    server.say(behaviour)
    task = asyncio.ensure_future(reply(endpoint(server, patience=Patience())))
    await asyncio.sleep(0.3)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.wait_for(server.hung_up.wait(), 1)


async def test_cancelling_a_yes_or_no_stops_the_server(server: FakeServer) -> None:
    server.say(fake.silent)
    task = asyncio.ensure_future(endpoint(server, patience=Patience()).yes_log_odds(ASKED))
    await asyncio.sleep(0.3)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.wait_for(server.hung_up.wait(), 1)


async def test_giving_up_stops_the_server(server: FakeServer) -> None:
    server.say(fake.silent)
    await failure(endpoint(server))
    await asyncio.wait_for(server.hung_up.wait(), 1)


async def test_yes_log_odds(server: FakeServer) -> None:
    server.say(fake.first_token(("Yes", -0.5), ("No", -1.5), (" yes", -4.0)))
    odds = await endpoint(server).yes_log_odds(ASKED)
    assert odds == pytest.approx(1.03, abs=0.01)
    sent = server.requests[0].body
    assert (sent["max_tokens"], sent["temperature"], sent["logprobs"], sent["stream"]) == (1, 0.0, True, True)
    assert sent["chat_template_kwargs"] == {"enable_thinking": False}


async def test_no_log_probabilities_is_undecided(server: FakeServer) -> None:
    server.say(fake.pieces("Yes"))
    assert await endpoint(server).yes_log_odds(ASKED) is None


async def test_rejected_log_probabilities_are_undecided_and_not_asked_for_again(server: FakeServer) -> None:
    server.say(fake.status("400 Bad Request", {"error": {"message": "top_logprobs is not supported"}}))
    model = endpoint(server)
    assert [await model.yes_log_odds(ASKED), await model.yes_log_odds(ASKED)] == [None, None]
    assert ["logprobs" in request.body for request in server.requests] == [True, False]


async def test_a_failed_yes_or_no_is_a_model_error(server: FakeServer) -> None:
    server.say(fake.echo_key("401 Unauthorized"))
    with pytest.raises(ModelRefused):
        await endpoint(server).yes_log_odds(ASKED)


def test_one_endpoint_serves_several_event_loops() -> None:
    made: list[Endpoint] = []

    async def once() -> str:
        async with fake.fake_server() as server:
            made[:] = made or [endpoint(server)]
            made[0]._settings = ModelSettings("m", server.base_url, SecretStr(KEY), small=False)
            return await reply(made[0])

    assert [asyncio.run(once()) for _ in range(2)] == ["How would you label it?"] * 2


def test_importing_loads_no_client_library() -> None:
    import subprocess
    import sys

    code = "import sys, agent.models.endpoint; print([m for m in ('langchain_openai', 'openai') if m in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
