"""What is stored stays stored: appends only, one writer at a time, and a kill at any moment loses nothing."""

from __future__ import annotations

import json
import multiprocessing
import sqlite3
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from agent.errors import Conflict, NotFound, StoreError
from agent.events import SCHEMA, Answered, Ended, Event, Requested, Said, Setup, Started
from agent.store import ID_LENGTH, Store, new_id
from tests.factory import Talk, tiny_library

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SPAWN = multiprocessing.get_context("spawn")
"""Not fork: the test run has threads of native libraries, which a forked child would inherit half-way."""


def started(owner: str = "local", when: datetime = NOW) -> Started:
    return Started(when=when, setup=Setup(problem="tiny", owner=owner), problem_hash="0", version="test")


def answered(text: str, turn: int = 1) -> Answered:
    return Answered(when=NOW, turn=turn, text=text)


def texts(events: list[Event]) -> list[str]:
    return [event.text for event in events if isinstance(event, Answered)]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def store(home: Path) -> Store:
    return Store(home)


def overwrite(home: Path, interview: str, seq: int, body: str | bytes) -> None:
    with sqlite3.connect(home / "transcripts.sqlite") as connection:
        connection.execute("UPDATE event SET body = ? WHERE interview = ? AND seq = ?", (body, interview, seq))


def raw(home: Path, interview: str, seq: int) -> str:
    with sqlite3.connect(home / "transcripts.sqlite") as connection:
        query = "SELECT body FROM event WHERE interview = ? AND seq = ?"
        return str(connection.execute(query, (interview, seq)).fetchone()[0])


# --- what goes in comes out ------------------------------------------------------------------------------------------


def test_events_come_back_as_they_went_in(store: Store, home: Path) -> None:
    talk = Talk(tiny_library())
    talk.answer("I would use gadget1 — “quoted”, naïve, 東京, 🙂.\nTwo lines\tand a tab.")
    interview = store.create(talk.events[0])  # type: ignore[arg-type]
    store.append(interview, 0, talk.events[1:])
    assert store.events(interview) == talk.events
    assert Store(home).events(interview) == talk.events


def test_appending_leaves_every_earlier_row_byte_for_byte(store: Store, home: Path) -> None:
    interview = store.create(started())
    last = store.append(interview, 0, [answered("one")])
    before = [raw(home, interview, seq) for seq in range(last + 1)]
    assert store.append(interview, last, [answered("two"), Ended(when=NOW)]) == last + 2
    assert [raw(home, interview, seq) for seq in range(last + 1)] == before


def test_a_stale_number_is_a_conflict_and_nothing_is_written(store: Store) -> None:
    interview = store.create(started())
    store.append(interview, 0, [answered("first")])
    before = store.events(interview)
    with pytest.raises(Conflict, match=f"{interview}.*another window"):
        store.append(interview, 0, [answered("second")])
    assert store.events(interview) == before


def test_of_several_events_all_are_written_or_none(store: Store) -> None:
    """The first of the two would fit, the second collides: a half-written turn would be one without its reply."""
    interview = store.create(started())
    store.append(interview, 1, [answered("rival")])
    with pytest.raises(Conflict):
        store.append(interview, 0, [answered("fits"), answered("collides")])
    assert texts(store.events(interview)) == ["rival"]


def test_a_whole_interview_is_added_once_or_not_at_all(store: Store) -> None:
    store.add("chosen", started(), [answered("one")])
    assert texts(store.events("chosen")) == ["one"]
    with pytest.raises(Conflict, match="chosen"):
        store.add("chosen", started("ada"), [answered("other")])
    assert texts(store.events("chosen")) == ["one"]
    assert store.entries("ada") == []


def test_ids_are_unguessable_and_easy_to_read_aloud() -> None:
    ids = {new_id() for _ in range(500)}
    assert len(ids) == 500
    assert all(len(one) == ID_LENGTH and not set(one) & set("il1o0") for one in ids)


def test_an_unknown_interview_is_named(store: Store) -> None:
    with pytest.raises(NotFound, match=r"'nosuchone1'.*hotseat sessions"):
        store.events("nosuchone1")


# --- the list --------------------------------------------------------------------------------------------------------


def test_owners_see_their_own_interviews_only_newest_first(store: Store) -> None:
    old = store.create(started("ada", NOW - timedelta(days=1)))
    other = store.create(started("bob"))
    new = store.create(started("ada", NOW))
    assert [entry.id for entry in store.entries("ada")] == [new, old]
    assert [entry.id for entry in store.entries("bob")] == [other]
    assert store.entries("eve") == []
    assert store.entries("") == []


def test_an_entry_counts_utterances_and_knows_whether_it_ended(store: Store) -> None:
    talk = Talk(tiny_library())
    talk.answer("I would use gadget1.")
    interview = store.create(talk.events[0])  # type: ignore[arg-type]
    last = store.append(interview, 0, talk.events[1:])
    entry = store.entries("local")[0]
    said = sum(isinstance(event, Answered | Said) for event in talk.events)
    assert (entry.turns, entry.ended, entry.setup) == (said, False, talk.setup)
    request = Requested.model_validate({"when": NOW, "what": "finish"})
    store.append(interview, last, [request, Ended(when=NOW)])
    entry = store.entries("local")[0]
    assert (entry.turns, entry.ended) == (said, True)


# --- what cannot be read or written ----------------------------------------------------------------------------------


def one_line(error: StoreError) -> str:
    text = str(error)
    assert "\n" not in text
    assert "Traceback" not in text
    return text


@pytest.mark.parametrize("below", ["home", "deep/er/home"])
def test_a_home_that_cannot_be_made_says_which_variable_to_set(tmp_path: Path, below: str) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(StoreError) as caught:
        Store(tmp_path / "file" / below)
    text = one_line(caught.value)
    assert "HOTSEAT_HOME" in text
    assert str(tmp_path / "file" / below) in text


def test_a_database_that_is_none_is_one_line_and_stays_as_it_is(home: Path) -> None:
    home.mkdir()
    file = home / "transcripts.sqlite"
    file.write_bytes(b"this is not a database " * 400)
    before = file.read_bytes()
    with pytest.raises(StoreError) as caught:
        Store(home)
    assert "HOTSEAT_HOME" in one_line(caught.value)
    assert file.read_bytes() == before


@pytest.mark.parametrize("body", ["", "{", '{"kind": "unheard-of"}', '{"kind": "answered", "turn": 0}', b"\xff\x00"])
def test_a_damaged_row_is_named_by_number(store: Store, home: Path, body: str | bytes) -> None:
    interview = store.create(started())
    store.append(interview, 0, [answered("one")])
    overwrite(home, interview, 1, body)
    with pytest.raises(StoreError) as caught:
        store.events(interview)
    assert f"Event 1 of interview {interview}" in one_line(caught.value)


@pytest.mark.parametrize("new_fields", [{}, {"mood": "sunny"}])
def test_a_newer_schema_is_told_apart_from_damage(store: Store, home: Path, new_fields: dict[str, str]) -> None:
    """Also when the newer version added fields, which this version would otherwise call damage."""
    interview = store.create(started())
    body = json.loads(raw(home, interview, 0)) | {"schema_version": SCHEMA + 1} | new_fields
    overwrite(home, interview, 0, json.dumps(body))
    with pytest.raises(StoreError, match="newer Hotseat; update"):
        store.events(interview)


# --- several processes -----------------------------------------------------------------------------------------------

ROUNDS = 12


def append_rounds(home: Path, interview: str, name: str) -> None:
    """A second window: reads, appends behind what it read, and reads again when somebody else was first."""
    store = Store(home)
    for number in range(ROUNDS):
        while True:
            try:
                store.append(interview, len(store.events(interview)) - 1, [answered(f"{name}-{number}")])
                break
            except Conflict:
                continue


def test_two_processes_on_one_interview_lose_and_repeat_nothing(store: Store, home: Path) -> None:
    interview = store.create(started())
    writers = [SPAWN.Process(target=append_rounds, args=(home, interview, name)) for name in ("a", "b")]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert [writer.exitcode for writer in writers] == [0, 0]
    kept = texts(store.events(interview))
    assert sorted(kept) == sorted(f"{name}-{n}" for name in ("a", "b") for n in range(ROUNDS))
    for name in ("a", "b"):
        assert [text for text in kept if text.startswith(name)] == [f"{name}-{n}" for n in range(ROUNDS)]


def append_until_killed(home: Path, interview: str, acknowledged: Connection) -> None:
    store = Store(home)
    last = len(store.events(interview)) - 1
    while True:
        last = store.append(interview, last, [answered(f"words {last + 1} " + "x" * 2_000)])
        acknowledged.send(last)


@pytest.mark.parametrize("acknowledgements", [1, 7, 40])
def test_kill_9_loses_nothing_that_was_acknowledged(store: Store, home: Path, acknowledgements: int) -> None:
    interview = store.create(started())
    receiver, sender = SPAWN.Pipe(duplex=False)
    writer = SPAWN.Process(target=append_until_killed, args=(home, interview, sender))
    writer.start()
    sender.close()
    last = 0
    for _ in range(acknowledgements):
        assert receiver.poll(60)
        last = receiver.recv()
    writer.kill()
    writer.join(60)
    while receiver.poll():  # what it had acknowledged before the kill reached it
        try:
            last = receiver.recv()
        except EOFError:
            break
    kept = texts(Store(home).events(interview))
    assert len(kept) >= last >= acknowledgements
    assert [text.split()[1] for text in kept] == [str(n) for n in range(1, len(kept) + 1)]
    assert store.append(interview, len(kept), [answered("and on")]) == len(kept) + 1


def test_one_damaged_interview_does_not_hide_the_others(store: Store, home: Path) -> None:
    good, bad = store.create(started()), store.create(started())
    with sqlite3.connect(home / "transcripts.sqlite") as connection:
        connection.execute("UPDATE event SET body = 'cut' WHERE interview = ?", (bad,))
    entries, unreadable = store.listing("local")
    assert [entry.id for entry in entries] == [good]
    assert len(unreadable) == 1
    assert bad in unreadable[0]
