"""Makes `docs/screenshots/*.png` anew: real interviews are played, the real page is opened, each page in both themes.

uv run python docs/screenshots.py          needs playwright (uv sync) and a Chromium
"""

from __future__ import annotations

import asyncio
import io
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import sync_playwright

from agent.events import Setup
from ui.assembly import assemble
from ui.play import Candidate, ScriptedTurn, play, read_candidate

ROOT = Path(__file__).parent.parent
CANDIDATES = ROOT / "tests" / "candidates"
OUT = Path(__file__).parent / "screenshots"
SIZE = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
COLOURS = 128
ANSWERS_OF_THE_OPEN_ONE = 4


async def interviews(home: Path) -> tuple[str, str]:
    """One finished interview and one in the middle, by their ids; a third for the list."""
    interviewer = assemble({"HOTSEAT_HOME": str(home)}).interviewer
    problem = "video-recommendation"

    async def played(name: str, candidate: str) -> str:
        ids = [i async for i in play(interviewer, Setup(problem=name), read(name, candidate))]
        return ids[0]

    await played("payment-fraud-detection", "weak")
    finished = await played(problem, "middling")
    open_one = await interviewer.begin(Setup(problem=problem))
    for turn in read(problem, "strong").turns[:ANSWERS_OF_THE_OPEN_ONE]:
        said = turn if isinstance(turn, ScriptedTurn) else ScriptedTurn(text=turn)
        async for _ in interviewer.answer(open_one, said.text, said.board):
            pass
    interviewer.store.close()
    return finished, open_one


def read(problem: str, candidate: str) -> Candidate:
    return read_candidate(CANDIDATES / problem / f"{candidate}.yaml")


@contextmanager
def served(home: Path) -> Iterator[str]:
    """The address of a server on this data folder."""
    start = "from ui.cli import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", start, "web", "--port", "0", "--no-browser"],
        env=os.environ | {"HOTSEAT_HOME": str(home)},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait()


def shots(address: str, finished: str, open_one: str, browser: Any) -> Iterator[tuple[str, bytes]]:
    """Names and PNGs."""
    pages = {
        "lobby": ("/", ".hs-list a"),
        "interview": (f"/interview?s={open_one}", "#talk .user-row"),
        "report": (f"/report?s={finished}", ".hs-transcript"),
    }
    for size, suffixes in ((SIZE, {"light": "-light", "dark": "-dark"}), (PHONE, {"light": "-phone"})):
        for theme, suffix in suffixes.items():
            tab = browser.new_context(viewport=size, color_scheme=theme).new_page()
            for name, (path, ready) in pages.items():
                tab.goto(address + path)
                tab.wait_for_selector(ready)
                tab.wait_for_timeout(800)  # fonts, and the conversation scrolled to its end
                yield f"{name}{suffix}", tab.screenshot()


def save(name: str, png: bytes) -> None:
    image = Image.open(io.BytesIO(png)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    image.save(OUT / f"{name}.png", optimize=True)


def main() -> None:
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    OUT.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        finished, open_one = asyncio.run(interviews(Path(folder)))
        with served(Path(folder)) as address, sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            for name, png in shots(address, finished, open_one, browser):
                save(name, png)
            browser.close()


if __name__ == "__main__":
    main()
