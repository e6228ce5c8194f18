"""Rewinds as their user meets them: in the terminal, in the list, on the page."""

from __future__ import annotations

import asyncio
import json
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from agent.events import Mode, Parent, Request, Setup
from agent.interviewer import Interviewer
from agent.scorecard import Scoring
from agent.store import Store
from knowledge.library import Library
from tests.agent.desk import said
from tests.agent.doubles import TellingReader
from tests.factory import START, shown
from tests.ui.serving import Served
from tests.ui.terminal import Hotseat
from ui.report.contents import Report
from ui.report.document import document
from ui.report.exporting import gathered
from ui.report.html_difference import before_and_after
from ui.report.markdown import markdown, scorecard_markdown
from ui.web import fragments, report_html

PROBLEM = "rag-support-assistant"
ANSWER = "I would measure how many conversations end without an agent, because that is what the money is for."
HOSTILE = '<script>alert(1)</script> matters & "so" does {this}'
POINT = "clarify-amber"


async def finish(interviewer: Interviewer, interview: str) -> str:
    while not interviewer.view(interview).ended:
        await said(interviewer.request(interview, Request.FINISH))
    return interview


def finished(library: Library, scoring: Scoring, home: Path) -> str:
    """An interview with one mark in the data folder of this test."""
    reader = TellingReader(shown(library.problems[PROBLEM].points[0].id, ANSWER))
    interviewer = Interviewer(library=library, scoring=scoring, store=Store(home), reader=reader)  # type: ignore[arg-type]

    async def one() -> str:
        interview = await interviewer.begin(Setup(problem=PROBLEM))
        await said(interviewer.answer(interview, ANSWER))
        return await finish(interviewer, interview)

    return asyncio.run(one())


# --- the terminal ----------------------------------------------------------------------------------------------------


@pytest.fixture
def interview(tmp_path: Path, library: Library, scoring: Scoring) -> str:
    return finished(library, scoring, tmp_path / "home")


def listed(hotseat: Hotseat) -> list[dict[str, Any]]:
    return json.loads(hotseat("sessions", "--json").out)  # type: ignore[no-any-return]


def test_a_turn_is_answered_again_in_the_terminal(warm_hotseat: Hotseat, interview: str, library: Library) -> None:
    before = warm_hotseat("score", interview).out
    ended = warm_hotseat("rewind", interview, "2", stdin="Hm, well.\n/finish\nFine.\n")
    assert ended.code == 0
    assert library.problems[PROBLEM].brief in ended.out, "the question stands there again"
    difference = ended.out.split("### Before and after")[1]
    assert f"A rewind of {interview} from turn 2." in difference
    assert re.search(rf"\*\*lost: .*\*\* named, unprompted, turn 2 → not .*\n  > {re.escape(ANSWER)}", difference)
    fork = listed(warm_hotseat)[0]
    assert (fork["rewind_of"], fork["from_turn"], fork["state"]) == (interview, 2, "done")
    assert "### Before and after" in warm_hotseat("score", fork["id"]).out
    data = json.loads(warm_hotseat("score", fork["id"], "--json").out)["rewind"]
    assert (data["parent"]["interview"], data["ended"], data["parent_ended"]) == (interview, True, True)
    assert [change["what"] for change in data["difference"]["points"]] == ["lost"]
    assert warm_hotseat("score", interview).out == before, "the interview stays as it is"


def test_a_rewind_that_was_left_is_marked_and_says_that_it_is_open(warm_hotseat: Hotseat, interview: str) -> None:
    left = warm_hotseat("rewind", interview, "1", stdin="/quit\n")
    fork, first = listed(warm_hotseat)
    assert f"hotseat resume {fork['id']}" in left.out
    assert (first["rewind_of"], first["from_turn"]) == (None, None)
    lines = warm_hotseat("sessions").out.splitlines()
    assert [line.endswith(f"  rewind of {interview} from turn 2") for line in lines] == [True, False]
    assert "This rewind is still open" in warm_hotseat("score", fork["id"]).out


@pytest.mark.parametrize(("turn", "why"), [("99", "no turn 99"), ("0", "no turn 0"), ("3", "nobody answered")])
def test_a_turn_that_cannot_be_answered_again_is_one_line(
    hotseat: Hotseat, interview: str, turn: str, why: str
) -> None:
    assert why in hotseat("rewind", interview, turn).error
    assert len(listed(hotseat)) == 1


def test_an_unknown_interview_is_one_line(hotseat: Hotseat) -> None:
    assert "'nosuchone2'" in hotseat("rewind", "nosuchone2", "2").error


def test_a_rewind_outlives_what_it_came_from(warm_hotseat: Hotseat, interview: str, tmp_path: Path) -> None:
    warm_hotseat("rewind", interview, "2", stdin="/quit\n")
    fork = listed(warm_hotseat)[0]["id"]
    with sqlite3.connect(tmp_path / "home" / "transcripts.sqlite") as connection:
        connection.execute("update event set body = '{}' where interview = ?", (interview,))
    ended = warm_hotseat("score", fork)
    assert ended.code == 0
    assert f"A rewind of {interview} from turn 2. What it rewinds cannot be read any more." in ended.out


# --- what is shown ---------------------------------------------------------------------------------------------------


def rewound(tiny: Library, scoring: Scoring, home: Path, mode: Mode, *, over: bool) -> tuple[Interviewer, str]:
    """A rewind, over, in which a point is gained in hostile words; its parent is `over` or goes on."""
    store = Store(home)

    def interviewer(*cells: Any) -> Interviewer:
        return Interviewer(library=tiny, scoring=scoring, store=store, reader=TellingReader(*cells))  # type: ignore[arg-type]

    async def played() -> tuple[Interviewer, str]:
        first = await interviewer().begin(Setup(problem="tiny", mode=mode))
        await said(interviewer().answer(first, "Hm."))
        if over:
            await finish(interviewer(), first)
        telling = interviewer(shown(POINT, HOSTILE))
        second = telling.rewind(first, 2)
        await said(telling.answer(second, HOSTILE))
        return telling, await finish(telling, second)

    return asyncio.run(played())


def on_page(interviewer: Interviewer, interview: str) -> Report:
    return report_html.withheld(gathered(interviewer, interview, page=report_html.address(interview)))


def test_the_report_shows_before_and_after_and_no_markup_of_the_candidate(
    tiny: Library, scoring: Scoring, tmp_path: Path
) -> None:
    interviewer, second = rewound(tiny, scoring, tmp_path, Mode.INTERVIEW, over=True)
    report = on_page(interviewer, second)
    assert report.view.parent is not None
    page = before_and_after(report)
    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; matters" in page
    assert f'href="report?s={report.view.parent.interview}#turn-2"' in page
    assert f'<td>not shown</td><td><a href="report?s={second}#turn-2">named, unprompted, turn 2</a>' in page
    assert '<b class="gained">gained</b>' in page
    assert "→ named, unprompted, turn 2" in markdown(report)


def test_the_file_of_a_rewind_has_its_comparison_and_neither_buttons_nor_links_to_other_pages(
    tiny: Library, scoring: Scoring, tmp_path: Path
) -> None:
    interviewer, second = rewound(tiny, scoring, tmp_path, Mode.INTERVIEW, over=True)
    report = gathered(interviewer, second)
    file = document(report)
    assert report.view.parent is not None
    assert '<b class="gained">gained</b>' in file
    assert f"rewind of {report.view.parent.interview} from turn 2" in file
    assert f"rewind of {report.view.parent.interview} from turn 2" in markdown(report).split("## Scorecard")[0]
    assert "<form" not in file
    assert {link.partition("#")[0] for link in re.findall(r'href="([^"]*)"', file)} == {""}


@pytest.mark.parametrize(
    ("mode", "over", "told"),
    [(Mode.INTERVIEW, True, True), (Mode.INTERVIEW, False, False), (Mode.PRACTICE, False, True)],
)
def test_a_rewind_gives_away_nothing_of_a_strict_interview_that_goes_on(
    tiny: Library, scoring: Scoring, tmp_path: Path, mode: Mode, over: bool, told: bool
) -> None:
    interviewer, second = rewound(tiny, scoring, tmp_path, mode, over=over)
    report = on_page(interviewer, second)
    page = report_html.page(report, settling=False)
    assert ("hs-difference" in page) is told
    assert ("is shown when that one is over" in page) is not told
    assert ("is shown when that one is over" in markdown(report)) is not told
    assert f"rewind of {report.view.parent.interview if report.view.parent else ''} from turn 2" in page


def test_every_answer_has_its_button_and_no_question_has(tiny: Library, scoring: Scoring, tmp_path: Path) -> None:
    interviewer, second = rewound(tiny, scoring, tmp_path, Mode.PRACTICE, over=True)
    view = interviewer.view(second)
    answers = [turn.n for turn in view.turns if turn.who == "candidate"]
    page = report_html.page(on_page(interviewer, second), settling=False)
    for markup in (page, fragments.briefing(second, view)):
        assert [int(n) for n in re.findall(rf'action="rewind/{second}/(\d+)"', markup)] == answers
    assert "hs-rewind" not in fragments.briefing(second, replace(view, turns=view.turns[:1]))


def test_a_rewind_is_marked_in_the_list(tiny: Library, scoring: Scoring, tmp_path: Path) -> None:
    interviewer, _ = rewound(tiny, scoring, tmp_path, Mode.PRACTICE, over=True)
    assert fragments.interviews(interviewer.store.entries("local"), tiny).count("rewind from turn 2") == 1


def test_the_result_of_an_interview_that_is_no_rewind_says_nothing_of_rewinds(
    tiny: Library, scoring: Scoring, tmp_path: Path
) -> None:
    interviewer, second = rewound(tiny, scoring, tmp_path, Mode.PRACTICE, over=True)
    report = replace(gathered(interviewer, second), comparison=None)
    parent = Parent(interview="gone", turn=2, when=START)
    lost = replace(report, view=replace(report.view, parent=parent))
    plain = replace(report, view=replace(report.view, parent=None))
    for form in (scorecard_markdown, before_and_after):
        assert "rewind" not in str(form(plain))
        assert "cannot be read any more" in str(form(lost))


# --- the server ------------------------------------------------------------------------------------------------------


@pytest.fixture
def client(served: Served) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=served.address, timeout=30, trust_env=False) as client:
        yield client


def test_the_button_makes_a_rewind_and_opens_it(
    client: httpx.Client, served: Served, library: Library, scoring: Scoring
) -> None:
    one = finished(library, scoring, served.home)
    answer = client.post(f"/rewind/{one}/2", headers={"Origin": served.address})
    assert answer.status_code == 303
    page = answer.next_request
    assert page is not None
    assert page.url.path == "/interview"
    shared = Store(served.home).events(page.url.params["s"])
    assert [event.kind for event in shared] == ["started", "said"], "the question stands there"


@pytest.mark.parametrize("path", ["/rewind/nosuchthing/2", "/rewind/{one}/99"])
def test_what_cannot_be_rewound_is_one_line(
    client: httpx.Client, served: Served, library: Library, scoring: Scoring, path: str
) -> None:
    answer = client.post(path.format(one=finished(library, scoring, served.home)))
    assert answer.status_code == 404
    assert answer.text.count("\n") == 1


def test_neither_a_link_nor_another_site_makes_a_rewind(
    client: httpx.Client, served: Served, library: Library, scoring: Scoring
) -> None:
    one = finished(library, scoring, served.home)
    before = len(Store(served.home).entries("local"))
    assert client.get(f"/rewind/{one}/2").status_code >= 400
    assert client.post(f"/rewind/{one}/2", headers={"Origin": "http://evil.example"}).status_code == 403
    assert len(Store(served.home).entries("local")) == before
