"""Exceptional days, how long hours hold, who verified an entry, which one it replaces."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

COLUMNS = (
    ("revision", "compiled", sa.Date()),
    ("schedule", "valid_from", sa.Date()),
    ("schedule", "valid_to", sa.Date()),
    ("service", "verified_by", sa.String()),
    ("service", "review_days", sa.Integer()),
    ("service", "supersedes", sa.String()),
    ("service", "accessibility", sa.Text()),
    ("service", "traces", sa.Text()),
)


def upgrade() -> None:
    """See the title."""
    op.create_table(
        "doubtful_day",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("month", sa.Integer(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("region", sa.String(), nullable=True),
        sa.Column("kind", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_doubtful_day")),
    )
    op.create_table(
        "schedule_exception",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("service_id", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("last", sa.Date(), nullable=False),
        sa.Column("opens_at", sa.String(), nullable=True),
        sa.Column("closes_at", sa.String(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["service_id"], ["service.id"], name=op.f("fk_schedule_exception_service_id_service"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schedule_exception")),
    )
    op.create_index(op.f("ix_schedule_exception_service_id"), "schedule_exception", ["service_id"])
    for table, name, kind in COLUMNS:
        op.add_column(table, sa.Column(name, kind, nullable=True))


def downgrade() -> None:
    """Undo it."""
    for table, name, _ in reversed(COLUMNS):
        op.drop_column(table, name)
    op.drop_table("schedule_exception")
    op.drop_table("doubtful_day")
