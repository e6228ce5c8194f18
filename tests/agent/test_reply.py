"""No reply is longer than sixty words or asks two things, whatever it is put together from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.clock import Schedule
from agent.conflicts import Conflict, ConflictKind, conflicts
from agent.events import Move, MoveKind, Preface, Press, Setup, SteerReason
from agent.inbound import Inbound
from agent.ledger import Entry, Kind
from agent.phrasing import QUOTE_WORDS, plain
from agent.policy import begin, clarify
from agent.reply import OPENING_WORDS, REPLY_WORDS, Part, composed
from agent.view import Latest, Turn, View
from knowledge.library import Library
from knowledge.schema import Fact, Level, Problem, Stage, StageId

SIXTEEN = "I would use two towers for retrieval and then rank with one big model for everyone"
PREFACED, WORDINGS = 3, 6
"""Positions after which every preface has come up in each of its wordings; and beside each of two or three others."""
Spoken = tuple[View, Move]


def move(kind: MoveKind, **rest: object) -> Move:
    return Move.model_validate({"kind": kind, "stage": StageId.CLARIFY, "because": "test", **rest})


def at(problem: Problem, exchanges: int = 0) -> View:
    """A position about `problem` after so many exchanges, the last question of which is the longest authored one."""
    longest = max((point.probe for point in problem.points), key=lambda probe: len(probe.split()))
    turns = [Turn(n=1, who="interviewer", text=longest, at=0.0)]
    for n in range(exchanges):
        turns += [
            Turn(n=2 * n + 2, who="candidate", text="I see.", at=0.0),
            Turn(n=2 * n + 3, who="interviewer", text=longest, at=0.0),
        ]
    return View(setup=Setup(problem=problem.id), problem=problem, turns=tuple(turns))


def broken(spoken: Iterator[Spoken], stages: dict[StageId, Stage], words: int = REPLY_WORDS) -> list[str]:
    said = (plain(one, view, stages) for view, one in spoken)
    return [text for text in said if len(text.split()) > words or text.count("?") > 1]


# --- how a reply is composed -----------------------------------------------------------------------------------------

PARTS_OF_ANY_LENGTH = st.lists(st.lists(st.text("ab .?…", max_size=90), min_size=1, max_size=3).map(tuple), max_size=4)


@settings(max_examples=200, deadline=None)
@given(PARTS_OF_ANY_LENGTH, st.integers(5, 20))
def test_nothing_composed_is_too_long_or_asks_twice(parts: list[tuple[str, ...]], words: int) -> None:
    text = composed(*parts, words=words)
    assert len(text.split()) <= words
    assert text.count("?") <= 1


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ((("a b", ""), ("c d", "c"), ("e f?",)), "a b c d e f?"),
        ((("a b", ""), ("c d", "c"), ("e f g?",)), "c d e f g?"),
        ((("a b", ""), ("c d", "c"), ("e f g h i?",)), "c e f g h i?"),
        ((("a?", ""), ("b?",)), "b?"),
        ((("a b.", ""), ("c d e. f g h? i j k?",)), "c d e… i j k?"),
        ((("a? b c d e f g h.",),), "a? b c d e f…"),
        ((("a b c d e f g h?",),), "c d e f g h?"),
    ],
)
def test_what_is_said_first_gives_way_first_and_the_question_stays(parts: tuple[Part, ...], said: str) -> None:
    assert composed(*parts, words=6) == said


# --- what the shipped problems can come to say -----------------------------------------------------------------------


def asked(problem: Problem) -> Iterator[Spoken]:
    """Every authored question, behind every preface in each of its wordings."""
    for exchanges in range(PREFACED):
        view = at(problem, exchanges)
        for preface in (None, *Preface):
            for point in problem.points:
                yield view, move(MoveKind.PROBE, point=point.id, preface=preface)
                yield view, move(MoveKind.DEEPEN, point=point.id, preface=preface)
                for index in range(len(point.misconceptions)):
                    yield view, move(MoveKind.CHALLENGE, point=point.id, misconception=index, preface=preface)
            for stage in StageId:
                yield view, move(MoveKind.ADVANCE, stage=stage, preface=preface)


def said_as_written(problem: Problem) -> Iterator[Spoken]:
    """Pointed questions and curveballs at a long quote, hints, what is thrown back, steers before a long question."""
    for exchanges in range(WORDINGS):
        view = at(problem, exchanges)
        for point in problem.points:
            yield from ((view, move(MoveKind.HINT, point=point.id, rung=rung)) for rung in (1, 2, 3))
        yield from ((view, move(MoveKind.CURVEBALL, curveball=b.id, quote=SIXTEEN)) for b in problem.curveballs)
        yield from ((view, move(MoveKind.THROW_BACK, facts=(f.id,))) for f in problem.facts if f.throw_back)
        yield from ((view, move(MoveKind.STEER, steer=reason)) for reason in SteerReason)
        kinds = (MoveKind.THROW_BACK, MoveKind.HOLD, MoveKind.CLOSE, MoveKind.DEBRIEF)
        yield from ((view, move(kind)) for kind in kinds)
        for preface in (None, *Preface):
            yield from ((view, move(MoveKind.DEEPEN, press=p, quote=SIXTEEN, preface=preface)) for p in Press)


def asking(view: View, facts: Sequence[Fact], questions: int) -> View:
    """The position in which the candidate has just asked for these facts, in so many questions."""
    text = "And?"
    flags = Inbound(questions=(text,) * questions, interrogatives=(text,) * questions)
    latest = Latest(turn=2, text=text, inbound=flags, facts=tuple(fact.id for fact in facts))
    return replace(view, turns=(*view.turns, Turn(n=2, who="candidate", text=text, at=0.0)), latest=latest)


def answered(problem: Problem) -> Iterator[Spoken]:
    """What the policy answers to every two facts asked for at once, alone and with each that it throws back."""
    schedule = Schedule({}, 45.0)
    every = frozenset(fact.id for fact in problem.facts)
    longest_first = sorted(problem.facts, key=lambda fact: -len(fact.tell.split()))
    for back in (None, *(fact for fact in problem.facts if fact.throw_back)):
        view = replace(at(problem), thrown_back=every - {back.id if back else ""})
        for two in combinations((fact for fact in longest_first if fact is not back), 2):
            asks = asking(view, (*two, back) if back else two, questions=4)
            yield from ((asks, one) for one in clarify(asks, schedule))


def test_authored_questions_are_short_behind_every_preface(library: Library) -> None:
    for problem in library.problems.values():
        assert broken(asked(problem), library.stages) == []


def test_what_is_said_as_written_is_short(library: Library) -> None:
    assert len(SIXTEEN.split()) == QUOTE_WORDS
    for problem in library.problems.values():
        assert broken(said_as_written(problem), library.stages) == []


def test_answers_to_questions_about_the_problem_are_short(library: Library) -> None:
    for problem in library.problems.values():
        spoken = list(answered(problem))
        assert broken(iter(spoken), library.stages) == []
        assert any(one.back for _, one in spoken), "nothing was thrown back"


# --- contradictions --------------------------------------------------------------------------------------------------


def entry(turn: int, kind: Kind, value: float = 0.0, of: str = "") -> Entry:
    return Entry(turn=turn, kind=kind, quote=SIXTEEN, value=value, of=of, about=of if kind is Kind.PART else "")


PARTS = ("retrieval", "ranking", "re-ranking", "features", "generation", "network")
RECORDS = (
    [entry(1, Kind.BUDGET, 0.123), *(entry(2, Kind.PART, 1.11e-1, part) for part in PARTS)],
    [entry(1, Kind.DAILY, 1.23e9, "requests"), entry(2, Kind.RATE, 12.0, "requests")],
    [entry(1, Kind.PART, 0.123, "ranking"), entry(2, Kind.SCORED, 98_765.0)],
    [entry(1, Kind.LABEL_DELAY, 86_400 * 123.0), entry(2, Kind.TRAINING_WINDOW, 86_400 * 12.0)],
    [entry(1, Kind.USERS, 1.23e9), entry(2, Kind.USERS, 9.87e9)],
    [entry(1, Kind.MODEL, of="two towers"), entry(2, Kind.MODEL, of="a transformer")],
)
CONFLICTS = [conflict for made in RECORDS for conflict in conflicts(made)]


def contradiction(found: Conflict, preface: Preface | None, quote: str = SIXTEEN) -> Move:
    return move(
        MoveKind.CHALLENGE, conflict=found.kind.value, earlier=quote, quote=quote, sum=found.sum, preface=preface
    )


def test_every_kind_of_contradiction_is_tried() -> None:
    assert {found.kind for found in CONFLICTS} == set(ConflictKind)


@pytest.mark.parametrize("found", CONFLICTS, ids=lambda found: found.kind.value)
def test_contradictions_are_short_with_the_longest_quotes_and_arithmetic(library: Library, found: Conflict) -> None:
    problem = next(iter(library.problems.values()))
    for exchanges in range(WORDINGS):
        view = at(problem, exchanges)
        spoken = ((view, contradiction(found, preface)) for preface in (None, *Preface))
        assert broken(spoken, library.stages) == []


def test_a_contradiction_gives_up_its_preface_before_its_quotes(library: Library) -> None:
    view = at(next(iter(library.problems.values())))
    longest = max(CONFLICTS, key=lambda found: len(found.sum.split()))
    alone = plain(contradiction(longest, None), view, library.stages)
    assert alone.count(SIXTEEN) == 2
    assert plain(contradiction(longest, Preface.BRIEFLY), view, library.stages) == alone
    more = replace(longest, sum=f"{longest.sum} in the busiest hour of the busiest day in the year")
    shorter = plain(contradiction(more, None), view, library.stages)
    assert shorter.endswith(f"{more.sum}. What gives?")
    assert SIXTEEN not in shorter
    assert shorter.count("“I would use two") == 2


@pytest.mark.parametrize("kind", ["contradiction", "press", "curveball"])
def test_a_question_mark_in_a_quote_is_no_second_question(library: Library, kind: str) -> None:
    problem = next(iter(library.problems.values()))
    quote = "I would use trees?or towers for this"
    moves = {
        "contradiction": contradiction(CONFLICTS[0], None, quote),
        "press": move(MoveKind.DEEPEN, press=Press.REASON, quote=quote),
        "curveball": move(MoveKind.CURVEBALL, curveball=problem.curveballs[0].id, quote=quote),
    }
    text = plain(moves[kind], at(problem), library.stages)
    assert "I would use trees…or towers for this" in text
    assert text.count("?") == 1


# --- the opening, and questions said again ---------------------------------------------------------------------------


@pytest.mark.parametrize("level", list(Level))
def test_the_opening_reads_out_the_brief_within_a_limit_of_its_own(library: Library, level: Level) -> None:
    for problem in library.problems.values():
        start = View(setup=Setup(problem=problem.id, level=level), problem=problem)
        (opened,) = begin(start, Schedule({}, 45.0))
        assert broken(iter([(start, opened)]), library.stages, words=OPENING_WORDS) == []
        assert plain(opened, start, library.stages).startswith(problem.brief.strip())


def test_a_long_brief_of_ones_own_is_read_out_whole_and_nothing_is_told_with_it(tiny: Library) -> None:
    long = tiny.problems["tiny"].model_copy(update={"brief": f"We run a quarry, {'and a mine, ' * 40}as you see."})
    start = View(setup=Setup(problem="tiny", level=Level.MID), problem=long)
    (opened,) = begin(start, Schedule({}, 45.0))
    assert opened.facts == (), "told without being said"
    assert plain(opened, start, tiny.stages).startswith(f"{long.brief} We have 45 minutes")


def test_a_brief_that_asks_is_the_openings_one_question(tiny: Library) -> None:
    asks = tiny.problems["tiny"].model_copy(update={"brief": "We run a quarry. How would you find stones?"})
    view = View(setup=Setup(problem="tiny"), problem=asks)
    words = plain(move(MoveKind.OPEN), view, tiny.stages)
    assert words == "We run a quarry. How would you find stones? We have 45 minutes, and you drive."


@pytest.mark.parametrize("reason", [reason for reason in SteerReason if reason is not SteerReason.BOARD])
def test_a_steer_before_a_models_longest_question_is_short(tiny: Library, reason: SteerReason) -> None:
    view = at(tiny.problems["tiny"])
    longest = f"What {'would ' * 58}follow?"
    view = replace(view, turns=(replace(view.turns[0], text=longest),))
    words = plain(move(MoveKind.STEER, steer=reason), view, tiny.stages)
    assert len(words.split()) <= REPLY_WORDS
    assert words.endswith("follow?") is (reason is SteerReason.REPEAT), "a repeated question was cut, or a steer lost"


# --- facts and what is thrown back -----------------------------------------------------------------------------------


def quarry(tiny: Library, *lengths: int, back: int) -> View:
    """A position of a problem whose first facts take so many words, and the last of them as many to throw back."""
    problem = tiny.problems["tiny"]
    facts = [fact.model_copy(update={"throw_back": None}) for fact in problem.facts]
    for n, words in enumerate(lengths):
        facts[n] = facts[n].model_copy(update={"tell": f"Fact{n} {'word ' * (words - 2)}end."})
    thrown = facts[len(lengths)].model_copy(update={"throw_back": f"What {'now ' * (back - 2)}then?"})
    facts[len(lengths)] = thrown
    changed = problem.model_copy(update={"facts": tuple(facts)})
    return asking(at(changed), facts[: len(lengths) + 1], questions=len(lengths) + 1)


def test_a_fact_that_does_not_fit_beside_a_question_is_told_next_time(tiny: Library) -> None:
    view = quarry(tiny, 25, 25, back=16)
    (told,) = clarify(view, Schedule({}, 45.0))
    assert (told.facts, told.back, told.rest) == (("fact-0",), "fact-2", "more")
    words = plain(told, view, tiny.stages)
    assert words.startswith("Fact0 word")
    assert "rest when you need it. What now" in words or "rest when you get there. What now" in words


def test_a_question_that_does_not_fit_beside_a_fact_is_thrown_back_next_time(tiny: Library) -> None:
    view = quarry(tiny, 49, back=16)
    (told,) = clarify(view, Schedule({}, 45.0))
    assert (told.facts, told.back, told.rest) == (("fact-0",), None, "more")
    assert len(plain(told, view, tiny.stages).split()) <= REPLY_WORDS


def test_who_was_told_all_and_thrown_back_one_hears_of_no_rest(tiny: Library) -> None:
    view = quarry(tiny, 20, 20, back=16)
    (told,) = clarify(view, Schedule({}, 45.0))
    assert (told.facts, told.back, told.rest) == (("fact-0", "fact-1"), "fact-2", "")
