"""The embedder that ships: its vectors mean something, depend on the text alone, and come from the right files."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from knowledge.embedding import SHA256, WEIGHTS, MiniLM, WeightsError, load_embedder

TEXTS = (
    "Features at training time must be computed as of the event.",
    "",
    "Use isotonic regression to calibrate the fraud score.",
    "word " * 400,
)


@pytest.fixture(scope="module")
def embedder() -> MiniLM:
    return load_embedder(threads=1)


@pytest.mark.parametrize(
    ("text", "alike", "unrelated"),
    [
        (
            "Point-in-time joins avoid leakage.",
            "Join features as of the event to not leak the future.",
            "We use Redis.",
        ),
        ("How do you handle new users?", "What happens to somebody who signed up today?", "How big is the GPU fleet?"),
        ("The score should be a probability.", "Calibrate the classifier's output.", "Index vectors with HNSW."),
    ],
)
def test_like_sentences_are_closer_than_unrelated_ones(embedder: MiniLM, text: str, alike: str, unrelated: str) -> None:
    vector, near, far = embedder.embed([text, alike, unrelated])
    assert vector @ near > vector @ far + 0.1


def test_cosines_are_those_published_for_the_unquantised_model(embedder: MiniLM) -> None:
    """Another pooling, another tokenizer or another model would miss them; int8 moves them by about .01."""
    person, *others = embedder.embed(
        ["That is a happy person", "That is a happy dog", "That is a very happy person", "Today is a sunny day"]
    )
    assert [person @ other for other in others] == pytest.approx([0.6946, 0.9429, 0.2569], abs=0.03)


def test_a_vector_does_not_depend_on_its_neighbours(embedder: MiniLM) -> None:
    together = embedder.embed(TEXTS)
    alone = np.concatenate([embedder.embed([text]) for text in TEXTS])
    assert np.array_equal(together, alone)


def test_a_vector_does_not_depend_on_the_number_of_threads(embedder: MiniLM) -> None:
    assert np.array_equal(embedder.embed(TEXTS), MiniLM(threads=2).embed(TEXTS))


def test_vectors_have_unit_length_and_the_promised_shape(embedder: MiniLM) -> None:
    vectors = embedder.embed(TEXTS)
    assert vectors.shape == (len(TEXTS), embedder.dimension)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert embedder.embed([]).shape == (0, embedder.dimension)


def test_tokens_up_to_256_count_and_later_ones_do_not(embedder: MiniLM) -> None:
    """tokenizer.json alone would cut at 128, and pad to it."""
    start = "word " * 200
    seen, other = embedder.embed([start + "latency", start + "fraud"])
    assert not np.array_equal(seen, other)
    beyond, other = embedder.embed(["word " * 254 + "latency", "word " * 254 + "fraud"])
    assert np.array_equal(beyond, other)


@pytest.mark.parametrize("damaged", SHA256)
def test_damaged_or_missing_weights_are_refused_in_one_line(tmp_path: Path, damaged: str) -> None:
    for name in SHA256:
        shutil.copy(WEIGHTS / name, tmp_path / name)
    data = bytearray((tmp_path / damaged).read_bytes())
    data[len(data) // 2] ^= 1
    (tmp_path / damaged).write_bytes(data)
    with pytest.raises(WeightsError, match=f"{damaged} is damaged.*install Hotseat again") as refused:
        MiniLM(tmp_path)
    assert "\n" not in str(refused.value)
    (tmp_path / damaged).unlink()
    with pytest.raises(WeightsError, match=f"{damaged} cannot be read.*install Hotseat again"):
        MiniLM(tmp_path)


def test_the_readme_names_the_files_that_are_verified() -> None:
    readme = (WEIGHTS / "README.md").read_text(encoding="utf-8")
    for name, digest in SHA256.items():
        assert f"| `{name}` | {(WEIGHTS / name).stat().st_size:,} | `{digest}` |" in readme


def test_importing_the_retrieval_layer_loads_no_heavy_library() -> None:
    heavy = "{'onnxruntime', 'tokenizers', 'chromadb', 'bm25s'}"
    code = f"import sys, knowledge.search; found = {heavy} & sys.modules.keys(); assert not found, found"
    subprocess.run([sys.executable, "-c", code], check=True)
