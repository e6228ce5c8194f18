"""The scorecard: no credit without a quote, more evidence never hurts, what is unknown counts neither way."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.content import load_scoring
from agent.events import Assessed, Cell, ClockKind, Depth, MoveKind, Promptedness, Setup, Started
from agent.scorecard import Range, Scorecard
from agent.scoring import score, stage_minutes
from agent.transcript import fold
from agent.view import View
from knowledge.library import Library
from knowledge.schema import Dimension, Level, StageId
from tests.agent.script import Script
from tests.factory import START, shown, tiny_library

LIBRARY = tiny_library()
PROBLEM = LIBRARY.problems["tiny"]
POINTS = [point.id for point in PROBLEM.points]
SCORING = load_scoring()
TURNS = tuple(range(2, 18, 2))
MOVES = (
    {"kind": MoveKind.HOLD},
    {"kind": MoveKind.PROBE, "point": "frame-amber"},
    {"kind": MoveKind.HINT, "point": "model-amber", "rung": 1},
    {"kind": MoveKind.DEEPEN, "point": "data-amber", "stage": StageId.DATA},
    {"kind": MoveKind.HINT, "point": "model-amber", "rung": 3, "stage": StageId.MODEL},
    {"kind": MoveKind.ADVANCE, "stage": StageId.EVALUATE},
    {"kind": MoveKind.CHALLENGE, "point": "serve-amber", "misconception": 0, "stage": StageId.SERVE},
)
Key = tuple[int, str]
LEVELS = st.sampled_from(list(Level))


def quote(key: Key) -> str:
    return f"{key[1]} in turn {key[0]}"


def cells(*states: str) -> st.SearchStrategy[dict[Key, Cell]]:
    keys = st.tuples(st.sampled_from(TURNS), st.sampled_from(POINTS))
    values = st.tuples(st.sampled_from(states), st.sampled_from(list(Depth)))
    drawn = st.dictionaries(keys, values, max_size=24)
    return drawn.map(lambda d: {k: shown(k[1], quote(k), depth, state) for k, (state, depth) in d.items()})


def view(
    read: Mapping[Key, Cell], level: Level = Level.SENIOR, clock: ClockKind = ClockKind.SPEECH, *, over: bool = True
) -> View:
    """Eight long answers between fixed moves, read as `read` says."""
    script = Script(Setup(problem="tiny", level=level, clock=clock)).say(MoveKind.OPEN)
    for turn in TURNS:
        script.answer("word " * 600, *(cell for key, cell in read.items() if key[0] == turn))
        script.say(**MOVES[turn // 2 % len(MOVES)])
    return (script.say(MoveKind.CLOSE, stage=StageId.WRAP) if over else script).view


def card(read: Mapping[Key, Cell], level: Level = Level.SENIOR) -> Scorecard:
    return score(view(read, level), SCORING, LIBRARY.stages)


# --- what holds for any interview ------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(cells("shown", "unsure", "not-shown"), LEVELS)
def test_every_mark_quotes_evidence_of_its_turn(read: dict[Key, Cell], level: Level) -> None:
    result = card(read, level)
    known = {(k[0], k[1], c.quote, c.depth) for k, c in read.items() if c.state == "shown"}
    assert {(m.turn, m.point, m.quote, m.depth) for m in result.marks} <= known
    assert {m.point for m in result.marks} == {point for _, point, _, _ in known}
    assert len({m.point for m in result.marks}) == len(result.marks)


@settings(max_examples=40, deadline=None)
@given(cells("shown", "unsure", "not-shown"), LEVELS)
def test_scores_stay_in_their_bounds(read: dict[Key, Cell], level: Level) -> None:
    result = card(read, level)
    assert 0 <= result.range.low == result.overall <= result.range.high <= 100
    assert set(result.dimensions) == set(Dimension)
    assert all(1 <= value <= 4 for value in result.dimensions.values())


@settings(max_examples=60, deadline=None)
@given(cells("shown", "unsure"), cells("shown"), LEVELS)
def test_more_evidence_never_lowers_anything(read: dict[Key, Cell], more: dict[Key, Cell], level: Level) -> None:
    added = {key: cell for key, cell in more.items() if key not in read}
    before, after = card(read, level), card({**read, **added}, level)
    assert after.overall >= before.overall
    assert all(after.dimensions[d] >= before.dimensions[d] for d in Dimension)
    assert after.verdict.rank >= before.verdict.rank
    assert {cap.id for cap in after.caps} <= {cap.id for cap in before.caps}


@settings(max_examples=40, deadline=None)
@given(cells("shown"))
def test_repeating_evidence_changes_nothing(read: dict[Key, Cell]) -> None:
    again = {
        (later, point): cell.model_copy(update={"quote": quote((later, point))})
        for (turn, point), cell in read.items()
        for later in TURNS
        if later > turn and (later, point) not in read
    }
    assert card({**read, **again}) == card(read)


@settings(max_examples=40, deadline=None)
@given(cells("shown"), cells("unsure"), LEVELS)
def test_unsure_cells_only_widen_the_range(read: dict[Key, Cell], open_: dict[Key, Cell], level: Level) -> None:
    unsure = {key: cell for key, cell in open_.items() if key not in read}
    without, with_ = card(read, level), card({**read, **unsure}, level)
    assert with_.overall == with_.range.low == without.overall
    assert with_.range.high >= without.range.high
    assert with_.range.low <= with_.likely.low <= with_.likely.high <= with_.range.high
    assert with_.best.rank >= with_.verdict.rank
    assert with_.dimensions == without.dimensions
    assert with_.marks == without.marks
    assert {cap.id for cap in with_.caps} <= {cap.id for cap in without.caps}, "held the unknown against the candidate"


@settings(max_examples=40, deadline=None)
@given(cells("shown", "unsure"))
def test_coverage_adds_up(read: dict[Key, Cell]) -> None:
    now = view(read)
    result = score(now, SCORING, LIBRARY.stages)
    assert sum(stage_minutes(now).values()) == pytest.approx(now.elapsed)
    rows = result.coverage.values()
    assert sum(row.minutes for row in rows) == pytest.approx(result.minutes, abs=0.1)
    assert sum(row.shown for row in rows) == len(result.marks)
    assert sum(row.unprompted for row in rows) == result.unprompted
    assert sum(row.not_assessed for row in rows) == len(result.not_assessed)
    assert sum(row.expected for row in rows) == result.expected


def test_a_mark_says_whether_its_quote_was_said_or_drawn() -> None:
    drawn = {"source": "board"}
    read = {
        (2, "frame-amber"): shown("frame-amber", "A (service) -> B (service)").model_copy(update=drawn),
        (2, "data-amber"): shown("data-amber", "words"),
        (2, "model-amber"): shown("model-amber", "A (service)", state="unsure").model_copy(update=drawn),
    }
    result = card(read)
    assert {mark.point: mark.source for mark in result.marks} == {"frame-amber": "board", "data-amber": "words"}
    assert [one.source for one in result.not_assessed] == ["board"]


# --- credit ----------------------------------------------------------------------------------------------------------


def one(depth: Depth, turn: int = 2, point: str = "frame-amber") -> dict[Key, Cell]:
    return {(turn, point): shown(point, quote((turn, point)), depth)}


def test_credit_is_depth_times_promptedness_times_weight() -> None:
    early, late = (card(one(Depth.EXPLAINED, turn)).marks[0] for turn in (2, 6))
    worth = SCORING.depth[Depth.EXPLAINED] * PROBLEM.point("frame-amber").weight
    assert early.promptedness is Promptedness.UNPROMPTED
    assert early.credit == pytest.approx(worth)
    assert late.promptedness is Promptedness.PROBE
    assert late.credit == pytest.approx(SCORING.promptedness[Promptedness.PROBE] * worth)


def test_the_most_creditable_showing_counts_and_of_equals_the_first() -> None:
    shallow_then_deep = {**one(Depth.NAMED, 2), **one(Depth.JUSTIFIED, 6)}
    assert card(shallow_then_deep).marks[0].turn == 6, "justified when asked is worth more than named at once"
    twice = {**one(Depth.NAMED, 2, "wrap-amber"), **one(Depth.NAMED, 4, "wrap-amber")}
    assert card(twice).marks[0].turn == 2


def test_what_the_last_hint_gave_away_earns_nothing() -> None:
    assert MOVES[3]["kind"] is MoveKind.DEEPEN
    result = card(one(Depth.JUSTIFIED, 10, "model-amber"))
    assert result.marks[0].promptedness is Promptedness.HINT_3
    assert result.marks[0].credit == 0
    assert result.overall == card({}).overall


def test_full_marks_for_everything_unprompted_and_reasoned() -> None:
    everything = {(2, p): shown(p, quote((2, p)), Depth.JUSTIFIED) for p in POINTS}
    result = card(everything, Level.STAFF)
    assert (result.overall, result.caps, result.verdict.value) == (100, (), "strong-hire")


def test_an_empty_interview_scores_nothing_and_raises_nothing() -> None:
    result = card({})
    assert (result.overall, result.marks, result.verdict.value) == (0, (), "no-hire")


def test_an_interview_that_broke_off_before_the_first_word_has_a_scorecard() -> None:
    started = Started(when=START, setup=Setup(problem="tiny"), problem_hash="0", version="test")
    assert score(fold([started], PROBLEM), SCORING, LIBRARY.stages).minutes == 0


# --- caps ------------------------------------------------------------------------------------------------------------


OPEN = {
    "objective-late": ["frame-basalt"],
    "features-thin": ["features-amber", "features-basalt"],
    "evaluation-unreached": ["evaluate-amber"],
    "operations-unreached": ["monitor-amber"],
    "trade-offs-only-when-prompted": ["wrap-amber"],
}
"""Per cap the points that lift it where they were shown."""


@pytest.mark.parametrize("cap", OPEN)
def test_a_cap_holds_only_where_nothing_is_unassessed(cap: str) -> None:
    assert cap in {c.id for c in card({}).caps}
    read = {(2, p): shown(p, quote((2, p)), Depth.JUSTIFIED, "unsure") for p in OPEN[cap]}
    assert cap not in {c.id for c in card(read).caps}


def test_the_objective_is_as_early_as_its_first_showing_whichever_earned_the_mark() -> None:
    early = card(one(Depth.NAMED, 2))
    deeper = card({**one(Depth.NAMED, 2), **one(Depth.JUSTIFIED, 16)})
    late = card(one(Depth.JUSTIFIED, 16))
    assert early.objective_at == deeper.objective_at
    assert "objective-late" not in {c.id for c in deeper.caps}
    assert "objective-late" in {c.id for c in late.caps}


def test_no_clock_no_late_objective() -> None:
    untimed = view(one(Depth.NAMED, 16), clock=ClockKind.UNTIMED)
    assert "objective-late" not in {c.id for c in score(untimed, SCORING, LIBRARY.stages).caps}


def test_a_reason_given_when_asked_is_not_unprompted() -> None:
    asked = one(Depth.JUSTIFIED, 10, "data-amber")
    assert "trade-offs-only-when-prompted" in {c.id for c in card(asked).caps}
    unasked = one(Depth.JUSTIFIED, 2, "data-amber")
    assert "trade-offs-only-when-prompted" not in {c.id for c in card(unasked).caps}


def test_a_held_claim_caps_at_every_level() -> None:
    script = Script().say(MoveKind.OPEN).answer("The amber data is free.")
    script.say(MoveKind.CHALLENGE, point="data-amber", misconception=0).answer("The amber data is free.")
    assert "wrong-claim-held" in {c.id for c in score(script.view, SCORING, LIBRARY.stages).caps}


def test_a_cap_lowers_the_verdict_and_leaves_the_score() -> None:
    everything = {(2, p): shown(p, quote((2, p)), Depth.JUSTIFIED) for p in POINTS}
    thin = {key: cell for key, cell in everything.items() if not key[1].startswith("features-")}
    result = card(thin)
    assert [c.id for c in result.caps] == ["features-thin"]
    assert result.overall > 62
    assert result.verdict.value == "lean-no"


def test_provisional_says_that_the_open_points_could_change_the_verdict() -> None:
    sure = {(2, p): shown(p, quote((2, p)), Depth.JUSTIFIED) for p in POINTS}
    assert not card(sure).provisional
    open_ = {key: cell.model_copy(update={"state": "unsure"}) for key, cell in sure.items()}
    assert card(open_).provisional


def test_the_likely_range_follows_the_probabilities_of_the_open_points() -> None:
    def with_(probability: float) -> Scorecard:
        return card({(2, p): open_(p, probability) for p in POINTS if p.startswith("data-")})

    def open_(point: str, probability: float) -> Cell:
        cell = shown(point, quote((2, point)), Depth.JUSTIFIED, state="unsure")
        return cell.model_copy(update={"probability": probability})

    doubtful, even, likely, certain = (with_(p) for p in (0.02, 0.5, 0.9, 1.0))
    assert doubtful.likely.high < even.likely.high <= likely.likely.high <= likely.range.high
    assert even.likely.low < likely.likely.low < certain.likely.low
    assert doubtful.range == even.range == likely.range
    assert even.likely.high - even.likely.low > likely.likely.high - likely.likely.low
    assert certain.likely == Range(low=certain.range.high, high=certain.range.high)
    assert card({}).likely == card({}).range


def test_what_an_open_interview_has_not_come_to_yet_caps_nothing() -> None:
    open_ = score(view({}, over=False), SCORING, LIBRARY.stages)
    assert {cap.id for cap in open_.caps} <= {"objective-late"}, "its time has come, so it is late"
    begun = Script(Setup(problem="tiny")).say(MoveKind.OPEN).answer("Let me see.").say()
    assert score(begun.view, SCORING, LIBRARY.stages).caps == ()
    assert {"features-thin", "evaluation-unreached"} <= {cap.id for cap in card({}).caps}


def test_every_shipped_cap_is_computed_at_every_level() -> None:
    for level in Level:
        card({}, level)


# --- levels ----------------------------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(cells("shown", "unsure"))
def test_the_same_evidence_never_scores_higher_at_a_higher_level(read: dict[Key, Cell]) -> None:
    mid, senior, staff = (card(read, level) for level in Level)
    assert mid.overall >= senior.overall >= staff.overall
    assert all(mid.dimensions[d] >= senior.dimensions[d] >= staff.dimensions[d] for d in Dimension)


@pytest.mark.parametrize("depth", list(Depth))
def test_the_same_evidence_scores_lower_at_staff_than_at_senior_than_at_mid(depth: Depth) -> None:
    held = view({(2, p): shown(p, quote((2, p)), depth) for p in POINTS if p.endswith("-amber")})
    mid, senior, staff = (score(held.at_level(level), SCORING, LIBRARY.stages) for level in Level)
    assert mid.overall > senior.overall > staff.overall > 0
    assert mid.verdict.rank >= senior.verdict.rank >= staff.verdict.rank


# --- the contract ----------------------------------------------------------------------------------------------------


def test_field_names_are_a_contract(tiny: Library) -> None:
    """A name that goes or changes needs a new `CONTRACT` number: tools read these names."""
    read = one(Depth.NAMED) | {(4, "wrap-amber"): shown("wrap-amber", state="unsure")}
    dumped = score(view(read), SCORING, tiny.stages).model_dump(mode="json")
    assert dumped["contract"] == 1
    assert set(dumped) == {
        "contract", "problem", "level", "overall", "range", "likely", "verdict", "best", "provisional", "caps",
        "dimensions", "marks", "not_assessed", "wrong_claims", "coverage", "unprompted", "expected",
        "objective_at", "minutes",
    }  # fmt: skip
    assert set(dumped["marks"][0]) == {
        "point", "statement", "stage", "dimension", "level", "depth", "quote", "turn", "promptedness", "credit", "by",
        "source",
    }  # fmt: skip
    assert set(dumped["not_assessed"][0]) == {"point", "statement", "stage", "quote", "probability", "source"}
    assert set(dumped["caps"][0]) == {"id", "best", "because"}
    assert set(dumped["range"]) == {"low", "high"}
    assert set(dumped["coverage"]) == {stage.value for stage in StageId}
    assert set(dumped["coverage"]["frame"]) == {
        "shown", "unprompted", "not_assessed", "expected", "minutes", "planned",
    }  # fmt: skip
    assert set(dumped["dimensions"]) == {dimension.value for dimension in Dimension}


def test_a_scorecard_survives_json() -> None:
    result = card(one(Depth.JUSTIFIED))
    assert Scorecard.model_validate_json(result.model_dump_json()) == result


def test_readings_of_other_turns_are_ignored() -> None:
    now = Assessed(when=START, turn=99, by="model", reader="m", cells=(shown("wrap-amber"),))
    script = Script().say(MoveKind.OPEN)
    script.events.append(now)
    assert score(script.view, SCORING, LIBRARY.stages).marks == ()
