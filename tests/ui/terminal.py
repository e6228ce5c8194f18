"""The `hotseat` command in this process: fast, with what it printed and how it ended."""

from __future__ import annotations

import io
import shutil
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from ui.assembly import index_folder
from ui.cli import main


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str

    @property
    def error(self) -> str:
        """The one line on stderr of a command that refused; nothing else may have been printed."""
        assert self.code == 2, self
        assert self.out == "", self
        lines = self.err.splitlines()
        assert len(lines) == 1, self
        assert lines[0].startswith("hotseat: "), self
        return lines[0]


Hotseat = Callable[..., Ended]


def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *args: str, stdin: str = "") -> Ended:
    """Runs `hotseat ARGS` as the installed command does. What it raises besides SystemExit would be a traceback."""
    monkeypatch.setattr(sys, "argv", ["hotseat", *args])
    monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
    before = signal.getsignal(signal.SIGTERM)
    capsys.readouterr()
    code = 0
    try:
        main()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 0 if ended.code is None else 1
    finally:
        signal.signal(signal.SIGTERM, before)
    printed = capsys.readouterr()
    return Ended(code, printed.out, printed.err)


def warm(source: Path, home: Path) -> Path:
    """Gives a data folder what is slow to make."""
    shutil.copytree(index_folder(source), index_folder(home))
    return home
