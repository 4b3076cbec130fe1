"""Tables of hand-overs and of the audit log. Times are whole seconds since 1970, UTC.

What a person chose to share is only in ``sealed``. In clear stands what the queue needs to be sorted and swept:
organisation, language, urgency, times, who works on it. The desk adds tables of its own (``bot/desk/models.py``).
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    DDL,
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    String,
    event,
)
from sqlalchemy.orm import DeclarativeMeta, registry

NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
mapper_registry = registry(metadata=MetaData(naming_convention=NAMING))

column: Any = Column  # typed as Any so that attributes can carry the Python type they have on an instance

WAITING, CLAIMED, CLOSED = "waiting", "claimed", "closed"


class Base(metaclass=DeclarativeMeta):
    """Root of all tables of the desk's database."""

    __abstract__ = True
    registry = mapper_registry
    metadata = mapper_registry.metadata
    __init__ = mapper_registry.constructor


class Handover(Base):
    """One consented summary."""

    __tablename__ = "handover"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'claimed', 'closed')", name="state"),
        CheckConstraint("(state = 'waiting') = (claimed_by IS NULL)", name="claimed"),
    )

    id: str = column(String(32), primary_key=True)
    organisation: str = column(String(64), nullable=False, index=True)
    code_digest: str = column(String(64), nullable=False, unique=True)
    language: str = column(String(2), nullable=False)
    urgency: int = column(Integer, nullable=False)  # 1 is the most urgent
    state: str = column(String(8), nullable=False, default=WAITING)
    created_at: int = column(BigInteger, nullable=False)
    expires_at: int = column(BigInteger, nullable=False, index=True)
    claimed_by: str | None = column(String(64))
    claimed_at: int | None = column(BigInteger)
    outcome: str | None = column(String(32))
    closed_at: int | None = column(BigInteger)
    sealed: bytes = column(LargeBinary, nullable=False)


class Note(Base):
    """What staff wrote with a hand-over; sealed like it and erased with it."""

    __tablename__ = "handover_note"

    id: str = column(String(32), primary_key=True)
    handover_id: str = column(String(32), ForeignKey("handover.id", ondelete="CASCADE"), nullable=False, index=True)
    author: str = column(String(64), nullable=False)
    written_at: int = column(BigInteger, nullable=False)
    sealed: bytes = column(LargeBinary, nullable=False)


class AuditLine(Base):
    """One line of the audit log: who did what to which record, never what was in it.

    ``digest`` is a keyed hash over the line and the digest before it, so that a line that was changed or taken out
    is noticed; ``previous`` is unique, so that the chain cannot fork.
    """

    __tablename__ = "audit"

    id: int = column(Integer, primary_key=True)
    at: int = column(BigInteger, nullable=False)
    organisation: str = column(String(64), nullable=False, index=True)
    actor: str = column(String(64), nullable=False)
    action: str = column(String(32), nullable=False)
    target: str = column(String(64), nullable=False)
    previous: str = column(String(64), nullable=False, unique=True)
    digest: str = column(String(64), nullable=False)


_audit: Any = AuditLine.__table__
for _order in ("UPDATE", "DELETE"):  # append-only for whoever comes in through SQL, too
    _refuse = DDL(
        f"CREATE TRIGGER IF NOT EXISTS audit_no_{_order.lower()} BEFORE {_order} ON audit "
        "BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END"
    )
    event.listen(_audit, "after_create", _refuse.execute_if(dialect="sqlite"))
