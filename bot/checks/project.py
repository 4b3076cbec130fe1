"""What the checks look at: the folders of the project, its YAML files, and what a finding is."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bot.content.catalogue import Loader

CODE = ("actions", "bot")
LANGUAGES = ("nl", "fr")


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, or (``warning``) that somebody should look at."""

    file: str
    place: str
    problem: str
    warning: bool = False

    def __str__(self) -> str:
        return f"{self.file}: {self.place}: {'warning: ' if self.warning else ''}{self.problem}"


@dataclass(frozen=True)
class Piece:
    """One sentence or more that a person may read. ``language`` is nl, fr or fr_tu."""

    file: str
    place: str
    language: str
    text: str


@dataclass(frozen=True)
class Project:
    """The folders; ``data`` is apart because an operator may keep it elsewhere."""

    root: Path
    data: Path

    @property
    def content(self) -> Path:
        """The reviewed texts."""
        return self.data / "content"

    @property
    def forms(self) -> tuple[str, ...]:
        """Identifiers of all forms of violence: the names of their files."""
        return tuple(sorted(path.stem for path in (self.content / "forms").glob("*.yml")))

    def name(self, path: Path) -> str:
        """``path`` as it is printed: from the root where possible."""
        return str(path.relative_to(self.root)) if self.root in path.parents else str(path)

    def texts(self) -> Iterator[Piece]:
        """Every text of the content folder, whether or not its file follows the schema."""
        for path in sorted(self.content.rglob("*.yml")):
            loaded = load(path)
            if path.stem != "forbidden" and isinstance(loaded, dict):
                yield from pieces(self.name(path), loaded)

    def loose_texts(self) -> dict[str, str]:
        """Keys of the loose texts, each with its file."""
        found: dict[str, str] = {}
        for path in sorted((self.content / "texts").glob("*.yml")):
            loaded = load(path)
            if isinstance(loaded, dict):
                found.update({str(key): self.name(path) for key in loaded.get("texts") or {}})
        return found

    def trees(self) -> Iterator[tuple[str, ast.AST]]:
        """Every Python file of the assistant, parsed; the checks do not check themselves."""
        for folder in CODE:
            for path in sorted((self.root / folder).rglob("*.py")):
                if "checks" not in path.parts:
                    yield self.name(path), ast.parse(path.read_text(encoding="utf-8"))


def load(path: Path) -> Any:
    """One YAML file, or None when it cannot be read (the schema check says why)."""
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=Loader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return None


def pieces(file: str, loaded: Any, path: tuple[str, ...] = ()) -> Iterator[Piece]:
    """The texts in a loaded file: every mapping that has a sentence under ``nl`` or ``fr``."""
    if isinstance(loaded, list):
        for index, item in enumerate(loaded):
            yield from pieces(file, item, (*path, item_name(item, index)))
    elif isinstance(loaded, dict):
        if any(isinstance(loaded.get(language), str) for language in LANGUAGES):
            for language in (*LANGUAGES, "fr_tu"):
                if isinstance(loaded.get(language), str):
                    yield Piece(file, ".".join(path), language, loaded[language])
            return
        for key, value in loaded.items():
            skipped = not path and key in ("texts", "nodes")  # an editor knows the key, not where it is kept
            yield from pieces(file, value, path if skipped else (*path, str(key)))


def item_name(item: Any, index: int) -> str:
    """How an editor calls an item of a list: by its id, else by its place."""
    return str(item["id"]) if isinstance(item, dict) and "id" in item else str(index)


def strings(node: ast.AST | None) -> list[str]:
    """The string constants that an expression can be, looking into ``a if b else c``."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.IfExp):
        return strings(node.body) + strings(node.orelse)
    return []
