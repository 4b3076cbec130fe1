"""Fine-tuning: vectors of messages with the same labels draw together, in both languages.

Three heads (act, forms, flags) and a supervised contrastive loss share the mean-pooled vector. Pairs count by
the overlap of their labels (Jaccard), so a message of two forms is near both, hard negatives are those that
share a batch, and Dutch and French meet in every batch. The heads are thrown away afterwards: classifiers that
can be trained in a minute learn from the vectors.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bot.corpus.noise import Variants
from bot.encoder.augment import TELL, Augmenter, Sample
from bot.understanding.messages import Labelled

STEP = 8  # lengths are padded to a multiple of it: few shapes, so that memory is used again instead of asked for


@dataclass(frozen=True)
class Recipe:
    """What fine-tuning can be told."""

    epochs: int = 2
    rate: float = 1e-4
    head_rate: float = 1.5e-3
    contrast: float = 0.2  # weight of the contrastive loss
    temperature: float = 0.1
    tokens: int = 1_400  # padded tokens in a batch: more does not fit the caches of a small processor
    usual: int = 48  # messages in a usual batch, by which losses are scaled
    longest: int = 96  # tokens after which a training message is cut
    warmup: float = 0.06
    seed: int = 7
    threads: int = 2


def finetune(base: str, messages: Sequence[Labelled], data: Path, recipe: Recipe,
             after_epoch: Callable[[Any, int], None]) -> Any:  # fmt: skip
    """The fine-tuned ``SentenceTransformer``; ``after_epoch`` gets it with the number of each finished epoch."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import Pooling, Transformer

    torch.set_num_threads(recipe.threads)
    torch.set_flush_denormal(True)
    torch.manual_seed(recipe.seed)
    dice = random.Random(recipe.seed)
    transformer = Transformer(base, max_seq_length=recipe.longest)
    room = transformer.auto_model.config.max_position_embeddings // STEP * STEP
    recipe = replace(recipe, longest=min(recipe.longest, room))
    width = transformer.get_embedding_dimension()
    model = SentenceTransformer(modules=[transformer, Pooling(width)], device="cpu")
    words = transformer.auto_model.embeddings.word_embeddings
    words.sparse = True  # a batch touches few of the pieces

    labels = _Labels(messages)
    heads: Any = torch.nn.ModuleDict({name: torch.nn.Linear(width, len(labels.of[name])) for name in labels.of})
    for name in ("forms", "flags"):
        torch.nn.init.constant_(heads[name].bias, -3.0)  # most labels are absent from most messages
    dropout = torch.nn.Dropout(0.1)
    body = [parameter for parameter in model.parameters() if parameter is not words.weight]
    groups = [{"params": body, "lr": recipe.rate}, {"params": list(heads.parameters()), "lr": recipe.head_rate}]
    optimisers = [
        torch.optim.AdamW(groups, weight_decay=0.01, fused=True),
        torch.optim.SparseAdam([words.weight], lr=recipe.rate),
    ]
    augmenter = Augmenter(messages, Variants.read(data), dice)
    started, seen, shown, total = time.monotonic(), 0, 0.0, len(messages) * recipe.epochs
    for epoch in range(1, recipe.epochs + 1):
        model.train()
        samples = [augmenter.sample(message) for message in messages]
        for number, batch in enumerate(_batches(model.tokenizer, samples, recipe, dice), 1):
            for optimiser in optimisers:
                for group in optimiser.param_groups:
                    group.setdefault("full", group["lr"])
                    group["lr"] = group["full"] * _pace(seen / total, recipe.warmup)
            tokens = model.tokenizer(
                [sample.text for sample in batch], padding=True, truncation=True, max_length=recipe.longest,
                pad_to_multiple_of=STEP, return_tensors="pt",
            )  # fmt: skip
            inputs = {key: tokens[key] for key in ("input_ids", "attention_mask")}
            vectors = model(inputs)["sentence_embedding"]
            targets = labels.targets(batch)
            loss = _head_loss(heads, dropout(vectors), targets)
            loss = loss + recipe.contrast * _contrast(vectors, targets, labels, recipe.temperature)
            (loss * len(batch) / recipe.usual).backward()
            torch.nn.utils.clip_grad_norm_(body, 1.0)
            for optimiser in optimisers:
                optimiser.step()
                optimiser.zero_grad()
            seen += len(batch)
            shown += float(loss.detach()) * len(batch)
            if number % 100 == 0:
                print(f"epoch {epoch}  {seen}/{total}  loss {shown / seen:.3f}  "
                      f"{time.monotonic() - started:.0f} s", flush=True)  # fmt: skip
        model.eval()
        after_epoch(model, epoch)
    return model


class _Labels:
    """Names of the labels and their matrices for a batch."""

    def __init__(self, messages: Sequence[Labelled]) -> None:
        self.of = {
            "act": sorted({message.act for message in messages}),
            "forms": sorted({form for message in messages for form in message.forms}),
            "flags": sorted({flag for message in messages for flag in message.flags}),
        }

    def targets(self, batch: Sequence[Sample]) -> dict[str, Any]:
        import torch

        forms = [[float(name in sample.forms) for name in self.of["forms"]] for sample in batch]
        flags = [[float(name in sample.flags) for name in self.of["flags"]] for sample in batch]
        acts = [self.of["act"].index(sample.act) for sample in batch]
        return {"act": torch.tensor(acts), "forms": torch.tensor(forms), "flags": torch.tensor(flags)}


def _head_loss(heads: Any, vectors: Any, targets: dict[str, Any]) -> Any:
    from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

    yes_no = sum(
        binary_cross_entropy_with_logits(heads[name](vectors), targets[name], reduction="none").sum(1).mean()
        for name in ("forms", "flags")
    )
    return yes_no + 0.7 * cross_entropy(heads["act"](vectors), targets["act"], label_smoothing=0.05)


def _contrast(vectors: Any, targets: dict[str, Any], labels: _Labels, temperature: float) -> Any:
    import torch
    from torch.nn.functional import normalize, one_hot

    acts = one_hot(targets["act"], len(labels.of["act"])).float()
    acts[:, labels.of["act"].index(TELL)] = 0  # that two people tell something makes them not alike
    marks = torch.cat([targets["forms"], targets["flags"], acts], 1)
    shared = marks @ marks.T
    either = marks.sum(1)[:, None] + marks.sum(1)[None] - shared
    alike = (shared / either.clamp(min=1)).fill_diagonal_(0)
    has_company = alike.sum(1) > 0
    if not bool(has_company.any()):
        return vectors.sum() * 0
    unit = normalize(vectors, dim=1)
    chances = (unit @ unit.T / temperature).fill_diagonal_(-1e4).log_softmax(1)
    return (-(alike * chances).sum(1)[has_company] / alike.sum(1)[has_company]).mean()


def _batches(tokenizer: Any, samples: Sequence[Sample], recipe: Recipe, dice: random.Random) -> Iterator[list[Sample]]:
    """Messages of similar length together, up to ``recipe.tokens`` padded tokens, in random order."""
    read = tokenizer([sample.text for sample in samples], truncation=True, max_length=recipe.longest)["input_ids"]
    lengths = [math.ceil(len(ids) / STEP) * STEP for ids in read]
    order = list(range(len(samples)))
    dice.shuffle(order)
    chunks: list[list[int]] = []
    for start in range(0, len(order), 1_500):
        chunk: list[int] = []
        for i in sorted(order[start : start + 1_500], key=lengths.__getitem__):
            if chunk and lengths[i] * (len(chunk) + 1) > recipe.tokens:
                chunks.append(chunk)
                chunk = []
            chunk.append(i)
        chunks.append(chunk)
    dice.shuffle(chunks)
    return ([samples[i] for i in chunk] for chunk in chunks)


def _pace(done: float, warmup: float) -> float:
    """Share of the full learning rate: up during ``warmup``, then down to almost nothing."""
    return done / warmup + 0.01 if done < warmup else max(0.02, (1 - done) / (1 - warmup))
