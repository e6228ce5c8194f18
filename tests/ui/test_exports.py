"""Exports: JSON comes back without loss or not at all, HTML asks for nothing and runs nothing, Markdown stays ours."""

from __future__ import annotations

import asyncio
import html
import json
import re
import shutil
from collections.abc import Callable
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from agent.archive import archived, read
from agent.errors import NotFound, UsageError
from agent.events import (
    ClockKind,
    Degraded,
    Depth,
    Ended,
    Event,
    MoveKind,
    Parent,
    Promptedness,
    Request,
    Requested,
    Setup,
)
from agent.inbound import clean
from agent.interviewer import Interviewer
from agent.scorecard import Scoring
from agent.scoring import score
from agent.store import Store
from agent.transcript import fold
from knowledge.library import Library, problem_hash
from knowledge.schema import Dimension, Level, StageId
from tests.agent.script import Script
from tests.factory import START, Talk, shown, tiny_library
from tests.ui.reports import report_of
from tests.ui.terminal import Hotseat
from ui.imports import MOST_BYTES, Taken, take_in
from ui.report.contents import earned
from ui.report.document import document
from ui.report.exporting import exported, gathered
from ui.report.format import Format
from ui.report.markdown import markdown
from ui.report.plots import Bar, bars

PROBLEM = "rag-support-assistant"
LIBRARY = tiny_library()
TINY = LIBRARY.problems["tiny"]
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
HOSTILE = (
    "</style></script><script>window.hacked=1</script><img src=http://192.0.2.7/x onerror='window.hacked=2'>"
    '" onmouseover="window.hacked=3" ]]>--> <svg/onload=window.hacked=4> &lt;b&gt; ![x](http://192.0.2.7/y.png)'
)


# --- transcripts -----------------------------------------------------------------------------------------------------

WORDS = st.text(st.sampled_from("ab .?<>&\"'\\\n\t🙂é東") | st.characters(codec="utf-8"), min_size=1, max_size=60).map(
    clean
)
BOARDS = st.none() | st.dictionaries(
    WORDS,
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | WORDS, st.lists
    ),
    max_size=3,
)
MOVES = st.sampled_from(
    [
        {"kind": MoveKind.HOLD},
        {"kind": MoveKind.PROBE, "point": "frame-amber", "stage": StageId.FRAME},
        {"kind": MoveKind.HINT, "point": "data-amber", "rung": 2, "stage": StageId.DATA},
        {"kind": MoveKind.CHALLENGE, "point": "serve-amber", "misconception": 0, "stage": StageId.SERVE},
        {"kind": MoveKind.CLOSE, "stage": StageId.WRAP},
    ]
)
SETUPS = st.builds(
    Setup,
    problem=st.just("tiny"),
    level=st.sampled_from(list(Level)),
    clock=st.sampled_from(list(ClockKind)),
    minutes=st.floats(10, 120),
)


PARENTS = st.recursive(
    st.none(),
    lambda earlier: st.builds(
        Parent,
        interview=st.just("abc234"),
        turn=st.integers(1, 6),
        when=st.integers(0, 9).map(lambda minutes: START + timedelta(minutes=minutes)),
        parent=earlier,
    ),
    max_leaves=3,
)


@st.composite
def transcripts(draw: st.DrawFn) -> list[Event]:
    """Interviews of any length, with readings that quote, requests, steps down, boards, maybe an end, maybe rewound."""
    script = Script(draw(SETUPS)).say(MoveKind.OPEN)
    began = {"problem_hash": problem_hash(TINY), "parent": draw(PARENTS)}
    script.events[0] = script.events[0].model_copy(update=began)
    for _ in range(draw(st.integers(0, 5))):
        words = draw(WORDS)
        script.answer(words)
        script.events[-2] = script.events[-2].model_copy(update={"board": draw(BOARDS)})
        for by in draw(st.lists(st.sampled_from(["matcher", "model"]), max_size=2)):
            script.read(by, *draw(cells(words)))
        if draw(st.booleans()):
            script.events.append(Requested(when=script.tick(), what=draw(st.sampled_from(list(Request)))))
        if draw(st.booleans()):
            script.events.append(Degraded(when=script.tick(), turn=script.turn, what="reply", why=draw(WORDS)))
        script.say(**draw(MOVES))
    if draw(st.booleans()):
        script.events.append(Ended(when=script.tick()))
    return script.events


def cells(words: str) -> st.SearchStrategy[list[Any]]:
    if not words.strip():
        return st.just([])
    points = st.sampled_from([point.id for point in TINY.points])
    one = st.builds(shown, points, st.just(words), st.sampled_from(list(Depth)), st.sampled_from(["shown", "unsure"]))
    return st.lists(one, max_size=4, unique_by=lambda cell: cell.point)


@pytest.fixture(scope="module")
def keeper(tmp_path_factory: pytest.TempPathFactory, scoring: Scoring) -> Interviewer:
    """An interviewer on the tiny library, with an empty store."""
    return Interviewer(library=LIBRARY, scoring=scoring, store=Store(tmp_path_factory.mktemp("keeper")), reader=None)


@settings(max_examples=80, deadline=None)
@given(transcripts())
def test_the_round_trip_loses_nothing(keeper: Interviewer, events: list[Event]) -> None:
    card = score(fold(events, TINY), keeper.scoring, LIBRARY.stages)
    archive = read(archived("roundtrip", events, card, "test").encode())
    assert list(archive.events) == events
    interview = take_in(archive, keeper).interview
    assert keeper.store.events(interview) == events
    assert keeper.scorecard(interview) == card
    again = read(exported(gathered(keeper, interview), Format.JSON).encode())
    assert take_in(again, keeper) == Taken(interview, new=False, changed=False)


@settings(max_examples=30, deadline=None)
@given(transcripts())
def test_every_format_takes_every_transcript(keeper: Interviewer, events: list[Event]) -> None:
    whole = read(archived("anyformat", events, _card(keeper, events), "test").encode())
    interview = take_in(whole, keeper).interview
    report = gathered(keeper, interview)
    assert all(exported(report, form).encode() for form in Format)
    numbers = re.findall(r'href="#turn-(\d+)"', document(report))
    assert {int(n) for n in numbers} <= {turn.n for turn in report.view.turns if turn.who == "candidate"}


def _card(keeper: Interviewer, events: list[Event]) -> Any:
    return score(fold(events, TINY), keeper.scoring, LIBRARY.stages)


# --- import ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory, library: Library, scoring: Scoring) -> tuple[Path, str]:
    """A data folder with one finished interview, and its id."""
    home = tmp_path_factory.mktemp("source")
    interviewer = Interviewer(library=library, scoring=scoring, store=Store(home), reader=None)

    async def one() -> str:
        interview = await interviewer.begin(Setup(problem=PROBLEM))
        async for _ in interviewer.answer(interview, f"I would measure it. {HOSTILE}"):
            pass
        while not interviewer.view(interview).ended:
            async for _ in interviewer.request(interview, Request.FINISH):
                pass
        return interview

    interview = asyncio.run(one())
    interviewer.store.close()
    return home, interview


@pytest.fixture(scope="module")
def text(source: tuple[Path, str], library: Library, scoring: Scoring) -> str:
    """That interview as JSON."""
    interviewer = Interviewer(library=library, scoring=scoring, store=Store(source[0]), reader=None)
    return exported(gathered(interviewer, source[1]), Format.JSON)


@pytest.fixture
def file(text: str, tmp_path: Path) -> Path:
    """The same in a file; the data folder of this test is another one and empty."""
    path = tmp_path / "interview.json"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_file_says_what_it_is(file: Path, source: tuple[Path, str]) -> None:
    data = json.loads(file.read_text(encoding="utf-8"))
    assert list(data) == ["schema", "hotseat", "interview", "events", "scorecard"]
    assert data["schema"] == {"name": "hotseat-interview", "number": 1}
    assert data["interview"] == source[1]
    assert data["events"] == [event.model_dump(mode="json") for event in Store(source[0]).events(source[1])]
    assert data["scorecard"]["contract"] == 1


def test_an_import_is_there_once_however_often_it_is_imported(
    hotseat: Hotseat, file: Path, source: tuple[Path, str], tmp_path: Path
) -> None:
    first = hotseat("import", str(file))
    assert (first.code, first.out, first.err) == (0, f"{source[1]}\n", "Imported.\n")
    second = hotseat("import", str(file))
    assert (second.code, second.out, second.err) == (0, f"{source[1]}\n", "It is already here.\n")
    assert Store(tmp_path / "home").events(source[1]) == Store(source[0]).events(source[1])
    assert [row["id"] for row in json.loads(hotseat("sessions", "--json").out)] == [source[1]]


def test_an_id_that_is_taken_gives_a_new_one_and_the_same_one_again(
    hotseat: Hotseat, file: Path, source: tuple[Path, str], tmp_path: Path
) -> None:
    changed = json.loads(file.read_text(encoding="utf-8"))
    changed["events"] = changed["events"][:-2]
    other = tmp_path / "other.json"
    other.write_text(json.dumps(changed), encoding="utf-8")
    assert hotseat("import", str(file)).out.strip() == source[1]
    new = hotseat("import", str(other))
    assert (new.code, new.err) == (0, "Imported.\n")
    assert new.out.strip() != source[1]
    assert hotseat("import", str(other)) == type(new)(0, new.out, "It is already here.\n")
    assert hotseat("import", str(file)).err == "It is already here.\n"


def test_an_imported_interview_belongs_to_whoever_imports_it(file: Path, keeper: Interviewer, library: Library) -> None:
    data = json.loads(file.read_text(encoding="utf-8"))
    data["events"][0]["setup"]["owner"] = "somebody-else"
    data["interview"] = "ofsomebody"
    elsewhere = Interviewer(library=library, scoring=keeper.scoring, store=keeper.store, reader=None)
    taken = take_in(read(json.dumps(data).encode()), elsewhere)
    assert taken.new
    assert elsewhere.view(taken.interview).setup.owner == "local"
    assert taken.interview in {entry.id for entry in keeper.store.entries("local")}


def test_an_interview_whose_problem_has_changed_since_is_taken_in_and_told(
    hotseat: Hotseat, file: Path, library: Library
) -> None:
    data = json.loads(file.read_text(encoding="utf-8"))
    data["events"][0]["problem_hash"] = "0" * 12
    gone = {"point": "gone-since", "state": "shown", "depth": "named", "quote": "measure", "probability": 1}
    next(event for event in data["events"] if event["kind"] == "assessed")["cells"].append(gone)
    question = next(event for event in data["events"] if event["kind"] == "said")
    question["move"] |= {"kind": "probe", "point": "gone-since"}
    file.write_text(json.dumps(data), encoding="utf-8")
    taken = hotseat("import", str(file))
    assert (taken.code, taken.err.count("\n")) == (0, 2)
    assert "Its problem has changed since" in taken.err
    for form in Format:
        assert hotseat("export", taken.out.strip(), "--format", form).code == 0
    assert "Its problem has changed since" in hotseat("import", str(file)).err


def test_a_drawn_mark_and_a_rewind_come_back(keeper: Interviewer) -> None:
    """The quote of a drawn mark is a line of the board, which later answers keep; a rewind keeps its moment."""
    cell = shown("clarify-amber", "Ranker (model)").model_copy(update={"source": "board"})
    script = (
        Script()
        .say(MoveKind.OPEN)
        .answer("See?", cell, board={"nodes": [{"id": "r", "kind": "model", "label": "Ranker"}]})
    )
    script.say(MoveKind.HOLD).answer("As before.", cell)
    parent = Parent(interview="abc234", turn=2, when=START + timedelta(days=3))
    script.events[0] = script.events[0].model_copy(update={"problem_hash": problem_hash(TINY), "parent": parent})
    taken = take_in(read(archived("drawn234", script.events, _card(keeper, script.events), "test").encode()), keeper)
    assert keeper.store.events(taken.interview) == script.events
    assert [mark.source for mark in keeper.scorecard(taken.interview).marks] == ["board"]
    (entry,) = [one for one in keeper.store.entries("local") if one.id == taken.interview]
    assert (entry.parent, entry.created.replace(tzinfo=START.tzinfo)) == (parent, parent.when)


Damage = Callable[[dict[str, Any]], object]


def started(**fields: Any) -> Damage:
    return lambda data: data["events"][0].update(fields)


def answer(data: dict[str, Any]) -> Any:
    return next(event for event in data["events"] if event["kind"] == "answered")


def reading_of(quote: str, source: str = "words") -> Damage:
    cell = {"point": "any", "state": "shown", "depth": "named", "quote": quote, "probability": 1, "source": source}

    def damage(data: dict[str, Any]) -> None:
        event = {"kind": "assessed", "when": "2026-01-01T00:00:00Z", "turn": 2, "by": "model", "reader": "x"}
        data["events"].insert(4, event | {"cells": [cell]})

    return damage


DAMAGED: dict[str, tuple[Damage, str]] = {
    "a newer schema": (lambda d: d["schema"].update(number=2), "schema number 2"),
    "no schema": (lambda d: d.pop("schema"), "not an interview that Hotseat exported"),
    "another schema": (lambda d: d["schema"].update(name="pedigree"), "not an interview that Hotseat exported"),
    "a field that nobody knows": (lambda d: d.update(mood="sunny"), "mood"),
    "a field of an event": (lambda d: answer(d).update(mood="sunny"), "mood"),
    "a kind of event": (lambda d: answer(d).update(kind="sung"), "sung"),
    "a field with a hostile name": (lambda d: d.update({"\x1b[2J\n" + "x" * 9_000: 1}), "[2J x"),
    "an id that is a path": (lambda d: d.update(interview="../../etc/passwd"), "interview"),
    "no events": (lambda d: d.update(events=[]), "events"),
    "newer events": (started(schema_version=2), "events of schema 2"),
    "an unknown problem": (started(setup={"problem": "no-such-problem"}), "'no-such-problem'"),
    "no beginning": (lambda d: d["events"].pop(0), "do not fit together"),
    "two beginnings": (lambda d: d["events"].insert(1, d["events"][0]), "do not fit together"),
    "a turn is missing": (lambda d: d["events"].remove(answer(d)), "do not fit together"),
    "a turn twice": (lambda d: d["events"].insert(3, answer(d)), "do not fit together"),
    "a rewind of what is no id": (
        started(parent={"interview": "\x1b[2J", "turn": 2, "when": "2026-01-01T00:00:00Z"}),
        "rewind of an interview whose id is none",
    ),
    "a moment of rewinding without its zone": (
        started(parent={"interview": "abc", "turn": 2, "when": "2026-01-01T00:00:00"}),
        "no time zone",
    ),
    "a line that nobody drew": (reading_of("Ranker (model)", source="board"), "does not say what is quoted"),
    "a time without its zone": (lambda d: answer(d).update(when="2026-01-01T00:00:00"), "no time zone"),
    "a quote that nobody said": (reading_of("I never said so."), "does not say what is quoted"),
    "a mark without words": (reading_of(" "), "does not say what is quoted"),
    "a text that is a number": (lambda d: answer(d).update(text=7), "text"),
}


@pytest.mark.parametrize(("damage", "named"), DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_file_is_one_line_and_nothing_is_stored(
    hotseat: Hotseat, file: Path, damage: Damage, named: str
) -> None:
    data = json.loads(file.read_text(encoding="utf-8"))
    damage(data)
    file.write_text(json.dumps(data), encoding="utf-8")
    error = hotseat("import", str(file)).error
    assert named in error
    assert error.isprintable()
    assert len(error) < 1_000
    assert json.loads(hotseat("sessions", "--json").out) == []


def test_events_that_break_the_fold_are_one_line(keeper: Interviewer) -> None:
    script = Script().say(MoveKind.OPEN).answer("Hm.").say(MoveKind.HINT, point="data-amber", rung=99)
    script.answer("Well.", shown("data-amber", "Well."))
    script.events[0] = script.events[0].model_copy(update={"problem_hash": problem_hash(TINY)})
    whole = {"schema": {"name": "hotseat-interview", "number": 1}, "hotseat": "x", "interview": "nofold"}
    events = [event.model_dump(mode="json") for event in script.events]
    with pytest.raises(UsageError, match="do not fit together"):
        take_in(read(json.dumps(whole | {"events": events}).encode()), keeper)
    with pytest.raises(NotFound):
        keeper.store.events("nofold")


BROKEN: dict[str, bytes] = {
    "empty": b"",
    "cut off": b'{"schema": {"name": "hotseat-interview", "number": 1}, "ev',
    "binary": b"\x00\xff\xfe" * 40,
    "a list": b"[]",
    "deep": b"[" * 200_000,
    "half a character": b'{"schema": {"name": "hotseat-interview", "number": 1}, "hotseat": "\\ud800"}',
    "Markdown": b"# Payment fraud detection: interview abc\n",
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_what_is_no_export_is_one_line(hotseat: Hotseat, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "file.json"
    path.write_bytes(content)
    assert str(path) in hotseat("import", str(path)).error
    assert not (tmp_path / "home").exists()


def test_a_huge_file_is_refused_before_it_is_read(hotseat: Hotseat, tmp_path: Path) -> None:
    path = tmp_path / "huge.json"
    with path.open("wb") as file:
        file.truncate(300_000_000)
    assert "larger than" in hotseat("import", str(path)).error
    assert MOST_BYTES < 300_000_000


@pytest.mark.parametrize("name", ["missing.json", "."])
def test_a_file_that_cannot_be_read_is_told(hotseat: Hotseat, tmp_path: Path, name: str) -> None:
    assert "cannot be read" in hotseat("import", str(tmp_path / name)).error


# --- export ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def here(source: tuple[Path, str], tmp_path: Path) -> str:
    """The interview's id; it is in the data folder of this test."""
    shutil.copytree(source[0], tmp_path / "home")
    return source[1]


@pytest.mark.parametrize("form", list(Format))
def test_the_ending_of_the_files_name_is_its_format(hotseat: Hotseat, here: str, tmp_path: Path, form: Format) -> None:
    path = tmp_path / f"x.{form.upper()}"
    written = hotseat("export", here, "--out", str(path))
    assert (written.code, written.out, written.err) == (0, "", f"Written to {path}.\n")
    printed = hotseat("export", here, "--format", form)
    assert (printed.code, printed.err) == (0, "")
    assert path.read_text(encoding="utf-8") == printed.out


def test_without_a_format_markdown_is_printed(hotseat: Hotseat, here: str) -> None:
    assert hotseat("export", here).out == hotseat("export", here, "--format", "md").out


@pytest.mark.parametrize("name", ["x.pdf", "x", "x.md.txt"])
def test_another_ending_is_one_line(hotseat: Hotseat, here: str, tmp_path: Path, name: str) -> None:
    assert ".md, .json or .html" in hotseat("export", here, "--out", str(tmp_path / name)).error
    assert not (tmp_path / name).exists()


def test_a_format_that_is_not_the_files_is_one_line(hotseat: Hotseat, here: str, tmp_path: Path) -> None:
    assert "ending" in hotseat("export", here, "--out", str(tmp_path / "x.md"), "--format", "html").error


# --- HTML ------------------------------------------------------------------------------------------------------------


class Seen(HTMLParser):
    """Elements and attributes as a parser finds them, and the text that a reader sees."""

    def __init__(self, page: str):
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data

    def values(self, *names: str) -> list[str]:
        return [value or "" for _, found in self.elements for name, value in found.items() if name in names]


def hostile_talk() -> Talk:
    talk = Talk(LIBRARY)
    talk.answer(
        HOSTILE, shown("clarify-amber", HOSTILE, Depth.JUSTIFIED), shown("frame-amber", HOSTILE, state="unsure")
    )
    why = f"{HOSTILE} at http://192.0.2.7/v1"
    talk.events.append(Degraded(when=talk.tick(), turn=3, what="reply", why=why))
    talk.events[-2] = talk.events[-2].model_copy(update={"passages": (HOSTILE,)})
    talk.answer(f"The amber data is free. {HOSTILE}")
    return talk


def test_the_file_asks_for_nothing_and_holds_no_script(scoring: Scoring) -> None:
    page = document(report_of(hostile_talk(), scoring))
    seen = Seen(page)
    names = {name for name, _ in seen.elements}
    assert names.isdisjoint({"script", "img", "link", "iframe", "object", "embed", "base", "form", "image", "use"})
    attributes = {name for _, found in seen.elements for name in found}
    assert not {name for name in attributes if name.startswith("on")}
    assert seen.values("src", "srcset", "background", "xlink:href") == []
    assert all(link.startswith(("#turn-", "https://")) for link in seen.values("href"))
    style = page[page.index("<style>") : page.index("</style>")]
    assert "url(" not in style
    assert "@import" not in style


def test_what_was_said_is_shown_as_it_was_said(scoring: Scoring) -> None:
    words = Seen(document(report_of(hostile_talk(), scoring))).words
    assert words.count(HOSTILE) >= 4, "two turns, a quote, the nearest words, a wrong claim"


def test_every_quote_links_to_a_turn_that_is_there(scoring: Scoring) -> None:
    report = report_of(hostile_talk(), scoring)
    seen = Seen(document(report))
    quotes = [*report.card.marks, *report.card.not_assessed, *report.card.wrong_claims]
    jumps = [link for link in seen.values("href") if link.startswith("#turn-")]
    assert len(quotes) == 3
    assert {f"#turn-{n}" for n in (2, 4)} <= set(jumps)
    assert {jump[1:] for jump in jumps} <= set(seen.values("id"))
    assert len(set(seen.values("id"))) == len(seen.values("id"))


def test_the_report_says_what_the_card_says(scoring: Scoring) -> None:
    report = report_of(hostile_talk(), scoring)
    card, seen = report.card, Seen(document(report))
    for said in (*(cap.because for cap in card.caps), *(m.statement for m in card.marks), card.wrong_claims[0].why):
        assert said in seen.words
    names = [name for name, _ in seen.elements]
    assert names.count("svg") == names.count("table") == 3, "each plot has a table of its numbers"


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: apt-get install chromium")
async def test_in_a_browser_nothing_runs_and_paper_is_white(scoring: Scoring, tmp_path: Path) -> None:
    playwright = pytest.importorskip("playwright.async_api", reason="playwright is not installed: uv sync")
    file = tmp_path / "report.html"
    file.write_text(document(report_of(hostile_talk(), scoring)), encoding="utf-8")
    requests: list[str] = []
    background = "getComputedStyle(document.body).backgroundColor"
    async with playwright.async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = await browser.new_page(viewport={"width": 390, "height": 800}, color_scheme="dark")
        page.on("request", lambda request: requests.append(request.url))
        await page.goto(file.as_uri())
        assert await page.evaluate("document.documentElement.scrollWidth") <= 390
        dark = await page.evaluate(background)
        await page.click("#turn-2 >> xpath=//ancestor::main//blockquote//a[1]")
        assert page.url.endswith("#turn-2")
        await page.emulate_media(media="print")
        paper = await page.evaluate(background)
        assert await page.evaluate("window.hacked") is None
        await browser.close()
    assert requests == [file.as_uri()]
    assert (dark, paper) == ("rgb(23, 21, 20)", "rgba(0, 0, 0, 0)")


def test_a_case_to_read_can_be_opened(library: Library, scoring: Scoring) -> None:
    case = next(iter(library.cases.values())).head
    talk = Talk(library, problem=PROBLEM)
    talk.answer("We could look at it.")
    talk.events[-1] = talk.events[-1].model_copy(update={"passages": (f"{case.id}#design",)})
    page = document(report_of(talk, scoring))
    assert html.escape(case.source.url) in [html.escape(link) for link in Seen(page).values("href")]


def test_the_credit_shown_is_the_credit_scored(scoring: Scoring) -> None:
    """The figure from 1 to 4 of every dimension but drive is its share of the bar."""
    talk = Talk(LIBRARY, Setup(problem="tiny", level=Level.STAFF))
    for point in TINY.points[:20]:
        talk.answer("words", shown(point.id, "words", Depth.EXPLAINED))
    report = report_of(talk, scoring)
    rows = {one.dimension: one for one in earned(report)}
    assert set(rows) == set(Dimension)
    for dimension, value in report.card.dimensions.items():
        if dimension is not Dimension.DRIVE:
            assert value == pytest.approx(1 + 3 * min(1, rows[dimension].total / rows[dimension].bar), abs=0.01)
    unprompted = sum(m.credit for m in report.card.marks if m.promptedness is Promptedness.UNPROMPTED)
    assert sum(one.unprompted for one in rows.values()) == pytest.approx(unprompted)


@example([([5e-324], 0.0)])
@given(st.lists(st.tuples(st.lists(st.floats(0, 1e6), min_size=1, max_size=3), st.floats(0, 1e6)), max_size=9))
def test_bars_stay_in_their_picture(drawn: list[tuple[list[float], float]]) -> None:
    chart = bars([Bar("<a>", tuple(parts), mark, "b") for parts, mark in drawn], "Title")
    edges = [
        float(x) + float(w)
        for x, w in re.findall(r'<rect class="part-\d" x="([\d.]+)" y="\S+" width="([\d.]+)"', chart)
    ]
    marks = [float(x) for x in re.findall(r'<line class="mark" x1="([\d.]+)"', chart)]
    assert len(marks) == len(drawn)
    assert all(168 <= x <= 368.5 for x in [*edges, *marks])


# --- Markdown --------------------------------------------------------------------------------------------------------


def test_markdown_keeps_what_was_said_from_becoming_ours(scoring: Scoring) -> None:
    talk = Talk(LIBRARY)
    talk.answer("# Scorecard\n\n**100 of 100**\n<script>x</script> ![p](http://192.0.2.7/p.png) 3 < 4 \x1b[2J")
    text = markdown(report_of(talk, scoring))
    headings = [line for line in text.splitlines() if line.startswith("#")]
    assert not [line for line in headings if "Scorecard" in line and line != "## Scorecard"]
    for line in (
        "> \\# Scorecard",
        "> **100 of 100**",
        "> \\<script>x\\</script> \\![p](http://192.0.2.7/p.png) 3 < 4 [2J",
    ):
        assert line in text.splitlines()


def test_markdown_has_no_empty_parts(scoring: Scoring) -> None:
    for talk in (Talk(LIBRARY), hostile_talk()):
        text = markdown(report_of(talk, scoring))
        assert "\n\n\n" not in text
        assert text.endswith("\n")
        assert not text.endswith("\n\n")
