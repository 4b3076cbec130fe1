"""Changing ``services.yml``: shown first; then file, database and change log change together, or not at all.

Entries are replaced as blocks of text, so that comments and all other entries stay byte for byte as they were.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy.engine import Engine

from bot.directory.files import (
    EXCEPTIONS,
    ORDER,
    SERVICES,
    DirectoryError,
    Files,
    Loader,
    checked,
    fingerprint,
    parse,
    read,
)  # fmt: skip
from bot.directory.load import fill
from bot.directory.schema import ExceptionsFile, OrderFile, ServicesFile, a_role

LOG = "changes.yml"
LOG_HEAD = "# Who changed what in services.yml, oldest first; written by `halte services verify` and `import`.\n"
ENTRY = re.compile(r"^- id: (\S+)\s*$", re.MULTILINE)
LONGEST_NOTE = 300
Raw = dict[str, Any]


@dataclass(frozen=True)
class Change:
    """One field of one entry; ``None`` for what is not there."""

    service: str
    field: str
    old: Any
    new: Any

    def __str__(self) -> str:
        if self.field == "":
            return f"{'+' if self.old is None else '-'} {self.service}"
        return f"  {self.service}.{self.field}: {_shown(self.old)} -> {_shown(self.new)}"


@dataclass(frozen=True)
class Author:
    """Who changes something, as a role, and why. Never a name."""

    role: str
    note: str = ""

    def __post_init__(self) -> None:
        try:
            a_role(self.role)
        except ValueError as error:
            raise DirectoryError(f"--by: {error}") from error
        if len(self.note) > LONGEST_NOTE or "\n" in self.note:
            raise DirectoryError(f"--note: one line of at most {LONGEST_NOTE} characters")


def _shown(value: Any) -> str:
    return "-" if value is None else json.dumps(value, ensure_ascii=False, default=str)


def _flat(entry: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in entry.items():
        if isinstance(value, dict) and value:
            yield from _flat(value, f"{prefix}{key}.")
        elif value not in (None, [], {}):
            yield prefix + key, value


def differences(old: Mapping[str, Raw], new: Mapping[str, Raw]) -> list[Change]:
    """What changes when the entries ``old`` become ``new``; an entry that comes or goes is one change."""
    changes = [Change(name, "", entry, None) for name, entry in old.items() if name not in new]
    for name, entry in new.items():
        if name not in old:
            changes.append(Change(name, "", None, entry))
            continue
        before, after = dict(_flat(old[name])), dict(_flat(entry))
        for field in dict.fromkeys([*before, *after]):
            if before.get(field) != after.get(field):
                changes.append(Change(name, field, before.get(field), after.get(field)))
    return changes


class _Dumper(yaml.SafeDumper):
    """Short lists on one line, everything else in blocks, as the file is written by hand."""


def _list(dumper: yaml.SafeDumper, items: list[Any]) -> yaml.Node:
    plain = all(not isinstance(item, (dict, list)) for item in items)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", items, flow_style=plain)


_Dumper.add_representer(list, _list)


def written(entries: Sequence[Raw]) -> str:
    """Entries as they stand in ``services.yml``, a blank line between them."""
    blocks = []
    for entry in entries:
        text = yaml.dump(entry, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=118)
        blocks.append("- " + text.rstrip("\n").replace("\n", "\n  ") + "\n")
    return "\n".join(re.sub(r"^ +$", "", block, flags=re.MULTILINE) for block in blocks)


class Services:
    """``services.yml`` as text and as raw entries."""

    def __init__(self, source: Path) -> None:
        self.source = source
        self.path = source / SERVICES
        try:
            self.before = self.path.read_bytes()
            self.text = self.before.decode("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise DirectoryError(f"{SERVICES}: {error}") from error
        parse(self.text, SERVICES, ServicesFile)
        self.entries: dict[str, Raw] = {entry["id"]: entry for entry in yaml.load(self.text, Loader=Loader)["services"]}

    def with_entries(self, changed: Mapping[str, Raw], removed: Sequence[str] = ()) -> str:
        """The text with these entries in place of theirs, new ones at the end."""
        starts = [(match.group(1), match.start()) for match in ENTRY.finditer(self.text)]
        ends = [start for _, start in starts[1:]] + [len(self.text)]
        parts = [self.text[: starts[0][1]] if starts else self.text]
        for (name, start), end in zip(starts, ends):
            if name in removed:
                continue
            parts.append(written([changed[name]]) + "\n" if name in changed else self.text[start:end])
        known = {name for name, _ in starts}
        for name, entry in changed.items():
            if name not in known:
                parts.append(("" if parts[-1].endswith("\n\n") else "\n") + written([entry]))
        return "".join(parts)

    def with_fields(self, name: str, fields: Mapping[str, str]) -> str:
        """The text with some plain fields of one entry set, and not another byte changed."""
        match = next((found for found in ENTRY.finditer(self.text) if found.group(1) == name), None)
        if match is None:
            raise DirectoryError(f"{SERVICES}: no entry {name!r}")
        after = ENTRY.search(self.text, match.end())
        block = self.text[match.start() : after.start() if after else len(self.text)]
        new = block
        for field, value in fields.items():
            line = re.compile(rf"^  {field}:.*$", re.MULTILINE)
            text = f"  {field}: {value}"
            if not line.search(new):
                line, text = re.compile(r"^  sources:$", re.MULTILINE), f"{text}\n  sources:"
            new = line.sub(text, new, count=1)
        return self.text.replace(block, new, 1)


def _log_lines(changes: Sequence[Change], author: Author, day: dt.date) -> str:
    lines = []
    for change in changes:
        line: Raw = {"on": day.isoformat(), "by": author.role, "service": change.service}
        if change.field:
            line.update(field=change.field, old=change.old, new=change.new)
        else:
            line["entry"] = "added" if change.old is None else "removed"
        if author.note:
            line["note"] = author.note
        lines.append("- " + json.dumps(line, ensure_ascii=False, default=str) + "\n")  # JSON is YAML on one line
    return "".join(lines)


def read_log(source: Path) -> list[Raw]:
    """All changes, oldest first."""
    path = source / LOG
    if not path.exists():
        return []
    try:
        return list(yaml.load(path.read_text(encoding="utf-8"), Loader=Loader) or [])
    except (OSError, yaml.YAMLError) as error:
        raise DirectoryError(f"{LOG}: {error}") from error


def _write(path: Path, data: bytes) -> None:
    """All or nothing: a file beside it takes its place."""
    beside = path.with_name(f".{path.name}.new")
    beside.write_bytes(data)
    os.replace(beside, path)


def rehearse(services: Services, text: str) -> Files:
    """All files as they would be with ``text``, checked; nothing is changed."""
    source = services.source
    order, exceptions = read(source / ORDER, OrderFile), read(source / EXCEPTIONS, ExceptionsFile)
    return checked(Files(parse(text, SERVICES, ServicesFile), order, exceptions))


def apply(services: Services, text: str, database: Engine, author: Author, day: dt.date) -> list[Change]:
    """Make ``text`` the directory: checked, loaded, written and logged; or :class:`DirectoryError`, nothing changed."""
    source, data = services.source, text.encode("utf-8")
    files = rehearse(services, text)
    new = {entry["id"]: entry for entry in yaml.load(text, Loader=Loader)["services"]}
    changes = differences(services.entries, new)
    if not changes:
        return []
    log = source / LOG
    logged = log.read_bytes() if log.exists() else None

    def write() -> None:
        if services.path.read_bytes() != services.before:
            raise DirectoryError(f"{SERVICES}: somebody else changed it meanwhile; nothing was changed, try again")
        lines = _log_lines(changes, author, day).encode("utf-8")
        _write(log, (logged if logged is not None else LOG_HEAD.encode()) + lines)
        _write(services.path, data)

    try:
        fill(database, files, fingerprint(source, {SERVICES: data}), write)
    except BaseException as error:
        _undo(services, log, logged, data)
        if isinstance(error, OSError):
            raise DirectoryError(f"{error.filename or SERVICES}: {error.strerror}; nothing was changed") from error
        raise
    return changes


def _undo(services: Services, log: Path, logged: bytes | None, data: bytes) -> None:
    """The files as they were, when the database could not follow."""
    if services.path.read_bytes() == data:
        _write(services.path, services.before)
    if logged is None:
        log.unlink(missing_ok=True)
    elif log.read_bytes() != logged:
        _write(log, logged)


def verify(source: Path, database: Engine, name: str, author: Author, day: dt.date) -> list[Change]:
    """Somebody called or visited this service on ``day``, and what stands here is right."""
    services = Services(source)
    if day > dt.date.today():
        raise DirectoryError(f"--on: {day} is in the future")
    text = services.with_fields(name, {"verified_on": f"'{day}'", "verified_by": author.role})
    return apply(services, text, database, author, day)
