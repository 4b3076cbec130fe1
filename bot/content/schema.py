"""The shape of everything in ``data/content/``: what an editor may write, and what ``halte check`` enforces.

Texts are written side by side in Dutch and French. ``fr`` says *vous*; ``fr_tu`` is the same text for
minors and for people who write *tu*. It is required as soon as ``fr`` addresses the reader.
"""

from __future__ import annotations

import datetime
import re

from pydantic import BaseModel, Extra, Field, root_validator, validator

VOUS = re.compile(r"\b(vous|votre|vos|vôtres?)\b|-vous\b", re.IGNORECASE)
IDENTIFIER = re.compile(r"^[a-z][a-z0-9_]*$")


class Strict(BaseModel):
    """No unknown keys: a typing error in a content file must be seen, not ignored."""

    class Config:
        extra = Extra.forbid
        allow_mutation = False


class Text(Strict):
    """One text in both languages. ``{name}`` marks a place that the code fills in."""

    nl: str
    fr: str
    fr_tu: str | None = None

    @root_validator(skip_on_failure=True)
    def _tu_when_addressed(cls, values: dict[str, str | None]) -> dict[str, str | None]:
        if VOUS.search(values["fr"] or "") and not values.get("fr_tu"):
            raise ValueError(f"fr says vous, so fr_tu is needed: {values['fr']!r}")
        return values

    def in_language(self, language: str, informal: bool = False) -> str:
        """The text for ``nl`` or ``fr``; ``informal`` chooses *tu* in French."""
        if language == "nl":
            return self.nl
        return self.fr_tu if informal and self.fr_tu else self.fr


class Reviewed(Strict):
    """Who stands for a file: sources (tags of the fact base), last review, role of the reviewer."""

    source: list[str]
    reviewed_on: datetime.date
    reviewer: str


class Option(Strict):
    """An answer that is offered as a button and can also be typed."""

    id: str
    label: Text
    acts: list[str] = Field(default_factory=list)  # acts that mean this answer, e.g. [affirm]
    words_nl: list[str] = Field(default_factory=list)  # lexicon patterns that mean this answer
    words_fr: list[str] = Field(default_factory=list)
    next: str | None = None  # node of the protocol; None ends it
    sets: dict[str, str] = Field(default_factory=dict)  # facts to keep: fear, device, age, role, level, form
    told: bool = False  # may be taken from the words of a story, when they name no other option


class Question(Strict):
    """One recognition question of a form's bank."""

    id: str
    ask: Text
    why: Text
    sign: Text | None = None  # how the mirror says it when the answer is yes; None = not a sign by itself
    options: list[Option] = Field(default_factory=list)  # empty = yes / no / don't know
    level: str | None = None  # danger level that a yes raises: L1, L2 or L3
    suggests: str | None = None  # another form that a yes points to
    leads: str | None = None  # protocol that a yes leads to: danger, suicide or minor
    core: bool = False  # the form itself: a yes to "is that right?" answers it too

    @validator("level")
    def _known_level(cls, value: str | None) -> str | None:
        if value not in (None, "L1", "L2", "L3"):
            raise ValueError("level is L1, L2 or L3")
        return value


PHASES = ("now", "proof", "quiet", "change", "after")
"""Steps go in this order: get safe, keep proof, look without changing anything, change, recover."""

DEVICES = ("android", "iphone", "computer")


class Step(Strict):
    """One safe step. ``noticed`` says what the other person may notice; None = nothing."""

    id: str
    do: Text
    phase: str = "quiet"
    why: Text | None = None  # what it does
    unless: Text | None = None  # when not to do it
    how: list[Text] = Field(default_factory=list)  # explained, one bubble each
    noticed: Text | None = None
    minors: bool = True  # may be given to a minor
    adults: bool = True
    relations: list[str] = Field(default_factory=list)  # only with these people (fact ``other``); empty = any
    homes: list[str] = Field(default_factory=list)  # only when living so (fact ``home``); empty = any
    devices: list[str] = Field(default_factory=list)  # only with these; empty = any
    children: bool = False  # only when there are children
    platforms: list[str] = Field(default_factory=list)  # cards that show how, see ``data/content/platforms``

    @validator("phase")
    def _known_phase(cls, value: str) -> str:
        if value not in PHASES:
            raise ValueError(f"phase is one of {', '.join(PHASES)}")
        return value

    @validator("devices", each_item=True)
    def _known_device(cls, value: str) -> str:
        if value not in DEVICES:
            raise ValueError(f"devices are {', '.join(DEVICES)}")
        return value


class Signs(Strict):
    """Lexicon patterns: words as typed, ``*`` = any ending, ``_`` = up to three words between."""

    nl: list[str]
    fr: list[str]


class Form(Reviewed):
    """A form of digital violence: what it is called, how it is recognised, what to do first."""

    id: str
    name: Text
    heard: Text
    what: Text
    questions: list[Question]
    steps: list[Step]
    avoid: list[Text]
    signs: Signs
    evidence: list[Text] = Field(default_factory=list)  # what to keep
    figure: Text | None = None

    @validator("questions")
    def _enough_questions(cls, value: list[Question]) -> list[Question]:
        if len(value) < 4:
            raise ValueError("a form needs at least four questions")
        return value

    @validator("steps")
    def _enough_steps(cls, value: list[Step]) -> list[Step]:
        if len(value) < 3:
            raise ValueError("a form needs at least three steps")
        return value


SHOWN, PLATFORM = ("evidence", "notes"), "platform."


class Node(Strict):
    """One moment of a protocol: what is said, which services are shown, what is asked."""

    say: list[Text] = Field(default_factory=list)
    ask: Text | None = None
    why: Text | None = None
    options: list[Option] = Field(default_factory=list)
    services: list[str] = Field(default_factory=list)  # ids, or flag:suicide / form:sextortion, best first
    shows: list[str] = Field(default_factory=list)  # evidence, notes (the page for a list), or platform.<id>
    next: str | None = None  # for a node without question
    otherwise: str | None = None  # node when the answer is not understood; default = ask again once, then here

    @validator("shows", each_item=True)
    def _can_be_shown(cls, value: str) -> str:
        if value not in SHOWN and not value.startswith(PLATFORM):
            raise ValueError(f"shows is {PLATFORM}<id> or one of {', '.join(SHOWN)}")
        return value


class Protocol(Reviewed):
    """A fixed, reviewed path: start, danger, suicide, minor, witness, perpetrator, professional."""

    id: str
    first: str
    nodes: dict[str, Node]

    @root_validator(skip_on_failure=True)
    def _targets_exist(cls, values: dict[str, object]) -> dict[str, object]:
        nodes: dict[str, Node] = values["nodes"]  # type: ignore[assignment]
        targets = [values["first"]]
        for node in nodes.values():
            targets += [node.next, node.otherwise, *(option.next for option in node.options)]
        missing = {str(t) for t in targets if t and t not in nodes and not str(t).startswith("@")}
        if missing:
            raise ValueError(f"unknown nodes: {sorted(missing)}")
        return values


class Group(Strict):
    """One choice of the menu for people who only feel that something is wrong."""

    id: str
    label: Text
    forms: list[str]


class Texts(Reviewed):
    """A file of loose texts: ``texts`` maps a dotted key to a text."""

    texts: dict[str, Text]


class Screener(Reviewed):
    """The menu by theme, used when no form can be heard in the words."""

    groups: list[Group]


class FlagSigns(Reviewed):
    """Words that show a flag, per flag and language."""

    signs: dict[str, Signs]


class Intake(Reviewed):
    """Questions about the situation that are asked whatever the form: fear, device, who; and what yes, no and not
    knowing sound like, for every question without options of its own."""

    questions: list[Question]
    answers: list[Option]


class RiskFactor(Strict):
    """Something published risk tools ask about, as a question to the caller. It has no weight: no score is made."""

    id: str
    name: Text
    ask: Text
    published: list[str]  # the tools that have it
    then: Text | None = None  # what to do when the answer is yes
    signs: Signs


class RiskFactors(Reviewed):
    """What the desk reminds staff to ask about."""

    factors: list[RiskFactor]
