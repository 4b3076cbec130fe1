"""The opening hours against a second implementation that we did not write: opening-hours-py, made for OpenStreetMap."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.directory.hours import BRUSSELS, Schedule, Slot, is_holiday, opening, public_holidays

opening_hours = pytest.importorskip("opening_hours", reason="needs opening-hours-py (group dev)")

NAMES = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
# Sundays of Easter and Whitsun: both libraries know them, as the law does not.
CLOCK_CHANGES = tuple(
    dt.date(year, month, day)
    for year, days in {2026: ((3, 29), (10, 25)), 2027: ((3, 28), (10, 31)), 2028: ((3, 26), (10, 29))}.items()
    for month, day in days
)


@st.composite
def slots(draw: st.DrawFn, overnight: bool = False) -> Slot:
    days = frozenset(draw(st.sets(st.integers(0, 6), min_size=1)))
    opens = draw(st.integers(0, 95)) * 15
    closes = draw(st.integers(0, 95)) * 15 if overnight else draw(st.integers(opens // 15 + 1, 96)) * 15
    return Slot(days, opens, closes if closes != opens else closes + 15)


moments = st.datetimes(dt.datetime(2026, 1, 2), dt.datetime(2028, 12, 30)).map(lambda at: at.replace(microsecond=0))


def clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def theirs(schedule: Schedule) -> opening_hours.OpeningHours:
    """The same schedule in the language of OpenStreetMap: each slot is added to the ones before."""
    rules = []
    for slot in schedule.slots:
        days = ",".join(NAMES[day] for day in sorted(slot.days))
        rules.append(f"{days} {clock(slot.opens)}-{clock(slot.closes)}")
    text = ", ".join(rules)
    if schedule.holidays != "open":
        text += "; PH off"
    return opening_hours.OpeningHours(text, timezone=BRUSSELS, country="BE")


def around_the_change(at: dt.datetime) -> bool:
    return at.date() in CLOCK_CHANGES and at.hour in (1, 2, 3)


def compare(schedule: Schedule, at: dt.datetime) -> None:
    aware = at.replace(tzinfo=BRUSSELS)
    mine, other = opening(schedule, aware), theirs(schedule)
    assert mine.is_open == other.is_open(aware), (schedule, at)
    change = mine.until if mine.is_open else mine.next
    expected = other.next_change(aware)
    if change is not None and expected is not None and not around_the_change(change.replace(tzinfo=None)):
        assert change.replace(tzinfo=None) == expected.replace(tzinfo=None), (schedule, at)


@settings(max_examples=300, deadline=None)
@given(st.lists(slots(), min_size=1, max_size=4), moments, st.sampled_from(["open", "closed", "unknown"]))
def test_within_a_day(parts: list[Slot], at: dt.datetime, holidays: str) -> None:
    if not around_the_change(at):
        compare(Schedule("weekly", tuple(parts), holidays), at)


@settings(max_examples=200, deadline=None)
@given(slots(overnight=True), moments)
def test_past_midnight(slot: Slot, at: dt.datetime) -> None:
    if not around_the_change(at):
        compare(Schedule("weekly", (slot,), "open"), at)


@settings(max_examples=100, deadline=None)
@given(slots(), st.sampled_from(CLOCK_CHANGES), st.integers(-2, 2), st.integers(0, 23), st.integers(0, 59))
def test_near_a_clock_change(slot: Slot, day: dt.date, shift: int, hour: int, minute: int) -> None:
    at = dt.datetime.combine(day + dt.timedelta(days=shift), dt.time(hour, minute))
    if not around_the_change(at):
        compare(Schedule("weekly", (slot,), "closed"), at)


@settings(max_examples=200, deadline=None)
@given(st.lists(slots(overnight=True), min_size=1, max_size=3), moments)
def test_the_answer_agrees_with_itself(parts: list[Slot], at: dt.datetime) -> None:
    """Just before ``until`` it is open, at ``until`` no more; the same with ``next``. Around clock changes too."""
    schedule, second = Schedule("weekly", tuple(parts)), dt.timedelta(seconds=1)
    now = opening(schedule, at)
    edge = now.until or now.next
    if edge is None:
        return
    instant = edge.astimezone(dt.timezone.utc)
    assert instant > at.replace(tzinfo=BRUSSELS).astimezone(dt.timezone.utc)
    assert opening(schedule, instant - second).is_open is now.is_open
    assert opening(schedule, instant).is_open is not now.is_open


def test_the_holidays_are_the_same() -> None:
    other = opening_hours.OpeningHours("PH", timezone=BRUSSELS, country="BE")
    for year in range(2026, 2031):
        days = (dt.date(year, 1, 1) + dt.timedelta(days=number) for number in range(366))
        theirs_too = {
            day for day in days if other.is_open(dt.datetime.combine(day, dt.time(12)).replace(tzinfo=BRUSSELS))
        }
        sundays = {day for day in public_holidays(year) if day.weekday() == 6}  # Easter and Whitsun: no legal holidays
        assert {day for day in theirs_too if day.year == year} - sundays == public_holidays(year) - sundays
        assert all(is_holiday(day) for day in public_holidays(year))
