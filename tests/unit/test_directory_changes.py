"""Changing the directory: verified, imported, exported; all or nothing, with a trace, and errors that name the line."""

from __future__ import annotations

import argparse
import datetime as dt
import os
import sqlite3
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.directory import changes, cli, cli_edit, exchange
from bot.directory import models as m
from bot.directory.files import DirectoryError, folder, read_all
from bot.directory.load import engine, load

ME = changes.Author("helpline worker", "called")
DAY = dt.date(2026, 11, 21)
NAMES = ("services.yml", "order.yml", "exceptions.yml")


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database that is filled once and copied for each test."""
    path = tmp_path_factory.mktemp("loaded") / "d.sqlite"
    made = engine(f"sqlite:///{path}")
    load(made)
    with made.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    made.dispose()
    return path


@pytest.fixture()
def files(tmp_path: Path) -> Path:
    source = tmp_path / "directory"
    source.mkdir()
    for name in NAMES:
        (source / name).write_bytes((folder() / name).read_bytes())
    return source


@pytest.fixture()
def database(tmp_path: Path, loaded: Path) -> Any:
    (tmp_path / "d.sqlite").write_bytes(loaded.read_bytes())
    return engine(f"sqlite:///{tmp_path / 'd.sqlite'}")


def state(files: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in files.iterdir()}


def stored(database: Any, name: str) -> m.Service:
    with Session(database, future=True) as session:
        row: m.Service = session.execute(select(m.Service).where(m.Service.id == name)).scalar_one()
        session.expunge_all()
        return row


def test_verify_changes_two_lines_the_database_and_the_log(files: Path, database: Any) -> None:
    before = (files / "services.yml").read_text(encoding="utf-8").splitlines()
    made = changes.verify(files, database, "unia", ME, DAY)
    after = (files / "services.yml").read_text(encoding="utf-8").splitlines()
    assert [change.field for change in made] == ["verified_on", "verified_by"]
    assert set(after) - set(before) == {"  verified_on: '2026-11-21'", "  verified_by: helpline worker"}
    assert len(after) == len(before) + 1
    row = stored(database, "unia")
    assert (row.verified_on, row.verified_by) == (DAY, "helpline worker")
    assert changes.read_log(files) == [
        {"on": "2026-11-21", "by": "helpline worker", "service": "unia", "field": "verified_on", "old": None,
         "new": "2026-11-21", "note": "called"},
        {"on": "2026-11-21", "by": "helpline worker", "service": "unia", "field": "verified_by", "old": None,
         "new": "helpline worker", "note": "called"},
    ]  # fmt: skip
    assert load(database, files) is False, "file and database agree"


def test_verify_again_changes_the_date(files: Path, database: Any) -> None:
    changes.verify(files, database, "unia", ME, dt.date(2026, 11, 20))
    assert changes.verify(files, database, "unia", ME, DAY)
    assert changes.verify(files, database, "unia", ME, DAY) == []
    assert len(changes.read_log(files)) == 3


@pytest.mark.parametrize(
    ("name", "role", "note", "day", "problem"),
    [
        ("nobody", "editor", "", DAY, "no entry 'nobody'"),
        ("unia", "An Peeters", "", DAY, "not a role"),
        ("unia", "an.peeters@example.be", "", DAY, "not a role"),
        ("unia", "editor", "one\ntwo", DAY, "one line"),
        ("unia", "editor", "x" * 400, DAY, "one line"),
        ("unia", "editor", "", dt.date(2999, 1, 1), "future"),
    ],
)
def test_verify_refuses(
    files: Path, database: Any, name: str, role: str, note: str, day: dt.date, problem: str
) -> None:
    before = state(files)
    with pytest.raises(DirectoryError, match=problem):
        changes.verify(files, database, name, changes.Author(role, note), day)
    assert state(files) == before


def test_written_entries_say_the_same() -> None:
    raw = list(changes.Services(folder()).entries.values())
    assert yaml.load(exchange.as_yaml(raw), Loader=changes.Loader)["services"] == raw


def bring(files: Path, database: Any, path: Path, apply: bool = True) -> list[changes.Change]:
    services = changes.Services(files)
    entries = exchange.entries_of(path, services)
    text = services.with_entries(entries)
    return changes.apply(services, text, database, ME, DAY) if apply else []


def test_export_and_import_change_nothing(files: Path, database: Any, tmp_path: Path) -> None:
    entries = list(changes.Services(files).entries.values())
    for name, text in (("all.yml", exchange.as_yaml(entries)), ("all.csv", exchange.as_csv(entries))):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        found = exchange.entries_of(path, changes.Services(files))
        assert changes.differences(changes.Services(files).entries, found) == []


def test_csv_changes_one_number_and_nothing_else(files: Path, database: Any, tmp_path: Path) -> None:
    path = tmp_path / "new.csv"
    path.write_text("id,contact.phone,languages,conflicts\nunia,0800 12 801,nl fr de,\n", encoding="utf-8")
    before = (files / "services.yml").read_text(encoding="utf-8")
    made = bring(files, database, path)
    assert [str(change) for change in made] == [
        '  unia.contact.phone: "0800 12 800" -> "0800 12 801"',
        '  unia.languages: ["nl", "fr"] -> ["nl", "fr", "de"]',
    ]
    after = (files / "services.yml").read_text(encoding="utf-8")
    head, tail = before.split("- id: unia\n")[0], before.split("- id: unia\n")[1].split("\n- id: ", 1)[1]
    assert after.startswith(head) and after.endswith(tail)
    with Session(database, future=True) as session:
        assert "0800 12 801" in {phone.number for phone in session.execute(select(m.Phone)).scalars()}


def test_yaml_adds_an_entry(files: Path, database: Any, tmp_path: Path) -> None:
    path = tmp_path / "new.yml"
    entry = dict(changes.Services(files).entries["unia"], id="unia_two", organization="unia")
    path.write_text(exchange.as_yaml([entry]), encoding="utf-8")
    assert [str(change) for change in bring(files, database, path)] == ["+ unia_two"]
    assert stored(database, "unia_two").organization_id == "unia"
    assert changes.read_log(files)[-1]["entry"] == "added"


HEAD = "id,contact.phone,verified_on,status\n"
BAD = {
    "unknown column": ("x.csv", "id,fone\nunia,1\n", "line 1: unknown columns: fone"),
    "no id": ("x.csv", "status\nactive\n", "line 1: no column 'id'"),
    "unknown id": ("x.csv", HEAD + "nobody,1712,,\n", "line 2: no entry 'nobody'"),
    "twice": ("x.csv", HEAD + "unia,1712,,\nunia,1712,,\n", "line 3: unia is here twice"),
    "cells": ("x.csv", HEAD + "cvfe,,,\nunia,1712\n", "line 3: 2 cells, but 4 columns"),
    "number": ("x.csv", HEAD + "cvfe,,,\nunia,12,,\n", "line 3: unia: contact.phone.*not a telephone number"),
    "date": ("x.csv", HEAD + "unia,,2026-02-30,\n", "line 2: unia: verified_on: not a date"),
    "status": ("x.csv", HEAD + "unia,,,maybe\n", "line 2: unia: status"),
    "half a file": ("x.csv", HEAD + 'unia,"0800', "line 2: unexpected end"),
    "half a YAML": ("x.yml", "services:\n- id: unia\n  forms: [image_abuse", "(?s)x.yml.*line 3"),
    "missing fields": ("x.yml", "services:\n- id: unia\n  kind: rights_body\n", r"unia.organization.*\(line 2\)"),
    "no services": ("x.yml", "- id: unia\n", "x.yml"),
    "nothing": ("gone.yml", None, "gone.yml"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_file_is_named_by_line_and_changes_nothing(files: Path, database: Any, tmp_path: Path, case: str) -> None:
    name, text, problem = BAD[case]
    path = tmp_path / name
    if text is not None:
        path.write_text(text, encoding="utf-8")
    before = state(files)
    with pytest.raises(DirectoryError, match=problem):
        bring(files, database, path)
    assert state(files) == before and stored(database, "unia").status == "active"


def spoiled(files: Path, name: str, change: Any) -> dict[str, Any]:
    import copy

    entry = copy.deepcopy(changes.Services(files).entries[name])
    change(entry)
    return entry


@pytest.mark.parametrize(
    ("name", "change", "problem"),
    [
        ("unia", lambda entry: entry["forms"].append("nonsense"), "unia: nonsense"),
        ("cvfe", lambda entry: entry.update(place={"city": "Liège"}), "confidential"),
        ("cvfe", lambda entry: entry["contact"].update(address="Rue Sœurs-de-Hasque 9"), "confidential"),
    ],
)
def test_what_may_not_be_stored_is_refused_on_import(
    files: Path, database: Any, tmp_path: Path, name: str, change: Any, problem: str
) -> None:
    path = tmp_path / "x.yml"
    path.write_text(exchange.as_yaml([spoiled(files, name, change)]), encoding="utf-8")
    before = state(files)
    with pytest.raises(DirectoryError, match=problem):
        bring(files, database, path)
    assert state(files) == before


def test_a_locked_database_changes_nothing(files: Path, database: Any, tmp_path: Path) -> None:
    before = state(files)
    holder = sqlite3.connect(tmp_path / "d.sqlite", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    try:
        with pytest.raises(DirectoryError, match="locked.*nothing was changed"):
            changes.verify(files, database, "unia", ME, DAY)
    finally:
        holder.execute("ROLLBACK")
        holder.close()
    assert state(files) == before and stored(database, "unia").verified_on is None
    assert changes.verify(files, database, "unia", ME, DAY)


def test_a_failing_disk_changes_nothing(files: Path, database: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    before, real = state(files), os.replace

    def full(source: Any, target: Any) -> None:
        if Path(target).name == "services.yml":
            raise OSError(28, "No space left on device", str(target))
        real(source, target)

    monkeypatch.setattr(changes.os, "replace", full)
    with pytest.raises(DirectoryError, match="No space left"):
        changes.verify(files, database, "unia", ME, DAY)
    monkeypatch.undo()
    left = {name: data for name, data in state(files).items() if not name.startswith(".")}
    assert left == before and stored(database, "unia").verified_on is None


def test_two_editors_at_once(files: Path, database: Any) -> None:
    services = changes.Services(files)
    text = services.with_fields("unia", {"verified_on": "'2026-11-21'"})
    changes.verify(files, database, "cvfe", ME, DAY)
    with pytest.raises(DirectoryError, match="somebody else"):
        changes.apply(services, text, database, ME, DAY)
    assert stored(database, "unia").verified_on is None and stored(database, "cvfe").verified_on == DAY
    read_all(files)


@pytest.fixture()
def command(files: Path, database: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    for module in (cli_edit, changes):
        monkeypatch.setattr(module, "folder", lambda: files, raising=False)
    monkeypatch.setattr(cli_edit, "engine", lambda: database)
    monkeypatch.setattr(cli_edit, "load", lambda found: load(found, files))
    parser = argparse.ArgumentParser()
    cli.add_parser(parser.add_subparsers(required=True))

    def run(*words: str) -> Any:
        arguments = parser.parse_args(["services", *words])
        return arguments.run(arguments), capsys.readouterr()

    return run


def test_commands(command: Any, files: Path, tmp_path: Path) -> None:
    assert command("verify", "unia", "--by", "editor", "--note", "called")[0] == 0
    code, output = command("log", "unia")
    assert code == 0 and "editor: unia: verified_by: None -> editor (called)" in output.out
    path = tmp_path / "new.csv"
    path.write_text("id,contact.phone\nunia,0800 12 801\n", encoding="utf-8")
    before = state(files)
    code, output = command("import", str(path))
    assert code == 0 and "0800 12 801" in output.out and "nothing was changed yet" in output.out
    assert state(files) == before
    assert command("import", str(path), "--apply")[0] == 2, "a change needs a role"
    assert command("import", str(path), "--apply", "--by", "editor")[0] == 0
    assert "nothing differs" in command("import", str(path))[1].out
    code, output = command("verify", "nobody", "--by", "editor")
    assert code == 2 and output.err == "services: services.yml: no entry 'nobody'\n"
    code, output = command("export", "--format", "csv", "--out", str(tmp_path / "out.csv"))
    assert code == 0 and "0800 12 801" in (tmp_path / "out.csv").read_text(encoding="utf-8")
    assert command("export", "--out", str(tmp_path / "no" / "x"))[0] == 2
