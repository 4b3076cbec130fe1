"""The figures of an evaluation as plain, aligned text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

CONFUSIONS = 15
GROUPS = ("nl", "fr", "all")

SUMMARY: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("messages", ("messages",)),
    ("understood", ("understood",)),
    ("language accuracy", ("language", "accuracy")),
    ("act accuracy", ("act", "accuracy")),
    ("act macro F1", ("act", "macro_f1")),
    ("forms micro precision", ("forms", "micro", "precision")),
    ("forms micro recall", ("forms", "micro", "recall")),
    ("forms micro F1", ("forms", "micro", "f1")),
    ("forms macro F1", ("forms", "macro", "f1")),
    ("first form right, of messages with forms", ("forms", "top1_accuracy")),
    ("no form read, of messages with forms", ("forms", "none_read")),
    ("false alarms, of messages without forms", ("forms", "false_alarm_rate")),
    ("form calibration error (ECE)", ("forms", "calibration", "ece")),
    ("flags micro F1", ("flags", "micro", "f1")),
    ("flags macro F1", ("flags", "macro", "f1")),
    ("exactly the forms", ("exact", "forms")),
    ("exactly the flags", ("exact", "flags")),
    ("exactly act, forms and flags", ("exact", "all")),
)


def table(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Columns under each other: the first to the left, the others to the right."""
    lines = [list(header)] + [[_cell(value) for value in row] for row in rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    return "\n".join(
        "  ".join(cell.rjust(width) if column else cell.ljust(width)
                  for column, (cell, width) in enumerate(zip(line, widths, strict=True))).rstrip()
        for line in lines
    )  # fmt: skip


def as_text(systems: Mapping[str, Mapping[str, Any]]) -> str:
    """All tables; ``systems`` maps a name to the figures per language, ours first."""
    ours = next(iter(systems.values()))
    parts = [_summary(systems), _labels("FORMS", "forms", systems), _labels("FLAGS", "flags", systems), _crisis(ours)]
    parts += [_labels("ACTS", "act", systems), _confusions(systems), _labels("LANGUAGE", "language", systems)]
    parts.append(_calibration(systems))
    return "\n\n".join(part for part in parts if part)


def _summary(systems: Mapping[str, Mapping[str, Any]]) -> str:
    columns = [(name, group) for name in systems for group in GROUPS if group in systems[name]]
    header = ["SUMMARY"] + [f"{name} {group}" if len(systems) > 1 else group for name, group in columns]
    rows = [[label] + [at(systems[name][group], path) for name, group in columns] for label, path in SUMMARY]
    return table(header, rows)


def _labels(title: str, part: str, systems: Mapping[str, Mapping[str, Any]]) -> str:
    """Precision, recall and F1 of ours together, F1 per language, and F1 of the others."""
    name, *others = [name for name in systems if part in systems[name]["all"]]
    ours = systems[name]
    groups = [group for group in GROUPS[:-1] if group in ours]
    header = [title, "precision", "recall", "F1", "messages", "read"] + [f"F1 {group}" for group in groups]
    header += [f"F1 {other}" for other in others]
    rows: list[list[Any]] = []
    for label, scores in ours["all"][part]["labels"].items():
        row: list[Any] = [label] + [scores[key] for key in ("precision", "recall", "f1", "support", "read")]
        row += [_f1(ours[group], part, label) for group in groups]
        rows.append(row + [_f1(systems[other]["all"], part, label) for other in others])
    return table(header, rows) if rows else ""


def _crisis(ours: Mapping[str, Any]) -> str:
    header = ["CRISIS SIGNALS"]
    groups = [group for group in GROUPS if group in ours]
    for group in groups:
        header += [f"found {group}", "recall", "false alarms", "rate"]
    rows: list[list[Any]] = []
    for flag in ours["all"]["crisis"]:
        row: list[Any] = [flag]
        for group in groups:
            entry = ours[group]["crisis"][flag]
            found = f"{entry['found']}/{entry['support']}"
            row += [found, entry["recall"], entry["false_alarms"], entry["false_alarm_rate"]]
        rows.append(row)
    return table(header, rows)


def _confusions(systems: Mapping[str, Mapping[str, Any]]) -> str:
    parts = []
    for name, groups in systems.items():
        pairs: list[dict[str, Any]] = groups["all"]["act"]["confusions"]
        if pairs:
            rows = [[f"{entry['gold']} read as {entry['read']}", entry["count"]] for entry in pairs[:CONFUSIONS]]
            parts.append(table([f"CONFUSED ACTS {name} ({len(pairs)} kinds)", "messages"], rows))
    return "\n\n".join(parts)


def _calibration(systems: Mapping[str, Mapping[str, Any]]) -> str:
    parts = []
    for name, groups in systems.items():
        rows = [
            [f"{row['from']:.1f} to {row['from'] + 0.1:.1f}", row["readings"], row["confidence"], row["accuracy"]]
            for row in groups["all"]["forms"]["calibration"]["bins"]
        ]
        if rows:
            parts.append(table([f"CALIBRATION OF FORMS {name}", "readings", "said", "right"], rows))
    return "\n\n".join(parts)


def _f1(figures: Mapping[str, Any], part: str, label: str) -> Any:
    """F1 of a label that occurs in these messages."""
    return at(figures, (part, "labels", label, "f1")) if at(figures, (part, "labels", label, "support")) else None


def at(figures: Mapping[str, Any], path: Sequence[str]) -> Any | None:
    """The figure under ``path``, or None."""
    value: Any = figures
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    return f"{value:.3f}" if isinstance(value, float) else str(value)
