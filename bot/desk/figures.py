"""Counts per week, of everybody together. Collected in memory, written now and then, shown only where many are."""

from __future__ import annotations

import csv
import datetime as dt
import io
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Engine

from bot.desk.models import Count
from bot.directory.hours import BRUSSELS
from bot.handover.audit import plain_cell
from bot.handover.database import Transaction

LEAST = 5  # k: what happened less often is not shown
ROUND = 5  # what is shown is rounded, so that one table does not give away what another one hides
MEASURES = ("language", "channel", "hour", "form", "flag", "message", "referral")
UNDERSTOOD, NOT_UNDERSTOOD = "understood", "not_understood"

Key = tuple[str, str, str]
Kinds = Callable[[str], str | None]
"""The kind of a service, by its id."""


class Figures:
    """Counts what happens in conversations. Never two things about one person together."""

    def __init__(self, database: Engine, kind_of: Kinds, clock: Callable[[], float] = time.time) -> None:
        self._database, self._kind_of, self._clock = database, kind_of, clock
        self._waiting: Counter[Key] = Counter()
        self._lock = threading.Lock()

    def observe(self, before: Mapping[str, Any], after: Mapping[str, Any], channel: str) -> None:
        """One turn: what the case (``bot/recognition/case.py``) held before and holds after it."""
        now = dt.datetime.fromtimestamp(self._clock(), BRUSSELS)
        found: list[tuple[str, str]] = []
        if not before:  # a conversation begins
            found += [("language", str(after.get("language"))), ("channel", channel), ("hour", f"{now.hour:02d}")]
        else:
            failed = after.get("failed", 0) > before.get("failed", 0)
            found.append(("message", NOT_UNDERSTOOD if failed else UNDERSTOOD))
        for measure, field in (("form", "forms"), ("flag", "flags")):
            found += [(measure, str(value)) for value in _new(before, after, field)]
        kinds = {self._kind_of(str(service)) for service in _new(before, after, "shown")}
        found += [("referral", kind) for kind in kinds if kind]
        week = week_of(now.date())
        with self._lock:
            self._waiting.update((week, measure, value) for measure, value in found)

    def write(self) -> None:
        """Put into the database what was counted since the last time."""
        with self._lock:
            waiting, self._waiting = self._waiting, Counter()
        if not waiting:
            return
        try:
            with Transaction(self._database) as session:
                for (week, measure, value), count in waiting.items():
                    row: Count | None = session.get(Count, (week, measure, value))
                    if row is None:
                        session.add(Count(week=week, measure=measure, value=value, count=count))
                    else:
                        row.count += count
        except Exception:
            with self._lock:
                self._waiting.update(waiting)  # tried again next time
            raise

    def weeks(self) -> list[str]:
        """The weeks there are figures for, newest first."""
        with Transaction(self._database) as session:
            return sorted(session.execute(select(Count.week).distinct()).scalars(), reverse=True)

    def of_week(self, week: str) -> dict[str, list[tuple[str, int | None]]]:
        """Per measure what may be shown: value and count, ``None`` where it is too small."""
        with Transaction(self._database) as session:
            rows = list(session.execute(select(Count).where(Count.week == week)).scalars())
        return {
            measure: [
                (row.value, shown(row.count))
                for row in sorted(rows, key=lambda row: row.value)
                if row.measure == measure
            ]
            for measure in MEASURES
        }  # fmt: skip

    def as_csv(self) -> str:
        """All weeks, with the same small counts left out."""
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow(["week", "measure", "value", "count"])
        for week in self.weeks():
            for measure, rows in self.of_week(week).items():
                for value, count in rows:
                    writer.writerow([week, measure, plain_cell(value), f"<{LEAST}" if count is None else count])
        return out.getvalue()


def shown(count: int) -> int | None:
    """A count as it may be shown: rounded, ``None`` when it is too small."""
    return None if count < LEAST else ROUND * round(count / ROUND)


def not_understood_share(messages: Iterable[tuple[str, int | None]]) -> int | None:
    """Messages that were not understood, in percent of the shown counts; ``None`` when it would say too much."""
    counts = dict(messages)
    bad, good = counts.get(NOT_UNDERSTOOD), counts.get(UNDERSTOOD)
    return None if bad is None or good is None else round(100 * bad / (bad + good))


def week_of(day: dt.date) -> str:
    """The week of a day, as ``2026-W47``."""
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"


def _new(before: Mapping[str, Any], after: Mapping[str, Any], field: str) -> list[Any]:
    known = before.get(field) or ()
    return [value for value in after.get(field) or () if value not in known]
