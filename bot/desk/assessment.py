"""What a caller tells, read in seconds: what it looks like, what is dangerous, what to ask, what to do, who can help.

Nothing is kept. Reasons are shown, never a score; whoever reads this decides.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from bot.content.catalogue import Catalogue
from bot.directory.query import Match, Query
from bot.recognition.case import Case
from bot.recognition.interview import CONFIRM, learn, plan
from bot.recognition.masking import mask
from bot.safetyplan.steps import FirstSteps, first_steps
from bot.understanding.lexicon import Lexicon
from bot.understanding.safety import without_idioms
from bot.understanding.understanding import Understanding

Recognise = Callable[[str, str], Awaitable[Understanding]]
"""Reads one message: text and language of the conversation."""

LookUp = Callable[[Query], Awaitable[list[Match]]]
"""Asks the directory."""

MAX_TEXT = 8000  # characters of a told story
PART = 700  # characters that are read at once: the models learned from messages, not from reports
QUESTIONS, MORE_QUESTIONS = 5, 8
SERVICES = 5
DANGERS = ("danger", "suicide", "physical", "minor")
URGENT_LEVELS = ("L1", "L2")
TALKING = ("call", "chat")
BREAKS = re.compile(r"(?<=[.?!…])\s+|\n+")


@dataclass(frozen=True)
class Heard:
    """A form or flag with the words that show it; without words only the classifier saw it."""

    id: str
    words: tuple[str, ...] = ()
    confidence: float = 0.0  # of the recognition, not of any risk; for programs


@dataclass(frozen=True)
class Risk:
    """A published risk factor to ask about; ``words`` when the caller already spoke of it."""

    id: str
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Assessment:
    """The whole picture."""

    language: str
    forms: tuple[Heard, ...]
    possible: tuple[str, ...]  # forms that may be
    flags: tuple[Heard, ...]
    risks: tuple[Risk, ...]
    questions: tuple[str, ...]  # keys, see ``Catalogue.question``
    steps: FirstSteps
    open_now: tuple[Match, ...]
    later: tuple[Match, ...]
    role: str
    minor: bool

    @property
    def dangers(self) -> list[Heard]:
        """The flags that come before everything else."""
        return [flag for flag in self.flags if flag.id in DANGERS]

    def as_dict(self) -> dict[str, Any]:
        """Plain values for the API: identifiers and quotes, and the services as the directory gives them."""
        return {
            "language": self.language,
            "role": self.role,
            "minor": self.minor,
            "forms": [
                {"form": form.id, "confidence": round(form.confidence, 4), "evidence": list(form.words)}
                for form in self.forms
            ],
            "possible": list(self.possible),
            "flags": [{"flag": flag.id, "evidence": list(flag.words)} for flag in self.flags],
            "risk_factors": [{"factor": risk.id, "evidence": list(risk.words)} for risk in self.risks],
            "questions": list(self.questions),
            "steps": [{"step": key, "noticeable": noticed} for key, noticed in self.steps.steps],
            "avoid": list(self.steps.avoid),
            "services_open_now": [match.as_dict() for match in self.open_now],
            "services_later": [match.as_dict() for match in self.later],
        }


class Assessor:
    """Reads what is told. Keeps nothing of it."""

    def __init__(self, recognise: Recognise, content: Catalogue, look_up: LookUp) -> None:
        self._recognise, self._content, self.look_up = recognise, content, look_up
        self._risks = Lexicon({name: [*risk.signs.nl, *risk.signs.fr] for name, risk in content.risk.items()})

    async def assess(self, text: str, language: str = "", region: str | None = None) -> Assessment:
        """Read a told story. ``language`` is that of the reader, for when the words leave it open."""
        read = [await self._recognise(part, language) for part in parts(text)]
        case = Case(language=_language(read, language))
        for message in read:
            case.hear([(form.form, form.confidence, form.evidence) for form in message.forms])
            case.flags += [flag for flag in message.flags if flag not in case.flags]
        learn(case, self._content, text)
        found = await self.look_up(query_of(case, region))
        answering = [match for match in found if answers_now(match)]
        closed = [match for match in found if match not in answering]
        # Risks and steps are about who is harmed; who does harm is helped by a service.
        harmed = case.role != "perpetrator"
        steps = first_steps(self._content, case.ranked_forms(), case.minor, careful=True)
        return Assessment(
            language=case.language,
            forms=tuple(Heard(f, tuple(case.quotes.get(f, ())), case.forms[f]) for f in case.ranked_forms()),
            possible=tuple(_possible(read, case)),
            flags=tuple(Heard(flag, _flag_words(read, flag)) for flag in case.flags),
            risks=tuple(self._risks_in(text)) if harmed else (),
            questions=tuple(_questions(case, self._content)) if harmed else (),
            steps=steps if harmed else FirstSteps([], []),
            open_now=tuple(answering[:SERVICES]),
            later=tuple(closed[:SERVICES]),
            role=case.role,
            minor=case.minor,
        )

    def _risks_in(self, text: str) -> list[Risk]:
        """All factors, those that the caller spoke of first."""
        found: dict[str, list[str]] = {}
        for sign in self._risks.find(without_idioms(text)):
            if not sign.negated:
                found.setdefault(sign.label, []).append(mask(sign.quote))
        risks = [Risk(name, tuple(dict.fromkeys(found.get(name, ())))[:2]) for name in self._content.risk]
        return sorted(risks, key=lambda risk: not risk.words)


def answers_now(match: Match) -> bool:
    """Whether a person answers there now; a form that can be sent at any hour is none."""
    return any(channel in TALKING and state.is_open for channel, state in match.open.items())


def parts(text: str) -> list[str]:
    """A story in pieces of at most :data:`PART` characters, cut between sentences where possible."""
    pieces: list[str] = []
    for sentence in BREAKS.split(text[:MAX_TEXT]):
        for start in range(0, len(sentence), PART):
            piece = sentence[start : start + PART].strip()
            if not piece:
                continue
            if pieces and len(pieces[-1]) + len(piece) < PART:
                pieces[-1] = f"{pieces[-1]} {piece}"
            else:
                pieces.append(piece)
    return pieces


def query_of(case: Case, region: str | None = None) -> Query:
    """What to ask the directory for this case."""
    return Query(
        forms=() if case.role == "perpetrator" else tuple(case.ranked_forms()[:3]),
        flags=tuple(flag for flag in case.flags if flag in ("physical", "danger", "suicide")),
        role=case.role,
        age="minor" if case.minor else "adult" if case.facts.get("age") == "adult" else None,
        language=case.language,
        region=region,
    )


def _language(read: Sequence[Understanding], fallback: str) -> str:
    """The language of most parts that are in Dutch or French."""
    heard = [message.language for message in read if message.language in ("nl", "fr")]
    return max(("nl", "fr"), key=heard.count) if heard else fallback or "nl"


def _possible(read: Sequence[Understanding], case: Case) -> Iterable[str]:
    named = [form for message in read for form, _ in message.possible]
    return list(dict.fromkeys(form for form in named if form not in case.forms))[:3]


def _flag_words(read: Sequence[Understanding], flag: str) -> tuple[str, ...]:
    words = (mask(message.flag_evidence.get(flag, "")) for message in read)
    return tuple(dict.fromkeys(quote for quote in words if quote))


def _questions(case: Case, content: Catalogue) -> list[str]:
    """The next questions: danger before anything else, and nothing that was told already."""
    case.more = MORE_QUESTIONS
    keys = [key for key in plan(case, content) if key != CONFIRM and key not in case.answers]
    keys.sort(key=lambda key: not _about_danger(content, key))  # stable: the order of the banks is kept
    return keys[:QUESTIONS]


def _about_danger(content: Catalogue, key: str) -> bool:
    if key == "intake.fear":
        return True
    question = content.question(key)
    levels = [question.level, *(option.sets.get("level") for option in question.options)]
    return any(level in URGENT_LEVELS for level in levels)
