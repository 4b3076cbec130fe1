"""``halte evaluate --full``: everything that is measured on the test split, kept in ``docs/``.

``docs/evaluation.json`` holds the figures, ``docs/evaluation.md`` shows them between two marks. A later run
compares itself with the kept figures (``--against``), which is what CI prints.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from bot.channels.edge import cleaned
from bot.corpus.noise import Variants
from bot.evaluation import questions, reasons
from bot.evaluation.metrics import Case, Pair, by_language
from bot.evaluation.robustness import disturbances, disturbed
from bot.evaluation.tables import SUMMARY, at, table
from bot.recognition.taxonomy import CRISES, LANGUAGES
from bot.settings import ROOT, settings
from bot.understanding.understanding import Understanding

FIGURES = ROOT / "docs" / "evaluation.json"
REPORT = ROOT / "docs" / "evaluation.md"
BEGIN, END = "<!-- made by `halte evaluate --full --write` -->", "<!-- end -->"
CONFUSED = 20
MOVED = 0.0005  # smaller differences are not shown

Recognise = Callable[[str], Awaitable[Understanding]]


def extras(recognise: Recognise, cases: Sequence[Case], pairs: Sequence[Pair]) -> dict[str, Any]:
    """Robustness, reasons, confused forms and missed signals."""
    return asyncio.run(_extras(recognise, cases, pairs))


async def _extras(recognise: Recognise, cases: Sequence[Case], pairs: Sequence[Pair]) -> dict[str, Any]:
    robustness = {"as written": _robust(by_language(pairs))}
    for name, way in disturbances(Variants.read(settings().data_dir)).items():
        found = [(case, await recognise(cleaned(case.text))) for case in disturbed(cases, way)]
        robustness[name] = _robust(by_language(found))
    marked = reasons.read_marked(ROOT / "tests" / "messages" / "reasons")
    read = [(one, await recognise(cleaned(one.text))) for one in marked]
    asked = questions.read_phrasings(ROOT / "tests" / "messages" / "questions")
    answered = [(one, (await recognise(cleaned(one.text))).question) for one in asked]
    return {
        "robustness": robustness,
        "questions": {
            language: questions.figures([pair for pair in answered if pair[0].language == language])
            for language in LANGUAGES
        },
        "reasons": {
            language: reasons.figures([pair for pair in read if pair[0].language == language]) for language in LANGUAGES
        },
        "confused_forms": confused_forms(pairs),
        "missed": missed(pairs),
    }


def _robust(groups: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        group: {
            "forms_macro_f1": at(figures, ("forms", "macro", "f1")),
            "act_accuracy": at(figures, ("act", "accuracy")),
            "crisis_recall": at(figures, ("crisis", "any", "recall")),
        }
        for group, figures in groups.items()
    }


def confused_forms(pairs: Sequence[Pair]) -> list[dict[str, Any]]:
    """Forms read in the place of others: a form that was missed beside one that was not there."""
    counts: Counter[tuple[str, str]] = Counter()
    for case, read in pairs:
        found = {reading.form for reading in read.forms}
        gold = set(case.forms or ())
        counts.update((missing, extra) for missing in gold - found for extra in found - gold)
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))  # the same in every run
    return [{"gold": gold, "read": read, "count": count} for (gold, read), count in ordered[:CONFUSED]]


def missed(pairs: Sequence[Pair]) -> dict[str, list[str]]:
    """The messages whose danger, suicide or minor signal was not seen."""
    return {
        flag: [case.text for case, read in pairs if flag in (case.flags or ()) and flag not in read.flags]
        for flag in CRISES
    }


def summary(systems: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """The rows of the summary and F1 of every label of our own system, flat: ``{row: {group: figure}}``."""
    ours = systems["halte"]
    rows: dict[str, dict[str, Any]] = {}
    for group, figures in ours.items():
        for label, path in SUMMARY:
            rows.setdefault(label, {})[group] = at(figures, path)
        for flag, entry in figures["crisis"].items():
            rows.setdefault(f"{flag} recall", {})[group] = entry["recall"]
            rows.setdefault(f"{flag} false alarms", {})[group] = entry["false_alarm_rate"]
        for part in ("forms", "flags", "act"):
            for label, scores in figures[part]["labels"].items():
                rows.setdefault(f"F1 {label}", {})[group] = scores["f1"]
    return rows


def difference(new: Mapping[str, Mapping[str, Any]], old: Mapping[str, Mapping[str, Any]]) -> str:
    """What changed between two summaries, as a table; a sentence when nothing did."""
    rows = []
    for label, groups in new.items():
        before = old.get(label, {})
        for group, value in groups.items():
            was = before.get(group)
            if isinstance(value, float) and isinstance(was, float) and abs(value - was) >= MOVED:
                rows.append([f"{label}, {group}", was, value, f"{value - was:+.3f}"])
    return table(["CHANGED", "was", "is", "difference"], rows) if rows else "Nothing changed."


def extra_tables(found: Mapping[str, Any]) -> str:
    """The extras as plain tables."""
    header = ["DISTURBED"]
    groups = [group for group in (*LANGUAGES, "all") if group in found["robustness"]["as written"]]
    header += [f"{what} {group}" for what in ("forms F1", "acts", "crisis") for group in groups]
    keys = ("forms_macro_f1", "act_accuracy", "crisis_recall")
    rows = [
        [name] + [figures[group][key] for key in keys for group in groups]
        for name, figures in found["robustness"].items()
    ]
    parts = [table(header, rows)]
    columns = ("marked", "read", "right", "word_precision", "word_recall", "words_quoted")
    parts.append(
        table(
            ["REASONS", "marked", "form read", "right", "word precision", "word recall", "words quoted"],
            [[language] + [entry.get(key) for key in columns] for language, entry in found["reasons"].items()],
        )
    )
    parts.append(
        table(
            ["QUESTIONS OF THE BANK", *questions.COLUMNS.values()],
            [[language] + [entry[key] for key in questions.COLUMNS] for language, entry in found["questions"].items()],
        )
    )
    confused = [[f"{one['gold']} read as {one['read']}", one["count"]] for one in found["confused_forms"]]
    parts.append(table(["CONFUSED FORMS", "messages"], confused))
    lines = [f"{flag}: {text}" for flag, texts in found["missed"].items() for text in texts]
    parts.append("\n".join(["MISSED SIGNALS", *lines]))
    return "\n\n".join(parts)


def write(text: str, figures: Mapping[str, Any]) -> None:
    """Keep the figures and show them in the report."""
    FIGURES.write_text(json.dumps(figures, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    report = REPORT.read_text(encoding="utf-8")
    before, rest = report.split(BEGIN, 1)
    _, after = rest.split(END, 1)
    REPORT.write_text(f"{before}{BEGIN}\n```\n{text}\n```\n{END}{after}", encoding="utf-8")
