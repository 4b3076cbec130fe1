"""The files of ``data/directory``: read, checked against each other, and what is wrong said with file and line."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from bot.directory.schema import ExceptionsFile, OrderFile, ServicesFile
from bot.settings import settings

FORMAT = "2"  # changes when the tables change, so that an old database is filled again
SERVICES, ORDER, EXCEPTIONS = "services.yml", "order.yml", "exceptions.yml"
FILES = (SERVICES, ORDER, EXCEPTIONS)
OPTIONAL = (EXCEPTIONS,)
Model = TypeVar("Model", bound=BaseModel)


class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """YAML whose dates stay text: the schema reads them, and says where a wrong one stands."""


Loader.yaml_implicit_resolvers = {
    sign: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for sign, resolvers in Loader.yaml_implicit_resolvers.items()
}


class DirectoryError(ValueError):
    """The directory cannot be loaded or changed; the message names file and place. Nothing was changed."""


@dataclass(frozen=True)
class Files:
    """All files of the directory, checked."""

    services: ServicesFile
    order: OrderFile
    exceptions: ExceptionsFile


def folder() -> Path:
    """Where the directory's files are."""
    return settings().data_dir / "directory"


def _place(loaded: Any, location: tuple[Any, ...]) -> str:
    """``services.12.phone`` as ``sos_viol.phone``: an editor knows ids, not positions."""
    if len(location) > 1 and location[0] == "services" and isinstance(location[1], int):
        entry = loaded["services"][location[1]]
        name = entry.get("id", location[1]) if isinstance(entry, dict) else location[1]
        location = (name, *location[2:])
    return ".".join(str(part) for part in location if part != "__root__") or "file"


def line_of(text: str, location: Iterable[Any]) -> int:
    """The line on which the value at ``location`` stands, or the nearest thing above it that is there."""
    node: Any = yaml.compose(text, Loader=Loader)
    line = 1
    for part in location:
        found = None
        if isinstance(node, yaml.MappingNode):
            found = next(((key, value) for key, value in node.value if key.value == str(part)), None)
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            found = (node.value[part], node.value[part])
        if found is None:
            break
        line, node = found[0].start_mark.line + 1, found[1]
    return line


def parse(text: str, name: str, model: type[Model]) -> Model:
    """The contents of one file; :class:`DirectoryError` says what is wrong, and on which line."""
    loaded: Any = None
    try:
        loaded = yaml.load(text, Loader=Loader)
        return model.parse_obj(loaded)
    except ValidationError as error:
        found = [
            f"{_place(loaded, problem['loc'])}: {problem['msg']} (line {line_of(text, problem['loc'])})"
            for problem in error.errors()
        ]
        raise DirectoryError(f"{name}: " + "; ".join(found)) from error
    except yaml.YAMLError as error:
        raise DirectoryError(f"{name}: {error}") from error


def read(path: Path, model: type[Model]) -> Model:
    """One file of the directory. A file that may be missing is empty then."""
    if path.name in OPTIONAL and not path.exists():
        return model()
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DirectoryError(f"{path.name}: {error}") from error
    return parse(text, path.name, model)


def read_all(source: Path) -> Files:
    """All files, checked against each other."""
    services, order = read(source / SERVICES, ServicesFile), read(source / ORDER, OrderFile)
    return checked(Files(services, order, read(source / EXCEPTIONS, ExceptionsFile)))


def checked(files: Files) -> Files:
    """``files`` when all that one of them names is in the others."""
    services, order = files.services, files.order
    channels = {entry.id: set(entry.schedules) for entry in services.services}
    unknown = {name for steps in order.needs.values() for step in steps for name in step} - set(channels)
    if unknown:
        raise DirectoryError(f"{ORDER}: unknown services: {', '.join(sorted(unknown))}")
    forms = {need.split(":")[1] for need in order.needs if need.startswith("form:")}
    strange = {f"{entry.id}: {form}" for entry in services.services for form in entry.forms if form not in forms}
    if strange:
        raise DirectoryError(f"{SERVICES}: forms without a need in {ORDER}: {', '.join(sorted(strange))}")
    kinds = {entry.kind for entry in services.services} - set(order.kinds)
    if kinds:
        raise DirectoryError(f"{ORDER}: kinds without a place: {', '.join(sorted(kinds))}")
    for number, item in enumerate(files.exceptions.services):
        if item.channel not in channels.get(item.service, ()):
            raise DirectoryError(f"{EXCEPTIONS}: services.{number}: {item.service} has no schedule for {item.channel}")
    return files


def fingerprint(source: Path, instead: Mapping[str, bytes] | None = None) -> str:
    """Changes as soon as one byte of the files changes; ``instead`` are files that are about to be written."""
    instead = instead or {}
    digest = hashlib.sha256(FORMAT.encode())
    for name in FILES:
        if name in OPTIONAL and not (source / name).exists():
            continue
        try:
            digest.update(name.encode() + (instead.get(name) or (source / name).read_bytes()))
        except OSError as error:
            raise DirectoryError(f"{name}: {error}") from error
    return digest.hexdigest()
