"""A real `hotseat web` in a process of its own, kept on this machine by `guard/sitecustomize.py`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
HOTSEAT = (sys.executable, "-m", "tests.ui.serving")
START_SECONDS = 120.0


def environment(home: Path, record: Path) -> dict[str, str]:
    """Of a guarded process that knows no model, no display and no key."""
    dropped = ("HOTSEAT_", "OPENAI_", "GRADIO_", "DISPLAY", "WAYLAND_DISPLAY")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    paths = f"{HERE / 'guard'}{os.pathsep}{HERE.parent.parent}"
    return kept | {"HOTSEAT_HOME": str(home), "HOTSEAT_GUARD": str(record), "PYTHONPATH": paths}


class Served:
    """One server process. `address` is what it printed."""

    def __init__(self, home: Path, *, port: int = 0, command: tuple[str, ...] = HOTSEAT):
        self.home = home
        self.record = home / "guard.txt"
        home.mkdir(parents=True, exist_ok=True)
        began = time.monotonic()
        self.process = subprocess.Popen(
            [*command, "web", "--port", str(port), "--no-browser"],
            env=environment(home, self.record),
            stdout=subprocess.PIPE,
            stderr=(home / "stderr.txt").open("a"),
            text=True,
        )
        self.address = self._first_line().strip()
        self.started_in = time.monotonic() - began

    @property
    def port(self) -> int:
        return int(self.address.rsplit(":", 1)[1])

    @property
    def attempts(self) -> str:
        """What tried to leave the machine."""
        return self.record.read_text() if self.record.exists() else ""

    @property
    def errors(self) -> str:
        return (self.home / "stderr.txt").read_text()

    def stop(self, how: signal.Signals = signal.SIGTERM, seconds: float = 30) -> float:
        """Sends a signal and returns after how many seconds the process was gone."""
        began = time.monotonic()
        if self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()
        return time.monotonic() - began

    def _first_line(self) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            self.stop()
            raise RuntimeError(f"the server did not start: {self.errors[-2000:]}")
        return line


if __name__ == "__main__":
    from ui.cli import main

    main()
