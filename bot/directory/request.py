"""What can be asked of the directory."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from bot.directory.hours import BRUSSELS
from bot.directory.schema import FLAGS, REGIONS, ROLES, one_of

WAYS = ("call", "chat", "mail", "visit")


@dataclass(frozen=True)
class Query:
    """A person's situation, as far as it is known. ``at`` without zone is Brussels time; ``None`` is now.

    ``age`` is that of the person it happens to. The flags minor, witness, perpetrator and professional count as
    age and role when these are not given.
    """

    forms: Sequence[str] = ()
    flags: Sequence[str] = ()
    role: str | None = None  # victim, witness, perpetrator, professional
    age: str | None = None  # minor, adult
    language: str | None = None  # nl, fr
    region: str | None = None  # flanders, brussels, wallonia, german_community
    channel: str | None = None  # call, chat, mail, visit
    anonymous: bool = False
    at: dt.datetime | None = None
    province: str | None = None  # id in places.yml: what is near comes first
    free: bool = False
    open_now: bool = False

    def __post_init__(self) -> None:
        for flag in self.flags:
            one_of(flag, FLAGS)
        allowed = {
            "role": ROLES,
            "age": ("minor", "adult"),
            "language": ("nl", "fr"),
            "region": REGIONS,
            "channel": WAYS,
        }
        for name, values in allowed.items():
            if getattr(self, name) is not None:
                one_of(getattr(self, name), values)

    @cached_property
    def age_band(self) -> str | None:
        """minor, adult or ``None`` when not known."""
        return self.age or ("minor" if "minor" in self.flags else None)

    @cached_property
    def person(self) -> str:
        """The role, victim when nothing else is known."""
        return self.role or next((flag for flag in self.flags if flag in ROLES), "victim")

    @cached_property
    def all_flags(self) -> tuple[str, ...]:
        """Flags, with those that follow from age and role."""
        implied = [self.person] if self.person != "victim" else []
        implied += ["minor"] if self.age_band == "minor" else []
        return tuple(dict.fromkeys([*self.flags, *implied]))

    @property
    def moment(self) -> dt.datetime:
        """The moment asked about."""
        return self.at or dt.datetime.now(BRUSSELS)
