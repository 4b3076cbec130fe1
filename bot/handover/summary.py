"""A summary: the lines that a person chose to pass on, in the words in which they were shown."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

KINDS = ("form", "words", "flag", "fact", "region", "wish", "contact", "hours", "told")
"""A form of violence, words that show it, a flag, a fact (fear, age ...), a region, a wish ("do not call me"), a safe
way and safe hours to make contact, or something told to a partner's own service (API only)."""

MAX_LINES, MAX_VALUE, MAX_TEXT = 40, 64, 500

URGENT: Mapping[str, int] = {
    "flag:danger": 1, "flag:suicide": 1, "fact:level_L1": 1, "fact:fear_now": 1,
    "flag:minor": 2, "flag:physical": 2, "fact:level_L2": 2, "fact:fear_sometimes": 2, "form:stalkerware": 2,
    "form:sextortion": 2, "form:threats": 2,
}  # fmt: skip
"""What makes a hand-over urgent, in three steps that only sort the queue. The reasons are shown, no score is made."""

ORDINARY = 3


class NotASummary(ValueError):
    """Not something a person can have agreed to; the message says why."""


@dataclass(frozen=True)
class Line:
    """One thing that is passed on. ``text`` is the sentence that the person saw; ``value`` is for programs."""

    kind: str
    value: str
    text: str

    @property
    def name(self) -> str:
        """What it is, as in :data:`URGENT`."""
        return f"{self.kind}:{self.value}"


@dataclass(frozen=True)
class Summary:
    """What is passed on, in the person's language."""

    language: str
    lines: tuple[Line, ...]

    def to_json(self) -> str:
        """As it is sealed."""
        lines = [{"kind": line.kind, "value": line.value, "text": line.text} for line in self.lines]
        return json.dumps({"language": self.language, "lines": lines}, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Summary:
        """Undo :meth:`to_json`."""
        return cls.of(json.loads(text))

    @classmethod
    def of(cls, data: Any) -> Summary:
        """From plain values of somebody else; :class:`NotASummary` says what is wrong, without quoting it."""
        if not isinstance(data, dict) or data.keys() != {"language", "lines"}:
            raise NotASummary("a summary has exactly language and lines")
        if data["language"] not in ("nl", "fr"):
            raise NotASummary("language is nl or fr")
        if not isinstance(data["lines"], list) or not 1 <= len(data["lines"]) <= MAX_LINES:
            raise NotASummary(f"lines is a list of 1 to {MAX_LINES}")
        return cls(data["language"], tuple(_line(index, line) for index, line in enumerate(data["lines"])))

    def reasons(self) -> list[str]:
        """Why it is urgent, most urgent first; names of lines, see :data:`URGENT`."""
        found = [line.name for line in self.lines if line.name in URGENT]
        return sorted(dict.fromkeys(found), key=lambda name: URGENT[name])

    def urgency(self) -> int:
        """1, 2 or 3; 1 comes first."""
        return min((URGENT[name] for name in self.reasons()), default=ORDINARY)


def _line(index: int, data: Any) -> Line:
    if not isinstance(data, dict) or data.keys() != {"kind", "value", "text"}:
        raise NotASummary(f"line {index}: has exactly kind, value and text")
    if data["kind"] not in KINDS:
        raise NotASummary(f"line {index}: kind is one of {', '.join(KINDS)}")
    for name, most in (("value", MAX_VALUE), ("text", MAX_TEXT)):
        value = data[name]
        if not isinstance(value, str) or len(value) > most or (name == "text" and not value.strip()):
            raise NotASummary(f"line {index}: {name} is a text of at most {most} characters")
    return Line(data["kind"], shown(data["value"]), shown(data["text"]))


def shown(text: str) -> str:
    """``text`` without characters that are not seen or that turn what stands around them; half ones too."""
    return "".join(
        character if unicodedata.category(character) not in ("Cc", "Cf", "Cs") else " " for character in text
    ).strip()


def without(lines: Iterable[Line], removed: Iterable[str]) -> tuple[Line, ...]:
    """The lines that are left."""
    gone = set(removed)
    return tuple(line for line in lines if line.name not in gone)
