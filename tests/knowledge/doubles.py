"""Small real stand-ins for the retrieval tests: passages by the dozen and an embedder that counts its work."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from knowledge.schema import Kind, Passage


def passage(name: str, text: str, *, kind: Kind = "concept", problems: tuple[str, ...] = ()) -> Passage:
    return Passage(
        id=f"{name}#part", kind=kind, document=name, title=name, heading="Part", text=text, problems=problems
    )


def numbered(count: int) -> tuple[Passage, ...]:
    return tuple(passage(f"p{i}", f"text number {i}") for i in range(count))


class CountingEmbedder:
    """A fixed pseudo-random direction per text, so that equal texts and only those coincide; remembers what it saw."""

    dimension = 16

    def __init__(self, name: str = "counting", fails_at: int | None = None):
        self.name = name
        self.seen: list[str] = []
        self._fails_at = fails_at

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.stack([self._one(text) for text in texts])

    def _one(self, text: str) -> NDArray[np.float32]:
        if len(self.seen) == self._fails_at:
            raise RuntimeError("the power failed")
        self.seen.append(text)
        seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
        vector = np.random.default_rng(seed).normal(size=self.dimension)
        return (vector / np.linalg.norm(vector)).astype(np.float32)
