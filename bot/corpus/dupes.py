"""Messages that are nearly the same: between splits they make every figure too good.

Two messages are near-duplicates when the cosine of their character 4- and 5-grams (tf-idf) is at least
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
PROPOSED = 0.7  # cosine of the rarer pieces from which two messages are looked at
COMMON = 0.02  # pieces in more than this share of the messages propose nothing
ROWS = 2_000  # compared at a time, so that memory stays small


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
    whole: sparse.csr_matrix = _vectoriser().fit_transform(texts)
    # All pieces decide, but comparing every message by them is slow: the rarer ones propose.
    proposing: sparse.csr_matrix = _vectoriser(2, COMMON).fit_transform(texts) if len(entries) > ROWS else whole
    other = proposing.T.tocsc()
    for start in range(0, len(entries), ROWS):
        found = (proposing[start : start + ROWS] @ other).tocoo()
        near = found.data >= PROPOSED
        for i, j in zip(start + found.row[near], found.col[near]):
            if i < j and (entries[i][0] == entries[j][0]) is within:
                nearness = float(whole[i].multiply(whole[j]).sum())
                if nearness >= NEAR:
                    yield Pair(entries[i][1], entries[i][0], entries[j][1], entries[j][0], nearness)


def _vectoriser(rare: int = 1, common: float = 1.0) -> TfidfVectorizer:
    return TfidfVectorizer(analyzer="char_wb", ngram_range=(4, 5), sublinear_tf=True, min_df=rare, max_df=common)
