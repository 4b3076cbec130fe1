"""Messages that are nearly the same: between splits they make every figure too good.

Two messages are near-duplicates when the cosine of their rarer character 4- and 5-grams (tf-idf) is at least
:data:`NEAR`. Messages of up to :data:`SHORT` words are left out: "ja", "stop", "wis alles" are said by everybody.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer

from bot.understanding.messages import Labelled
from bot.understanding.text import Words

NEAR = 0.8
SHORT = 3
ROWS = 2_000  # compared at a time, so that memory stays small
COMMON = 0.02  # pieces in more than this share of the messages tell nothing and cost most of the time


@dataclass(frozen=True)
class Pair:
    """Two messages that are nearly the same; ``nearness`` from :data:`NEAR` to 1."""

    first: Labelled
    first_split: str
    second: Labelled
    second_split: str
    nearness: float


def near_duplicates(splits: Mapping[str, Sequence[Labelled]], within: bool = False) -> Iterator[Pair]:
    """Pairs between different splits; ``within`` looks inside each split instead."""
    entries = [
        (split, message)
        for split, messages in splits.items()
        for message in messages
        if len(Words.of(message.text).folded.split()) > SHORT
    ]
    if not entries:
        return
    texts = [Words.of(message.text).folded for _, message in entries]
    rare, common = (2, COMMON) if len(entries) > ROWS else (1, 1.0)  # a small collection needs all its pieces
    vectoriser = TfidfVectorizer(analyzer="char_wb", ngram_range=(4, 5), sublinear_tf=True, min_df=rare, max_df=common)
    matrix: sparse.csr_matrix = vectoriser.fit_transform(texts)
    other = matrix.T.tocsc()
    for start in range(0, len(entries), ROWS):
        found = (matrix[start : start + ROWS] @ other).tocoo()
        for row, column, nearness in zip(found.row, found.col, found.data):
            i, j = start + int(row), int(column)
            if i < j and nearness >= NEAR and (entries[i][0] == entries[j][0]) is within:
                yield Pair(entries[i][1], entries[i][0], entries[j][1], entries[j][0], float(nearness))
