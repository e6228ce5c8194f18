"""Drills in a terminal: asks, shows what the answer showed, stores every attempt before the next question. I/O only."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from agent.attempts import Attempts
from agent.coverage import evidential
from agent.drills import Attempt, By, Drill, Marked, Rating, marked, rating_of, unread
from agent.events import Cell
from agent.inbound import inbound
from agent.reader import Reader
from agent.recall import due_dates
from knowledge.library import Library

HELP = (
    "Type your answer and press Enter; end a line with \\ to go on in the next. `?` shows a good answer, "
    "/quit ends; what you answered is kept."
)
_SIGNS = {"shown": "shown", "unsure": "may be there", "not-shown": "not shown"}


@dataclass
class Practice:
    """One session of one owner. `ask` shows a prompt and returns a line, or raises EOFError; `say` shows text."""

    library: Library
    reader: Reader | None
    attempts: Attempts
    owner: str
    now: Callable[[], datetime]
    ask: Callable[[str], str]
    say: Callable[[str], None]
    done: list[Attempt] = field(default_factory=list)

    def run(self, drills: Sequence[Drill]) -> None:
        """Asks until the drills or the patience end."""
        self.say(f"{HELP}\n")
        try:
            for n, drill in enumerate(drills, 1):
                self.say(f"\n{n} of {len(drills)} · {drill.about}\n{drill.question}\n")
                self._one(drill)
        except EOFError:
            self.say("\n")
        finally:
            self.say(f"\n{tally(self.done)}\n")

    def _one(self, drill: Drill) -> None:
        answer = self._answer()
        if answer in ("", "?"):
            self._good_answer(drill)
            self._keep(drill, "", Rating.AGAIN, "skipped")
            return
        cells = self._read(drill, answer)
        marks = marked(drill, cells)
        self.say("\n" + "".join(f"{line}\n" for mark in marks for line in mark_lines(mark)))
        self._good_answer(drill)
        rating = rating_of(marks)
        if rating is not None:
            self._keep(drill, answer, rating, "reader", cells)
            return
        try:
            rating = self._own_rating()
        except (EOFError, KeyboardInterrupt):
            self._keep(drill, answer, None, "self", cells)
            raise
        self._keep(drill, answer, rating, "self", cells)

    def _answer(self) -> str:
        while True:
            text = self._lines().strip()
            if text == "/quit":
                raise EOFError
            if not re.fullmatch(r"/\w*", text):
                return text
            self.say(f"{HELP}\n")  # a slip, or /help: not an answer

    def _lines(self) -> str:
        lines = [self.ask("you> ")]
        while lines[-1].endswith("\\"):
            lines[-1] = lines[-1][:-1]
            try:
                lines.append(self.ask("... "))
            except EOFError:  # what was typed so far is an answer; the next question meets the end again
                break
        return "\n".join(lines)

    def _read(self, drill: Drill, answer: str) -> tuple[Cell, ...]:
        """What cannot be read, too short or without a reader, is open rather than missing."""
        if inbound(answer).stall:
            return ()
        if self.reader is None or not evidential(answer, drill.question):
            return unread(drill)
        try:
            return self.reader.shows(drill.expected, answer, drill.question)
        except Exception as error:  # a reader must never stop a session
            self.say(f"(The answer could not be read: {type(error).__name__}: {error})\n")
            return unread(drill)

    def _good_answer(self, drill: Drill) -> None:
        titles = "; ".join(self.library.title(document) for document in drill.reading)
        self.say(f"\nA good answer: {drill.good}\nRead: {titles}\n")

    def _own_rating(self) -> Rating:
        choice = ", ".join(Rating)
        self.say("\nNothing here can tell how much of it you said.\n")
        while True:
            said = self.ask(f"Your own rating ({choice})> ").strip().lower()
            if said == "/quit":
                raise EOFError
            if found := [rating for rating in Rating if said and rating.startswith(said)]:
                return found[0]

    def _keep(self, drill: Drill, answer: str, rating: Rating | None, by: By, cells: tuple[Cell, ...] = ()) -> None:
        attempt = Attempt(
            owner=self.owner, drill=drill.id, when=self.now(), answer=answer, rating=rating, by=by, cells=cells
        )
        self.attempts.add(attempt)
        self.done.append(attempt)
        if rating is not None:
            due = due_dates(self.attempts.of(self.owner))[drill.id]
            self.say(f"\n{rating.capitalize()}. Comes back {when(due, self.now())}.\n")


def mark_lines(mark: Marked) -> list[str]:
    """One expected statement with the words that show it."""
    quote = [f"{'':14}> {' '.join(mark.quote.split())}"] if mark.quote else []
    return [f"{_SIGNS[mark.state]:14}{mark.statement}", *quote]


def when(due: datetime, now: datetime) -> str:
    """A date in the candidate's time zone, and how far off it is."""
    day = due.astimezone(now.tzinfo).date()
    days = (day - now.date()).days
    return f"on {day:%A} {day.isoformat()}, in {days} day{'' if days == 1 else 's'}" if days > 0 else "today"


def tally(done: Sequence[Attempt]) -> str:
    """A session in one line."""
    ratings = Counter(attempt.rating or "without a rating" for attempt in done)
    counts = [f"{ratings[name]} {name}" for name in (*Rating, "without a rating") if ratings[name]]
    return f"{len(done)} drill{'' if len(done) == 1 else 's'} done{': ' if counts else ''}{', '.join(counts)}."
