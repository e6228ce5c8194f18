"""What the pages are made of: text stays text, empty states say what to do, nothing that was done without is hidden."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.events import ClockKind, Degraded, Depth, Mode, Request, Setup
from agent.scorecard import Scoring
from agent.settings import NO_KEY, ModelSettings, Settings
from agent.store import Entry
from knowledge.library import Library
from tests.factory import Talk, shown
from tests.ui.reports import report_of
from ui.markup import one_line, text, verbatim
from ui.radar import radar
from ui.report.contents import Report
from ui.report.html_transcript import highlighted, steps_down
from ui.web import fragments, report_html

NASTY = st.text(st.sampled_from("<>&'\"`$\\{}/ab \n") | st.characters(codec="utf-8"), max_size=60)
ANSWER = "To me the amber clarify matters most here. <i>Measure</i> it."


def finished(tiny: Library, scoring: Scoring) -> Report:
    talk = Talk(tiny)
    talk.answer(
        ANSWER,
        shown("clarify-amber", "To me the amber clarify matters most here.", Depth.JUSTIFIED),
        shown("clarify-basalt", "<i>Measure</i> it.", state="unsure"),
    )
    talk.press(Request.FINISH)
    talk.answer("That went well.")
    return report_of(talk, scoring, page=report_html.address("abc"))


# --- text ------------------------------------------------------------------------------------------------------------


@given(NASTY)
def test_text_opens_no_markup_and_no_template_and_reads_back_the_same(raw: str) -> None:
    escaped = text(raw)
    assert not set(escaped) & set("<>\"'`$\\{}")
    assert html.unescape(escaped) == html.unescape(html.escape(raw))
    assert not set(one_line(raw)) & set("<>\"'`$\\{}\n")


@given(NASTY)
def test_verbatim_text_opens_no_markup_and_keeps_its_quotation_marks(raw: str) -> None:
    assert "<" not in verbatim(raw)
    assert verbatim(raw).count("'") == raw.count("'")


@given(NASTY, st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=4))
def test_a_highlighted_turn_says_what_the_turn_said(words: str, spans: list[tuple[int, int]]) -> None:
    quotes = [words[start:end] for start, end in spans] + ["not in there at all"]
    marked = highlighted(words, quotes)
    assert re.sub(r"</?mark>", "", marked) == text(words)
    assert marked.count("<mark>") == marked.count("</mark>")
    assert (marked.count("<mark>") > 0) == any(words[start:end] for start, end in spans)


# --- lobby -----------------------------------------------------------------------------------------------------------


def entry(**changes: object) -> Entry:
    created = datetime(2026, 3, 5, 9, 7, tzinfo=UTC)
    fields = {"id": "abc", "problem": "tiny", "created": created, "turns": 5, "ended": False}
    return Entry(**fields | {"setup": Setup(problem="tiny")} | changes)  # type: ignore[arg-type]


def test_the_list_of_interviews_says_what_to_do_when_it_is_empty(tiny: Library) -> None:
    assert "press Start" in fragments.interviews([], tiny)


@pytest.mark.parametrize(
    ("ended", "link"), [(False, 'href="interview?s=abc"'), (True, 'href="report?s=abc"')], ids=["open", "over"]
)
def test_an_interview_is_gone_on_with_or_read(tiny: Library, ended: bool, link: str) -> None:
    assert link in fragments.interviews([entry(ended=ended)], tiny)


def test_an_interview_of_a_problem_that_is_gone_is_still_listed(tiny: Library) -> None:
    assert "was-removed" in fragments.interviews([entry(problem="was-removed")], tiny)


def test_the_lobby_says_whether_a_model_is_connected_and_shows_no_key() -> None:
    model = ModelSettings(model="<m>", base_url="http://127.0.0.1:1/v1", api_key=NO_KEY, small=True)
    assert "No model is connected" in fragments.connection(Settings(home=Path("x"), model=None), [])
    line = fragments.connection(Settings(home=Path("x"), model=model), ["<trouble>"])
    assert "&lt;m&gt; at http://127.0.0.1:1/v1" in line
    assert "&lt;trouble&gt;" in line
    assert NO_KEY.get_secret_value() not in re.sub(r"<[^>]+>", "", line).split()


# --- interview -------------------------------------------------------------------------------------------------------


def test_the_stage_bar_marks_exactly_one_stage_and_none_at_the_end(tiny: Library, scoring: Scoring) -> None:
    assert fragments.stage_bar(Talk(tiny).view, tiny).count('aria-current="step"') == 1
    assert 'aria-current="step"' not in fragments.stage_bar(finished(tiny, scoring).view, tiny)


@pytest.mark.parametrize(
    ("clock", "said"), [("speech", "as if spoken"), ("wall", "data-seconds="), ("untimed", "no clock")]
)
def test_the_bar_shows_the_clock_that_was_chosen(tiny: Library, clock: str, said: str) -> None:
    view = Talk(tiny, Setup(problem="tiny", clock=ClockKind(clock))).view
    assert said in fragments.stage_bar(view, tiny, wall_seconds=90)


def test_a_wall_clock_counts_the_time_since_the_last_turn_and_stops_at_the_end(tiny: Library) -> None:
    view = Talk(tiny, Setup(problem="tiny", clock=ClockKind.WALL, minutes=10)).view
    assert ">1:31<" in fragments.stage_bar(view, tiny, wall_seconds=90)
    assert ">10:00<" in fragments.stage_bar(view, tiny, wall_seconds=9_000)


def test_facts_are_kept_in_view_once_told(tiny: Library) -> None:
    talk = Talk(tiny)
    assert "Nothing yet" in fragments.briefing("abc", talk.view)
    talk.answer("How many widget3 are there?")
    assert "There are 3 hundred of those." in fragments.briefing("abc", talk.view)
    assert "There are 4 hundred" not in fragments.briefing("abc", talk.view)


def test_what_was_done_without_is_shown_in_words(tiny: Library) -> None:
    assert steps_down([]) == ""
    whats = ("reply", "assessment", "retrieval", "reader")
    events = [
        Degraded.model_validate({"when": datetime.now(UTC), "turn": 3, "what": what, "why": "<refused>"})
        for what in whats
    ]
    mark = steps_down(events)
    assert "Done without: 4" in mark
    assert mark.count("&lt;refused&gt;") == 4


# --- report ----------------------------------------------------------------------------------------------------------


def test_the_report_quotes_links_and_admits_what_it_does_not_know(tiny: Library, scoring: Scoring) -> None:
    report = finished(tiny, scoring)
    page, card = report_html.page(report, settling=False), report.card
    assert page.count("<h1") == 1
    assert 'href="report?s=abc#turn-2"' in page
    assert 'id="turn-2"' in page
    assert "<mark>To me the amber clarify matters most here.</mark>" in page
    assert '<span class="unknown">not assessed</span>' in page
    assert "&lt;i&gt;Measure&lt;/i&gt; it." in page
    assert f"<b>{card.range.low:g} to {card.range.high:g}</b> of 100" in page
    for cap in card.caps:
        assert cap.because in page
    for ending in ("md", "html", "json"):
        assert f'href="report/abc.{ending}"' in page


def test_the_report_says_when_answers_are_still_being_read(tiny: Library, scoring: Scoring) -> None:
    report = finished(tiny, scoring)
    assert "still being assessed" in report_html.page(report, settling=True)
    assert "still being assessed" not in report_html.page(report, settling=False)


def test_a_strict_interview_gives_no_feedback_before_its_end(tiny: Library, scoring: Scoring) -> None:
    strict, practice = Talk(tiny), Talk(tiny, Setup(problem="tiny", mode=Mode.PRACTICE))
    assert not report_html.readable(strict.view)
    assert report_html.readable(practice.view)
    assert report_html.readable(finished(tiny, scoring).view)
    assert "interview?s=abc" in report_html.not_yet("abc", strict.view)


@given(st.dictionaries(NASTY, st.floats(1, 4), min_size=3, max_size=9))
def test_the_radar_is_well_formed_whatever_the_names(values: dict[str, float]) -> None:
    values = {name.translate(dict.fromkeys((*range(32), 0xFFFE, 0xFFFF))): value for name, value in values.items()}
    chart = ElementTree.fromstring(radar(values, "Title"))
    assert len(chart.findall("circle")) == len(values)
    shape = next(p for p in chart.findall("polygon") if p.get("class") == "shape")
    for point in (shape.get("points") or "").split():
        x, y = map(float, point.split(","))
        assert 0 <= x <= 420
        assert 0 <= y <= 320


def test_a_better_value_lies_further_out() -> None:
    def height(value: float) -> float:
        chart = ElementTree.fromstring(radar({"up": value, "b": 1, "c": 1}, "Title"))
        return float(chart.findall("circle")[0].get("cy") or 0)

    assert height(4) < height(3) < height(1)
