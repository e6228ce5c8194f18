"""Sentence embeddings from weights that lie beside this file. Reads two files once; never downloads, never trains.

Not here: what is embedded and where the vectors are kept (`index.py`), or what is done with them (`search.py`).
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

WEIGHTS = Path(__file__).parent / "weights" / "all-MiniLM-L6-v2"
SHA256 = {
    "model_quantized.onnx": "afdb6f1a0e45b715d0bb9b11772f032c399babd23bfc31fed1c170afc848bdb1",
    "tokenizer.json": "aa5777dd801854afc1818a8e20820806261c9497db9593a220b646bedfbc0fef",
}
MAX_TOKENS = 256
"""What the model was trained on; the rest of a longer text is not seen."""
MAX_THREADS = 4


class WeightsError(Exception):
    """The embedder's files are missing or not the ones we ship. One line that says what to do."""


class Embedder(Protocol):
    """Turns texts into vectors of unit length. Two embedders with one `name` give equal vectors."""

    name: str
    dimension: int

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One row per text, in order: shape (len(texts), dimension)."""
        ...


class MiniLM:
    """all-MiniLM-L6-v2, int8, on the CPU.

    Texts run one at a time on purpose. The int8 export scales activations by the extremes of the whole batch, so a
    vector would depend on its neighbours (measured: cosine .991 between a text alone and the same text among eight,
    as much as int8 itself costs), and batches are no faster (11.1 against 11.8 ms per passage on one core).
    """

    name = "all-MiniLM-L6-v2-int8"
    dimension = 384

    def __init__(self, weights: Path = WEIGHTS, *, threads: int | None = None):
        """Loads and verifies `weights`; `threads` is None for one per core up to four. Raises WeightsError."""
        model = verified(weights / "model_quantized.onnx")
        self._tokenizer = tokenizer(verified(weights / "tokenizer.json"))
        self._session = session(model, threads or min(MAX_THREADS, os.cpu_count() or 1))

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        for row, text in enumerate(texts):
            vectors[row] = self._embed_one(text)
        return vectors

    def _embed_one(self, text: str) -> NDArray[np.float32]:
        """Mean over the tokens, then unit length. Without padding the mask is all ones, so the mean is plain."""
        ids = np.array([self._tokenizer.encode(text).ids], dtype=np.int64)
        fed = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        tokens: NDArray[np.float32] = self._session.run(["last_hidden_state"], fed)[0][0]
        mean = tokens.mean(axis=0)
        return np.asarray(mean / np.linalg.norm(mean), dtype=np.float32)


def load_embedder(threads: int | None = None) -> MiniLM:
    """The embedder that ships with Hotseat, ready to use (about 0.2 s). Raises WeightsError."""
    return MiniLM(threads=threads)


def verified(path: Path, sha256: str | None = None) -> bytes:
    """The very bytes that were hashed: reading the file again later could find another one. Raises WeightsError."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise WeightsError(f"{path} cannot be read ({error.strerror}); install Hotseat again.") from None
    if hashlib.sha256(data).hexdigest() != (sha256 or SHA256[path.name]):
        raise WeightsError(f"{path} is damaged (its SHA-256 is not the one we ship); install Hotseat again.")
    return data


def session(model: bytes, threads: int) -> Any:
    """An onnxruntime session on the CPU."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Spinning threads gain 1 ms and take it from a local model that answers on the same cores.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def tokenizer(data: bytes) -> Any:
    """A tokenizer that cuts at `MAX_TOKENS` and does not pad."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_buffer(data)
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS)
    return tokenizer
