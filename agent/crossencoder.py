"""Whether a sentence shows a statement, read together by a small cross-encoder of our own. Reads its weights once.

A fine-tuned all-MiniLM-L6-v2: `evals/coverage/train.py` makes it, `evals/coverage/README.md` says how well it reads.
Not here: which pairs are worth its time and what follows from its answer (`coverage.py`).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agent.judgement import OUTPUTS, Pair, laid_out
from knowledge.embedding import MAX_THREADS, session, tokenizer, verified
from knowledge.embedding import WEIGHTS as EMBEDDER

MODEL = Path(__file__).parent / "weights" / "coverage.onnx"
SHA256 = "92b89a1937fd2d233b6701ed22f29961165ae53d92b6d6fd9f3bd612a53a8749"


class CrossEncoder:
    """Judges pairs one at a time: int8 activations scale with a batch, so neighbours would move a judgement.

    As many at once as there are threads, each on one core: pairs are too short to be worth splitting.
    """

    def __init__(self, model: Path = MODEL, *, sha256: str = SHA256, threads: int):
        """Raises WeightsError when the weights are missing or not the ones we ship."""
        self._session: Any = session(verified(model, sha256), threads=1)
        self._tokenizer = tokenizer(verified(EMBEDDER / "tokenizer.json"))
        self._ids: dict[str, list[int]] = {}
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="judge")

    def judge(self, pairs: Sequence[Pair]) -> NDArray[np.float64]:
        """Logits, shape (len(pairs), OUTPUTS)."""
        found = np.empty((len(pairs), OUTPUTS))
        laid = [laid_out(self._tokens(p.statement), self._said(p.sentence), self._said(p.question)) for p in pairs]
        for row, logits in enumerate(self._pool.map(self._logits, laid)):
            found[row] = logits
        return found

    def _logits(self, laid: tuple[list[int], list[int]]) -> NDArray[np.float32]:
        ids, types = laid
        fed = {
            "input_ids": np.array([ids], dtype=np.int64),
            "attention_mask": np.ones((1, len(ids)), dtype=np.int64),
            "token_type_ids": np.array([types], dtype=np.int64),
        }
        logits: NDArray[np.float32] = self._session.run(["logits"], fed)[0][0]
        return logits

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
