"""Everything that happens to a hand-over: passed on, queued, claimed, noted, closed, erased. Each step is audited."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from bot.handover import audit
from bot.handover.audit import Actor
from bot.handover.codes import new_code, read_code
from bot.handover.database import Transaction, scrub
from bot.handover.models import CLAIMED, CLOSED, WAITING, Handover, Note
from bot.handover.summary import NotASummary, Summary, shown
from bot.handover.vault import SealBroken, Vault
from bot.settings import settings

OUTCOMES = ("helped", "referred", "no_contact", "police", "other")
DAY = 24 * 60 * 60
MAX_NOTE = 2000
CODE = "code"


class NotYours(LookupError):
    """There is no such hand-over for this organisation; whether another one has it is not said."""


class AlreadyClaimed(RuntimeError):
    """Somebody else works on it, or it is closed."""


@dataclass(frozen=True)
class Receipt:
    """What the person gets: the code to quote, and until when the hand-over is kept."""

    id: str
    code: str
    expires_at: int


@dataclass(frozen=True)
class Waiting:
    """A hand-over as the queue shows it: why it is urgent, and no other word of it."""

    id: str
    language: str
    urgency: int
    reasons: tuple[str, ...]
    state: str
    created_at: int
    expires_at: int
    claimed_by: str | None


@dataclass(frozen=True)
class WrittenNote:
    """A note of staff."""

    author: str
    written_at: int
    text: str


@dataclass(frozen=True)
class Opened:
    """A hand-over as it is read."""

    head: Waiting
    summary: Summary
    notes: tuple[WrittenNote, ...]
    outcome: str | None


class Handovers:
    """The hand-overs in one database. Thread-safe; every method is one transaction."""

    def __init__(self, database: Engine, vault: Vault, clock: Callable[[], float] = time.time) -> None:
        self._database, self._vault, self._clock = database, vault, clock
        self._unscrubbed = True  # a process that died between erasing and scrubbing: done at the next sweep

    def pass_on(self, summary: Summary, organisation: str, actor: Actor | None = None) -> Receipt:
        """Keep what a person agreed to pass on to ``organisation``."""
        if not summary.lines:
            raise NotASummary("there is no line to pass on")
        identifier, code, now = secrets.token_hex(16), new_code(), self._now()
        row = Handover(
            id=identifier,
            organisation=organisation,
            code_digest=self._vault.digest(CODE, str(read_code(code))),
            language=summary.language,
            urgency=summary.urgency(),
            state=WAITING,
            created_at=now,
            expires_at=now + settings().handover_days * DAY,
            sealed=self._vault.seal(summary.to_json(), organisation, identifier),
        )
        with self._begin() as session:
            session.add(row)
            session.flush()
            self._audit(session, actor or Actor.person(organisation), "passed_on", identifier)
            return Receipt(identifier, code, row.expires_at)

    def queue(self, organisation: str, closed: bool = False) -> list[Waiting]:
        """What waits or is worked on, most urgent first, then oldest; with ``closed`` what is done."""
        state = Handover.state == CLOSED if closed else Handover.state != CLOSED
        query = select(Handover).where(Handover.organisation == organisation, state, self._alive())
        with self._begin() as session:
            rows = session.execute(query.order_by(Handover.urgency, Handover.created_at, Handover.id)).scalars().all()
            return [self._head(row) for row in rows]

    def open(self, identifier: str, actor: Actor) -> Opened:
        """Read one; it is written down who did."""
        with self._begin() as session:
            row = self._find(session, identifier, actor.organisation)
            self._audit(session, actor, "opened", row.id)
            notes = session.execute(
                select(Note).where(Note.handover_id == row.id).order_by(Note.written_at, Note.id)
            ).scalars()
            read = tuple(
                WrittenNote(note.author, note.written_at, self._vault.open(note.sealed, row.organisation, note.id))
                for note in notes
            )
            return Opened(self._head(row), self._summary(row), read, row.outcome)

    def by_code(self, code: str, organisation: str) -> str | None:
        """The id of the hand-over whose code somebody quotes on the phone."""
        plain = read_code(code)
        with self._begin() as session:
            row = self._by_code(session, plain) if plain else None
            return row.id if row and row.organisation == organisation else None

    def claim(self, identifier: str, actor: Actor) -> None:
        """Take it on. Of two who try, one gets it and the other :class:`AlreadyClaimed`."""
        with self._begin() as session:
            # One statement that both changes and asks: between a look and a change somebody else could come.
            change = (
                update(Handover)
                .where(Handover.id == identifier, Handover.organisation == actor.organisation, self._alive())
                .where(Handover.state == WAITING)
                .values(state=CLAIMED, claimed_by=actor.name, claimed_at=self._now())
                .execution_options(synchronize_session=False)
            )
            changed: Any = session.execute(change)
            if changed.rowcount != 1:
                row = self._find(session, identifier, actor.organisation)
                if row.state == CLAIMED and row.claimed_by == actor.name:
                    return  # a double click
                raise AlreadyClaimed(identifier)
            self._audit(session, actor, "claimed", identifier)

    def release(self, identifier: str, actor: Actor, anyone: bool = False) -> None:
        """Give it back to the queue; ``anyone`` for who may do that for a colleague."""
        with self._begin() as session:
            row = self._mine(session, identifier, actor, anyone)
            row.state, row.claimed_by, row.claimed_at = WAITING, None, None
            self._audit(session, actor, "released", identifier)

    def write_note(self, identifier: str, actor: Actor, text: str) -> None:
        """Add a note; only who works on it can."""
        plain = "\n".join(shown(line) for line in text.splitlines())[:MAX_NOTE].strip()
        if not plain:
            return
        with self._begin() as session:
            row = self._mine(session, identifier, actor)
            note = secrets.token_hex(16)
            sealed = self._vault.seal(plain, row.organisation, note)
            session.add(Note(id=note, handover_id=row.id, author=actor.name, written_at=self._now(), sealed=sealed))
            self._audit(session, actor, "noted", identifier)

    def close(self, identifier: str, actor: Actor, outcome: str) -> None:
        """Done, with what came of it; it is still erased at its time."""
        if outcome not in OUTCOMES:
            raise ValueError(f"outcome is one of {', '.join(OUTCOMES)}")
        with self._begin() as session:
            row = self._mine(session, identifier, actor)
            row.state, row.outcome, row.closed_at = CLOSED, outcome, self._now()
            self._audit(session, actor, "closed", identifier)

    def erase(self, identifier: str, actor: Actor) -> None:
        """Erase one now."""
        with self._begin() as session:
            row = self._find(session, identifier, actor.organisation)
            self._erase(session, row, actor, "erased")
        self._scrub()

    def erase_by_code(self, code: str) -> bool:
        """Erase what a person passed on, with its code; ``False`` when no hand-over has that code."""
        plain = read_code(code)
        with self._begin() as session:
            row = self._by_code(session, plain) if plain else None
            if row is None:
                return False
            self._erase(session, row, Actor.person(row.organisation), "erased_by_code")
        self._scrub()
        return True

    def sweep(self) -> int:
        """Erase all whose time has come; how many they were."""
        with self._begin() as session:
            rows = session.execute(select(Handover).where(Handover.expires_at <= self._now())).scalars().all()
            for row in rows:
                self._erase(session, row, Actor.halte(row.organisation), "expired")
        if rows or self._unscrubbed:
            self._scrub()
        return len(rows)

    def _erase(self, session: Session, row: Handover, actor: Actor, action: str) -> None:
        session.execute(delete(Note).where(Note.handover_id == row.id))
        session.execute(delete(Handover).where(Handover.id == row.id))
        self._audit(session, actor, action, row.id)
        self._unscrubbed = True

    def _scrub(self) -> None:
        self._unscrubbed = not scrub(self._database)  # when others are busy, the next sweep does it

    def _begin(self) -> Transaction:
        return Transaction(self._database)

    def _alive(self) -> object:
        return Handover.expires_at > self._now()  # what is due is gone, also before it was swept

    def _find(self, session: Session, identifier: str, organisation: str) -> Handover:
        query = select(Handover).where(Handover.id == identifier, Handover.organisation == organisation, self._alive())
        row: Handover | None = session.execute(query).scalar_one_or_none()
        if row is None:
            raise NotYours(identifier)
        return row

    def _mine(self, session: Session, identifier: str, actor: Actor, anyone: bool = False) -> Handover:
        row = self._find(session, identifier, actor.organisation)
        if row.state != CLAIMED or not (anyone or row.claimed_by == actor.name):
            raise AlreadyClaimed(identifier)
        return row

    def _by_code(self, session: Session, plain: str) -> Handover | None:
        digests = self._vault.digests(CODE, plain)
        query = select(Handover).where(Handover.code_digest.in_(digests), self._alive())
        row: Handover | None = session.execute(query).scalar_one_or_none()
        return row

    def _summary(self, row: Handover) -> Summary:
        return Summary.from_json(self._vault.open(row.sealed, row.organisation, row.id))

    def _head(self, row: Handover) -> Waiting:
        try:
            reasons = tuple(self._summary(row).reasons())
        except SealBroken:  # its key is gone: it stays visible in the queue, until it is erased
            reasons = ("sealed",)
        return Waiting(
            row.id, row.language, row.urgency, reasons, row.state, row.created_at, row.expires_at, row.claimed_by
        )

    def _audit(self, session: Session, actor: Actor, action: str, target: str) -> None:
        audit.write(session, self._vault, actor, action, target, self._now())

    def _now(self) -> int:
        return int(self._clock())
