"""The shape of ``data/directory/``: what an editor may write there; anything else is refused, with its place."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import phonenumbers
from pydantic import BaseModel, Extra, Field, StrictBool, root_validator, validator

from bot.directory.hours import DAYS, minutes

CONFIDENTIAL = ("refuge", "shelter")
"""Kinds of service whose place must stay secret: an address cannot be stored."""

CHANNELS = ("phone", "chat", "mail", "form", "sms", "walk_in", "office", "device", "website", "app")
FLAGS = ("danger", "suicide", "minor", "physical", "witness", "professional", "perpetrator")
REGIONS = ("flanders", "brussels", "wallonia", "german_community")
ROLES = ("victim", "witness", "perpetrator", "professional")
AUDIENCES = (*ROLES, "minor", "young", "adult", "elderly", "men", "lgbtqia", "migrant", "disability")
ACCESSIBILITY = ("wheelchair", "sign_language", "interpreter", "text_only", "home_visit")
TRACES = ("bill", "app_icon")
"""Traces that have to be stated; a call in the phone's own list and pages in the browser follow from the channel."""

LEVELS = ("high", "medium", "low")
FIELDS = ("languages", "cost", "hours", "contact", "hours.phone", "hours.chat", "contact.phone", "contact.email")
IDENTIFIER = r"^[a-z][a-z0-9_]*$"
SHORT_NUMBER = re.compile(r"^(\d{3,4}|116\d{3})$")
STREET = re.compile(  # postcode and town, or a street with a house number
    r"\b[1-9]\d{3} [A-ZÀ-Ü][a-zà-ü]|(?i:\b(?:rue|avenue|boulevard|place d[eu]s?|chaussée|quai) [^.;]{2,40}\d)"
    r"|(?i:(?:straat|laan|plein|steenweg|kaai|dreef) \d)"
)


def one_of(value: str, allowed: Any) -> str:
    """``value`` when it is one of ``allowed``; otherwise an error that lists them."""
    if value not in allowed:
        raise ValueError(f"{value!r} is not one of {', '.join(allowed)}")
    return value


def valid_number(number: str) -> str:
    """``number`` as printed, when it can be dialled in Belgium."""
    digits = number.replace(" ", "")
    if SHORT_NUMBER.match(digits):
        return number
    international = "+" + digits[2:] if digits.startswith("00") else digits
    try:
        if phonenumbers.is_possible_number(phonenumbers.parse(international, "BE")):
            return number
    except phonenumbers.NumberParseException:
        pass
    raise ValueError(f"not a telephone number: {number!r}")


def a_role(value: str) -> str:
    """``value`` when it can be the role of somebody, and is no name, number or address of a person."""
    if not re.match(r"^[a-zà-ÿ][a-zà-ÿ _'-]{1,59}$", value):
        raise ValueError(f"not a role in small letters, as 'helpline worker': {value!r}")
    return value


def iso_day(value: Any) -> Any:
    """``value`` when it is a date or written as YYYY-MM-DD; pydantic alone would take a number for seconds."""
    if value is None or isinstance(value, dt.date):
        return value
    try:
        return dt.date.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise ValueError(f"not a date as YYYY-MM-DD: {value!r}") from error


class Strict(BaseModel):
    """No unknown keys: a typing error must be seen, not ignored."""

    class Config:
        extra = Extra.forbid
        allow_mutation = False


class Localised(Strict):
    """A text or link per language; a plain string stands for both."""

    nl: str | None = None
    fr: str | None = None
    de: str | None = None
    en: str | None = None


Link = str | Localised


class OtherPhone(Strict):
    """A second number, with what it is for."""

    number: str
    note: str

    _number = validator("number", allow_reuse=True)(valid_number)


class Contact(Strict):
    """Ways to reach a service."""

    phone: str | None = None
    phone_via: str | None = None  # number of another entry through which this one is reached
    other_phones: list[OtherPhone] = Field(default_factory=list)
    chat_url: Link | None = None
    website: Link | None = None
    website_minors: Link | None = None
    form_url: Link | None = None
    email: Link | None = None
    address: str | None = None

    _phones = validator("phone", "phone_via", allow_reuse=True)(lambda number: number and valid_number(number))

    @validator("chat_url", "website", "website_minors", "form_url")
    def _web_address(cls, value: Link | None) -> Link | None:
        found = [value] if isinstance(value, str) else list(value.dict().values()) if value else []
        bad = [link for link in found if link and not re.match(r"^https?://[^\s]+$", link)]
        if bad:
            raise ValueError(f"not a web address: {bad[0]!r}")
        return value


class WeeklySlot(Strict):
    """The same hours on some weekdays."""

    days: list[str]
    opens: str = Field(alias="from")
    closes: str = Field(alias="to")

    @validator("days", each_item=True)
    def _day(cls, value: str) -> str:
        return one_of(value, DAYS)

    @validator("opens", "closes")
    def _clock(cls, value: str) -> str:
        minutes(value)
        return value


class ChannelHours(Strict):
    """When one channel is staffed: exactly one of always, weekly, unknown."""

    always: bool = False
    unknown: bool = False
    weekly: list[WeeklySlot] = Field(default_factory=list)
    holidays: str = "unknown"
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None
    note: str | None = None

    _days = validator("valid_from", "valid_to", pre=True, allow_reuse=True)(iso_day)

    @validator("holidays")
    def _holidays(cls, value: str) -> str:
        return one_of(value, ("open", "closed", "unknown"))

    @root_validator(skip_on_failure=True)
    def _one_kind(cls, values: dict[str, Any]) -> dict[str, Any]:
        if sum((values["always"], values["unknown"], bool(values["weekly"]))) != 1:
            raise ValueError("hours are exactly one of always, weekly, unknown")
        if values["valid_from"] and values["valid_to"] and values["valid_from"] > values["valid_to"]:
            raise ValueError("valid_from is after valid_to")
        return values

    @property
    def kind(self) -> str:
        """always, weekly or unknown."""
        return "always" if self.always else "weekly" if self.weekly else "unknown"


class Cost(Strict):
    """What is stated about money and traces; absent = not stated."""

    free: bool | None = None
    anonymous: bool | None = None
    on_bill: str | None = None  # "never" = the operator's bill does not show the call


class Source(Strict):
    """Where a fact was read."""

    ref: str
    kind: str | None = None
    date: str | None = None
    supports: str | None = None


class Place(Strict):
    """Town of a service that exists in one place only; never a street."""

    city: str | None = None
    province: str | None = None


class Entry(Strict):
    """One service."""

    id: str = Field(regex=IDENTIFIER)
    organization: str
    kind: str = Field(regex=IDENTIFIER)
    status: str
    name: Localised
    description: Localised
    contact: Contact
    phone_note: str | None = None
    access_note: str | None = None
    hours_note: str | None = None
    safety_note: str | None = None
    schedules: dict[str, ChannelHours] = Field(default_factory=dict)
    cost: Cost = Field(default_factory=Cost)
    languages: list[str] = Field(default_factory=list)
    regions: list[str] = Field(default_factory=list)
    audiences: list[str] = Field(default_factory=list)
    for_minors: StrictBool | str
    minimum_age: int | None = None
    maximum_age: int | None = None
    forms: list[str] = Field(default_factory=list)
    flags: list[str] = Field(default_factory=list)
    local: bool = False
    place: Place | None = None
    confidence: str
    field_confidence: dict[str, str] = Field(default_factory=dict)
    verified_on: dt.date | None = None
    verified_by: str | None = None
    review_days: int | None = Field(default=None, ge=1, le=730)
    supersedes: str | None = Field(default=None, regex=IDENTIFIER)
    accessibility: list[str] = Field(default_factory=list)
    traces: list[str] = Field(default_factory=list)
    conflicts: str | None = None
    sources: list[Source]

    _status = validator("status", allow_reuse=True)(lambda value: one_of(value, ("active", "unverified")))
    _confidence = validator("confidence", allow_reuse=True)(lambda value: one_of(value, LEVELS))

    _day = validator("verified_on", pre=True, allow_reuse=True)(iso_day)

    @validator("verified_by")
    def _role(cls, value: str | None) -> str | None:
        return value and a_role(value)

    @validator("languages", "regions", "audiences", "flags", "accessibility", "traces", each_item=True)
    def _known(cls, value: str, field: Any) -> str:
        allowed = {
            "languages": ("nl", "fr", "de", "en"),
            "regions": (*REGIONS, "national"),
            "audiences": AUDIENCES,
            "flags": FLAGS,
            "accessibility": ACCESSIBILITY,
            "traces": TRACES,
        }
        return one_of(value, allowed[field.name.lstrip("_")])  # pydantic names an item "_field"

    @validator("for_minors")
    def _minors(cls, value: bool | str) -> bool | str:
        if isinstance(value, str) and value != "only":
            raise ValueError("for_minors is true, false or only")
        return value

    @root_validator(skip_on_failure=True)
    def _consistent(cls, values: dict[str, Any]) -> dict[str, Any]:
        for name in values["schedules"]:
            one_of(name, CHANNELS)
        for name, level in values["field_confidence"].items():
            one_of(name, (*FIELDS, "other_phones"))
            one_of(level, LEVELS)
        if values["confidence"] == "low" and values["status"] == "active":
            raise ValueError("an entry of low confidence cannot be active")
        if not values["sources"]:
            raise ValueError("a source is needed")
        if not (values["name"].nl and values["name"].fr and values["description"].nl and values["description"].fr):
            raise ValueError("name and description are needed in nl and fr")
        return values

    @root_validator(skip_on_failure=True)
    def _no_secret_address(cls, values: dict[str, Any]) -> dict[str, Any]:
        if values["kind"] not in CONFIDENTIAL:
            return values
        if values["contact"].address or values["place"]:
            raise ValueError(f"a {values['kind']} may not have an address or place: its address is confidential")
        notes = [values[name] for name in ("phone_note", "access_note", "hours_note", "safety_note", "conflicts")]
        notes += [*values["description"].dict().values(), *(phone.note for phone in values["contact"].other_phones)]
        if any(STREET.search(note) for note in notes if note):
            raise ValueError(f"a text of this {values['kind']} looks like an address: its address is confidential")
        return values


class ServicesFile(Strict):
    """``services.yml``."""

    meta: dict[str, Any]
    services: list[Entry]

    @root_validator(skip_on_failure=True)
    def _references(cls, values: dict[str, Any]) -> dict[str, Any]:
        services: list[Entry] = values["services"]
        ids = [service.id for service in services]
        numbers = {service.contact.phone for service in services}
        repeated = sorted({name for name in ids if ids.count(name) > 1})
        if repeated:
            raise ValueError(f"ids used twice: {', '.join(repeated)}")
        for service in services:
            if service.supersedes and service.supersedes in ids:
                raise ValueError(f"{service.id}: supersedes {service.supersedes!r}, which is still in the file")
            if service.organization not in ids:
                raise ValueError(f"{service.id}: unknown organization {service.organization!r}")
            if service.contact.phone_via and service.contact.phone_via not in numbers:
                raise ValueError(f"{service.id}: phone_via is not the number of another entry")
        return values


class Review(Strict):
    """After how many days a person should look again, in general and per kind of service."""

    days: int = Field(default=182, ge=1, le=730)
    kinds: dict[str, int] = Field(default_factory=dict)


class OrderFile(Strict):
    """``order.yml``: who is named first per need, in which order the kinds of service follow, when to check again."""

    needs: dict[str, list[list[str]]]
    kinds: list[str]
    review: Review = Field(default_factory=Review)


class DoubtfulDay(Strict):
    """A day of the year on which some services may be closed: ``day`` is MM-DD."""

    day: str = Field(regex=r"^(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$")
    name: str
    regions: list[str] = Field(default_factory=list)
    kinds: list[str] = Field(default_factory=list)
    confidence: str
    source: str

    _region = validator("regions", each_item=True, allow_reuse=True)(lambda value: one_of(value, REGIONS))
    _confidence = validator("confidence", allow_reuse=True)(lambda value: one_of(value, LEVELS))


class Span(Strict):
    """Hours on an exceptional day."""

    opens: str = Field(alias="from")
    closes: str = Field(alias="to")

    @validator("opens", "closes")
    def _clock(cls, value: str) -> str:
        minutes(value)
        return value


class Exceptional(Strict):
    """Other hours of one channel on some days: ``closed`` or ``hours``."""

    service: str
    channel: str
    first: dt.date = Field(alias="from")
    last: dt.date = Field(alias="to")
    closed: bool = False
    hours: list[Span] = Field(default_factory=list)
    source: str

    _days = validator("first", "last", pre=True, allow_reuse=True)(iso_day)
    _channel = validator("channel", allow_reuse=True)(lambda value: one_of(value, CHANNELS))

    @root_validator(skip_on_failure=True)
    def _one_kind(cls, values: dict[str, Any]) -> dict[str, Any]:
        if values["closed"] == bool(values["hours"]):
            raise ValueError("an exceptional day is either closed or has hours")
        if values["first"] > values["last"]:
            raise ValueError("from is after to")
        return values


class ExceptionsFile(Strict):
    """``exceptions.yml``: what public holidays do not tell."""

    doubtful: list[DoubtfulDay] = Field(default_factory=list)
    services: list[Exceptional] = Field(default_factory=list)
