"""The audit log: who opened or did what, append-only, chained, exportable. Never what was in a record."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.handover.models import AuditLine
from bot.handover.vault import Vault

FIRST = "0" * 64
COLUMNS = ("id", "time", "organisation", "actor", "action", "target", "digest")


@dataclass(frozen=True)
class Actor:
    """Who does something: a member of staff, an API token, the person with the code, or Halte itself."""

    name: str
    organisation: str

    @classmethod
    def person(cls, organisation: str) -> Actor:
        """Somebody who has the code."""
        return cls("person", organisation)

    @classmethod
    def halte(cls, organisation: str) -> Actor:
        """The program itself."""
        return cls("halte", organisation)


def write(session: Session, vault: Vault, actor: Actor, action: str, target: str, now: int) -> None:
    """Add one line, in the transaction of what it is about: neither can happen without the other."""
    previous = session.execute(select(AuditLine.digest).order_by(AuditLine.id.desc()).limit(1)).scalar() or FIRST
    line: AuditLine = AuditLine(
        at=now, organisation=actor.organisation, actor=actor.name[:64], action=action, target=target[:64],
        previous=previous,
    )  # fmt: skip
    line.digest = vault.digest("audit", _content(line))
    session.add(line)
    session.flush()


def lines(session: Session, organisation: str | None = None) -> Iterator[AuditLine]:
    """All lines, oldest first, or those of one organisation."""
    query = select(AuditLine).order_by(AuditLine.id)
    if organisation is not None:
        query = query.where(AuditLine.organisation == organisation)
    yield from session.execute(query).scalars()


def first_broken(session: Session, vault: Vault) -> int | None:
    """The id of the first line that was changed or follows a line that was taken out; None when all are whole."""
    previous = FIRST
    for line in lines(session):
        if line.previous != previous or line.digest not in vault.digests("audit", _content(line)):
            return line.id
        previous = line.digest
    return None


def as_csv(rows: Iterable[AuditLine]) -> str:
    """For a spreadsheet; no cell can be taken for a formula."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for row in rows:
        time = dt.datetime.fromtimestamp(row.at, dt.timezone.utc).isoformat()
        writer.writerow(
            [row.id, time, *map(plain_cell, (row.organisation, row.actor, row.action, row.target)), row.digest]
        )
    return out.getvalue()


def plain_cell(value: str) -> str:
    """``value`` so that a spreadsheet shows it instead of calculating it."""
    return f"'{value}" if value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


def _content(line: AuditLine) -> str:
    return "\x1f".join(map(str, (line.previous, line.at, line.organisation, line.actor, line.action, line.target)))
