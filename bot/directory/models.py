"""Tables of the service directory, with the names of Open Referral HSDS 3 where it has one.

What HSDS lacks: texts per language (``*_nl``, ``*_fr``), hours per channel, and a secret address: the table
``location`` refuses refuges and shelters in the database itself.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    MetaData,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeMeta, registry
from sqlalchemy.orm import relationship as _relationship

from bot.directory.schema import CONFIDENTIAL

NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
mapper_registry = registry(metadata=MetaData(naming_convention=NAMING))

# Typed as Any so that attributes can carry the Python type they have on an instance.
column: Any = Column
relationship: Any = _relationship


class Base(metaclass=DeclarativeMeta):
    """Root of all tables."""

    __abstract__ = True
    registry = mapper_registry
    metadata = mapper_registry.metadata
    __init__ = mapper_registry.constructor


def _service_key() -> Any:
    return column(String, ForeignKey("service.id", ondelete="CASCADE"), nullable=False, index=True)


def _number() -> Any:
    return column(Integer, primary_key=True)


class Organization(Base):
    """Who runs a service."""

    __tablename__ = "organization"
    id: str = column(String, primary_key=True)
    name_nl: str = column(Text, nullable=False)
    name_fr: str = column(Text, nullable=False)


class Service(Base):
    """One kind of help, as it can be named to a person."""

    __tablename__ = "service"
    __table_args__ = (UniqueConstraint("id", "kind"),)
    id: str = column(String, primary_key=True)
    organization_id: str = column(String, ForeignKey("organization.id"), nullable=False)
    kind: str = column(String, nullable=False)
    position: int = column(Integer, nullable=False)  # place in the file: last tie-breaker
    status: str = column(String, nullable=False)  # active or unverified
    name_nl: str = column(Text, nullable=False)
    name_fr: str = column(Text, nullable=False)
    name_de: str | None = column(Text)
    description_nl: str = column(Text, nullable=False)
    description_fr: str = column(Text, nullable=False)
    description_de: str | None = column(Text)
    for_minors: str = column(String, nullable=False)  # yes, no, only
    minimum_age: int | None = column(Integer)
    maximum_age: int | None = column(Integer)
    free: bool | None = column(Boolean)
    anonymous: bool | None = column(Boolean)
    on_bill: str | None = column(String)
    local: bool = column(Boolean, nullable=False)
    phone_note: str | None = column(Text)
    access_note: str | None = column(Text)
    hours_note: str | None = column(Text)
    safety_note: str | None = column(Text)
    conflicts: str | None = column(Text)
    confidence: str = column(String, nullable=False)
    verified_on: dt.date | None = column(Date)
    verified_by: str | None = column(String)  # a role, never a name
    review_days: int | None = column(Integer)  # own review cycle, otherwise the one of its kind
    supersedes: str | None = column(String)  # id of the entry that this one took the place of
    accessibility: str | None = column(Text)  # terms, separated by commas
    traces: str | None = column(Text)  # stated traces on the device, separated by commas

    phones: list[Phone] = relationship("Phone", cascade="all, delete-orphan", order_by="Phone.id")
    urls: list[Url] = relationship("Url", cascade="all, delete-orphan", order_by="Url.id")
    schedules: list[ScheduleRow] = relationship("ScheduleRow", cascade="all, delete-orphan", order_by="ScheduleRow.id")
    areas: list[ServiceArea] = relationship("ServiceArea", cascade="all, delete-orphan", order_by="ServiceArea.id")
    languages: list[Language] = relationship("Language", cascade="all, delete-orphan", order_by="Language.id")
    attributes: list[Attribute] = relationship("Attribute", cascade="all, delete-orphan", order_by="Attribute.id")
    exceptions: list[ScheduleException] = relationship(
        "ScheduleException", cascade="all, delete-orphan", order_by="ScheduleException.id"
    )
    sources: list[Source] = relationship("Source", cascade="all, delete-orphan", order_by="Source.id")
    locations: list[Location] = relationship("Location", cascade="all, delete-orphan")


class Phone(Base):
    """A number as printed. ``type``: voice, via (of another service) or other."""

    __tablename__ = "phone"
    id: int = _number()
    service_id: str = _service_key()
    number: str = column(String, nullable=False)
    type: str = column(String, nullable=False)
    description: str | None = column(Text)
    offered: bool = column(Boolean, nullable=False)


class Url(Base):
    """A web or mail address. ``type``: chat, website, website_minors, form, email."""

    __tablename__ = "url"
    id: int = _number()
    service_id: str = _service_key()
    type: str = column(String, nullable=False)
    language: str = column(String, nullable=False)
    address: str = column(Text, nullable=False)
    offered: bool = column(Boolean, nullable=False)


class ScheduleRow(Base):
    """Hours of one channel. ``kind`` always or unknown: one row; weekly: a row per slot (RRULE parts)."""

    __tablename__ = "schedule"
    id: int = _number()
    service_id: str = _service_key()
    channel: str = column(String, nullable=False)
    kind: str = column(String, nullable=False)
    freq: str | None = column(String)
    byday: str | None = column(String)
    opens_at: str | None = column(String)
    closes_at: str | None = column(String)
    holidays: str = column(String, nullable=False)
    notes: str | None = column(Text)
    offered: bool = column(Boolean, nullable=False)
    valid_from: dt.date | None = column(Date)
    valid_to: dt.date | None = column(Date)


class ScheduleException(Base):
    """Days on which a channel keeps other hours; no ``opens_at`` means closed. Several rows, several spans."""

    __tablename__ = "schedule_exception"
    id: int = _number()
    service_id: str = _service_key()
    channel: str = column(String, nullable=False)
    first: dt.date = column(Date, nullable=False)
    last: dt.date = column(Date, nullable=False)
    opens_at: str | None = column(String)
    closes_at: str | None = column(String)
    source: str = column(Text, nullable=False)


class DoubtfulDay(Base):
    """A day of the year on which services of a region or a kind may be closed, though it is no legal holiday."""

    __tablename__ = "doubtful_day"
    id: int = _number()
    month: int = column(Integer, nullable=False)
    day: int = column(Integer, nullable=False)
    region: str | None = column(String)
    kind: str | None = column(String)


class ServiceArea(Base):
    """A region that is served; ``national`` for all of Belgium."""

    __tablename__ = "service_area"
    id: int = _number()
    service_id: str = _service_key()
    extent: str = column(String, nullable=False)


class Language(Base):
    """A language spoken; ``offered`` is false when it was only inferred."""

    __tablename__ = "language"
    id: int = _number()
    service_id: str = _service_key()
    code: str = column(String, nullable=False)
    offered: bool = column(Boolean, nullable=False)


class TaxonomyTerm(Base):
    """A form, flag or audience, as ``form:sextortion``."""

    __tablename__ = "taxonomy_term"
    id: str = column(String, primary_key=True)
    taxonomy: str = column(String, nullable=False)
    term: str = column(String, nullable=False)


class Attribute(Base):
    """Links a service to a taxonomy term."""

    __tablename__ = "attribute"
    id: int = _number()
    service_id: str = _service_key()
    taxonomy_term_id: str = column(String, ForeignKey("taxonomy_term.id"), nullable=False, index=True)


class Location(Base):
    """A public place. Never one of a refuge or shelter: the database refuses it."""

    __tablename__ = "location"
    __table_args__ = (
        ForeignKeyConstraint(["service_id", "service_kind"], ["service.id", "service.kind"], ondelete="CASCADE"),
        CheckConstraint("service_kind NOT IN (" + ", ".join(f"'{kind}'" for kind in CONFIDENTIAL) + ")", name="public"),
    )
    id: int = _number()
    service_id: str = column(String, nullable=False, index=True)
    service_kind: str = column(String, nullable=False)
    address: str | None = column(Text)
    city: str | None = column(String)
    province: str | None = column(String)


class Source(Base):
    """Where a fact was read."""

    __tablename__ = "source"
    id: int = _number()
    service_id: str = _service_key()
    ref: str = column(Text, nullable=False)
    kind: str | None = column(Text)
    date: str | None = column(Text)
    supports: str | None = column(Text)


class Precedence(Base):
    """Who is named first: the steps of a need, best first."""

    __tablename__ = "precedence"
    id: int = _number()
    need: str = column(String, nullable=False, index=True)
    step: int = column(Integer, nullable=False)
    service_id: str = _service_key()


class KindOrder(Base):
    """Order of the kinds of service that no need names."""

    __tablename__ = "kind_order"
    position: int = _number()
    kind: str = column(String, nullable=False)


class Revision(Base):
    """Fingerprint of the files that were loaded, and the day on which their facts were compiled: one row."""

    __tablename__ = "revision"
    fingerprint: str = column(String, primary_key=True)
    compiled: dt.date | None = column(Date)
