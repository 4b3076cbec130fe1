"""Tokens of programs: shown once, kept as a hash, with the scopes they were given."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.engine import Engine

from bot.desk.accounts import NAME, Refused
from bot.desk.models import ApiToken
from bot.desk.permissions import ALL_SCOPES
from bot.handover import audit
from bot.handover.audit import Actor
from bot.handover.database import Transaction
from bot.handover.vault import Vault

PREFIX = "halte_"  # so that a token left in a file is found by those who look for secrets


@dataclass(frozen=True)
class Program:
    """Who a token belongs to."""

    name: str
    organisation: str
    scopes: tuple[str, ...]
    disabled: bool = False

    @property
    def actor(self) -> Actor:
        """The same in the audit log."""
        return Actor(f"api:{self.name}", self.organisation)


class Tokens:
    """The tokens in one database."""

    def __init__(self, database: Engine, vault: Vault, clock: Callable[[], float] = time.time) -> None:
        self._database, self._vault, self._clock = database, vault, clock

    def add(self, name: str, organisation: str, scopes: Sequence[str], by: Actor) -> str:
        """A new token; it cannot be read again."""
        if not NAME.fullmatch(name):
            raise Refused("name")
        if not scopes or not set(scopes) <= set(ALL_SCOPES):
            raise Refused("scopes")
        token = PREFIX + secrets.token_urlsafe(32)
        with Transaction(self._database) as session:
            if session.get(ApiToken, name) is not None:
                raise Refused("name")
            session.add(
                ApiToken(name=name, digest=_digest(token), organisation=organisation, scopes=",".join(sorted(scopes)))
            )
            self._audit(by, session, "token_added", name)
        return token

    def find(self, token: str) -> Program | None:
        """Whose token this is; None when it is unknown or disabled."""
        with Transaction(self._database) as session:
            query = select(ApiToken).where(ApiToken.digest == _digest(token))
            row: ApiToken | None = session.execute(query).scalar_one_or_none()
            return None if row is None or row.disabled else _program(row)

    def listed(self) -> list[Program]:
        """All tokens, without the tokens."""
        with Transaction(self._database) as session:
            return [_program(row) for row in session.execute(select(ApiToken).order_by(ApiToken.name)).scalars()]

    def disable(self, name: str, by: Actor) -> None:
        """Refuse a token from now on."""
        with Transaction(self._database) as session:
            row: ApiToken | None = session.get(ApiToken, name)
            if row is None:
                raise Refused("unknown")
            row.disabled = True
            self._audit(by, session, "token_disabled", name)

    def note_refusal(self, program: Program, target: str) -> None:
        """Write down that a token was used for what it is not for."""
        with Transaction(self._database) as session:
            self._audit(program.actor, session, "scope_refused", target)

    def _audit(self, actor: Actor, session: Transaction, action: str, target: str) -> None:
        audit.write(session, self._vault, actor, action, target, int(self._clock()))


def _program(row: ApiToken) -> Program:
    return Program(row.name, row.organisation, tuple(row.scopes.split(",")), bool(row.disabled))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
