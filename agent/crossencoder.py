"""Whether a sentence shows a statement, read together by a small cross-encoder of our own. Reads its weights once.

A fine-tuned all-MiniLM-L6-v2: `evals/coverage/train.py` makes it, `evals/coverage/README.md` says how well it reads.
Not here: which pairs are worth its time and what follows from its answer (`coverage.py`).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agent.judgement import OUTPUTS, Pair, laid_out
from knowledge.embedding import MAX_THREADS, session, tokenizer, verified
from knowledge.embedding import WEIGHTS as EMBEDDER

MODEL = Path(__file__).parent / "weights" / "coverage.onnx"
SHA256 = "5f79213ef56803231d154d0ef5231f648880d0dcbed1021c9509ff69ab2a9f39"


class CrossEncoder:
    """Judges pairs one at a time: int8 activations scale with a batch, so neighbours would move a judgement."""

    def __init__(self, model: Path = MODEL, *, sha256: str = SHA256, threads: int):
        """Raises WeightsError when the weights are missing or not the ones we ship."""
        self._session: Any = session(verified(model, sha256), threads)
        self._tokenizer = tokenizer(verified(EMBEDDER / "tokenizer.json"))
        self._ids: dict[str, list[int]] = {}

    def judge(self, pairs: Sequence[Pair]) -> NDArray[np.float64]:
        """Logits, shape (len(pairs), OUTPUTS)."""
        found = np.empty((len(pairs), OUTPUTS))
        for row, pair in enumerate(pairs):
            ids, types = laid_out(self._tokens(pair.statement), self._said(pair.sentence), self._said(pair.question))
            fed = {
                "input_ids": np.array([ids], dtype=np.int64),
                "attention_mask": np.ones((1, len(ids)), dtype=np.int64),
                "token_type_ids": np.array([types], dtype=np.int64),
            }
            found[row] = self._session.run(["logits"], fed)[0][0]
        return found

    def _tokens(self, statement: str) -> list[int]:
        """Statements come again with every answer, so their tokens are kept."""
        if statement not in self._ids:
            self._ids[statement] = self._said(statement)
        return self._ids[statement]

    def _said(self, text: str) -> list[int]:
        return list(self._tokenizer.encode(text, add_special_tokens=False).ids) if text else []


def load_judge(threads: int | None = None) -> CrossEncoder:
    """The cross-encoder that ships with Hotseat; `threads` is None for one per core up to four. Raises WeightsError."""
    return CrossEncoder(threads=threads or min(MAX_THREADS, os.cpu_count() or 1))
