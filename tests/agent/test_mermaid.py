"""Mermaid text: what it can express comes back the same, what cannot be read is named by its line."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.board import Board
from agent.mermaid import parse, write
from tests.agent.boards import boards

IDS = st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,8}", fullmatch=True).filter(lambda word: word not in {"end", "graph"})
HARD = st.text(st.sampled_from('ab 1"#;:|[](){}<>&-=.%`→ü') | st.characters(), max_size=30)


@given(boards(HARD))
def test_a_board_comes_back_from_its_text(sent: dict[str, Any]) -> None:
    board = Board.of(sent)
    parsed = parse(write(board))
    assert parsed.board == board
    assert parsed.unread == ()


@given(st.lists(IDS | st.text(min_size=1, max_size=9), min_size=1, max_size=6, unique=True))
def test_ids_that_mermaid_cannot_have_are_replaced_and_no_two_become_one(ids: list[str]) -> None:
    rows = [{"id": one, "kind": "model", "label": f"label {n}"} for n, one in enumerate(ids)]
    edges = [{"source": one, "target": other} for one in ids for other in ids]
    board = Board.of({"nodes": rows, "edges": edges})
    again = parse(write(board)).board
    assert [node.label for node in again.nodes] == [node.label for node in board.nodes]
    assert len(again.edges) == len(board.edges)


@given(st.text() | st.text(st.sampled_from('abc[](){}"|->=.:;&%\n ')))
def test_any_text_can_be_read(text: str) -> None:
    parsed = parse(text)
    rows = text.splitlines()
    assert all(rows[number - 1].strip() == line for number, line in parsed.unread)


NODES = {
    "a class": ("a[Fancy thing]:::model", ("model", "Fancy thing")),
    "a class with a hyphen": ("a[X]:::ann-index", ("ann-index", "X")),
    "a prefix": ("a[feature store: Redis]", ("feature-store", "Redis")),
    "a quoted prefix": ('a["queue: Kafka (3 topics)"]', ("queue", "Kafka (3 topics)")),
    "a class before a prefix": ("a[queue: Kafka]:::stream_job", ("stream-job", "queue: Kafka")),
    "a colon of another meaning": ("a[Ranking: the model]", ("model", "Ranking: the model")),
    "the last words": ("a[Heavy ranking model]", ("model", "Heavy ranking model")),
    "the last words before the shape": ("a[(Online feature store)]", ("feature-store", "Online feature store")),
    "a box": ("a[Home]", ("service", "Home")),
    "a round box": ("a(Home)", ("service", "Home")),
    "a choice": ("a{Risky?}", ("service", "Risky?")),
    "a cylinder": ("a[(Warehouse)]", ("database", "Warehouse")),
    "a circle": ("a((Phone))", ("client", "Phone")),
    "an id alone": ("feature_store", ("feature-store", "feature_store")),
    "a class of another meaning": ("a[Home]:::red", ("service", "Home")),
    "characters by number and name": ('a["#quot;a#35;b#quot;"]', ("service", '"a#b"')),
}


@pytest.mark.parametrize(("text", "expected"), NODES.values(), ids=NODES)
def test_the_kind_of_a_node(text: str, expected: tuple[str, str]) -> None:
    parsed = parse(text)
    assert parsed.unread == ()
    assert [(node.kind.value, node.label) for node in parsed.board.nodes] == [expected]


ARROWS = {
    "plain": ("a --> b", ["a>b"]),
    "without blanks": ("a-->b", ["a>b"]),
    "with a label": ("a -->|reads features| b", ["a>b:reads features"]),
    "with a label in the arrow": ("a -- near-line updates --> b", ["a>b:near-line updates"]),
    "with a quoted label": ('a -->|"x | y"| b', ["a>b:x | y"]),
    "dotted and thick": ("a -.-> b ==> c", ["a>b", "b>c"]),
    "dotted and thick with labels": ("a -. at night .-> b == hot ==> c", ["a>b:at night", "b>c:hot"]),
    "without a head": ("a --- b --- c", ["a>b", "b>c"]),
    "both ways": ("a <--> b", ["a>b", "b>a"]),
    "a chain": ("a --> b -->|x| c --> d", ["a>b", "b>c:x", "c>d"]),
    "two at once": ("a & b --> c & d", ["a>c", "a>d", "b>c", "b>d"]),
    "two statements": ("a --> b; b --> c;", ["a>b", "b>c"]),
    "long": ("a ----> b", ["a>b"]),
    "nodes defined in it": ("a[A] --> b[(B)]", ["a>b"]),
}


@pytest.mark.parametrize(("text", "expected"), ARROWS.values(), ids=ARROWS)
def test_arrows(text: str, expected: list[str]) -> None:
    parsed = parse(text)
    assert parsed.unread == ()
    edges = [f"{e.source}>{e.target}{':' if e.label else ''}{e.label}" for e in parsed.board.edges]
    assert edges == expected


def test_headers_comments_and_colours_draw_nothing() -> None:
    quiet = "```mermaid\nflowchart TD\n%% a note to myself\n\n  classDef model fill:#f9f\n  graph LR; a --> b\n```"
    parsed = parse(quiet)
    assert parsed.unread == ()
    assert [node.id for node in parsed.board.nodes] == ["a", "b"]


@pytest.mark.parametrize(
    "line", ["a --> ", "--> b", "a b", "a[x", 'a["x]', "a[x]] --> b", "subgraph one", "end", "a -> b", "a" * 1_001]
)  # fmt: skip
def test_a_line_that_cannot_be_read_is_named_and_nothing_of_it_taken(line: str) -> None:
    parsed = parse(f"graph LR\n  x --> y\n  {line}\n")
    assert parsed.unread == ((3, line.strip()),)
    assert [node.id for node in parsed.board.nodes] == ["x", "y"]
