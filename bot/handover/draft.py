"""What could be passed on: one line for each thing that is known, each to be kept or left out by the person.

Texts by key (``data/content/texts/handover.yml``), none here. The words of the person are short, masked quotes; the
conversation itself is never part of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

FORMS, QUOTES = 3, 1
CONTACTS = ("call", "chat", "unknown")
HOURS = ("day", "evening", "unknown")
FLAG_LINES = ("danger", "suicide", "minor", "physical", "witness")
FACT_LINES = (
    "fear_now", "fear_sometimes", "level_L1", "level_L2", "other_partner", "other_ex", "other_family", "home_together",
    "children_yes", "device_unsure",
)  # fmt: skip


@dataclass(frozen=True)
class Proposal:
    """A line as it is shown to the person: ``key`` and ``values`` of its text, kind and value for programs."""

    kind: str
    value: str
    key: str
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Unique within one draft."""
        return f"{self.kind}:{self.value}"


def draft(
    forms: Sequence[str], quotes: Mapping[str, Sequence[str]], flags: Sequence[str], facts: Mapping[str, str],
    contact: str | None = None, hours: str | None = None,
) -> list[Proposal]:  # fmt: skip
    """The lines, what is urgent first."""
    lines = [Proposal("flag", flag, f"handover.flag_{flag}") for flag in FLAG_LINES if flag in flags]
    known = [f"{name}_{value}" for name, value in facts.items()]
    lines += [Proposal("fact", fact, f"handover.fact_{fact}") for fact in FACT_LINES if fact in known]
    for form in forms[:FORMS]:
        lines.append(Proposal("form", form, "handover.form", {"form": {"key": f"form:{form}.name"}}))
        lines += [
            Proposal("words", f"{form}.{index}", "handover.words", {"quote": quote})
            for index, quote in enumerate(list(quotes.get(form, ()))[:QUOTES])
        ]
    lines.append(Proposal("wish", "no_contact", "handover.wish_no_contact"))
    if contact in CONTACTS[:-1]:
        lines.append(Proposal("contact", contact, f"handover.contact_{contact}"))
    if hours in HOURS[:-1]:
        lines.append(Proposal("hours", hours, f"handover.hours_{hours}"))
    return lines
