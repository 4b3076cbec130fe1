"""Whether the words that are quoted as the reason are those that a person marked.

``tests/messages/reasons/<language>.jsonl``: ``{"text": …, "spans": {form: [verbatim part, …]}}``, marked by another
hand than the messages. A reason is right when at least half of its words, or half of the marked ones, are shared.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.understanding.text import Words
from bot.understanding.understanding import Understanding

ENOUGH = 0.5


@dataclass(frozen=True)
class Marked:
    """A message with the parts that carry each form."""

    text: str
    language: str
    spans: Mapping[str, tuple[str, ...]]


def read_marked(folder: Path) -> list[Marked]:
    """All marked messages."""
    found = []
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            record = json.loads(line)
            spans = {form: tuple(parts) for form, parts in record["spans"].items()}
            found.append(Marked(record["text"], path.stem, spans))
    return found


def figures(pairs: Iterable[tuple[Marked, Understanding]]) -> dict[str, Any]:
    """Of the marked forms that were read: share with a right reason, word precision and recall, words quoted."""
    right, precisions, recalls, quoted, marked_forms = 0, [], [], [], 0
    for marked, read in pairs:
        evidence = {reading.form: reading.evidence for reading in read.forms}
        marked_forms += len(marked.spans)
        for form, parts in marked.spans.items():
            if form not in evidence:
                continue
            wanted, shown = _words(parts), _words(evidence[form])
            shared = len(wanted & shown)
            precisions.append(shared / max(1, len(shown)))
            recalls.append(shared / max(1, len(wanted)))
            quoted.append(sum(len(part.split()) for part in evidence[form]))
            right += max(precisions[-1], recalls[-1]) >= ENOUGH
    count = len(precisions)
    if not count:
        return {"marked": marked_forms, "read": 0}
    return {
        "marked": marked_forms, "read": count, "right": right / count, "word_precision": sum(precisions) / count,
        "word_recall": sum(recalls) / count, "words_quoted": sum(quoted) / count,
    }  # fmt: skip


def _words(parts: Iterable[str]) -> set[str]:
    return {word for part in parts for word in Words.of(part).folded.split()}
