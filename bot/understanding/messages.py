"""Labelled messages: the Rasa NLU files of ``data/nlu`` and ``tests/messages`` as plain records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml


@dataclass(frozen=True)
class Labelled:
    """One message with everything a person said about it."""

    text: str
    language: str
    act: str
    forms: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    source: str = ""
    theme: str = ""

    @property
    def labels(self) -> tuple[str, ...]:
        """Act, forms and flags together."""
        return (self.act, *self.forms, *self.flags)


def read(folder: Path, languages: Iterable[str] = ("nl", "fr")) -> list[Labelled]:
    """All messages below ``folder/nl`` and ``folder/fr``."""
    return [message for language in languages for message in _read_language(folder / language, language)]


def _read_language(folder: Path, language: str) -> Iterator[Labelled]:
    for path in sorted(folder.glob("*.yml")):
        yield from read_file(path, language)


def read_file(path: Path, language: str = "") -> Iterator[Labelled]:
    """The messages of one file; the language is the name of its folder unless given."""
    content = yaml.load(path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    for block in content["nlu"]:
        labels = block.get("metadata") or {}
        for line in block["examples"].splitlines():
            text = line.strip()[2:].strip()
            if text:
                yield Labelled(
                    text=text,
                    language=language or path.parent.name,
                    act=block["intent"],
                    forms=tuple(labels.get("forms", ())),
                    flags=tuple(labels.get("flags", ())),
                    source=labels.get("source", ""),
                    theme=path.stem,
                )


def other_languages(data_dir: Path) -> list[str]:
    """Messages in languages Halte does not speak, one a line."""
    path = data_dir / "language" / "other.txt"
    return [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
