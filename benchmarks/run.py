"""Halte's recogniser on public data: ``run.py xsid FILE…`` or ``run.py hatecheck FILE…`` (see README.md)."""

from __future__ import annotations

import argparse
import asyncio
import csv
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from sklearn.model_selection import StratifiedKFold

from bot.understanding.classifier import LinearClassifier
from bot.understanding.encoder import load_encoder
from bot.understanding.features import Features, Shares

FOLDS = 5
LEAST = 5  # messages an intent needs to be in every fold
SENTENCE = re.compile(r"^# text = (.*)$.*?^# intent = (.*)$", re.MULTILINE | re.DOTALL)


def xsid(paths: list[Path]) -> None:
    """Accuracy of intents in five folds, for n-grams, each encoder, and both."""
    pairs = [match.groups() for path in paths for match in SENTENCE.finditer(path.read_text(encoding="utf-8"))]
    counts = Counter(intent for _, intent in pairs)
    pairs = [(text, intent) for text, intent in pairs if counts[intent] >= LEAST]
    texts, intents = [text for text, _ in pairs], np.array([intent for _, intent in pairs])
    labels = sorted(set(intents))
    truth = np.array([[int(intent == label) for label in labels] for intent in intents])
    ways = {"n-grams": (None, Shares(dense=0))}
    for name in ("use", "halte"):
        ways[f"{name} alone"] = (load_encoder(name), Shares(word=0, char=0))
        ways[f"{name} + n-grams"] = (load_encoder(name), Shares())
    print(f"{len(texts)} messages, {len(labels)} intents")
    for name, (encoder, shares) in ways.items():
        right = 0
        for train, rest in StratifiedKFold(FOLDS, shuffle=True, random_state=7).split(texts, intents):
            features = Features(encoder, shares).fit([texts[i] for i in train])
            model = LinearClassifier.fit(features.transform([texts[i] for i in train]), truth[train], labels)
            best = model.probabilities(features.transform([texts[i] for i in rest])).argmax(axis=1)
            right += int((np.array(labels)[best] == intents[rest]).sum())
        print(f"{name:20} accuracy {right / len(texts):.3f}", flush=True)


def hatecheck(paths: list[Path]) -> None:
    """Share of hateful and of harmless test cases in which ``hate_speech`` is read."""
    from bot.engine import Engine

    engine = Engine.load()

    async def read() -> Iterator[tuple[str, bool]]:
        found = []
        for path in paths:
            with path.open(encoding="utf-8", newline="") as lines:
                for row in csv.DictReader(lines):
                    forms = (await engine.recognise(row["test_case"])).forms
                    found.append((row["label_gold"], any(reading.form == "hate_speech" for reading in forms)))
        return iter(found)

    shares: dict[str, list[bool]] = {}
    for label, seen in asyncio.run(read()):
        shares.setdefault(label, []).append(seen)
    for label, seen in sorted(shares.items()):
        print(f"{label:12} {sum(seen)}/{len(seen)} read as hate_speech ({sum(seen) / len(seen):.3f})")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("benchmark", choices=("xsid", "hatecheck"))
    parser.add_argument("files", nargs="+", type=Path)
    arguments = parser.parse_args()
    {"xsid": xsid, "hatecheck": hatecheck}[arguments.benchmark](arguments.files)
