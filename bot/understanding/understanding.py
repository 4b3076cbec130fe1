"""The answer to "what did this person say?"."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Reading:
    """One form that the words point to, how sure, and the words themselves (longest first)."""

    form: str
    confidence: float
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True)
class Understanding:
    """Everything Halte reads in one message; confidences are calibrated probabilities."""

    language: str
    act: str
    act_confidence: float
    forms: tuple[Reading, ...] = ()
    flags: tuple[str, ...] = ()
    understood: bool = True
    language_sure: bool = True
    mixed: bool = False
    ranking: tuple[tuple[str, float], ...] = ()  # acts, best first
    possible: tuple[tuple[str, float], ...] = ()  # forms below their threshold, best first
    flag_evidence: dict[str, str] = field(default_factory=dict)
    question: str | None = None  # the question of the bank that is asked, by its id

    def as_json(self) -> dict[str, Any]:
        """The public shape of ``halte recognise``."""
        return {
            "language": self.language,
            "act": self.act,
            "act_confidence": round(self.act_confidence, 4),
            "forms": [
                {"form": r.form, "confidence": round(r.confidence, 4), "evidence": list(r.evidence)} for r in self.forms
            ],
            "flags": list(self.flags),
            "understood": self.understood,
        }

    def as_dict(self) -> dict[str, Any]:
        """Everything, as plain JSON types."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Understanding:
        """Undo :meth:`as_dict`."""
        values = dict(data)
        values["forms"] = tuple(
            Reading(r["form"], float(r["confidence"]), tuple(r["evidence"])) for r in values.get("forms", ())
        )
        for key in ("ranking", "possible"):
            values[key] = tuple((str(name), float(share)) for name, share in values.get(key, ()))
        values["flags"] = tuple(values.get("flags", ()))
        return cls(**values)


def flags_first(flags: list[str], order: tuple[str, ...]) -> tuple[str, ...]:
    """Flags without repetition in the order of urgency."""
    return tuple(flag for flag in order if flag in flags)
