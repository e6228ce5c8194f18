"""The review as sections of the report: each says what the review found in both formats, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Literal

import pytest

from agent.events import Depth, MoveKind, Setup
from agent.scorecard import Scoring
from knowledge.library import Library
from knowledge.schema import StageId
from tests.agent.script import Script
from tests.factory import Talk, shown, tiny_library
from tests.ui.reports import report_of, scripted
from ui.report import html_review, markdown_review
from ui.report.contents import Report, reading
from ui.report.document import document
from ui.report.html import sections
from ui.report.markdown import markdown, scorecard_markdown

LIBRARY = tiny_library()
PROBLEM = LIBRARY.problems["tiny"]
HOSTILE = "<script>alert(1)</script> [x](javascript:1) & co"
BOARD = {
    "nodes": [{"id": "a", "kind": "model", "label": "<b>Ranker</b>"}, {"id": "b", "kind": "cache", "label": "C"}],
    "edges": [{"source": "a", "target": "b"}],
}
LINE = "<b>Ranker</b> (model) -> C (cache)"


def whole() -> Script:
    """An interview in which everything that a review can find is to be found, in hostile words."""
    drawn = shown("serve-amber", LINE).model_copy(update={"source": "board"})
    first = f"The latency budget is 50 ms. I would use gadget1. {HOSTILE}."
    script = Script(Setup(problem="tiny")).say(MoveKind.OPEN)
    script.answer(first, shown("clarify-amber", f"{HOSTILE}.", Depth.JUSTIFIED), drawn, board=BOARD)
    script.say(MoveKind.PROBE, point="data-amber", stage=StageId.DATA)
    script.answer(f"{HOSTILE} I do not mind. Whatever.").say(
        MoveKind.CURVEBALL, curveball="ball-1", stage=StageId.MODEL
    )
    script.answer(
        "Then we score 1,000 candidates. The gadget breaks.", heard=(shown("ball-1/0", "The gadget breaks."),)
    )
    script.say(MoveKind.CLOSE, stage=StageId.WRAP)
    return script.answer(f"The data part went well {HOSTILE}, but evaluation was rushed.")


@pytest.fixture
def report(scoring: Scoring) -> Report:
    return scripted(whole(), scoring)


SAID: dict[str, tuple[str, tuple[str, ...]]] = {
    "levels": ("levels", ("mid", "senior", "staff", "This would not have been a hire at any level.")),
    "moments": ("moments", ("earned", "could have earned", "Says that the amber data matters and measures it.")),
    "contradictions": (
        "contradictions",
        ("1,000 candidates in 50 ms leaves 50 µs each", "The latency budget is 50 ms.", "not put to you"),
    ),
    "curveballs": (
        "curveballs",
        ("Now gadget number 1 is forbidden.", "Notices it.", "The gadget breaks.", "Changes little."),
    ),
    "self views": ("self_views", ("You called it strong, but the score is 1.0 of 4: a gap.", "you agree.")),
    "rewrites": ("rewrites", ("The amber data matters because it decides the rest.", "some-note", "Staff bar")),
    "plan": ("plan", ("data and labels", "Says that the amber data matters and measures it.", "some-note")),
    "board": ("board", ("Ranker",)),
}


@pytest.mark.parametrize(("section", "words"), SAID.values(), ids=SAID)
def test_each_section_says_what_the_review_found_in_both_formats(
    report: Report, section: str, words: tuple[str, ...]
) -> None:
    page = getattr(html_review, section)(report)
    text = "\n".join(getattr(markdown_review, section)(report))
    for word in words:
        assert word in page
        assert word in text
    assert page in document(report)
    assert text in scorecard_markdown(report)


EMPTY = ("moments", "contradictions", "curveballs", "self_views", "rewrites", "board")


@pytest.mark.parametrize("section", EMPTY)
def test_a_section_with_nothing_to_say_is_left_out(scoring: Scoring, section: str) -> None:
    bare = scripted(Script().say(MoveKind.OPEN), scoring)
    assert getattr(html_review, section)(bare) == ""
    assert getattr(markdown_review, section)(bare) == []


def test_no_section_lets_a_candidate_write_markup(report: Report) -> None:
    page = sections(report)
    assert not re.search(r"<script|<b>Ranker", page)
    assert page.count("&lt;script&gt;alert(1)") >= 4, "quotes of a moment, a rewrite, a self-view, the transcript"
    assert not re.search(r"(?<!\\)<(script|b>R)", markdown(report))


def test_a_verdict_that_the_open_points_could_change_is_a_span_in_both_formats(scoring: Scoring) -> None:
    def told(state: Literal["shown", "unsure"]) -> tuple[Report, str, str]:
        cells = [shown(point.id, "All of it.", Depth.JUSTIFIED, state=state) for point in PROBLEM.points]
        made = scripted(Script().say(MoveKind.OPEN).answer("All of it.", *cells), scoring)
        return made, sections(made), markdown(made)

    report, page, text = told("unsure")
    assert report.card.provisional
    for words in ("no hire to ", "0 points are sure", f"{report.card.likely.high:g} likely (four times in five)"):
        assert words in page
        assert words in text
    report, page, text = told("shown")
    assert not report.card.provisional
    assert " likely (four times in five)" not in page + text


def test_what_the_plan_tells_to_read_is_not_told_twice(scoring: Scoring) -> None:
    script = Script().say(MoveKind.OPEN).say(MoveKind.PROBE, point="data-amber", stage=StageId.DATA)
    made = scripted(script.answer("Whatever."), scoring)
    passages = ("some-note#0", "another-note#0")
    turns = tuple(replace(turn, passages=passages) if turn.move else turn for turn in made.view.turns)
    made = replace(made, view=replace(made.view, turns=turns))
    assert any("some-note" in task.reading for task in made.review.plan)
    assert reading(made) == ("another-note",)


def test_the_order_is_verdict_review_marks_transcript(report: Report) -> None:
    heads = ["Level", "Promptedness", "Decisive moments", "Contradictions", "Changed constraints", "How you saw it"]
    heads += ["Better answers", "What to do next", "Dimensions", "Coverage and time", "Points", "Board", "Transcript"]
    for found in (re.findall(r"<h2>(.*?)</h2>", sections(report)), re.findall(r"^##+ (.*)$", markdown(report), re.M)):
        assert [head for head in found if head in heads] == heads


def test_the_promptedness_names_the_bar(report: Report) -> None:
    found = report.review.stamps
    line = f"2 of {found.expected}, 2 unprompted; senior bar {found.bar} unprompted."
    assert line in sections(report)
    assert line in markdown(report)


def test_a_drawn_mark_says_so_and_no_spoken_one_does(report: Report) -> None:
    assert sections(report).count('<span class="">drawn</span>') == 1
    assert markdown(report).count("named, unprompted, drawn, turn 2") == 1


@pytest.mark.parametrize("count", [0, 1, 2])
def test_what_a_model_would_settle_is_said_once(scoring: Scoring, count: int) -> None:
    talk = Talk(LIBRARY)
    talk.answer("Hm.", *(shown(point, "Hm.", state="unsure") for point in ("clarify-amber", "clarify-basalt")[:count]))
    made = report_of(talk, scoring)
    for form in (document, markdown):
        words = f"{count} point{' is' if count == 1 else 's are'} open; a model may settle"
        assert form(made).count(words) == (1 if count else 0)
        assert form(made).count("hotseat score abc") == (1 if count else 0)


def test_what_a_model_could_not_tell_is_not_put_to_it_again(scoring: Scoring) -> None:
    unsure = shown("clarify-amber", "Hm.", state="unsure")
    made = scripted(Script().say(MoveKind.OPEN).answer("Hm.", unsure).read("model", unsure), scoring)
    for form in (document, markdown):
        assert "1 point is open: the model that was asked could not tell either." in form(made)
        assert "hotseat score" not in form(made)


def test_no_level_is_claimed_beyond_what_could_be_assessed(scoring: Scoring) -> None:
    talk = Talk(LIBRARY)
    assert "This would not have been a hire" in markdown(report_of(talk, scoring))
    talk.answer("Hm.", shown("clarify-amber", "Hm.", state="unsure"))
    assert "On what could be assessed, this would not" in markdown(report_of(talk, scoring))


Answer = Callable[[Script], Script]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda s: s.answer("x", shown("frame-amber", "x")), "The ML objective was first heard at 0:09 of 45:00."),
        (lambda s: s.answer("x", shown("frame-amber", "x", state="unsure")), "No ML objective was heard for sure."),
        (lambda s: s.answer("x"), "No ML objective was heard."),
    ],
)
def test_when_the_objective_was_heard_is_said_in_words(scoring: Scoring, answer: Answer, said: str) -> None:
    made = scripted(answer(Script().say(MoveKind.OPEN)), scoring)
    assert said in markdown(made)
    assert said in document(made)


def test_a_note_to_read_can_be_drilled_and_a_case_cannot(library: Library, scoring: Scoring) -> None:
    talk = Talk(library, problem="rag-support-assistant")
    talk.answer("Let us look at it.")
    made = report_of(talk, scoring)
    tasks = [task for task in made.review.plan if set(task.reading) & set(library.notes)]
    assert tasks
    for task in tasks:
        note = next(source for source in task.reading if source in library.notes)
        assert f"hotseat drill {note}" in document(made)
        assert library.notes[note].head.title in markdown(made)
    assert not re.search(rf"hotseat drill ({'|'.join(library.cases)})\b", markdown(made))
