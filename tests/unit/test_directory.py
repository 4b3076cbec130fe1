"""The service directory: data, loading, hours, ranking, command line."""

from __future__ import annotations

import argparse
import copy
import datetime as dt
import json
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.directory import cli
from bot.directory import models as m
from bot.directory.hours import Schedule, Slot, is_holiday, minutes, next_opening, open_now, opening
from bot.directory.load import DirectoryError, engine, folder, load, open_directory, read_all
from bot.directory.places import region_of
from bot.directory.query import Query, by_id, find, known_forms, numbers
from bot.directory.schema import CONFIDENTIAL, ChannelHours

CASES = yaml.safe_load(Path(__file__).with_name("directory_cases.yml").read_text(encoding="utf-8"))
TUESDAY = "2026-11-24T10:00"
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"sqlite:///{tmp_path_factory.mktemp('directory') / 'inner' / 'directory.sqlite'}"


@pytest.fixture(scope="module")
def session(url: str) -> Iterator[Session]:
    with open_directory(url)() as opened:
        yield opened


@pytest.fixture()
def files(tmp_path: Path) -> Path:
    """A copy of the directory's files that a test may spoil."""
    for name in ("services.yml", "order.yml"):
        (tmp_path / name).write_bytes((folder() / name).read_bytes())
    return tmp_path


def spoil(files: Path, change: Any) -> Path:
    """Apply ``change`` to the loaded services file of the copy and write it back."""
    path = files / "services.yml"
    loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
    change({entry["id"]: entry for entry in loaded["services"]}, loaded["services"])
    path.write_text(yaml.safe_dump(loaded, allow_unicode=True), encoding="utf-8")
    return files


def ask(session: Session, values: dict[str, Any]) -> list[Any]:
    given = {"at": TUESDAY, **values}
    return find(session, Query(**{**given, "at": dt.datetime.fromisoformat(given["at"])}))


def title(case: dict[str, Any]) -> str:
    return " ".join(str(value) for value in case["ask"].values())


@pytest.mark.parametrize("case", CASES["queries"], ids=title)
def test_query(session: Session, case: dict[str, Any]) -> None:
    matches = ask(session, case["ask"])
    ids = [match.service.id for match in matches]
    first = case.get("first", [])
    assert ids[: len(first)] == first
    assert set(case.get("top", [])) <= set(ids[:3]), ids[:5]
    assert set(case.get("has", [])) <= set(ids)
    assert not set(case.get("never", [])) & set(ids)
    assert set(case.get("why", [])) <= set(matches[0].reasons), matches[0].reasons
    assert ids[-1] == case.get("last", ids[-1])
    assert len(ids) == len(set(ids))


def check_state(found: Any, case: dict[str, Any]) -> None:
    assert found.state == case["state"]
    for name in ("until", "next"):
        time = getattr(found, name)
        # as text: Python never calls two times of the repeated hour equal
        assert (time and time.isoformat(timespec="minutes")) == case.get(name)


@pytest.mark.parametrize("case", CASES["hours"], ids=lambda case: f"{case['id']} {case['channel']} {case['at']}")
def test_hours(session: Session, case: dict[str, Any]) -> None:
    match = by_id(session, [case["id"]], dt.datetime.fromisoformat(case["at"]))[0]
    check_state(match.open[case["channel"]], case)


@pytest.mark.parametrize("case", CASES["schedules"], ids=lambda case: case["name"])
def test_schedule(case: dict[str, Any]) -> None:
    hours = ChannelHours.parse_obj(case["hours"])
    slots = tuple(
        Slot(frozenset(WEEK.index(day) for day in slot.days), minutes(slot.opens), minutes(slot.closes))
        for slot in hours.weekly
    )
    schedule, at = Schedule(hours.kind, slots, hours.holidays), dt.datetime.fromisoformat(case["at"])
    check_state(opening(schedule, at), case)
    assert open_now(schedule, at) is (case["state"] in ("open", "always"))
    assert (next_opening(schedule, at) is not None) is ("next" in case)


def test_holidays() -> None:
    days = ("2026-04-06", "2026-05-14", "2026-07-21", "2026-11-01", "2026-11-11", "2027-03-29", "2028-04-17")
    assert all(is_holiday(dt.date.fromisoformat(day)) for day in days)
    assert not any(is_holiday(dt.date.fromisoformat(day)) for day in ("2026-07-11", "2026-11-15", "2026-12-26"))


@pytest.mark.parametrize("language", ["nl", "fr", None])
@pytest.mark.parametrize("age", ["minor", "adult", None])
@pytest.mark.parametrize("role", [None, "witness", "perpetrator", "professional"])
def test_never_empty_and_always_fitting(session: Session, language: Any, age: Any, role: Any) -> None:
    spoken = {language} if language else {"nl", "fr", "de", "en"}
    for form in [*known_forms(session), None]:
        for channel in ("call", "chat", None):
            asked = {"forms": [form] if form else [], "language": language, "age": age, "role": role}
            matches = ask(session, {**asked, "channel": channel})
            assert "emergency_112" in [match.service.id for match in matches]
            for match in matches:
                data = match.service
                assert not data.languages or spoken & set(data.languages) or data.kind == "removal"
                if age == "adult":
                    assert data.for_minors != "only"
                if age == "minor":
                    assert data.for_minors != "no", data.id
                json.dumps(match.as_dict())


def test_withheld_entries_and_fields(session: Session) -> None:
    withheld = ["punt_vzw", "garance", "respect_seniors", "itsme_helpdesk", "nmbs_silent_alert"]
    assert by_id(session, withheld) == []
    seen = {m.service.id: m.service for form in known_forms(session) for m in ask(session, {"forms": [form]})}
    assert not set(withheld) & set(seen)
    assert seen["caw"].phone is None  # its number is of low confidence
    assert seen["emergency_112"].languages == ()  # only inferred
    assert "0800 13 500" in numbers(session) and "0800 13 500" not in numbers(session, offered_only=True)
    assert {"112", "1712", "0800 30 030", "116 000", "00800 2123 2123"} <= set(numbers(session, offered_only=True))


def test_same_answer_every_time(session: Session) -> None:
    asked = {"forms": ["image_abuse", "threats"], "language": "nl", "flags": ["physical"]}
    assert ask(session, asked) == ask(session, asked)


def test_all_facts_are_there(session: Session) -> None:
    services = read_all(folder()).services
    assert len(services.services) == 102
    assert session.execute(select(func.count()).select_from(m.Service)).scalar_one() == 102
    assert all(entry.verified_on is None for entry in services.services)
    assert {entry.status for entry in services.services if entry.confidence == "low"} == {"unverified"}
    places = [(entry.place, entry.contact.address) for entry in services.services if entry.kind in CONFIDENTIAL]
    assert places and set(places) == {(None, None)}


def test_loading_twice_changes_nothing(tmp_path: Path) -> None:
    database = engine(f"sqlite:///{tmp_path / 'var' / 'd.sqlite'}")
    assert load(database) is True
    assert load(database) is False
    path = tmp_path / "var" / "d.sqlite"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_change_is_loaded_and_a_bad_file_changes_nothing(tmp_path: Path, files: Path) -> None:
    database = engine(f"sqlite:///{tmp_path / 'd.sqlite'}")
    load(database, files)
    spoil(files, lambda entries, _all: entries["unia"]["contact"].update(phone="0800 12 801"))
    assert load(database, files) is True
    spoil(files, lambda entries, _all: entries["unia"]["contact"].update(phone="12"))
    with pytest.raises(DirectoryError, match="unia.contact.phone"):
        load(database, files)
    with Session(database, future=True) as session:
        assert "0800 12 801" in numbers(session)
        assert len(list(session.execute(select(m.Service)).scalars())) == 102


BAD = {
    "address of a refuge": (
        lambda entries, _all: entries["cvfe"]["contact"].update(address="Straatweg 1"),
        "cvfe.*confidential",
    ),
    "town of a shelter": (
        lambda entries, _all: entries["samusocial_brussels"].update(place={"city": "Brussel"}),
        "samusocial_brussels.*confidential",
    ),
    "address in a note of a refuge": (
        lambda entries, _all: entries["cpvcf"].update(access_note="Rue des Lilas 11, 1000 Bruxelles"),
        "cpvcf.*confidential",
    ),
    "unknown field": (lambda entries, _all: entries["unia"].update(fone="1"), "unia.fone"),
    "unknown form": (lambda entries, _all: entries["unia"]["forms"].append("nonsense"), "unia: nonsense"),
    "unknown flag": (lambda entries, _all: entries["unia"].update(flags=["nonsense"]), "unia.flags"),
    "bad time": (
        lambda entries, _all: entries["unia"]["schedules"]["phone"]["weekly"][0].update({"from": "9h"}),
        "unia.schedules.phone.weekly.0.from",
    ),
    "always and unknown": (
        lambda entries, _all: entries["unia"]["schedules"]["form"].update(unknown=True),
        "unia.schedules.form",
    ),
    "twice": (lambda entries, everything: everything.append(copy.deepcopy(entries["unia"])), "used twice: unia"),
    "low but active": (lambda entries, _all: entries["unia"].update(confidence="low"), "unia.*cannot be active"),
    "dead link": (lambda entries, _all: entries["cvfe"]["contact"].update(phone_via="999"), "cvfe: phone_via"),
    "missing": (lambda entries, everything: everything.remove(entries["unia"]), "order.yml: unknown services: unia"),
    "web address": (
        lambda entries, _all: entries["unia"]["contact"].update(website="javascript:alert(1)"),
        "unia.contact.website",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_files_are_refused(files: Path, name: str) -> None:
    change, message = BAD[name]
    with pytest.raises(DirectoryError, match=message):
        read_all(spoil(files, change))


def test_unreadable_file(files: Path) -> None:
    (files / "services.yml").write_text("services: [", encoding="utf-8")
    with pytest.raises(DirectoryError, match="(?s)services.yml.*line"):
        read_all(files)


def test_database_refuses_the_place_of_a_refuge(tmp_path: Path) -> None:
    sessions = open_directory(f"sqlite:///{tmp_path / 'd.sqlite'}")
    for kind in ("refuge", "legal_aid"):  # the second one would lie about the kind
        with sessions() as session, pytest.raises(IntegrityError):
            session.add(m.Location(service_id="cvfe", service_kind=kind, city="x"))
            session.commit()


@pytest.mark.parametrize("wrong", [{"flags": ["x"]}, {"age": "12"}, {"language": "de"}, {"region": "x"}, {"role": "x"}])
def test_query_refuses_unknown_values(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="is not one of"):
        Query(**wrong)


@pytest.fixture()
def command(url: str, session: Session, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    monkeypatch.setattr(cli, "open_directory", lambda: open_directory(url))
    parser = argparse.ArgumentParser()
    cli.add_parser(parser.add_subparsers(required=True))

    def run(line: str) -> Any:
        arguments = parser.parse_args(["services", *line.split()])
        return arguments.run(arguments), capsys.readouterr()

    return run


def test_find_command(command: Any) -> None:
    line = "find --form sextortion --form threats --age 15 --lang fr --place Liège --at 2026-11-22T23:00 --json"
    code, output = command(line)
    answer = json.loads(output.out)
    assert code == 0 and answer["ids"][0] == "child_focus"
    assert [service["id"] for service in answer["services"]] == answer["ids"]
    assert {"name", "reasons", "open", "phone"} <= set(answer["services"][0])
    assert command("find --flag danger --lang nl")[1].out.startswith("emergency_112: call always [emergency")


def test_find_command_refuses(command: Any) -> None:
    code, output = command("find --form nonsense")
    assert code == 2 and "nonsense" in output.err
    for line in ("find --place Atlantis", "find --at tomorrow", "find --age old", "find --flag x"):
        with pytest.raises(SystemExit):
            command(line)


def test_list_and_due_commands(command: Any) -> None:
    assert len(json.loads(command("list --json")[1].out)["services"]) == 102
    assert len(command("list")[1].out.splitlines()) == 102
    due = json.loads(command("due --json")[1].out)["services"]
    assert [entry["confidence"] for entry in due[:8]] == ["low"] * 8
    assert command("due")[1].out.startswith("-          low")


@pytest.mark.parametrize(
    ("place", "region"),
    [
        ("Luik", "wallonia"),
        ("liege", "wallonia"),
        ("oost vlaanderen", "flanders"),
        ("BRUXELLES", "brussels"),
        ("eupen", "german_community"),
        ("Gand", "flanders"),
        ("brabant wallon", "wallonia"),
        ("vlaams-brabant", "flanders"),
        ("Atlantis", None),
    ],
)
def test_places(place: str, region: Any) -> None:
    assert region_of(place) == region
