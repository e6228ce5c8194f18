"""The board: anything that is sent gives one, its lines are what can be quoted, and what it lacks is lacking."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.board import (
    LABEL_CHARACTERS,
    MOST_EDGES,
    MOST_NODES,
    MOST_STORED,
    Board,
    GapKind,
    changed,
    fresh,
    lines,
    storable,
    unconnected,
)
from knowledge.schema import ComponentKind
from tests.agent.boards import boards, drawing

JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text() | st.sampled_from(["nodes", "id", "model"]),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.sampled_from(["nodes", "edges", "id", "label"]) | st.text(), inner)
    ),
    max_leaves=20,
)
FIELDS = dict.fromkeys(("id", "kind", "label", "source", "target"), JSON)
ROWS = st.lists(st.fixed_dictionaries({}, optional=FIELDS) | JSON, max_size=6)
SENT = JSON | st.fixed_dictionaries({}, optional={"nodes": ROWS, "edges": ROWS}) | boards(st.text())
LINES = {
    "an arrow with a label": (
        "a[Ranker]:::model -->|reads| b[Store]:::feature_store", ["Ranker (model) -> Store (feature store): reads"]),
    "an arrow without": ("a[App]:::client --> b[Home]", ["App (client) -> Home (service)"]),
    "a box alone, last": ("x[Alone]\na[A] --> b[B]", ["A (service) -> B (service)", "Alone (service)"]),
    "a note": ("n[PR-AUC first]:::note", ["PR-AUC first (note)"]),
    "the same arrow twice": ("a[A] --> b[B]\nc[A] --> b", ["A (service) -> B (service)"]),
}  # fmt: skip


def board(text: str) -> Board:
    return Board.of(drawing(text))


# --- what is sent ----------------------------------------------------------------------------------------------------


@given(SENT)
def test_anything_that_is_sent_gives_a_sound_board(sent: Any) -> None:
    made = Board.of(sent)
    ids = {node.id for node in made.nodes}
    assert len(ids) == len(made.nodes)
    assert all({edge.source, edge.target} <= ids for edge in made.edges)
    words = [*(node.label for node in made.nodes), *(edge.label for edge in made.edges)]
    assert all(len(label) <= LABEL_CHARACTERS and label.isprintable() for label in words)
    assert all(node.label for node in made.nodes)
    assert Board.of(made.model_dump(mode="json")) == made


def test_what_is_unreadable_is_left_out_and_the_rest_kept() -> None:
    made = Board.of(
        {
            "nodes": [
                {"id": "a", "kind": "tardis", "label": "A\x00\n  box\u202e"},
                {"id": "a", "kind": "model", "label": "twice"},
                {"id": 7, "kind": "Feature store", "label": None},
                {"label": "no id"},
                "no node",
            ],
            "edges": [
                {"source": "a", "target": 7, "label": "to"},
                {"source": "a", "target": "gone"},
                {"source": "a", "target": 7, "label": "to"},
            ],
        }
    )
    assert [(n.id, n.kind.value, n.label) for n in made.nodes] == [
        ("a", "note", "A box"),
        ("7", "feature-store", "feature store"),
    ]
    assert [(e.source, e.target, e.label) for e in made.edges] == [("a", "7", "to")]


def test_a_board_has_its_limits() -> None:
    nodes = [{"id": f"n{n}", "kind": "model", "label": "x" * 500} for n in range(1_000)]
    edges = [{"source": "n0", "target": f"n{n % 150}", "label": f"{n}"} for n in range(1_000)]
    made = Board.of({"nodes": nodes, "edges": edges})
    assert (len(made.nodes), len(made.edges)) == (MOST_NODES, MOST_EDGES)
    assert {len(node.label) for node in made.nodes} == {LABEL_CHARACTERS}


@given(SENT)
def test_whatever_is_stored_is_json_and_the_same_board(sent: Any) -> None:
    sent = sent if isinstance(sent, dict) else {"nodes": sent}
    kept = storable(sent)
    assert len(json.dumps(kept, allow_nan=False, ensure_ascii=False).encode("utf-8")) <= MOST_STORED
    assert Board.of(kept) == Board.of(sent)


def test_places_are_stored_as_they_were_sent_unless_there_is_too_much() -> None:
    sent = {"nodes": [{"id": "a", "kind": "model", "label": "A", "x": 3.5}], "edges": []}
    assert storable(sent) == sent
    assert storable(sent | {"film": "x" * MOST_STORED}) == Board.of(sent).model_dump(mode="json")
    assert storable(None) is None


# --- lines -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "expected"), LINES.values(), ids=LINES)
def test_a_board_reads_as_lines(text: str, expected: list[str]) -> None:
    assert list(lines(board(text))) == expected


@given(boards(), boards())
def test_what_is_fresh_is_a_line_that_was_not_there(one: dict[str, Any], other: dict[str, Any]) -> None:
    before, after = Board.of(one), Board.of(other)
    new = [line.text for line in fresh(before, after)]
    assert set(new) <= set(lines(after)) - set(lines(before))
    assert not fresh(after, after)
    assert [line.text for line in fresh(Board(), after)] == list(lines(after))


def test_a_box_that_loses_its_arrow_is_not_new_and_one_that_is_renamed_is() -> None:
    before = board("a[A] --> b[B]")
    assert [line.text for line in fresh(before, board("a[A]\nb[B]"))] == []
    assert [line.text for line in fresh(before, board("a[A] --> b[C]"))] == ["A (service) -> C (service)"]


# --- changes ---------------------------------------------------------------------------------------------------------


def test_changes_are_named() -> None:
    before = board("a[A] -->|x| b[B]\nb -->|y| c[C]\nd[D]")
    after = board("a[A] -->|z| b[B]\nc[C] --> b\nc2[C2]\nd[(D)]:::database")
    found = changed(before, after)
    assert [node.label for node in found.nodes_added] == ["C2"]
    assert found.nodes_removed == ()
    assert [(old.kind.value, new.kind.value) for old, new in found.nodes_relabelled] == [("service", "database")]
    assert [(e.source, e.target) for e in found.edges_added] == [("c", "b")]
    assert [(e.source, e.target, e.label) for e in found.edges_removed] == [("b", "c", "y")]
    assert [(old.label, new.label) for old, new in found.edges_relabelled] == [("x", "z")]


@given(boards(), boards())
def test_changes_lead_from_one_board_to_the_other(one: dict[str, Any], other: dict[str, Any]) -> None:
    before, after = Board.of(one), Board.of(other)
    found = changed(before, after)
    nodes = {*before.nodes, *found.nodes_added, *(new for _, new in found.nodes_relabelled)}
    edges = {*before.edges, *found.edges_added, *(new for _, new in found.edges_relabelled)}
    assert nodes - {*found.nodes_removed, *(old for old, _ in found.nodes_relabelled)} == set(after.nodes)
    assert edges - {*found.edges_removed, *(old for old, _ in found.edges_relabelled)} == set(after.edges)
    assert bool(found) == (set(before.nodes) != set(after.nodes) or set(before.edges) != set(after.edges))


@given(boards())
def test_another_order_is_no_change(sent: dict[str, Any]) -> None:
    one = Board.of(sent)
    assert not changed(one, Board(nodes=one.nodes[::-1], edges=one.edges[::-1]))


# --- what is unconnected ---------------------------------------------------------------------------------------------

STORE, INDEX, MODEL = ":::feature_store", ":::ann_index", ":::model"
GAPS = {
    "a store that is only read": (f"m[M]{MODEL} -->|reads| s[S]{STORE} --> m", [("S", GapKind.UNWRITTEN)]),
    "a store that a model calls": (f"m[M]{MODEL} --> s[S]{STORE}", [("S", GapKind.UNWRITTEN)]),
    "a store that is only written": (f"j[J]:::stream_job --> s[S]{STORE}", [("S", GapKind.UNREAD)]),
    "an index that nothing fills": (f"i[I]{INDEX} --> r[R]{MODEL}", [("I", GapKind.UNWRITTEN)]),
    "an index that nothing searches": (f"e[E]:::batch_job -->|writes vectors| i[I]{INDEX}", [("I", GapKind.UNREAD)]),
    "a store written and read": (f"j[J]:::batch_job --> s[S]{STORE} --> r[R]{MODEL}", []),
    "a store that a service may write or read": (f"h[H] --> s[S]{STORE}", []),
    "a store whose arrow says both": (f"h[H] -->|reads and writes| s[S]{STORE}", []),
    "a service that says it writes": (f"h[H] -->|updates counters| s[S]{STORE}", [("S", GapKind.UNREAD)]),
    "an arrow out that is named by what it carries": (f"j[J]:::batch_job --> s[S]{STORE} -->|counts| r[R]{MODEL}", []),
    "a model that only answers": (f"m[M]{MODEL} --> h[H]", [("M", GapKind.UNFED)]),
    "a model that is only watched": (f"w[W]:::monitoring --> m[M]{MODEL} --> h[H]", [("M", GapKind.UNFED)]),
    "a model that fetches its input": (f"d[(D)] --> j[J]:::batch_job\nm[M]{MODEL} --> d", []),
    "monitoring alone": ("a[A] --> b[B]\nw[W]:::monitoring", [("W", GapKind.WATCHES_NOTHING)]),
    "monitoring beside a note": ("w[W]:::monitoring --> n[N]:::note", [("W", GapKind.WATCHES_NOTHING)]),
    "monitoring that watches": ("a[A] --> w[W]:::monitoring", []),
    "a service with a note alone": ("a[A] --> n[N]:::note", [("A", GapKind.ALONE)]),
    "a service that points at itself": ("a[A] --> a", [("A", GapKind.ALONE)]),
    "notes": ("n[N]:::note\nm[M]:::note --> n", []),
    "the most telling first": (
        f"x[X]\nj[J]:::batch_job --> s[S]{STORE}", [("S", GapKind.UNREAD), ("X", GapKind.ALONE)]),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), GAPS.values(), ids=GAPS)
def test_what_is_unconnected_is_found_and_nothing_else(text: str, expected: list[tuple[str, GapKind]]) -> None:
    assert [(gap.node.label, gap.kind) for gap in unconnected(board(text))] == expected


@given(boards())
def test_a_gap_names_a_node_of_the_board_by_one_of_its_lines(sent: dict[str, Any]) -> None:
    one = Board.of(sent)
    for gap in unconnected(one):
        assert gap.node in one.nodes
        assert gap.node.kind is not ComponentKind.NOTE
        assert gap.line in lines(one)
        assert gap.node.name in gap.line
