"""The database of the directory: SQLite by default, PostgreSQL by URL, brought to the newest form by Alembic."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, event, inspect
from sqlalchemy.engine import Connection, Engine, make_url

from bot.settings import settings

MIGRATIONS = Path(__file__).with_name("migrations")
BASELINE = "0001"  # the tables as they were before there were migrations
NEWEST = "0002"
VERSIONS = "directory_version"  # our own table: others may keep migrations of theirs in the same database
PRAGMAS = ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=2000", "foreign_keys=ON", "trusted_schema=OFF")


def _private_file(path: Path) -> None:
    """Make the database file readable by its owner only, before anything is in it."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    path.chmod(0o600)


def _set_pragmas(connection: Any, _record: Any) -> None:
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def engine(url: str | None = None) -> Engine:
    """The database at ``url``, or the one of the settings."""
    address = make_url(url or settings().database_url)
    if address.get_backend_name() != "sqlite":
        return create_engine(address, future=True, pool_pre_ping=True)
    if address.database and address.database != ":memory:":
        _private_file(Path(address.database))
    made: Engine = create_engine(address, future=True)
    event.listen(made, "connect", _set_pragmas)
    return made


def version(connection: Connection) -> str | None:
    """The migration that the tables are at; ``None`` in an empty database."""
    found = inspect(connection)
    if found.has_table(VERSIONS):
        return str(connection.exec_driver_sql(f"SELECT version_num FROM {VERSIONS}").scalar())
    return BASELINE if found.has_table("service") else None


def migrate(connection: Connection, target: str = NEWEST) -> None:
    """Bring the tables to ``target``, inside the transaction of ``connection``. Alembic is only read when needed."""
    at = version(connection)
    if at == target:
        return
    from alembic import command
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(MIGRATIONS))
    if at == BASELINE and not inspect(connection).has_table(VERSIONS):
        command.stamp(config, BASELINE)
    move = command.downgrade if at is not None and at > target else command.upgrade
    move(config, target)
