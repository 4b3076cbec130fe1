"""Runs a migration of the directory's tables on the connection that it is given; see ``bot/directory/database.py``.

From a terminal, in this folder's parent: ``halte services migrate``. To write a new one, see docs/directory.md.
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
