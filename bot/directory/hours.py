"""Opening hours in Belgium: right across midnight, clock changes and public holidays.

A schedule that is not known is never open. On a public holiday a weekly schedule counts only when a source says
that the service stays open that day; ``always`` means day and night, holidays included. What else is different on
some days (a summer closing, 24 December until noon, a community day) is data: ``data/directory/exceptions.yml``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import holidays

BRUSSELS = ZoneInfo("Europe/Brussels")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LOOK_AHEAD = 100  # days searched for the next opening: more than a summer closing
MINUTES_A_DAY = 24 * 60
Span = tuple[dt.datetime, dt.datetime]


@dataclass(frozen=True)
class Slot:
    """The same hours on some weekdays; minutes after midnight, ``closes`` <= ``opens`` runs into the next day."""

    days: frozenset[int]
    opens: int
    closes: int


@dataclass(frozen=True)
class Exceptional:
    """Days on which a channel keeps other hours than in its week; no ``hours`` means closed."""

    first: dt.date
    last: dt.date
    hours: tuple[tuple[int, int], ...] = ()  # minutes after midnight, as in Slot


@dataclass(frozen=True)
class Schedule:
    """When one channel is staffed. ``kind`` is always, weekly or unknown; ``holidays`` open, closed or unknown.

    ``doubtful`` are (month, day) on which nobody said whether the week holds. Outside ``valid_from`` and ``valid_to``
    the hours are not known.
    """

    kind: str
    slots: tuple[Slot, ...] = ()
    holidays: str = "unknown"
    exceptions: tuple[Exceptional, ...] = ()
    doubtful: frozenset[tuple[int, int]] = frozenset()
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None

    def holds_on(self, day: dt.date) -> bool:
        """Whether these hours were stated for ``day``."""
        return not ((self.valid_from and day < self.valid_from) or (self.valid_to and day > self.valid_to))


ALWAYS = Schedule("always")
UNKNOWN = Schedule("unknown")


@dataclass(frozen=True)
class Opening:
    """State of a channel at a moment: open (``until``), closed (``next``), always or unknown."""

    state: str
    until: dt.datetime | None = None
    next: dt.datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether somebody can be reached now, as far as is known for sure."""
        return self.state in ("open", "always")

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON; times in ISO form with their offset."""
        times = {"until": self.until, "next": self.next}
        return {"state": self.state, **{key: value.isoformat() for key, value in times.items() if value}}


@lru_cache(maxsize=32)
def public_holidays(year: int) -> frozenset[dt.date]:
    """The public holidays of Belgium in ``year``: the ten legal ones, and the Sundays of Easter and Whitsun."""
    return frozenset(holidays.country_holidays("BE", years=year))


def is_holiday(day: dt.date) -> bool:
    """Whether ``day`` is a public holiday in Belgium."""
    return day in public_holidays(day.year)


def local(moment: dt.datetime) -> dt.datetime:
    """``moment`` on the clock of Brussels; a time without zone is taken to be one already."""
    return moment.replace(tzinfo=BRUSSELS) if moment.tzinfo is None else moment.astimezone(BRUSSELS)


def minutes(clock: str) -> int:
    """Minutes after midnight of ``HH:MM``; ``24:00`` is the end of the day."""
    hour, _, minute = clock.partition(":")
    total = int(hour) * 60 + int(minute)
    if len(clock) != 5 or not 0 <= total <= MINUTES_A_DAY or int(minute) > 59:
        raise ValueError(f"not a time between 00:00 and 24:00: {clock!r}")
    return total


def _moment(day: dt.date, after_midnight: int, fold: int) -> dt.datetime:
    """The instant, in UTC, at which the clock shows that time. Arithmetic on instants is safe, on clocks it is not."""
    day += dt.timedelta(days=after_midnight // MINUTES_A_DAY)
    clock = dt.time(*divmod(after_midnight % MINUTES_A_DAY, 60), fold=fold)
    return dt.datetime.combine(day, clock, tzinfo=BRUSSELS).astimezone(dt.timezone.utc)


def _hours(schedule: Schedule, day: dt.date) -> tuple[tuple[tuple[int, int], ...], bool]:
    """The hours that begin on ``day``, and whether they are sure."""
    for exception in schedule.exceptions:
        if exception.first <= day <= exception.last:
            return exception.hours, True
    if not schedule.holds_on(day):
        return (), True
    if schedule.kind == "always":
        return ((0, MINUTES_A_DAY),), True
    if is_holiday(day) and schedule.holidays != "open":
        return (), True
    hours = tuple((slot.opens, slot.closes) for slot in schedule.slots if day.weekday() in slot.days)
    return hours, (day.month, day.day) not in schedule.doubtful or schedule.holidays == "open"


def _spans(schedule: Schedule, day: dt.date, sure: bool) -> list[Span]:
    hours, known = _hours(schedule, day)
    spans = []
    for opens, closes in hours if known is sure else ():
        closes = closes if closes > opens else closes + MINUTES_A_DAY
        # fold: an hour that exists twice is open from its first showing to the end of its second
        start, end = _moment(day, opens, 0), _moment(day, closes, 1)
        if start < end:
            spans.append((start, end))
    return sorted(spans)


def _merged(schedule: Schedule, first: dt.date, days: int, sure: bool = True) -> Iterator[Span]:
    """Opening spans that begin on those days, in order, touching ones joined; no more than are asked for."""
    waiting: Span | None = None
    for number in range(days):
        for start, end in _spans(schedule, first + dt.timedelta(days=number), sure):
            if waiting and start <= waiting[1]:
                waiting = (waiting[0], max(end, waiting[1]))
                continue
            if waiting:
                yield waiting
            waiting = (start, end)
    if waiting:
        yield waiting


def opening(schedule: Schedule, at: dt.datetime) -> Opening:
    """State of ``schedule`` at ``at``, with the time it closes or opens next."""
    plain = not (schedule.exceptions or schedule.valid_from or schedule.valid_to)
    if schedule.kind == "unknown" or (schedule.kind == "always" and plain):
        return Opening(schedule.kind)
    now = local(at)
    instant, yesterday = now.astimezone(dt.timezone.utc), now.date() - dt.timedelta(days=1)
    if not schedule.holds_on(now.date()):
        return Opening("unknown")
    if schedule.doubtful:
        for start, end in _merged(schedule, yesterday, 2, sure=False):
            if start <= instant < end:
                return Opening("unknown")
    for start, end in _merged(schedule, yesterday, LOOK_AHEAD):
        if start <= instant < end:
            long = end - start > dt.timedelta(days=LOOK_AHEAD - 3)
            return Opening("always") if long else Opening("open", until=end.astimezone(BRUSSELS))
        if start > instant:
            return Opening("closed", next=start.astimezone(BRUSSELS))
    return Opening("closed")


def open_now(schedule: Schedule, at: dt.datetime) -> bool:
    """Whether the channel is surely staffed at ``at``."""
    return opening(schedule, at).is_open


def next_opening(schedule: Schedule, at: dt.datetime) -> dt.datetime | None:
    """When a closed channel opens again; ``None`` when it is open, unknown or never open."""
    return opening(schedule, at).next
