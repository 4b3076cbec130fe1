"""Entries from and to YAML and CSV. A file may hold some entries only; what it does not name stays as it is."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

import yaml
from pydantic import Field, ValidationError

from bot.directory.changes import Raw, Services, written
from bot.directory.files import DirectoryError, Loader, parse
from bot.directory.schema import Entry, Strict

COLUMNS = (  # what is corrected most; all else goes by YAML
    *("id", "kind", "status", "name.nl", "name.fr", "description.nl", "description.fr", "contact.phone"),
    *("contact.phone_via", "languages", "regions", "for_minors", "cost.free", "cost.anonymous", "cost.on_bill"),
    *("safety_note", "conflicts", "confidence", "verified_on", "verified_by"),
)
LISTS = ("languages", "regions")
FORMULA = ("=", "+", "@")  # a spreadsheet would compute what begins so
CLEAR = "-"  # in a cell: no value any more; an empty cell leaves it as it is


class Import(Strict):
    """A file with entries to add or change."""

    meta: dict[str, Any] = Field(default_factory=dict)
    services: list[Entry]


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DirectoryError(f"{path.name}: {error}") from error


def entries_of(path: Path, services: Services) -> dict[str, Raw]:
    """The entries that ``path`` changes or adds, checked; :class:`DirectoryError` names file and line."""
    text = _read(path)
    if path.suffix.lower() == ".csv":
        return dict(_from_csv(text, path.name, services.entries))
    parse(text, path.name, Import)
    found = yaml.load(text, Loader=Loader)["services"]
    ids = [entry["id"] for entry in found]
    twice = sorted({name for name in ids if ids.count(name) > 1})
    if twice:
        raise DirectoryError(f"{path.name}: ids used twice: {', '.join(twice)}")
    return {entry["id"]: entry for entry in found}


def _from_csv(text: str, name: str, known: Mapping[str, Raw]) -> Iterator[tuple[str, Raw]]:
    rows = csv.reader(io.StringIO(text), strict=True)
    seen: set[str] = set()
    try:
        head = next(rows, [])
        strange = [column for column in head if column not in COLUMNS]
        if "id" not in head or strange:
            problem = f"unknown columns: {', '.join(strange)}" if strange else "no column 'id'"
            raise DirectoryError(f"{name}: line 1: {problem}; known: {', '.join(COLUMNS)}")
        for row in rows:
            line = rows.line_num
            if not any(row):
                continue
            if len(row) != len(head):
                raise DirectoryError(f"{name}: line {line}: {len(row)} cells, but {len(head)} columns")
            cells = dict(zip(head, row))
            service = cells.pop("id")
            if service not in known:
                raise DirectoryError(
                    f"{name}: line {line}: no entry {service!r}; new ones go by YAML, with their source"
                )
            if service in seen:
                raise DirectoryError(f"{name}: line {line}: {service} is here twice")
            seen.add(service)
            entry = deepcopy(known[service])
            for column, cell in cells.items():
                if cell.strip():
                    _set(entry, column, _value(column, cell.strip()))
            _check(entry, name, line)
            yield service, entry
    except csv.Error as error:
        raise DirectoryError(f"{name}: line {rows.line_num}: {error}") from error


def _value(column: str, cell: str) -> Any:
    if cell.startswith("'") and cell[1:].startswith(FORMULA):
        cell = cell[1:]
    if cell == CLEAR:
        return [] if column in LISTS else None
    if column in LISTS:
        return cell.split()
    return {"true": True, "false": False}.get(cell.lower(), cell)


def _set(entry: Raw, column: str, value: Any) -> None:
    *path, last = column.split(".")
    for part in path:
        entry = entry.setdefault(part, {})
    if value is None:
        entry.pop(last, None)
    else:
        entry[last] = value


def _check(entry: Raw, name: str, line: int) -> None:
    try:
        Entry.parse_obj(entry)
    except ValidationError as error:
        problems = [f"{'.'.join(map(str, part['loc']))}: {part['msg']}" for part in error.errors()]
        raise DirectoryError(f"{name}: line {line}: {entry['id']}: {'; '.join(problems)}") from error


def as_yaml(entries: Sequence[Raw]) -> str:
    """Entries in the shape of ``services.yml``, to be edited and imported."""
    return "services:\n" + written(entries)


def as_csv(entries: Sequence[Raw]) -> str:
    """The most corrected fields of entries, for a spreadsheet."""
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(COLUMNS)
    for entry in entries:
        table.writerow([_cell(entry, column) for column in COLUMNS])
    return out.getvalue()


def _cell(entry: Any, column: str) -> str:
    for part in column.split("."):
        entry = entry.get(part) if isinstance(entry, dict) else None
    if isinstance(entry, list):
        return " ".join(entry)
    if isinstance(entry, bool):
        return str(entry).lower()
    text = str(entry) if entry is not None else ""
    return "'" + text if text.startswith(FORMULA) else text
