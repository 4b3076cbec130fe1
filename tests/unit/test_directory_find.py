"""``halte services find``: person, place and time against the first services and the reasons that are given."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from bot.directory import cli
from bot.directory.load import open_directory
from bot.directory.query import Match, Query, by_id, find, known_forms

LINES = [
    line.rstrip("\n")
    for line in Path(__file__).with_name("find_cases.txt").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]
TUESDAY = dt.datetime(2026, 11, 24, 10, 0)


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    with open_directory(f"sqlite:///{tmp_path_factory.mktemp('find') / 'd.sqlite'}")() as opened:
        yield opened


def asked(words: str) -> Query:
    parser = argparse.ArgumentParser()
    cli.add_parser(parser.add_subparsers(required=True))
    arguments = parser.parse_args(["services", "find", *shlex.split(words)])
    arguments.at = arguments.at or TUESDAY
    return cli.query_of(arguments)


@pytest.mark.parametrize("line", LINES)
def test_first_services_and_reasons(session: Session, line: str) -> None:
    words, _, said = line.rpartition(": ")
    ids, _, reasons = said.partition(" | ")
    matches = find(session, asked(words))
    assert [match.service.id for match in matches][: len(ids.split())] == ids.split()
    assert list(matches[0].reasons) == reasons.split()


def all_of(session: Session, **values: Any) -> list[Match]:
    return [match for form in known_forms(session) for match in find(session, Query(forms=(form,), **values))]


def test_open_names_nothing_closed_but_the_last_resort(session: Session) -> None:
    for hour in (3, 10, 20):
        at = dt.datetime(2026, 11, 22, hour)
        for match in all_of(session, language="nl", open_now=True, at=at):
            opened = any(state.is_open for state in match.open.values())
            assert opened or match.service.id == "hulplijn_1712" or match.service.kind in ("emergency", "crisis_line")


def test_free_and_anonymous_are_stated(session: Session) -> None:
    last = {"hulplijn_1712", "ecoute_violences_conjugales", "emergency_112"}
    for match in all_of(session, free=True, anonymous=True, at=TUESDAY):
        service = match.service
        named_anyway = service.id in last or service.kind in ("emergency", "crisis_line")
        assert named_anyway or (service.free and service.anonymous)


def test_near_is_only_said_of_the_same_province(session: Session) -> None:
    query = Query(forms=("sexual_harassment",), flags=("physical",), language="nl", region="flanders",
                  province="oost-vlaanderen", at=TUESDAY)  # fmt: skip
    near = [match.service.id for match in find(session, query) if "near" in match.reasons]
    assert near == ["zsg_gent"]


@pytest.mark.parametrize(
    ("day", "stale", "named"),
    [
        ("2026-11-24", False, True),
        ("2027-05-21", False, True),  # 182 days after the facts were compiled
        ("2027-05-22", True, True),
        ("2027-11-19", True, True),
        ("2027-11-20", True, False),  # two reviews missed
    ],
)
def test_what_nobody_checked_is_dated_then_withheld(session: Session, day: str, stale: bool, named: bool) -> None:
    at = dt.datetime.fromisoformat(f"{day}T10:00")
    query = Query(forms=("coercive_control",), language="nl", at=at)
    found = {match.service.id: match for match in find(session, query)}
    assert ("caw_slachtofferhulp" in found) is named
    assert bool(by_id(session, ["caw_slachtofferhulp"], at)) is named
    if named:
        assert found["caw_slachtofferhulp"].stale is stale
        assert found["caw_slachtofferhulp"].service.checked_on == dt.date(2026, 11, 20)
    assert {"hulplijn_1712", "emergency_112"} <= set(found), "lines whose number lasts are always named"
    assert found["hulplijn_1712"].stale is stale


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ("--place Saint-Nicolas", "Sint-Niklaas"),
        ("--place Atlantis", "unknown place"),
        ("--channel pigeon", "invalid choice"),
        ("--at 2026-02-30T10:00", "not an ISO time"),
        ("--at gisteren", "not an ISO time"),
        ("--role neighbour", "invalid choice"),
    ],
)
def test_wrong_words_are_refused(words: str, problem: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        asked(words)
    assert ended.value.code == 2 and problem in capsys.readouterr().err


def test_json_has_ids_best_first_with_reasons(session: Session, capsys: pytest.CaptureFixture[str]) -> None:
    query = asked("--form image_abuse --form threats --lang fr --place Liège --at 2026-12-25T23:59")
    assert cli.find_services(session, query, as_json=True) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["ids"][0] == "ecoute_violences_conjugales"
    first = answer["services"][0]
    assert {"form:image_abuse", "form:threats", "language", "region", "open"} <= set(first["reasons"])
    assert first["checked_on"] == "2026-11-20" and first["stale"] is False
