"""Which language a message is in: ``nl``, ``fr`` or ``other``; and whether it mixes Dutch and French.

Learned from our own training messages: they hold the slang, spelling and dialect that general
detectors have not seen.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from bot.understanding.text import Words

LABELS = ("nl", "fr", "other")
SURE = 0.75  # below this a short message follows the language of the conversation
OTHER_SURE = 0.65  # telling somebody "I do not speak your language" needs more certainty
OTHER_WORDS = 3
MIXED_SHARE = 0.2
MIXED_LEAST = 0.3  # Dutch and French together, below which a message is in another language
FOREIGN_SHARE = 0.4  # words of a third language beyond which a message is not called Dutch-French


class LanguageIdentifier:
    """Character n-grams for the message, single-word scores for mixing."""

    def __init__(self) -> None:
        self._vectoriser = TfidfVectorizer(
            analyzer="char_wb", ngram_range=(1, 4), min_df=2, sublinear_tf=True, lowercase=False, dtype=np.float32
        )
        self._weights = np.zeros((len(LABELS), 0), dtype=np.float32)
        self._bias = np.zeros(len(LABELS))

    def fit(self, texts: Sequence[str], languages: Sequence[str]) -> LanguageIdentifier:
        """Learn from messages labelled ``nl``, ``fr`` or ``other``."""
        folded = [Words.of(text).folded for text in texts]
        words = [(word, language) for text, language in zip(folded, languages) for word in set(text.split())]
        matrix = self._vectoriser.fit_transform(folded + [word for word, _ in words])
        labels = list(languages) + [language for _, language in words]
        model = LogisticRegression(C=20, solver="liblinear", multi_class="ovr").fit(matrix, labels)
        order = [list(model.classes_).index(label) for label in LABELS]
        self._weights, self._bias = model.coef_[order].astype(np.float32), model.intercept_[order]
        return self

    def probabilities(self, text: str) -> dict[str, float]:
        """Share of each label; even when there is nothing to read."""
        folded = Words.of(text).folded
        if not folded:
            return {label: 1 / len(LABELS) for label in LABELS}
        return dict(zip(LABELS, self._share([folded])[0].tolist()))

    def identify(self, text: str) -> tuple[str, bool, bool]:
        """``(language, sure, mixed)``. Not sure means: too short or too even to go by."""
        words = Words.of(text).folded.split()
        if not words:
            return ("other" if any(ch.isalpha() for ch in text) else "nl", False, False)
        shares = self.probabilities(text)
        language = max(shares, key=lambda label: shares[label])
        mixed = self._mixed(words)
        if mixed and shares["nl"] + shares["fr"] < MIXED_LEAST:
            mixed = False
        if language == "other" and (mixed or shares["other"] < OTHER_SURE or len(words) < OTHER_WORDS):
            home = max(("nl", "fr"), key=lambda label: shares[label])
            return home, False, mixed
        return language, language == "other" or shares[language] >= SURE, mixed

    def _mixed(self, words: list[str]) -> bool:
        if len(words) < 4:
            return False
        shares = self._share(words)
        if float(np.mean(shares[:, 2])) > FOREIGN_SHARE:
            return False
        dutch = int(np.sum(shares[:, 0] > 0.8))
        french = int(np.sum(shares[:, 1] > 0.8))
        return min(dutch, french) >= 2 and min(dutch, french) / len(words) >= MIXED_SHARE

    def _share(self, folded: Sequence[str]) -> np.ndarray:
        scores = np.asarray(self._vectoriser.transform(folded) @ self._weights.T) + self._bias
        shares: np.ndarray = 1 / (1 + np.exp(-np.clip(scores, -30, 30)))
        return shares / shares.sum(axis=1, keepdims=True)

    def save(self, folder: Path) -> None:
        """Write as JSON and arrays."""
        terms = sorted(self._vectoriser.vocabulary_, key=self._vectoriser.vocabulary_.__getitem__)
        (folder / "language.json").write_text(json.dumps(terms, ensure_ascii=False), encoding="utf-8")
        np.savez(folder / "language.npz", idf=self._vectoriser.idf_, weights=self._weights, bias=self._bias)

    @classmethod
    def load(cls, folder: Path) -> LanguageIdentifier:
        """Read what :meth:`save` wrote."""
        identifier = cls()
        terms = json.loads((folder / "language.json").read_text(encoding="utf-8"))
        vectoriser = identifier._vectoriser
        vectoriser.vocabulary = vectoriser.vocabulary_ = {term: i for i, term in enumerate(terms)}
        vectoriser.fixed_vocabulary_ = True
        with np.load(folder / "language.npz", allow_pickle=False) as arrays:
            vectoriser.idf_ = arrays["idf"]
            identifier._weights, identifier._bias = arrays["weights"], arrays["bias"]
        return identifier
