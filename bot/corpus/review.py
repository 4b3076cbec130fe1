"""Labels that look wrong: what a model that did not see the message says of it, against what its author said.

The classic way to find label noise: in five folds, n-grams with logistic regression judge the messages they
were not trained on; the surest contradictions are read by a person, with ``docs/labelling.md`` beside them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from bot.understanding.features import Features
from bot.understanding.messages import Labelled

FOLDS = 5
LEAST = 10  # messages with and without a label that it needs to be judged


@dataclass(frozen=True)
class Doubt:
    """One label of one message; ``share`` is how sure the others are of the contrary (0 to 1)."""

    message: Labelled
    label: str
    labelled: bool
    share: float

    def as_json(self) -> dict[str, Any]:
        """Plain JSON types."""
        return {
            "text": self.message.text, "language": self.message.language, "file": f"{self.message.theme}.yml",
            "label": self.label, "labelled": self.labelled, "share": round(self.share, 3),
        }  # fmt: skip


def doubts(messages: Sequence[Labelled], label: str | None = None, language: str | None = None) -> list[Doubt]:
    """All contradictions, surest first."""
    labels = sorted({name for message in messages for name in message.labels}) if label is None else [label]
    matrix = Features(None).fit([m.text for m in messages]).transform([m.text for m in messages])
    found: list[Doubt] = []
    for name in labels:
        target = np.array([name in message.labels for message in messages])
        if min(target.sum(), len(messages) - target.sum()) < LEAST:
            continue
        shares = np.zeros(len(messages))
        for train, rest in StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(matrix, target):
            model = LogisticRegression(C=8, solver="liblinear", class_weight="balanced")
            shares[rest] = model.fit(matrix[train], target[train]).predict_proba(matrix[rest])[:, 1]
        for message, labelled, share in zip(messages, target, shares):
            contrary = 1 - share if labelled else share
            if contrary > 0.5 and (language is None or message.language == language):
                found.append(Doubt(message, name, bool(labelled), float(contrary)))
    return sorted(found, key=lambda doubt: -doubt.share)
