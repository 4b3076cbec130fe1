"""Message features: word and character n-grams (tf-idf) beside the sentence encoder's vector."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer

from bot.understanding.encoder import Encoder
from bot.understanding.text import Words

WORD_SHARE, CHAR_SHARE, DENSE_SHARE = 1.5, 1.0, 0.7  # relative weight of the three blocks, chosen on dev


def _analyser(kind: str) -> TfidfVectorizer:
    if kind == "word":
        return TfidfVectorizer(analyzer="word", ngram_range=(1, 2), min_df=2, sublinear_tf=True,
                               token_pattern=r"\S+", lowercase=False, dtype=np.float32)  # fmt: skip
    return TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), min_df=3, max_features=60_000,
                           sublinear_tf=True, lowercase=False, dtype=np.float32)  # fmt: skip


class Features:
    """Fitted vectorisers plus the encoder; rows in the same order as the texts."""

    def __init__(self, encoder: Encoder | None) -> None:
        self.encoder = encoder
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
        blocks: list[sparse.csr_matrix] = [
            self._word.transform(folded) * WORD_SHARE,
            self._char.transform(folded) * CHAR_SHARE,
        ]
        if self.encoder is not None:
            vectors = self.encoder.encode(texts) if dense is None else dense
            blocks.append(sparse.csr_matrix(vectors * DENSE_SHARE))
        return sparse.hstack(blocks, format="csr", dtype=np.float32)

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
