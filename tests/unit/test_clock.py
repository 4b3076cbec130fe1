"""Open now, until when, or when next: a table of moments, and the days that the law does not know."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy.orm import Session

from bot.directory.files import DirectoryError, folder, read_all
from bot.directory.hours import DAYS, Exceptional, Schedule, Slot, minutes, opening
from bot.directory.load import open_directory
from bot.directory.query import by_id
from bot.directory.schema import ChannelHours

GROUPS = yaml.load(Path(__file__).with_name("clock_cases.yml").read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
CASES = [(group, at, said) for group in GROUPS for at, said in group["at"].items()]


def schedule(group: dict[str, Any]) -> Schedule:
    hours = ChannelHours.parse_obj(group["hours"])
    slots = tuple(
        Slot(frozenset(map(DAYS.index, slot.days)), minutes(slot.opens), minutes(slot.closes)) for slot in hours.weekly
    )
    exceptions = tuple(
        Exceptional(
            dt.date.fromisoformat(item["from"]), dt.date.fromisoformat(item["to"]),
            tuple((minutes(opens), minutes(closes)) for opens, closes in item.get("hours", ())),
        )
        for item in group.get("exceptions", ())
    )  # fmt: skip
    doubtful = frozenset((int(day[:2]), int(day[3:])) for day in group.get("doubtful", ()))
    return Schedule(hours.kind, slots, hours.holidays, exceptions, doubtful, hours.valid_from, hours.valid_to)


def test_enough_cases() -> None:
    assert len(CASES) >= 100


@pytest.mark.parametrize(("group", "at", "said"), CASES, ids=[f"{group['name']} {at}" for group, at, _ in CASES])
def test_clock(group: dict[str, Any], at: str, said: str) -> None:
    found = opening(schedule(group), dt.datetime.fromisoformat(at))
    time = found.until or found.next
    assert f"{found.state} {time.isoformat(timespec='minutes') if time else ''}".strip() == said


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    with open_directory(f"sqlite:///{tmp_path_factory.mktemp('clock') / 'd.sqlite'}")() as opened:
        yield opened


@pytest.mark.parametrize(
    ("service", "channel", "at", "state"),
    [
        ("hulplijn_1712", "call", "2028-07-11T10:00", "unknown"),  # Flemish Community day
        ("hulplijn_1712", "call", "2028-07-12T10:00", "open"),
        ("tele_onthaal_106", "call", "2028-07-11T10:00", "always"),
        ("unia", "call", "2026-11-02T10:00", "unknown"),  # many public offices close
        ("hulplijn_1712", "call", "2026-11-02T10:00", "open"),
    ],
)
def test_days_the_law_does_not_know(session: Session, service: str, channel: str, at: str, state: str) -> None:
    assert by_id(session, [service], dt.datetime.fromisoformat(at))[0].open[channel].state == state


@pytest.fixture()
def files(tmp_path: Path) -> Path:
    for name in ("services.yml", "order.yml", "exceptions.yml"):
        (tmp_path / name).write_bytes((folder() / name).read_bytes())
    return tmp_path


CLOSED = "{service: hulplijn_1712, channel: phone, from: 2026-12-24, to: 2026-12-24, source: x, "


def write(files: Path, line: str) -> Path:
    path = files / "exceptions.yml"
    path.write_text(path.read_text(encoding="utf-8").replace("services: []", f"services:\n- {line}"), encoding="utf-8")
    return files


def test_an_exception_of_one_service(files: Path) -> None:
    write(files, CLOSED + "hours: [{from: 09:00, to: '12:00'}]}")
    with open_directory(f"sqlite:///{files / 'd.sqlite'}", files)() as session:
        states = [
            by_id(session, ["hulplijn_1712"], dt.datetime(2026, 12, 24, hour))[0].open["call"].state
            for hour in (11, 12)
        ]
    assert states == ["open", "closed"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (CLOSED + "closed: true, hours: [{from: '09:00', to: '12:00'}]}", r"either closed or has hours \(line \d+\)"),
        (CLOSED + "}", "either closed or has hours"),
        (CLOSED.replace("phone", "visit") + "closed: true}", "services.hulplijn_1712|channel"),
        (CLOSED.replace("phone", "office") + "closed: true}", "no schedule for office"),
        (CLOSED.replace("hulplijn_1712", "nobody") + "closed: true}", "nobody has no schedule"),
        (CLOSED.replace("to: 2026-12-24", "to: 2026-12-23") + "closed: true}", "from is after to"),
        (CLOSED.replace("2026-12-24", "2026-02-30") + "closed: true}", r"not a date.*2026-02-30.*line \d+"),
    ],
)
def test_wrong_exceptions_are_refused(files: Path, line: str, message: str) -> None:
    with pytest.raises(DirectoryError, match=message):
        read_all(write(files, line))
