"""``halte compare``: encoders, features, heads and training data side by side, on the development split.

Every variant learns from the same training messages. Thresholds and probabilities are set on one half of the
development messages and judged on the other, then the halves change places; the test split is not touched.
"""

from __future__ import annotations

import json
import time
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.metrics import average_precision_score
from sklearn.svm import LinearSVC

from bot.corpus.splits import read_splits
from bot.evaluation.metrics import calibration, multi_label
from bot.evaluation.tables import table
from bot.recognition.taxonomy import LANGUAGES
from bot.settings import ROOT, settings
from bot.understanding.classifier import Held, LinearClassifier, logistic
from bot.understanding.encoder import Encoder, EncoderUnavailable, load_encoder
from bot.understanding.features import Features, Shares
from bot.understanding.messages import Labelled
from bot.understanding.text import clean
from bot.understanding.understander import indicator

WORDS_ONLY, VECTOR_ONLY = Shares(dense=0), Shares(word=0, char=0)


@dataclass(frozen=True)
class Variant:
    """One way to do it; ``languages`` are those it learns from, ``apart`` means one model a language."""

    name: str
    encoder: str | None = None
    shares: Shares = Shares()
    apart: bool = False
    languages: tuple[str, ...] = LANGUAGES
    learner: Any = None


def variants(encoders: Sequence[str]) -> list[Variant]:
    """What is compared: each encoder alone and with n-grams, then choices around the last one."""
    found = [Variant("n-grams", shares=WORDS_ONLY)]
    for encoder in encoders:
        found += [Variant(f"{encoder} alone", encoder, VECTOR_ONLY), Variant(f"{encoder} + n-grams", encoder)]
    last = encoders[-1] if encoders else None
    found += [
        Variant("…, one model a language", last, apart=True),
        Variant("…, learnt from Dutch only", last, languages=("nl",)),
        Variant("…, learnt from French only", last, languages=("fr",)),
        Variant("…, linear SVM", last, learner=LinearSVC(C=0.5, class_weight="balanced", random_state=7)),
        Variant("…, weaker regularisation (C=64)", last, learner=logistic(64)),
        Variant("…, stronger regularisation (C=4)", last, learner=logistic(4)),
    ]
    for dense in (0.35, 1.5, 3.0):
        found.append(Variant(f"…, vector weight {dense}", last, Shares(dense=dense)))
    return found


class Bench:
    """Messages and vectors, read and computed once."""

    def __init__(self) -> None:
        splits = read_splits(ROOT, settings().data_dir)
        self.train, self.dev = splits["train"], splits["dev"]
        self.half = np.array([zlib.crc32(message.text.encode()) % 2 for message in self.dev])
        self._encoders: dict[str, Encoder] = {}
        self._vectors: dict[str, np.ndarray] = {}
        self.forms = sorted({form for message in self.train for form in message.forms})
        self.acts = sorted({message.act for message in self.train})
        self.flags = sorted({flag for message in self.train for flag in message.flags})

    def encoder(self, name: str) -> Encoder:
        """Loaded once; raises :class:`EncoderUnavailable`."""
        if name not in self._encoders:
            self._encoders[name] = load_encoder(name)
        return self._encoders[name]

    def vectors(self, encoder: str) -> np.ndarray:
        """Of the training, then the development messages."""
        if encoder not in self._vectors:
            texts = [clean(message.text) for message in self.train + self.dev]
            self._vectors[encoder] = self.encoder(encoder).encode(texts)
        return self._vectors[encoder]

    def run(self, variant: Variant) -> dict[str, Any]:
        """The figures of one variant, per language."""
        started = time.monotonic()
        shares = {part: np.zeros((len(self.dev), len(names))) for part, names in self._parts().items()}
        picked = {part: np.zeros((len(self.dev), len(names)), dtype=bool) for part, names in self._parts().items()}
        for group in [(language,) for language in LANGUAGES] if variant.apart else [LANGUAGES]:
            learn = [i for i, m in enumerate(self.train) if m.language in set(group) & set(variant.languages)]
            judge = np.array([i for i, m in enumerate(self.dev) if m.language in group])
            self._judge(variant, learn, judge, shares, picked)
        figures = {language: self._figures(language, shares, picked) for language in LANGUAGES}
        return {"name": variant.name, "seconds": round(time.monotonic() - started), **figures}

    def _parts(self) -> dict[str, list[str]]:
        return {"forms": self.forms, "acts": self.acts, "flags": self.flags}

    def _judge(
        self, variant: Variant, learn: Sequence[int], judge: np.ndarray, shares: dict[str, np.ndarray],
        picked: dict[str, np.ndarray],
    ) -> None:  # fmt: skip
        dense = None if variant.encoder is None else self.vectors(variant.encoder)
        encoder = None if variant.encoder is None else self.encoder(variant.encoder)
        features = Features(encoder, variant.shares).fit([clean(self.train[i].text) for i in learn])
        x = features.transform([clean(self.train[i].text) for i in learn], None if dense is None else dense[learn])
        rows = [len(self.train) + i for i in judge]
        z = features.transform([clean(self.dev[i].text) for i in judge], None if dense is None else dense[rows])
        for part, names in self._parts().items():
            y, truth = _matrix([self.train[i] for i in learn], names), _matrix([self.dev[i] for i in judge], names)
            fitted = LinearClassifier.fit(x, y, names, held=Held(z, truth), learner=variant.learner)
            for half in (0, 1):
                setting, judged = self.half[judge] != half, self.half[judge] == half
                model = fitted.calibrated(Held(z[setting], truth[setting]))
                found = model.probabilities(z[judged])
                shares[part][judge[judged]] = found
                picked[part][judge[judged]] = found >= model.thresholds

    def _figures(self, language: str, shares: dict[str, np.ndarray], picked: dict[str, np.ndarray]) -> dict[str, Any]:
        rows = [i for i, message in enumerate(self.dev) if message.language == language]
        gold = [set(self.dev[i].forms) for i in rows]
        read = [{self.forms[k] for k in np.flatnonzero(picked["forms"][i])} for i in rows]
        scores = multi_label(list(zip(gold, read)))
        truth = _matrix([self.dev[i] for i in rows], self.forms)
        told = [(i, forms) for i, forms in zip(rows, gold) if forms]
        quiet = [bool(found) for forms, found in zip(gold, read) if not forms]
        reported = [
            (float(shares["forms"][i, k]), self.forms[k] in forms)
            for i, forms in zip(rows, gold)
            for k in np.flatnonzero(picked["forms"][i])
        ]
        flag_truth = _matrix([self.dev[i] for i in rows], self.flags)
        return {
            "forms macro F1": scores["macro"]["f1"],
            "forms mean AP": float(average_precision_score(truth, shares["forms"][rows], average="macro")),
            "top-1": float(np.mean([self.forms[int(shares["forms"][i].argmax())] in forms for i, forms in told])),
            "false alarms": float(np.mean(quiet)),
            "ECE": calibration(reported)["ece"],
            "flags mean AP": float(average_precision_score(flag_truth, shares["flags"][rows], average="macro")),
            "acts": float(np.mean([self.acts[int(shares["acts"][i].argmax())] == self.dev[i].act for i in rows])),
        }


def run(encoders: Sequence[str], as_json: bool) -> int:
    """Compare and print a table, or one JSON object a line."""
    bench, rows, usable = Bench(), [], []
    for encoder in encoders:
        try:
            bench.encoder(encoder)
            usable.append(encoder)
        except EncoderUnavailable as error:
            print(f"left out: {error}")
    for variant in variants(usable):
        result = bench.run(variant)
        rows.append(result)
        if as_json:
            print(json.dumps(result, ensure_ascii=False), flush=True)
    if not as_json:
        columns = list(rows[0][LANGUAGES[0]])
        header = ["VARIANT", *(f"{column} {language}" for column in columns for language in LANGUAGES), "s"]
        body = [
            [row["name"], *(row[language][column] for column in columns for language in LANGUAGES), row["seconds"]]
            for row in rows
        ]
        print(table(header, body))
    return 0


def _matrix(messages: Sequence[Labelled], names: Sequence[str]) -> np.ndarray:
    return indicator([message.labels for message in messages], names)
