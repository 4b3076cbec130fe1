"""Accounts of staff: invited, joined with password and second factor, logged in for a while, disabled."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import argon2
import pyotp
from sqlalchemy import delete, select
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from bot.desk.models import Staff, StaffSession
from bot.desk.permissions import ROLES, SUPERVISOR
from bot.handover import audit
from bot.handover.audit import Actor
from bot.handover.database import Transaction
from bot.handover.vault import Vault
from bot.settings import settings

NAME = re.compile(r"[a-z][a-z0-9._-]{1,39}")
INVITE_SECONDS = 72 * 3600
MOST_FAILURES, LOCKED_SECONDS = 5, 15 * 60
LEAST_PASSWORD, MOST_PASSWORD = 12, 200
STEP = 30  # seconds that a code of the second factor holds
ISSUER = "Halte"


class Refused(Exception):
    """Not done; ``reason`` is the last part of a content key (``desk.refused_<reason>``)."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Account:
    """Somebody who is logged in, or listed."""

    id: int
    name: str
    organisation: str
    roles: tuple[str, ...]
    language: str
    disabled: bool = False
    joined: bool = True
    form_token: str = ""

    @property
    def actor(self) -> Actor:
        """The same person in the audit log."""
        return Actor(self.name, self.organisation)


class Accounts:
    """The accounts in one database. Thread-safe."""

    def __init__(
        self, database: Engine, vault: Vault, clock: Callable[[], float] = time.time,
        hasher: argon2.PasswordHasher | None = None,
    ) -> None:  # fmt: skip
        self._database, self._vault, self._clock = database, vault, clock
        self._hasher = hasher or argon2.PasswordHasher()  # argon2id
        self._nobody = self._hasher.hash(secrets.token_hex())  # checked for names that do not exist, to take as long

    # --- invitations ---------------------------------------------------------------------------------------------

    def invite(self, name: str, organisation: str, roles: Sequence[str], language: str, by: Actor) -> str:
        """Make an account, or make one anew whose password or phone was lost; the code is to be handed over."""
        if not NAME.fullmatch(name):
            raise Refused("name")
        if not roles or not set(roles) <= set(ROLES):
            raise Refused("roles")
        if language not in ("nl", "fr"):
            raise Refused("language")
        code = secrets.token_urlsafe(18)
        with Transaction(self._database) as session:
            row = self._row(session, name)
            if row is not None and row.organisation != organisation:
                raise Refused("name")  # taken elsewhere; whether it is, is not told
            if row is None:
                row = Staff(name=name, organisation=organisation, totp_step=0, failures=0, locked_until=0)
                session.add(row)
            row.roles, row.language, row.disabled = ",".join(r for r in ROLES if r in roles), language, False
            row.password, row.totp = None, None
            row.invite_digest, row.invite_expires = _digest(code), self._now() + INVITE_SECONDS
            session.flush()
            session.execute(delete(StaffSession).where(StaffSession.staff_id == row.id))
            self._audit(session, by, "invited", name)
        return code

    def second_factor(self, name: str, code: str) -> str:
        """The address (``otpauth://``) of the second factor, for somebody with an invitation."""
        with Transaction(self._database) as session:
            row = self._invited(session, name, code)
            if row.totp is None:
                row.totp = self._vault.seal(pyotp.random_base32(), row.organisation, _totp_record(name))
            return str(self._totp(row).provisioning_uri(name=name, issuer_name=ISSUER))

    def join(self, name: str, code: str, password: str, factor: str) -> None:
        """Take up an invitation with a password of one's own and a first code of the second factor."""
        easy = len(set(password)) < 5 or (len(name) > 3 and name in password.lower())
        if easy or not LEAST_PASSWORD <= len(password) <= MOST_PASSWORD:
            raise Refused("password")
        hashed = self._hasher.hash(password)
        with Transaction(self._database) as session:
            row = self._invited(session, name, code)
            step = self._step(row, factor) if row.totp else None
            if step is None:
                raise Refused("factor")
            row.password, row.totp_step, row.invite_digest = hashed, step, None
            row.failures, row.locked_until = 0, 0
            self._audit(session, Actor(name, row.organisation), "joined", name)

    # --- logging in ----------------------------------------------------------------------------------------------

    def login(self, name: str, password: str, factor: str) -> str:
        """A token for the cookie. Whatever is wrong, the answer is the same."""
        with Transaction(self._database) as session:
            known = self._row(session, name)
            hashed = known.password if known and known.password and not known.disabled else None
        right = self._verify(hashed or self._nobody, password) and hashed is not None
        with Transaction(self._database) as session:
            row = self._row(session, name)
            if row is None:
                return self._refuse()
            actor = Actor(name, row.organisation)
            step = self._step(row, factor) if right and row.locked_until <= self._now() else None
            if row.password == hashed and right and step is not None and not row.disabled:
                row.failures, row.totp_step = 0, step
                token = secrets.token_urlsafe(32)
                now = self._now()
                session.add(
                    StaffSession(
                        digest=_digest(token), staff_id=row.id, form_token=secrets.token_urlsafe(24), created_at=now,
                        seen_at=now,
                    )
                )  # fmt: skip
                self._audit(session, actor, "logged_in", name)
                return token
            if row.locked_until <= self._now():
                row.failures += 1
                if row.failures >= MOST_FAILURES:
                    row.failures, row.locked_until = 0, self._now() + LOCKED_SECONDS
            self._audit(session, actor, "login_refused", name)
        return self._refuse()

    def session(self, token: str) -> Account | None:
        """Who has this token; None when it is unknown, too old or idle for too long."""
        now = self._now()
        with Transaction(self._database) as session:
            login: StaffSession | None = session.get(StaffSession, _digest(token))
            if login is None:
                return None
            row: Staff | None = session.get(Staff, login.staff_id)
            idle, age = now - login.seen_at, now - login.created_at
            if (
                row is None or row.disabled
                or idle >= settings().desk_idle_minutes * 60 or age >= settings().desk_hours * 3600
            ):  # fmt: skip
                session.delete(login)
                return None
            login.seen_at = now
            return _account(row, login.form_token)

    def logout(self, token: str) -> None:
        """End a login; an unknown one is nothing to end."""
        with Transaction(self._database) as session:
            session.execute(delete(StaffSession).where(StaffSession.digest == _digest(token)))

    def sweep(self) -> None:
        """Take away logins that are over."""
        now = self._now()
        over = (StaffSession.seen_at <= now - settings().desk_idle_minutes * 60) | (
            StaffSession.created_at <= now - settings().desk_hours * 3600
        )
        with Transaction(self._database) as session:
            session.execute(delete(StaffSession).where(over))

    # --- looking after accounts ----------------------------------------------------------------------------------

    def listed(self, organisation: str | None = None) -> list[Account]:
        """Everybody, or everybody of one organisation."""
        query = select(Staff).order_by(Staff.name)
        if organisation is not None:
            query = query.where(Staff.organisation == organisation)
        with Transaction(self._database) as session:
            return [_account(row) for row in session.execute(query).scalars()]

    def disable(self, name: str, by: Actor, any_organisation: bool = False) -> None:
        """Shut somebody out, at once. The last supervisor of an organisation stays, unless an operator does it."""
        with Transaction(self._database) as session:
            row = self._row(session, name)
            if row is None or not (any_organisation or row.organisation == by.organisation):
                raise Refused("unknown")
            if not any_organisation and self._last_supervisor(session, row):
                raise Refused("last")
            row.disabled, row.invite_digest = True, None
            session.execute(delete(StaffSession).where(StaffSession.staff_id == row.id))
            self._audit(session, by, "disabled", name)

    def note(self, account: Account, action: str, target: str) -> None:
        """Write down something that changes no account: a refusal, an export."""
        with Transaction(self._database) as session:
            self._audit(session, account.actor, action, target)

    # --- inside --------------------------------------------------------------------------------------------------

    @staticmethod
    def _refuse() -> str:
        raise Refused("login")

    def _verify(self, hashed: str, password: str) -> bool:
        try:
            return self._hasher.verify(hashed, password[:MOST_PASSWORD])
        except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
            return False

    def _step(self, row: Staff, factor: str) -> int | None:
        """The time step of a right code that was not used yet; the ones just before and after hold too."""
        current, typed = self._now() // STEP, re.sub(r"\s", "", factor)
        if not re.fullmatch(r"[0-9]{6}", typed):
            return None
        totp = self._totp(row)
        right = [
            step for step in (current - 1, current, current + 1)
            if hmac.compare_digest(str(totp.at(step * STEP)), typed)
        ]  # fmt: skip
        return next((step for step in right if step > row.totp_step), None)

    def _totp(self, row: Staff) -> pyotp.TOTP:
        assert row.totp is not None
        return pyotp.TOTP(self._vault.open(row.totp, row.organisation, _totp_record(row.name)))

    def _invited(self, session: Session, name: str, code: str) -> Staff:
        row = self._row(session, name)
        digest = row.invite_digest if row and row.invite_digest else _digest("")
        right = hmac.compare_digest(digest, _digest(code))
        if row is None or not right or not row.invite_digest or row.disabled or row.invite_expires <= self._now():
            raise Refused("invite")
        return row

    def _last_supervisor(self, session: Session, row: Staff) -> bool:
        query = select(Staff).where(Staff.organisation == row.organisation, Staff.disabled.is_(False))
        leaders = [other.id for other in session.execute(query).scalars() if SUPERVISOR in other.roles.split(",")]
        return leaders == [row.id]

    @staticmethod
    def _row(session: Session, name: str) -> Staff | None:
        row: Staff | None = session.execute(select(Staff).where(Staff.name == name)).scalar_one_or_none()
        return row

    def _audit(self, session: Session, actor: Actor, action: str, target: str) -> None:
        audit.write(session, self._vault, actor, action, target, self._now())

    def _now(self) -> int:
        return int(self._clock())


def _account(row: Staff, form_token: str = "") -> Account:
    return Account(
        row.id, row.name, row.organisation, tuple(row.roles.split(",")), row.language, bool(row.disabled),
        row.password is not None, form_token,
    )  # fmt: skip


def _digest(secret: str) -> str:
    """Of a long random secret: no salt needed."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _totp_record(name: str) -> str:
    return f"totp {name}"
