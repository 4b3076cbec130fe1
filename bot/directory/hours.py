"""Opening hours in Belgium: right across midnight, clock changes and public holidays.

A schedule that is not known is never open. On a public holiday a weekly schedule counts only when a source says
that the service stays open that day; ``always`` means day and night, holidays included.
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
LOOK_AHEAD = 21  # days searched for the next opening: more than any run of closed days
MINUTES_A_DAY = 24 * 60


@dataclass(frozen=True)
class Slot:
    """The same hours on some weekdays; minutes after midnight, ``closes`` <= ``opens`` runs into the next day."""

    days: frozenset[int]
    opens: int
    closes: int


@dataclass(frozen=True)
class Schedule:
    """When one channel is staffed. ``kind`` is always, weekly or unknown; ``holidays`` open, closed or unknown."""

    kind: str
    slots: tuple[Slot, ...] = ()
    holidays: str = "unknown"


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


def _spans(schedule: Schedule, day: dt.date) -> Iterator[tuple[dt.datetime, dt.datetime]]:
    if is_holiday(day) and schedule.holidays != "open":
        return
    for slot in schedule.slots:
        if day.weekday() not in slot.days:
            continue
        closes = slot.closes if slot.closes > slot.opens else slot.closes + MINUTES_A_DAY
        # fold: an hour that exists twice is open from its first showing to the end of its second
        start, end = _moment(day, slot.opens, 0), _moment(day, closes, 1)
        if start < end:
            yield start, end


def _merged(schedule: Schedule, first: dt.date, days: int) -> list[tuple[dt.datetime, dt.datetime]]:
    """Opening spans that begin on those days, in order, touching ones joined."""
    spans = sorted(span for n in range(days) for span in _spans(schedule, first + dt.timedelta(days=n)))
    joined: list[tuple[dt.datetime, dt.datetime]] = []
    for start, end in spans:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def opening(schedule: Schedule, at: dt.datetime) -> Opening:
    """State of ``schedule`` at ``at``, with the time it closes or opens next."""
    if schedule.kind != "weekly":
        return Opening(schedule.kind)
    now = local(at)
    instant = now.astimezone(dt.timezone.utc)
    for start, end in _merged(schedule, now.date() - dt.timedelta(days=1), LOOK_AHEAD):
        if start <= instant < end:
            return Opening("open", until=end.astimezone(BRUSSELS))
        if start > instant:
            return Opening("closed", next=start.astimezone(BRUSSELS))
    return Opening("closed")


def open_now(schedule: Schedule, at: dt.datetime) -> bool:
    """Whether the channel is surely staffed at ``at``."""
    return opening(schedule, at).is_open


def next_opening(schedule: Schedule, at: dt.datetime) -> dt.datetime | None:
    """When a closed channel opens again; ``None`` when it is open, unknown or never open."""
    return opening(schedule, at).next
