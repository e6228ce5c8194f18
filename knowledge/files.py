"""Turns a user's file into titled pieces of text: Markdown, plain text, HTML, DOCX by heading, PDF by page.

Files come from anywhere, so they are read in a child process that may use little memory and little time: whatever a
hostile or broken file does to a parser costs that file and one line. `FileReader` is the parent's side; run as a module
this file is the child. Not here: which files, and where the pieces are kept (`shelf.py`).
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

TEXT_BYTES = 20 * 2**20
PDF_BYTES = 100 * 2**20
"""Larger files are refused: 20 MiB of text are some 20,000 pieces to embed."""
UNPACKED_BYTES = 200 * 2**20
"""What a DOCX may unpack to (a zip bomb unpacks to gigabytes)."""
CHILD_BYTES = 640 * 2**20
"""Memory of the child, where the system can limit it."""
FILE_SECONDS = 180.0
PIECE_WORDS = 170
"""About 230 tokens: a piece must fit the embedder's 256 with its title."""
OVERLAP_WORDS = 20
SCAN_CHARACTERS = 20
"""A PDF with fewer per page on average has pictures of text, not text."""


class Unreadable(Exception):
    """A file that cannot be used. Its text is one line that says why, and what would help."""


@dataclass(frozen=True)
class Piece:
    """A stretch of text, and where it stands: "page 12", or the headings above it."""

    heading: str
    text: str


def supported(path: Path) -> bool:
    return path.suffix.lower() in _READERS


def pieces(path: Path) -> list[Piece]:
    """Pieces in reading order, in this process. Raises Unreadable."""
    if not supported(path):
        raise Unreadable(f"is of a kind that is not read; these are: {', '.join(sorted(_READERS))}")
    try:
        size = path.stat().st_size
        limit = PDF_BYTES if path.suffix.lower() == ".pdf" else TEXT_BYTES
        if size == 0:
            raise Unreadable("is empty")
        if size > limit:
            raise Unreadable(f"has {size / 2**20:.0f} MB; at most {limit // 2**20} are read: split it")
        found = [piece for piece in _READERS[path.suffix.lower()](path) if re.search(r"\w", piece.text)]
    except OSError as error:
        raise Unreadable(f"cannot be read: {error.strerror or error}") from None
    if not found:
        raise Unreadable("has no text in it")
    return found


# --- kinds of files ---------------------------------------------------------------------------------------------------


def _text(path: Path) -> str:
    """Raises Unreadable for what is no UTF-8 (or UTF-16 with a byte order mark)."""
    data = path.read_bytes()
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        if b"\0" in data[:8192]:
            raise Unreadable("is not text, whatever its name says") from None
        raise Unreadable(f"is not UTF-8 text (byte {error.start}): save it as UTF-8") from None
    if "\0" in text:
        raise Unreadable("is not text, whatever its name says")
    return text


def _plain(path: Path) -> Iterator[Piece]:
    for n, part in enumerate(cut(_text(path)), 1):
        yield Piece(f"part {n}", part)


def _markdown_file(path: Path) -> Iterator[Piece]:
    yield from _markdown(_text(path))


def _markdown(text: str) -> Iterator[Piece]:
    from langchain_text_splitters import MarkdownHeaderTextSplitter

    levels = [("#" * n, str(n)) for n in range(1, 7)]
    for section in MarkdownHeaderTextSplitter(levels).split_text(text):
        heading = " > ".join(section.metadata[key] for key in sorted(section.metadata))
        for part in cut(section.page_content):
            yield Piece(_short(heading) or "beginning", part)


def _html(path: Path) -> Iterator[Piece]:
    yield from _markup(_text(path))


def _markup(html: str) -> Iterator[Piece]:
    from bs4 import BeautifulSoup
    from markdownify import MarkdownConverter

    soup = BeautifulSoup(html, "html.parser")
    for tag in soup(["script", "style", "noscript", "template", "svg", "nav", "iframe"]):
        tag.decompose()
    converter = MarkdownConverter(
        heading_style="ATX", strip=["a", "img"], escape_asterisks=False, escape_underscores=False
    )
    yield from _markdown(converter.convert_soup(soup.body or soup))


def _docx(path: Path) -> Iterator[Piece]:
    import mammoth

    try:
        with zipfile.ZipFile(path) as archive:
            if sum(item.file_size for item in archive.infolist()) > UNPACKED_BYTES:
                raise Unreadable(f"unpacks to more than {UNPACKED_BYTES // 2**20} MB")
        with path.open("rb") as file:
            html = mammoth.convert_to_html(
                file, convert_image=mammoth.images.img_element(lambda image: {"src": ""})
            ).value
    except (zipfile.BadZipFile, KeyError):
        raise Unreadable("is not a DOCX file, whatever its name says (or it is encrypted)") from None
    yield from _markup(html)


def _pdf(path: Path) -> Iterator[Piece]:
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    try:
        reader = PdfReader(path)
        if reader.is_encrypted and not _opens_without_password(reader):
            raise Unreadable("is encrypted: save a copy without a password")
        texts = [_unwrapped(page.extract_text()) for page in reader.pages]
    except PyPdfError as error:
        raise Unreadable(f"is not a PDF that can be read ({_line(error)})") from None
    if sum(map(len, texts)) < SCAN_CHARACTERS * len(texts):
        raise Unreadable("has no text layer (a scan?): run a text recognition such as ocrmypdf on it first")
    for number, text in enumerate(texts, 1):
        for part in cut(text):
            yield Piece(f"page {number}", part)


def _opens_without_password(reader: object) -> bool:
    """Many PDFs are encrypted with an empty password, to forbid printing. AES needs a package that we do not demand."""
    from pypdf import PdfReader
    from pypdf.errors import DependencyError

    assert isinstance(reader, PdfReader)
    try:
        return bool(reader.decrypt(""))
    except (DependencyError, NotImplementedError):
        return False


_READERS: dict[str, Callable[[Path], Iterator[Piece]]] = {
    ".md": _markdown_file,
    ".markdown": _markdown_file,
    ".txt": _plain,
    ".html": _html,
    ".htm": _html,
    ".docx": _docx,
    ".pdf": _pdf,
}


def cut(text: str) -> list[str]:
    """Parts of at most `PIECE_WORDS` words, at paragraphs, lines or sentences where possible, overlapping a little."""
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    splitter = RecursiveCharacterTextSplitter(
        separators=["\n\n", "\n", ". ", " ", ""], keep_separator="end",
        chunk_size=PIECE_WORDS, chunk_overlap=OVERLAP_WORDS, length_function=_length,
    )  # fmt: skip
    return [part.strip() for part in splitter.split_text(text) if part.strip()]


def _length(text: str) -> int:
    """Words, but a word of forty letters (a link, base64) counts as four: it is that many tokens."""
    return max(len(text.split()), len(text) // 10)


def _unwrapped(text: str) -> str:
    """Words that a line's end cut in two become whole."""
    return re.sub(r"(?<=[a-z])-\n(?=[a-z])", "", text)


def _short(heading: str) -> str:
    plain = " ".join(re.sub(r"[*_`#]+", "", heading).split())
    return plain if len(plain) <= 120 else f"{plain[:117]}..."


def _line(error: object) -> str:
    return " ".join(str(error).split())[:120] or type(error).__name__


# --- the parent's side ------------------------------------------------------------------------------------------------


class FileReader:
    """Reads one file after another in a child process, started when needed and again after it died."""

    def __init__(self, seconds: float = FILE_SECONDS):
        self._seconds = seconds
        self._child: subprocess.Popen[str] | None = None

    def __enter__(self) -> FileReader:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def read(self, path: Path) -> list[Piece]:
        """As `pieces`, whatever the file does. Raises Unreadable."""
        child = self._running()
        assert child.stdin is not None
        assert child.stdout is not None
        late = threading.Event()

        def end() -> None:
            late.set()
            child.kill()

        timer = threading.Timer(self._seconds, end)
        timer.start()
        try:
            child.stdin.write(json.dumps(str(path)) + "\n")
            child.stdin.flush()
            answer = child.stdout.readline()
        except OSError:
            answer = ""
        finally:
            timer.cancel()
        if not answer:
            self.close()
            raise Unreadable(f"took more than {self._seconds:g} seconds" if late.is_set() else "crashes its reader")
        reply = json.loads(answer)
        if "error" in reply:
            raise Unreadable(reply["error"])
        return [Piece(heading, text) for heading, text in reply["pieces"]]

    def close(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.kill()
            child.communicate()

    def _running(self) -> subprocess.Popen[str]:
        if self._child is None or self._child.poll() is not None:
            self.close()
            root = str(Path(__file__).parents[1])
            path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
            self._child = subprocess.Popen(
                [sys.executable, "-m", "knowledge.files"], text=True, encoding="utf-8",
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                env={**os.environ, "PYTHONPATH": path, "PYTHONIOENCODING": "utf-8"},
            )  # fmt: skip
        return self._child


# --- the child's side -------------------------------------------------------------------------------------------------


def _limit_memory() -> None:
    """Not on Windows, which has no such limit to set."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (CHILD_BYTES, CHILD_BYTES))


def _answer(path: Path) -> dict[str, object]:
    try:
        return {"pieces": [[piece.heading, piece.text] for piece in pieces(path)]}
    except Unreadable as error:
        return {"error": _line(error)}
    except MemoryError:
        return {"error": f"needs more than {CHILD_BYTES // 2**20} MB of memory to be read"}
    except RecursionError:
        return {"error": "is nested too deeply"}
    except Exception as error:  # parsers raise whatever they like on broken files
        return {"error": f"cannot be read ({type(error).__name__}: {_line(error)})"}


def _serve(questions: io.TextIOBase, answers: io.TextIOBase) -> None:
    for line in questions:
        answers.write(json.dumps(_answer(Path(json.loads(line)))) + "\n")
        answers.flush()


if __name__ == "__main__":
    _limit_memory()
    channel = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a parser prints must not mix with the answers
    _serve(sys.stdin, channel)  # type: ignore[arg-type]
