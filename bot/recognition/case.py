"""What Halte knows in one conversation: one small JSON value, kept for as long as the conversation lives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from bot.recognition.masking import mask

MAX_QUOTES = 3


@dataclass
class Case:
    """Facts, never a score. Words of the person are kept only as short, masked quotes."""

    language: str = "nl"
    informal: bool = False  # French tu: minors and people who write tu
    greeted: bool = False
    forms: dict[str, float] = field(default_factory=dict)  # heard forms and how sure
    quotes: dict[str, list[str]] = field(default_factory=dict)  # the words that showed them
    flags: list[str] = field(default_factory=list)
    handled: list[str] = field(default_factory=list)  # protocols already walked
    facts: dict[str, str] = field(default_factory=dict)  # fear, device, other, age, age_in_image, level
    answers: dict[str, str] = field(default_factory=dict)  # question key -> option id
    asked: list[str] = field(default_factory=list)  # question keys, oldest first, for "back"
    pending: str | None = None  # question key that waits for an answer
    node: str | None = None  # "<protocol>.<node>" that waits for an answer
    waiting: bool = False  # the node has been said and its question is open
    goto: str | None = None  # where a finished protocol leads: @return, @next, @refer ...
    resume: str | None = None  # form that was interrupted by a protocol
    repeat: bool = False  # the form only repeats its question: something else was answered in between
    failed: int = 0  # failed understandings in a row
    shown: list[str] = field(default_factory=list)  # services already shown
    mirrored: bool = False
    more: int = 0  # further questions of each bank that the person wants
    step: str | None = None  # key of the step or plan question that waits for an answer
    steps: list[str] = field(default_factory=list)  # keys of the steps of the plan that is walked
    marks: dict[str, str] = field(default_factory=dict)  # step key -> done, later or unsafe
    handover: dict[str, str] = field(default_factory=dict)  # what may be passed on, see actions/handover.py

    @classmethod
    def from_dict(cls, data: Mapping[str, Any] | None) -> Case:
        """The case kept in a slot; unknown keys of older versions are dropped."""
        known = {f.name for f in fields(cls)}
        return cls(**{key: value for key, value in (data or {}).items() if key in known})

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON types."""
        return asdict(self)

    def hear(self, readings: Sequence[tuple[str, float, Sequence[str]]]) -> list[str]:
        """Add what a message showed; returns the forms that are new."""
        new = [form for form, _, _ in readings if form not in self.forms]
        for form, confidence, evidence in readings:
            self.forms[form] = max(confidence, self.forms.get(form, 0.0))
            quotes = self.quotes.setdefault(form, [])
            quotes.extend(q for q in map(mask, evidence) if q and q not in quotes)
            del quotes[MAX_QUOTES:]
        return new

    def raise_level(self, level: str | None) -> None:
        """Keep the most serious danger level; absence of a sign never lowers it."""
        if level and level < self.facts.get("level", "L9"):  # L1 is the most serious
            self.facts["level"] = level

    def ranked_forms(self) -> list[str]:
        """Heard forms, surest first."""
        return sorted(self.forms, key=lambda form: (-self.forms[form], form))

    @property
    def minor(self) -> bool:
        """Whether the person, or the person it is about, is under 18."""
        return "minor" in self.flags or self.facts.get("age") == "minor"

    @property
    def role(self) -> str:
        """victim, witness, professional or perpetrator."""
        return next((flag for flag in ("professional", "perpetrator", "witness") if flag in self.flags), "victim")

    @property
    def in_plan(self) -> bool:
        """Whether a question or a step of the plan is open."""
        return self.step is not None

    def start_over(self) -> None:
        """What was heard is not right: nothing that followed from it stays."""
        self.forms.clear()
        self.quotes.clear()
        for key in [key for key in self.answers if key not in self.asked or key == "confirm"]:
            del self.answers[key]
        if "intake.other" not in self.answers:
            self.facts.pop("other", None)
        self.mirrored, self.more, self.step = False, 0, None
        self.steps.clear()
        self.marks.clear()

    @property
    def careful(self) -> bool:
        """Whether nothing may be advised that the other person can notice; not knowing counts as yes."""
        return self.facts.get("fear") != "no" or self.facts.get("level") in ("L1", "L2")
