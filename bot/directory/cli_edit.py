"""``halte services verify|import|export|log``: change the directory with a trace, and hand it out."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import sys
from pathlib import Path
from typing import Any

from bot.directory import changes, exchange
from bot.directory.files import DirectoryError, folder
from bot.directory.load import engine, load
from bot.directory.schema import iso_day

FORMATS = ("yaml", "csv", "hsds", "schemaorg", "html")


def _day(value: str) -> dt.date:
    try:
        found: dt.date = iso_day(value)
        return found
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def verify(arguments: argparse.Namespace) -> int:
    """Note that a person checked an entry."""
    database = engine()
    load(database)
    author = changes.Author(arguments.by, arguments.note)
    made = changes.verify(folder(), database, arguments.id, author, arguments.on or dt.date.today())
    print(f"{arguments.id}: {'verified' if made else 'was verified on that day already; nothing changed'}")
    return 0


def import_file(arguments: argparse.Namespace) -> int:
    """Show what a file would change and, with ``--apply``, change it."""
    database = engine()
    load(database)
    services = changes.Services(folder())
    entries = exchange.entries_of(Path(arguments.file), services)
    missing = [name for name in services.entries if name not in entries] if arguments.remove_missing else []
    text = services.with_entries(_changed(services, entries), missing)
    new = {**{name: entry for name, entry in services.entries.items() if name not in missing}, **entries}
    different = changes.differences(services.entries, new)
    for change in different:
        print(change)
    if not different:
        print("nothing differs")
        return 0
    if not arguments.apply:
        changes.rehearse(services, text)
        print(f"{len(different)} changes; nothing was changed yet: --apply --by ROLE does it")
        return 0
    if not arguments.by:
        raise DirectoryError("--apply needs --by ROLE, for the change log")
    made = changes.apply(services, text, database, changes.Author(arguments.by, arguments.note), dt.date.today())
    print(f"{len(made)} changes made")
    return 0


def _changed(services: changes.Services, entries: dict[str, Any]) -> dict[str, Any]:
    """Only what really differs, so that the rest of the file keeps its form."""
    return {
        name: entry
        for name, entry in entries.items()
        if name not in services.entries or changes.differences({name: services.entries[name]}, {name: entry})
    }


def export(arguments: argparse.Namespace) -> int:
    """Hand the directory out."""
    text = _exported(arguments.format)
    if not arguments.out:
        sys.stdout.write(text)
        return 0
    try:
        Path(arguments.out).write_text(text, encoding="utf-8")
    except OSError as error:
        raise DirectoryError(f"{arguments.out}: {error.strerror}") from error
    print(f"written: {arguments.out}")
    return 0


def _exported(kind: str) -> str:
    if kind in ("yaml", "csv"):
        entries = list(changes.Services(folder()).entries.values())
        return exchange.as_yaml(entries) if kind == "yaml" else exchange.as_csv(entries)
    from bot.directory.publish import published

    return published(kind)


def log(arguments: argparse.Namespace) -> int:
    """Who changed what."""
    lines = [line for line in changes.read_log(folder()) if arguments.id in (None, line["service"])]
    if arguments.json:
        print(json.dumps({"changes": lines}, ensure_ascii=False, indent=2))
        return 0
    for line in lines:
        what = line.get("entry") or f"{line['field']}: {line['old']} -> {line['new']}"
        print(
            f"{line['on']} {line['by']}: {line['service']}: {what}" + (f" ({line['note']})" if "note" in line else "")
        )
    return 0


def guarded(command: Any) -> Any:
    """``command`` with a refusal said in one line."""

    def run(arguments: argparse.Namespace) -> int:
        try:
            return int(command(arguments))
        except DirectoryError as error:
            print(f"services: {error}", file=sys.stderr)
            return 2

    return run


def add_parsers(commands: Any) -> None:
    """Add the editing commands below ``services``."""
    check = commands.add_parser("verify", help="a person checked this entry: number, hours, languages")
    check.add_argument("id")
    check.add_argument("--by", required=True, metavar="ROLE", help="a role, as 'helpline worker'; never a name")
    check.add_argument("--note", default="", help="what was done, as 'called, hours confirmed'")
    check.add_argument("--on", type=_day, metavar="DATE", help="default: today")
    check.set_defaults(run=guarded(verify))

    bring = commands.add_parser("import", help="show what a YAML or CSV file changes; --apply changes it")
    bring.add_argument("file")
    bring.add_argument("--apply", action="store_true")
    bring.add_argument("--by", metavar="ROLE", help="needed with --apply")
    bring.add_argument("--note", default="")
    bring.add_argument("--remove-missing", action="store_true", help="entries that are not in the file go")
    bring.set_defaults(run=guarded(import_file))

    give = commands.add_parser("export", help="the directory for others: yaml and csv to edit; hsds, schemaorg, html")
    give.add_argument("--format", choices=FORMATS, default="yaml")
    give.add_argument("--out", metavar="FILE", help="default: standard output")
    give.set_defaults(run=guarded(export))

    past = commands.add_parser("log", help="who changed what")
    past.add_argument("id", nargs="?")
    past.add_argument("--json", action="store_true")
    past.set_defaults(run=guarded(log))
