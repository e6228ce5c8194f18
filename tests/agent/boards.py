"""Boards for tests: drawn in Mermaid, or by hypothesis as a page might send them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from agent.mermaid import parse
from knowledge.schema import ComponentKind

_LABELS = st.sampled_from(["Ranker", "Home service", "Redis", "reads rows", "updates daily", "", "Drawn? Yes. So."])


def drawing(text: str, onto: dict[str, Any] | None = None) -> dict[str, Any]:
    """A board as it is sent, drawn in Mermaid, beside what was there before."""
    parsed = parse(text)
    assert not parsed.unread, parsed.unread
    rows = parsed.board.model_dump(mode="json")
    before = onto or {"nodes": (), "edges": ()}
    return {key: [*before[key], *rows[key]] for key in ("nodes", "edges")}


def boards(labels: st.SearchStrategy[str] = _LABELS) -> st.SearchStrategy[dict[str, Any]]:
    """Boards of up to eight nodes, with arrows between them, to nowhere, and to themselves."""
    ids = st.sampled_from([f"n{n}" for n in range(8)])
    kinds = st.sampled_from([kind.value for kind in ComponentKind])
    nodes = st.lists(st.fixed_dictionaries({"id": ids, "kind": kinds, "label": labels}), max_size=8)
    edges = st.lists(st.fixed_dictionaries({"source": ids, "target": ids, "label": labels}), max_size=10)
    return st.fixed_dictionaries({"nodes": nodes, "edges": edges})
