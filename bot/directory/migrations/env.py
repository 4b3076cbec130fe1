"""Runs a migration of the directory's tables on the connection that it is given; see ``bot/directory/database.py``.

It runs by itself when the directory is opened. To write a new one, see docs/directory.md.
"""

from __future__ import annotations

from alembic import context

from bot.directory.database import VERSIONS
from bot.directory.models import Base

connection = context.config.attributes["connection"]
context.configure(
    connection=connection, target_metadata=Base.metadata, version_table=VERSIONS,
    render_as_batch=connection.dialect.name == "sqlite", transactional_ddl=True,
)  # fmt: skip
context.run_migrations()
