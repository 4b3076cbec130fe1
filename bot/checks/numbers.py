"""Telephone numbers in texts: they belong in the directory, where somebody verifies them. Only 112 and 101 may stand
in a text, because somebody in danger must not depend on a database."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from bot.checks.directory import opened
from bot.checks.project import Finding, Project, load
from bot.directory.load import DirectoryError
from bot.directory.query import numbers

ALWAYS = ("112", "101")
CANDIDATE = re.compile(r"(?<![\w{])\+?\d(?:[\d\s./()-]*\d)?(?!\w)")
MIN_DIGITS = 3  # the shortest code is 112; ages and list numbers are shorter
YEAR = re.compile(r"^(?:19|20)\d\d$")
AMOUNT = re.compile(
    r"^\s*(?:%|€|euros?|procent|pour cent|meter|mètres?|km|dagen|jours|minuten|minutes|seconden|secondes"
    r"|woorden|mots|tekens|caractères)",
    re.IGNORECASE,
)


def check(project: Project) -> Iterator[Finding]:
    """Every digit sequence in a text that somebody could dial."""
    try:
        with opened(project) as session:
            offered = {digits(number) for number in numbers(session, offered_only=True)}
    except DirectoryError:
        return  # the directory check says so
    allowed: Mapping[str, list[str]] = (load(project.content / "forbidden.yml") or {}).get("numbers_allowed") or {}
    for piece in project.texts():
        for number in dialable(piece.text):
            if digits(number) not in offered:
                problem = f"{piece.language} has {number!r}, which the directory does not offer"
                yield Finding(piece.file, piece.place, problem)
            elif number not in ALWAYS and number not in allowed.get(piece.place, ()):
                problem = f"{piece.language} has the number {number!r}: show the service instead"
                yield Finding(piece.file, piece.place, problem)


def dialable(text: str) -> set[str]:
    """The digit sequences of ``text`` that look like a number to call; no years, amounts or ages."""
    found = set()
    for match in CANDIDATE.finditer(text):
        number = match.group()
        amount = AMOUNT.match(text[match.end() :])
        if len(digits(number)) >= MIN_DIGITS and not YEAR.match(number) and not amount:
            found.add(number)
    return found


def digits(number: str) -> str:
    """The digits of a number, without what is printed between them."""
    return re.sub(r"\D", "", number)
