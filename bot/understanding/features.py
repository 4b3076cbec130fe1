"""Message features: word and character n-grams (tf-idf) beside the sentence encoder's vector."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer

from bot.understanding.encoder import Encoder
from bot.understanding.text import Words


@dataclass(frozen=True)
class Shares:
    """Relative weight of the three blocks, chosen on dev; a block with weight 0 is left out."""

    word: float = 1.5
    char: float = 1.0
    dense: float = 1.5


def _analyser(kind: str) -> TfidfVectorizer:
    if kind == "word":
        return TfidfVectorizer(analyzer="word", ngram_range=(1, 2), min_df=2, sublinear_tf=True,
                               token_pattern=r"\S+", lowercase=False, dtype=np.float32)  # fmt: skip
    return TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), min_df=3, max_features=60_000,
                           sublinear_tf=True, lowercase=False, dtype=np.float32)  # fmt: skip


NONSENSE_LETTERS = 6  # shorter words may be slang that nobody has written yet
NONSENSE_WORDS, NONSENSE_PIECES = 0.34, 0.4  # shares of known words and pieces, above which a text is language
PIECE = 4


class Features:
    """Fitted vectorisers plus the encoder; rows in the same order as the texts."""

    def __init__(self, encoder: Encoder | None, shares: Shares = Shares()) -> None:
        self.encoder, self._shares = encoder, shares
        self._word = _analyser("word")
        self._char = _analyser("char")

    def fit(self, texts: Sequence[str]) -> Features:
        """Learn the vocabulary of ``texts``."""
        folded = [Words.of(text).folded for text in texts]
        self._word.fit(folded)
        self._char.fit(folded)
        return self

    def transform(self, texts: Sequence[str], dense: np.ndarray | None = None) -> sparse.csr_matrix:
        """The feature matrix; ``dense`` spares a second run of the encoder."""
        folded = [Words.of(text).folded for text in texts]
        blocks: list[sparse.csr_matrix] = []
        if self._shares.word:
            blocks.append(self._word.transform(folded) * self._shares.word)
        if self._shares.char:
            blocks.append(self._char.transform(folded) * self._shares.char)
        if self.encoder is not None:
            vectors = self.encoder.encode(texts) if dense is None else dense
            blocks.append(sparse.csr_matrix(vectors * self._shares.dense))
        return sparse.hstack(blocks, format="csr", dtype=np.float32)

    def is_nonsense(self, text: str) -> bool:
        """Whether ``text`` looks like fingers on a keyboard: a sentence encoder has an opinion on that too."""
        words = Words.of(text).folded.split()
        padded = [f" {word} " for word in words]
        pieces = [word[i : i + PIECE] for word in padded for i in range(max(1, len(word) - PIECE + 1))]
        if sum(map(len, words)) < NONSENSE_LETTERS:
            return False
        known = sum(word in self._word.vocabulary_ for word in words) / len(words)
        familiar = sum(piece in self._char.vocabulary_ for piece in pieces) / len(pieces)
        return known <= NONSENSE_WORDS and familiar < NONSENSE_PIECES

    def save(self, folder: Path) -> None:
        """Write vocabulary and idf as JSON and arrays: nothing that could run code when loaded."""
        for name, vectoriser in (("word", self._word), ("char", self._char)):
            terms = sorted(vectoriser.vocabulary_, key=vectoriser.vocabulary_.__getitem__)
            (folder / f"{name}.json").write_text(json.dumps(terms, ensure_ascii=False), encoding="utf-8")
            np.save(folder / f"{name}_idf.npy", vectoriser.idf_)

    @classmethod
    def load(cls, folder: Path, encoder: Encoder | None) -> Features:
        """Read what :meth:`save` wrote."""
        features = cls(encoder)
        for name, vectoriser in (("word", features._word), ("char", features._char)):
            terms = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
            vectoriser.vocabulary = vectoriser.vocabulary_ = {term: i for i, term in enumerate(terms)}
            vectoriser.fixed_vocabulary_ = True
            vectoriser.idf_ = np.load(folder / f"{name}_idf.npy")
        return features
