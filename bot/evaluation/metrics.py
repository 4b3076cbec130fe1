"""What good recognition is, in numbers. Pure functions over labelled messages and what was read in them.

A rate over nothing is ``None``. Macro averages run over the labels that occur in the labelled
messages; false alarms on other labels weigh in the micro average.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from bot.recognition.taxonomy import CRISES, LANGUAGES
from bot.understanding.understanding import Understanding

BINS = 10
PARTS = ("language", "act", "forms", "flags")


@dataclass(frozen=True)
class Case:
    """A message and what people said about it; ``None`` means that nobody said, and it is not scored."""

    text: str
    language: str | None = None
    act: str | None = None
    forms: tuple[str, ...] | None = None
    flags: tuple[str, ...] | None = None


Pair = tuple[Case, Understanding]
Labels = tuple[Collection[str], Collection[str]]  # gold, read


def by_language(pairs: Sequence[Pair], parts: Collection[str] = PARTS) -> dict[str, dict[str, Any]]:
    """:func:`measure` for Dutch, French and everything together."""
    groups = {name: [pair for pair in pairs if pair[0].language == name] for name in LANGUAGES}
    measured = {name: measure(group, parts) for name, group in groups.items() if group}
    return {**measured, "all": measure(pairs, parts)}


def measure(pairs: Sequence[Pair], parts: Collection[str] = PARTS) -> dict[str, Any]:
    """Every figure for these messages; ``parts`` names the questions that were answered at all."""
    result: dict[str, Any] = {
        "messages": len(pairs),
        "understood": _share(read.understood for _, read in pairs),
        "exact": exact_match(pairs),
    }
    if "language" in parts:
        told = [(case.language, read.language) for case, read in pairs if case.language is not None]
        result["language"] = single_label(told)
    if "act" in parts:
        result["act"] = single_label([(case.act, read.act) for case, read in pairs if case.act is not None])
    if "forms" in parts:
        result["forms"] = form_figures(pairs)
    if "flags" in parts:
        flagged = [(case.flags, read.flags) for case, read in pairs if case.flags is not None]
        result["flags"] = multi_label(flagged)
        result["crisis"] = crisis(flagged)
    return result


def multi_label(pairs: Sequence[Labels]) -> dict[str, Any]:
    """Precision, recall and F1 per label, micro and macro."""
    hits: Counter[str] = Counter()
    gold: Counter[str] = Counter()
    read: Counter[str] = Counter()
    for wanted, found in pairs:
        gold.update(set(wanted))
        read.update(set(found))
        hits.update(set(wanted) & set(found))
    labels = {name: _scores(hits[name], read[name], gold[name]) for name in sorted(set(gold) | set(read))}
    known = [scores for name, scores in labels.items() if gold[name]]
    return {
        "messages": len(pairs),
        "labels": labels,
        "micro": _scores(sum(hits.values()), sum(read.values()), sum(gold.values())),
        "macro": {
            # a label that was never read has no precision of its own; in the average it counts as 0
            key: _mean([scores[key] or 0.0 for scores in known])
            for key in ("precision", "recall", "f1")
        },
    }


def single_label(pairs: Sequence[tuple[Any, Any]]) -> dict[str, Any]:
    """Accuracy, macro F1, scores per label and the confused pairs, most frequent first."""
    scores = multi_label([((gold,), (read,)) for gold, read in pairs])
    confused = Counter((gold, read) for gold, read in pairs if gold != read)
    return {
        "messages": len(pairs),
        "accuracy": _share(gold == read for gold, read in pairs),
        "macro_f1": scores["macro"]["f1"],
        "labels": scores["labels"],
        "confusions": [
            {"gold": gold, "read": read, "count": count}
            for (gold, read), count in sorted(confused.items(), key=lambda item: (-item[1], item[0]))
        ],
    }


def form_figures(pairs: Sequence[Pair]) -> dict[str, Any]:
    """Forms: per label, first reading, false alarms, calibration."""
    scored = [(case.forms, read.forms) for case, read in pairs if case.forms is not None]
    told = [(gold, readings) for gold, readings in scored if gold]
    innocent = [readings for gold, readings in scored if not gold]
    result = multi_label([(gold, [reading.form for reading in readings]) for gold, readings in scored])
    result["with_forms"] = len(told)
    result["top1_accuracy"] = _share(bool(readings) and readings[0].form in gold for gold, readings in told)
    result["none_read"] = _share(not readings for _, readings in told)
    result["without_forms"] = len(innocent)
    result["false_alarms"] = sum(bool(readings) for readings in innocent)
    result["false_alarm_rate"] = _share(bool(readings) for readings in innocent)
    result["calibration"] = calibration(
        [(reading.confidence, reading.form in gold) for gold, readings in scored for reading in readings]
    )
    return result


def crisis(pairs: Sequence[Labels]) -> dict[str, Any]:
    """Recall and false alarms of the flags that interrupt everything, each and any of them."""
    result = {flag: _alarm([(flag in gold, flag in read) for gold, read in pairs]) for flag in CRISES}
    urgent = set(CRISES)
    result["any"] = _alarm([(bool(urgent & set(gold)), bool(urgent & set(read))) for gold, read in pairs])
    return result


def calibration(readings: Sequence[tuple[float, bool]]) -> dict[str, Any]:
    """Expected calibration error over ten equal bins.

    Only forms that were reported have a confidence here (those above their threshold), so this says
    how far a reported confidence can be trusted, not how the silent ones would have done.
    """
    bins: list[list[tuple[float, bool]]] = [[] for _ in range(BINS)]
    for confidence, right in readings:
        bins[min(BINS - 1, max(0, int(confidence * BINS)))].append((confidence, right))
    rows: list[dict[str, Any]] = []
    error = 0.0
    for number, content in enumerate(bins):
        if content:
            confidence = sum(share for share, _ in content) / len(content)
            accuracy = sum(right for _, right in content) / len(content)
            error += abs(confidence - accuracy) * len(content) / len(readings)
            rows.append(
                {"from": number / BINS, "readings": len(content), "confidence": confidence, "accuracy": accuracy}
            )
    return {"readings": len(readings), "ece": error if readings else None, "bins": rows}


def exact_match(pairs: Sequence[Pair]) -> dict[str, float | None]:
    """Share of messages with nothing missing and nothing too many: the forms, the flags, and act, forms and flags."""
    forms = [set(case.forms) == _forms(read) for case, read in pairs if case.forms is not None]
    flags = [set(case.flags) == set(read.flags) for case, read in pairs if case.flags is not None]
    whole = [
        (case.act, set(case.forms), set(case.flags)) == (read.act, _forms(read), set(read.flags))
        for case, read in pairs
        if case.act is not None and case.forms is not None and case.flags is not None
    ]
    return {"forms": _share(forms), "flags": _share(flags), "all": _share(whole)}


def _forms(read: Understanding) -> Collection[str]:
    return {reading.form for reading in read.forms}


def _scores(hits: int, read: int, gold: int) -> dict[str, Any]:
    return {
        "precision": hits / read if read else None,
        "recall": hits / gold if gold else None,
        "f1": 2 * hits / (read + gold) if read + gold else None,
        "support": gold,
        "read": read,
    }


def _alarm(pairs: Sequence[tuple[bool, bool]]) -> dict[str, Any]:
    signals = [found for wanted, found in pairs if wanted]
    others = [found for wanted, found in pairs if not wanted]
    return {
        "support": len(signals),
        "found": sum(signals),
        "recall": _share(signals),
        "false_alarms": sum(others),
        "false_alarm_rate": _share(others),
    }


def _share(values: Any) -> float | None:
    return _mean([float(value) for value in values])


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
