"""Where hand-overs are. What is erased must be gone from the file, not only from the table."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, event, text
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from bot.handover import models as m
from bot.settings import settings

# No write-ahead log: it keeps erased rows until it is emptied. secure_delete overwrites what is deleted with zeros.
PRAGMAS = (
    "journal_mode=DELETE", "secure_delete=ON", "synchronous=FULL", "busy_timeout=5000", "foreign_keys=ON",
    "trusted_schema=OFF",
)  # fmt: skip


def engine(url: str | None = None) -> Engine:
    """The database at ``url``, or the one of the settings, with its tables."""
    address = make_url(url or settings().desk_database_url)
    if address.get_backend_name() != "sqlite":
        made: Engine = create_engine(address, future=True, pool_pre_ping=True)
    else:
        if address.database and address.database != ":memory:":
            _private_file(Path(address.database))
        made = create_engine(address, future=True)
        event.listen(made, "connect", _set_up)
        event.listen(made, "begin", _begin)
    m.Base.metadata.create_all(made)
    return made


class Transaction(Session):
    """``with`` begins; leaving commits, or undoes everything when something was raised."""

    def __init__(self, database: Engine) -> None:
        super().__init__(database, future=True, expire_on_commit=False)

    def __exit__(self, kind: object, value: object, trace: object) -> None:
        try:
            if kind is None:
                self.commit()
            else:
                self.rollback()
        finally:
            self.close()


def scrub(database: Engine) -> bool:
    """Rewrite a SQLite file without what was deleted; ``False`` when somebody else is busy, and it is to be repeated.

    secure_delete overwrites deleted rows; pages that were reorganised can still hold copies, and only this removes
    them. Other databases clean up by themselves, see docs/desk.md.
    """
    if database.dialect.name != "sqlite":
        return True
    raw: Any = database.raw_connection()
    try:
        raw.cursor().execute("VACUUM")  # outside a transaction: the driver opens none by itself, see _set_up
        return True
    except Exception as error:
        if "locked" in str(error) or "busy" in str(error):
            return False
        raise
    finally:
        raw.close()


def reachable(database: Engine) -> bool:
    """Whether the database answers."""
    try:
        with database.connect() as connection:
            connection.execute(text("SELECT 1"))
        return True
    except OperationalError:
        return False


def _private_file(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    path.chmod(0o600)


def _set_up(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver would begin transactions late, and two claims could both read first
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Any) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")  # one writer at a time, from the beginning of its reading
