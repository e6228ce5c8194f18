"""The page in a real browser: what a candidate does, what a reload or a kill may not lose, and what text may not do."""

from __future__ import annotations

import shutil
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from knowledge.library import Library
from tests.ui.serving import Served
from tests.ui.slow_server import SENTENCES
from tests.ui.terminal import warm

playwright = pytest.importorskip("playwright.async_api", reason="playwright is not installed: uv sync")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: apt-get install chromium"),
]

BOX = "#answer textarea"
BOT = "#talk .bot-row"
CANDIDATE = "#talk .user-row"
GOAL = "My north star would be 28-day retention, because a tap only tells me that the thumbnail worked."


@dataclass
class Tab:
    """One browser window that writes down what it asked for and what went wrong in it."""

    address: str
    page: Any
    context: Any
    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def watch(self) -> None:
        self.context.on("request", lambda request: self.requests.append(request.url))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))

    @property
    def left_the_machine(self) -> list[str]:
        def inside(url: str) -> bool:
            return urlsplit(url).scheme in ("data", "blob") or urlsplit(url).netloc == urlsplit(self.address).netloc

        return [url for url in self.requests if not inside(url)]

    async def open(self, path: str) -> None:
        await self.page.goto(self.address + path)

    async def start(self, problem: str = "Video recommendation") -> str:
        """From the lobby into an interview; its id."""
        await self.open("/")
        await self.page.get_by_label(problem).check()
        await self.page.click("#start")
        await self.page.wait_for_url("**/interview?s=*")
        await self.page.wait_for_selector(BOT)
        await self.page.wait_for_selector("#send:not([disabled])")
        return str(self.page.url).rsplit("=", 1)[1]

    async def say(self, text: str) -> None:
        """Types an answer, sends it by keyboard and waits for the reply."""
        before = await self.page.locator(BOT).count()
        await self.page.fill(BOX, text)
        await self.page.press(BOX, "Control+Enter")
        await self.replied(before)

    async def press(self, button: str) -> None:
        before = await self.page.locator(BOT).count()
        await self.page.click(f"#{button}")
        await self.replied(before)

    async def replied(self, before: int) -> None:
        await playwright.expect(self.page.locator(BOT)).to_have_count(before + 1, timeout=20_000)
        await self.page.wait_for_function(
            "document.querySelector('#send:not([disabled])') || document.querySelector('.hs-over')", timeout=20_000
        )

    async def talk(self) -> list[str]:
        return [text.strip() for text in await self.page.locator("#talk .message-row").all_inner_texts()]


Open = Callable[..., Awaitable[Tab]]


@pytest.fixture
async def tab() -> AsyncIterator[Open]:
    """Opens windows, each a browser of its own unless it shares another one's."""
    async with playwright.async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])

        async def opened(server: Served, *, shares: Tab | None = None, width: int = 1280, **context: Any) -> Tab:
            size = {"width": width, "height": 800}
            where = shares.context if shares else await browser.new_context(viewport=size, **context)
            one = Tab(server.address, await where.new_page(), where)
            one.watch()
            return one

        yield opened
        await browser.close()


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory, warm_home: Path) -> Iterator[Served]:
    home = warm(warm_home, tmp_path_factory.mktemp("slow"))
    server = Served(home, command=(sys.executable, "-m", "tests.ui.slow_server"))
    yield server
    server.stop()


# --- a whole interview -----------------------------------------------------------------------------------------------


async def test_a_short_interview_from_the_lobby_to_the_scorecard(served: Served, tab: Open) -> None:
    one = await tab(served)
    interview = await one.start()
    await one.say("How many users do we have, and what is the latency budget?")
    told = await one.page.inner_text(".hs-facts")
    assert "120 million" in told
    await one.say(GOAL)
    await one.press("hint")
    await one.press("repeat")
    await one.press("next")
    assert await one.page.inner_text('.hs-stages [aria-current="step"]') == "Frame"
    await one.page.click("#finish")
    await one.press("end")
    await one.say("I think the goal was clear, and I would design the data next.")
    await one.page.click("text=See your scorecard")
    await one.page.wait_for_selector(".hs-verdict")
    assert "of 100" in await one.page.inner_text(".hs-verdict")
    assert await one.page.locator("svg.hs-radar").count() == 1
    assert GOAL in await one.page.inner_text(".hs-transcript")
    async with one.page.expect_download() as download:
        await one.page.click("text=Markdown")
    assert interview in (await download.value).suggested_filename
    await one.open("/")
    await one.page.wait_for_selector(f'.hs-list a[href="report?s={interview}"]')
    assert one.left_the_machine == []
    assert one.errors == []


async def test_the_chosen_problem_says_what_it_is_about(served: Served, tab: Open, library: Library) -> None:
    one = await tab(served)
    await one.open("/")
    for name in ("eta-prediction", "ml-platform"):
        problem = library.problems[name]
        await one.page.get_by_label(problem.title).check()
        await one.page.get_by_text(problem.summary).wait_for()


async def test_a_quote_jumps_to_its_turn(served: Served, tab: Open) -> None:
    one = await tab(served)
    interview = await one.start()
    await one.say(GOAL)
    await one.page.click("#finish")
    await one.press("end")
    await one.say("That was short.")
    await one.open(f"/report?s={interview}")
    link = one.page.locator(".hs-points blockquote a").first
    await link.click()
    number = str(one.page.url).rsplit("#turn-", 1)[1]
    await playwright.expect(one.page.locator(f"#turn-{number}")).to_be_in_viewport()
    assert GOAL in await one.page.inner_text(f"#turn-{number}")
    assert await one.page.locator(f"#turn-{number} mark").count() == 1


async def test_an_answer_is_given_again_and_the_report_shows_what_that_changed(served: Served, tab: Open) -> None:
    one = await tab(served)
    interview = await one.start()
    await one.say("I am not sure.")
    await one.page.click("#finish")
    await one.press("end")
    await one.say("That was short.")
    await one.open(f"/report?s={interview}")
    await one.page.dblclick("#turn-2 .hs-again button")
    await one.page.wait_for_url("**/interview?s=*")
    await one.page.wait_for_selector("#send:not([disabled])")
    assert await one.page.locator(BOT).count() == 1
    assert await one.page.locator(CANDIDATE).count() == 0
    assert " from turn 2" in await one.page.inner_text("#head")
    rewind = str(one.page.url).rsplit("=", 1)[1]
    await one.say(GOAL)
    await one.page.click("#finish")
    await one.press("end")
    await one.say("Better.")
    await one.open(f"/report?s={rewind}")
    await one.page.wait_for_selector(".hs-difference .gained")
    assert GOAL in await one.page.inner_text(".hs-difference .points")
    await one.open("/")
    await one.page.wait_for_selector(f'.hs-list a[href="report?s={rewind}"]')
    assert await one.page.locator(".hs-list :text('rewind from turn 2')").count() == 1, "two clicks are one rewind"
    assert one.errors == []


async def test_enter_starts_a_line_and_control_enter_sends(served: Served, tab: Open) -> None:
    one = await tab(served)
    await one.start()
    await one.page.focus(BOX)
    for key in ("a", "Enter", "b", "Shift+Enter", "c"):
        await one.page.press(BOX, key)
    assert await one.page.input_value(BOX) == "a\nb\nc"
    assert await one.page.locator(CANDIDATE).count() == 0
    await one.say("a\nb\nc")
    assert await one.page.locator(CANDIDATE).count() == 1
    assert await one.page.input_value(BOX) == ""
    assert "Ctrl+Enter" in (await one.page.get_attribute(BOX, "placeholder") or "")


async def test_an_unknown_interview_is_one_line_with_a_way_back(served: Served, tab: Open) -> None:
    one = await tab(served)
    for page in ("interview", "report"):
        await one.open(f"/{page}?s=nosuchthing")
        await one.page.wait_for_selector(".hs-missing")
        assert not await one.page.locator(BOX).is_visible()
        await one.page.click(".hs-missing a")
        await one.page.wait_for_selector("#start")


# --- nothing is lost -------------------------------------------------------------------------------------------------


async def test_a_reload_keeps_the_conversation_and_the_draft(served: Served, tab: Open) -> None:
    one = await tab(served)
    await one.start()
    await one.say(GOAL)
    before = await one.talk()
    await one.page.fill(BOX, "Half an answer\nin two lines")
    await one.page.reload()
    await playwright.expect(one.page.locator(BOX)).to_have_value("Half an answer\nin two lines")
    assert await one.talk() == before


async def test_a_draft_belongs_to_its_interview(served: Served, tab: Open) -> None:
    one = await tab(served)
    await one.start()
    await one.page.fill(BOX, "Meant for the first one")
    await one.start()
    await one.page.wait_for_timeout(1000)
    assert await one.page.input_value(BOX) == ""


async def test_a_kill_of_the_server_loses_nothing(served_home: Path, tab: Open) -> None:
    server = Served(served_home)
    again: Served | None = None
    try:
        one = await tab(server)
        await one.start()
        await one.say(GOAL)
        before = await one.talk()
        await one.page.fill(BOX, "An answer that was not sent")
        await one.page.wait_for_timeout(600)
        server.stop(signal.SIGKILL)
        again = Served(served_home, port=server.port)
        await one.page.reload()
        await playwright.expect(one.page.locator(BOX)).to_have_value("An answer that was not sent")
        assert await one.talk() == before
        await one.press("send")
        assert await one.page.locator(CANDIDATE).count() == 2
    finally:
        server.stop()
        if again:
            again.stop()


async def test_a_second_window_that_has_fallen_behind_is_brought_up_to_date(served: Served, tab: Open) -> None:
    one = await tab(served)
    interview = await one.start()
    other = await tab(served, shares=one)
    await other.open(f"/interview?s={interview}")
    await other.page.wait_for_selector("#send:not([disabled])")
    await one.say(GOAL)
    await other.page.fill(BOX, "An answer to the question before")
    await other.page.click("#send")
    await other.page.wait_for_selector("#notice:has-text('another window')")
    assert await other.talk() == await one.talk()
    assert await other.page.input_value(BOX) == "An answer to the question before"


# --- a reply that takes its time -------------------------------------------------------------------------------------


async def test_a_reply_appears_as_it_grows_and_survives_a_reload(slow: Served, tab: Open) -> None:
    one = await tab(slow)
    await one.start()
    await one.page.fill(BOX, "I would begin with a plain list and then learn from it.")
    await one.page.click("#send")
    await one.page.wait_for_selector(f"{BOT}:has-text('{SENTENCES[0]}')")
    last = one.page.locator(BOT).last
    assert SENTENCES[-1] not in await last.inner_text()
    assert await one.page.input_value(BOX) == ""
    assert await one.page.locator("#send").is_disabled()
    await one.page.reload()
    await one.page.wait_for_selector(f"{BOT}:has-text('{SENTENCES[0]}')")
    assert SENTENCES[-1] not in await last.inner_text()
    await one.page.wait_for_selector(f"{BOT}:has-text('{SENTENCES[-1]}')")
    await one.page.wait_for_selector("#send:not([disabled])")
    assert await one.page.locator(CANDIDATE).count() == 1
    assert await one.page.locator(BOT).count() == 2


async def test_a_second_window_follows_and_may_not_answer_meanwhile(slow: Served, tab: Open) -> None:
    one = await tab(slow)
    interview = await one.start()
    early, late = await tab(slow, shares=one), await tab(slow, shares=one)
    await early.open(f"/interview?s={interview}")
    await early.page.wait_for_selector("#send:not([disabled])")
    await one.page.fill(BOX, "I would begin with a plain list and then learn from it.")
    await one.page.click("#send")
    await one.page.wait_for_selector(f"{BOT}:has-text('{SENTENCES[0]}')")
    await late.open(f"/interview?s={interview}")
    await early.page.fill(BOX, "Me too")
    await early.page.click("#send")
    await early.page.wait_for_selector("#notice:has-text('still speaking')")
    for window in (one, early, late):
        await window.page.wait_for_selector(f"{BOT}:has-text('{SENTENCES[-1]}')")
        await window.page.wait_for_selector("#send:not([disabled])")
    assert await one.talk() == await early.talk() == await late.talk()
    assert await early.page.input_value(BOX) == "Me too"
    assert await one.page.locator(CANDIDATE).count() == 1


# --- hostile words ---------------------------------------------------------------------------------------------------

HOSTILE = (
    '<img src="http://192.0.2.7/x.png" onerror="window.hacked=1"><script>window.hacked=2</script>'
    "${window.hacked=3} {{constructor.constructor('window.hacked=4')()}} `${window.hacked=5}` <b>bold</b> \\u003cb"
    " ![x](http://192.0.2.7/y.png) [z](javascript:window.hacked=6) My north star would be 28-day retention."
)


async def test_an_answer_is_shown_as_it_was_typed_and_nothing_in_it_runs(served: Served, tab: Open) -> None:
    one = await tab(served)
    interview = await one.start()
    await one.say(HOSTILE)
    assert (await one.page.locator(CANDIDATE).inner_text()).strip() == HOSTILE
    await one.page.click("#finish")
    await one.press("end")
    await one.say(HOSTILE)
    await one.open(f"/report?s={interview}")
    await one.page.wait_for_selector("#turn-2")
    assert HOSTILE in await one.page.inner_text("#turn-2")
    assert await one.page.locator(".hs-report img, .hs-report script, #turn-2 b").count() == 0
    await one.open(f"/interview?s={interview}")
    await one.page.wait_for_selector(CANDIDATE)
    assert await one.page.evaluate("window.hacked") is None
    assert one.left_the_machine == []


# --- shape -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_a_narrow_window_needs_no_sideways_scroll(served: Served, tab: Open, theme: str) -> None:
    one = await tab(served, width=390, color_scheme=theme)
    interview = await one.start()
    await one.say("https://example.com/" + "a-very-long-word-without-any-blank" * 20)
    await one.page.click("#finish")
    await one.press("end")
    await one.say("Short.")
    for path in ("/", f"/interview?s={interview}", f"/report?s={interview}"):
        await one.open(path)
        await one.page.wait_for_selector(".hs-list, #talk .user-row, .hs-transcript")
        assert await one.page.evaluate("document.documentElement.scrollWidth") <= 390, path
        assert await one.page.locator("h1").count() == 1, path
        assert await one.page.evaluate("document.body.classList.contains('dark')") is (theme == "dark")
