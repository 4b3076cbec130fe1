"""Tables of the desk beside those of the hand-overs: accounts, their sessions, tokens of programs, counts."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, ForeignKey, Integer, LargeBinary, String

from bot.handover.models import Base, column


class Staff(Base):
    """Somebody who works at the desk. Without ``password`` the invitation was not taken up yet."""

    __tablename__ = "staff"

    id: int = column(Integer, primary_key=True)
    name: str = column(String(40), nullable=False, unique=True)
    organisation: str = column(String(64), nullable=False)
    roles: str = column(String(64), nullable=False)  # comma separated
    language: str = column(String(2), nullable=False)
    password: str | None = column(String(256))  # argon2id
    totp: bytes | None = column(LargeBinary)  # the shared secret, sealed
    totp_step: int = column(BigInteger, nullable=False, default=0)  # the last code that was used: it works once
    invite_digest: str | None = column(String(64))
    invite_expires: int = column(BigInteger, nullable=False, default=0)
    failures: int = column(Integer, nullable=False, default=0)
    locked_until: int = column(BigInteger, nullable=False, default=0)
    disabled: bool = column(Boolean, nullable=False, default=False)


class StaffSession(Base):
    """A login. The token itself is only in the cookie."""

    __tablename__ = "staff_session"

    digest: str = column(String(64), primary_key=True)
    staff_id: int = column(Integer, ForeignKey("staff.id", ondelete="CASCADE"), nullable=False, index=True)
    form_token: str = column(String(64), nullable=False)
    created_at: int = column(BigInteger, nullable=False)
    seen_at: int = column(BigInteger, nullable=False)


class ApiToken(Base):
    """What a program of an organisation may do. The token itself is shown once and kept nowhere."""

    __tablename__ = "api_token"

    name: str = column(String(40), primary_key=True)
    digest: str = column(String(64), nullable=False, unique=True)
    organisation: str = column(String(64), nullable=False)
    scopes: str = column(String(256), nullable=False)  # comma separated
    disabled: bool = column(Boolean, nullable=False, default=False)


class Count(Base):
    """How often something happened in a week; nothing about anybody."""

    __tablename__ = "weekly_count"

    week: str = column(String(8), primary_key=True)  # 2026-W47
    measure: str = column(String(24), primary_key=True)
    value: str = column(String(48), primary_key=True)
    count: int = column(Integer, nullable=False)
