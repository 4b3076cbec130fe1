"""The directory against the content: files that load, services that are named and offered, forms both know."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.app import WITHOUT_CHAT
from bot.checks.project import Finding, Project, load
from bot.directory import models as m
from bot.directory.load import DirectoryError, open_directory
from bot.directory.query import Query, by_id, find, known_forms
from bot.recognition.taxonomy import FLAGS

ROLES = ("witness", "professional", "perpetrator")


@contextmanager
def opened(project: Project) -> Iterator[Session]:
    """The project's directory in a database of its own, gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        sessions = open_directory(f"sqlite:///{Path(folder) / 'check.sqlite'}", project.data / "directory")
        with sessions() as session:
            yield session
        sessions.kw["bind"].dispose()


def check(project: Project) -> Iterator[Finding]:
    """Everything that needs the directory."""
    try:
        with opened(project) as session:
            yield from _forms(project, session)
            yield from _named(project, session)
            yield from _twice(session)
    except DirectoryError as error:
        file, _, problems = str(error).partition(": ")
        for problem in problems.split("; "):
            place, _, message = problem.partition(": ")
            yield Finding(f"data/directory/{file}", place if message else "file", message or place)


def _forms(project: Project, session: Session) -> Iterator[Finding]:
    known, written = set(known_forms(session)), set(project.forms)
    for form in sorted(written - known):
        yield Finding("data/directory/order.yml", f"form:{form}", "is missing, but data/content/forms has it")
    for form in sorted(known - written):
        yield Finding("data/directory/order.yml", f"form:{form}", "has no file in data/content/forms")
    for form in sorted(known & written):
        for language in ("nl", "fr"):
            found = find(session, Query(forms=(form,), language=language))
            if not any(f"form:{form}" in match.reasons for match in found):
                yield Finding("data/directory/order.yml", f"form:{form}", f"no offered service in {language}")


def _named(project: Project, session: Session) -> Iterator[Finding]:
    """Services that protocols and the page without chat show by name, flag or form."""
    named: list[tuple[str, str, str]] = []
    for path in sorted((project.content / "protocols").glob("*.yml")):
        nodes: dict[str, dict[str, list[str]]] = (load(path) or {}).get("nodes") or {}
        named += [
            (project.name(path), name, entry) for name, node in nodes.items() for entry in node.get("services", ())
        ]
    named += [
        ("bot/app.py", f"WITHOUT_CHAT.{language}", entry) for language, ids in WITHOUT_CHAT.items() for entry in ids
    ]
    for file, place, entry in named:
        problem = _unavailable(session, entry, project.forms)
        if problem:
            yield Finding(file, place, problem)


def _twice(session: Session) -> Iterator[Finding]:
    """Two organizations with one name or one number; a shared number has a note that says so."""
    seen: dict[tuple[str, str], m.Service] = {}
    for row in session.execute(select(m.Service).order_by(m.Service.position)).scalars():
        keys = [("name", row.name_nl.casefold())]
        keys += [("number", digits(phone.number)) for phone in row.phones if phone.type == "voice"]
        for kind, value in keys:
            first = seen.setdefault((kind, value), row)
            noted = kind == "number" and (first.phone_note or first.conflicts or row.phone_note or row.conflicts)
            if first.organization_id != row.organization_id and not noted:
                problem = f"has the {kind} {value!r} of {first.id}: the same service, or say why in phone_note"
                yield Finding("data/directory/services.yml", row.id, problem, warning=True)


def digits(number: str) -> str:
    """The digits of a number."""
    return "".join(sign for sign in number if sign.isdigit())


def _unavailable(session: Session, entry: str, forms: tuple[str, ...]) -> str:
    kind, _, value = entry.partition(":")
    if not value:
        return "" if by_id(session, (kind,)) else f"service {kind!r} is unknown, or may not be shown"
    if kind not in ("flag", "form") or value not in (FLAGS if kind == "flag" else forms):
        return f"{entry!r} is no flag or form"
    for language in ("nl", "fr"):
        if kind == "form":
            query = Query(forms=(value,), language=language)
        else:
            role = value if value in ROLES else "victim"
            query = Query(flags=(value,), role=role, age="minor" if value == "minor" else None, language=language)
        wanted = {entry, value}
        if not any(wanted & set(match.reasons) for match in find(session, query)):
            return f"no offered service for {entry!r} in {language}"
    return ""
