"""Puts the desk together from the settings: database, key, accounts, directory, recognition."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence

from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from bot.content.catalogue import catalogue
from bot.desk.accounts import Accounts
from bot.desk.assessment import Assessor, LookUp, Recognise
from bot.desk.figures import Figures
from bot.desk.site import Desk, Services
from bot.desk.tokens import Tokens
from bot.directory.load import open_directory
from bot.directory.query import Match, Query, by_id, find
from bot.directory.snapshot import snapshot
from bot.handover import audit
from bot.handover.audit import AuditLine
from bot.handover.database import Transaction, engine
from bot.handover.handovers import Handovers
from bot.handover.vault import Vault, open_vault
from bot.settings import settings

Sessions = Callable[[], Session]


class UnknownOrganisation(ValueError):
    """``HALTE_DESK`` names a service that the directory does not have."""


def open_desk(
    recognise: Recognise, database: Engine | None = None, vault: Vault | None = None,
    sessions: Sessions | None = None,
) -> Desk:  # fmt: skip
    """The desk of the settings. Raises at once when it cannot work: better at the start than at the first person."""
    database, vault = database or engine(), vault or open_vault()
    sessions = sessions or open_directory()
    services = services_of(sessions)
    for name in settings().desk_organisations:
        if services.one(name) is None:
            raise UnknownOrganisation(f"HALTE_DESK: the directory has no service {name!r}")
    return Desk(
        accounts=Accounts(database, vault),
        tokens=Tokens(database, vault),
        handovers=Handovers(database, vault),
        figures=Figures(database, kinds_of(sessions)),
        assessor=Assessor(recognise, catalogue(), look_up(sessions)),
        services=services,
        audit_csv=lambda organisation: audit.as_csv(_lines(database, organisation)),
        audit_lines=lambda organisation: _lines(database, organisation),
        audit_whole=lambda: _whole(database, vault),
        organisations=settings().desk_organisations,
    )


def look_up(sessions: Sessions) -> LookUp:
    """Ask the directory beside the event loop."""

    def ask(query: Query) -> list[Match]:
        with sessions() as session:
            return find(session, query)

    async def asked(query: Query) -> list[Match]:
        return await run_in_threadpool(ask, query)

    return asked


def services_of(sessions: Sessions) -> Services:
    """The services that may be shown."""

    def search(words: str) -> Sequence[Match]:
        with sessions() as session:
            offered = by_id(session, [name for name, record in snapshot(session).records.items() if record.offered])
        wanted = _folded(words).split()
        return [match for match in offered if all(word in _searched(match) for word in wanted)]

    def one(name: str) -> Match | None:
        with sessions() as session:
            return next(iter(by_id(session, [name])), None)

    def name_of(name: str, language: str) -> str:
        match = one(name)
        return match.service.name[language] if match else name

    return Services(search, one, name_of)


def kinds_of(sessions: Sessions) -> Callable[[str], str | None]:
    """The kind of a service by its id."""

    def kind(name: str) -> str | None:
        with sessions() as session:
            record = snapshot(session).records.get(name)
            return record.data.kind if record else None

    return kind


def _searched(match: Match) -> str:
    data = match.service
    parts = [data.id, data.kind, data.number or "", *data.name.values(), *data.description.values(), *data.forms]
    return _folded(" ".join(parts))


def _folded(text: str) -> str:
    plain = (sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))
    return "".join(plain).casefold()


def _lines(database: Engine, organisation: str) -> list[AuditLine]:
    with Transaction(database) as session:
        return list(audit.lines(session, organisation))


def _whole(database: Engine, vault: Vault) -> bool:
    with Transaction(database) as session:
        return audit.first_broken(session, vault) is None
