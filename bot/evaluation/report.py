"""``halte evaluate``: reads labelled messages with the real engine and prints how well that went."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import re
import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import yaml

from bot.channels.edge import cleaned
from bot.commands import Refused
from bot.evaluation import baseline as default_rasa
from bot.evaluation import full
from bot.evaluation.metrics import Case, Pair, by_language
from bot.evaluation.tables import as_text
from bot.recognition.taxonomy import LANGUAGES
from bot.settings import ROOT
from bot.understanding.understanding import Understanding

DEFAULT = ROOT / "tests" / "messages" / "test"
ENTITY = re.compile(r"\[([^\]]+)\](?:\([^)]*\)|\{[^}]*\})")
NOTES = (
    "Each message is read by itself, through the engine and the edge's cleaning, without a conversation around it.",
    "Calibration (ECE, 10 bins) covers the forms that were reported; those below their threshold have no confidence.",
    "Macro averages run over labels that occur in these messages.",
)
BASELINE_NOTE = (
    "rasa: Rasa's default pipeline (DIET, epochs as in its stamp), one model for both languages, trained on the same "
    "messages with one intent each (the act, or tell + first form). It answers neither flags nor language, and one "
    "form at most."
)


def run(files: Sequence[Path], as_json: bool, baseline: bool, more: bool = False, write: bool = False,
        against: Path | None = None) -> int:  # fmt: skip
    """Measure on ``files`` (default: the test split) and print tables or one JSON object.

    ``more`` also disturbs the messages and judges the reasons; ``write`` keeps all that in ``docs/``;
    ``against`` shows what changed since such figures were kept.
    """
    cases = cases_of(files or [DEFAULT])
    old = _kept(against) if against else None
    with redirect_stdout(sys.stderr):  # training, should it be needed, says how far it is
        systems, about, extras = _systems(cases, baseline, more or write)
    notes = list(NOTES) + ([BASELINE_NOTE] if baseline else [])
    head: dict[str, Any] = {
        "files": [str(path) for path in files or [DEFAULT]],
        "date": dt.datetime.now(dt.timezone.utc).isoformat(timespec="seconds"),
        "messages": len(cases),
        **about,
    }
    if as_json:
        print(json.dumps({**head, "notes": notes, **systems, **extras}, ensure_ascii=False))
        return 0
    facts = ", ".join(f"{key} {value}" for key, value in head.items() if not isinstance(value, (list, dict)))
    head["files"] = [_short(path) for path in files or [DEFAULT]]
    text = f"{' '.join(head['files'])}\n{facts}\n\n{as_text(systems)}\n\n"
    if extras:
        text += f"{full.extra_tables(extras)}\n\n"
    text += "\n".join(f"* {note}" for note in notes)
    print(text)
    if old is not None:
        print(f"\n{full.difference(full.summary(systems), old['summary'])}")
    if write:
        full.write(text, {"date": head["date"], "summary": full.summary(systems), **extras})
    return 0


def _kept(path: Path) -> dict[str, Any]:
    try:
        kept: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return kept
    except (OSError, ValueError) as error:
        raise Refused(f"{path}: {error}") from error


def _short(path: Path) -> str:
    return str(path.relative_to(ROOT)) if ROOT in path.parents else str(path)


def _systems(
    cases: Sequence[Case], with_baseline: bool, more: bool
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    from bot import engine
    from bot.commands import prepare

    if engine.latest_model() is None:
        prepare()
    model = engine.latest_model()
    recognise = engine.Engine.load(model).recognise
    pairs = asyncio.run(read_all(recognise, cases))
    systems: dict[str, Any] = {"halte": by_language(pairs)}
    extras = full.extras(recognise, cases, pairs) if more else {}
    about: dict[str, Any] = {"model": model.name if model else ""}
    if with_baseline:
        about["baseline"] = default_rasa.ensure()
        predict = default_rasa.Baseline().predict
        systems["rasa"] = by_language(asyncio.run(read_all(predict, cases)), default_rasa.PARTS)
    return systems, about, extras


async def read_all(reader: Callable[[str], Awaitable[Understanding]], cases: Sequence[Case]) -> list[Pair]:
    """Every case with what ``reader`` made of it, as it would come in through the edge."""
    return [(case, await reader(cleaned(case.text))) for case in cases]


def cases_of(files: Sequence[Path]) -> list[Case]:
    """The labelled messages of files and folders: Rasa NLU files (``.yml``), or JSON lines."""
    cases: list[Case] = []
    for path in files:
        paths = sorted(path.rglob("*.yml")) if path.is_dir() else [path]
        found = [case for file in paths for case in _cases(file)]
        if not found:
            raise Refused(f"{path}: no messages in it")
        cases += found
    return cases


def _cases(path: Path) -> Iterator[Case]:
    try:
        content = sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8")
    except OSError as error:
        raise Refused(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise Refused(f"{path}: not UTF-8 text") from error
    return _from_nlu(path, content) if path.suffix in (".yml", ".yaml") else _from_lines(path, content)


def _from_nlu(path: Path, content: str) -> Iterator[Case]:
    language = path.resolve().parent.name
    try:
        blocks = yaml.load(content, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))["nlu"]
        for block in blocks:
            if "intent" not in block:
                continue  # synonyms, lookup tables and regular expressions are no messages
            labels = block.get("metadata") or {}
            for line in block["examples"].splitlines():
                text = ENTITY.sub(r"\1", line.strip()[1:].strip())
                if text:
                    yield Case(
                        text, language if language in LANGUAGES else None, str(block["intent"]),
                        _names(labels.get("forms")), _names(labels.get("flags")),
                    )  # fmt: skip
    except yaml.YAMLError as error:
        raise Refused(f"{path}: not YAML: {' '.join(str(error).split())}") from error
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise Refused(f"{path}: not a Rasa NLU file (nlu: intent, metadata, examples): {error}") from error


def _from_lines(path: Path, content: str) -> Iterator[Case]:
    for number, line in enumerate(content.splitlines(), 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
            if not isinstance(record, dict) or not isinstance(record.get("text"), str):
                raise ValueError('no object with a "text"')
            for key in ("language", "act"):
                if not isinstance(record.get(key), (str, type(None))):
                    raise ValueError(f"{key} is not a text")
            yield Case(
                record["text"], record.get("language"), record.get("act"),
                _names(record.get("forms")), _names(record.get("flags")),
            )  # fmt: skip
        except ValueError as error:
            raise Refused(f"{path}, line {number}: {error}") from error


def _names(value: Any) -> tuple[str, ...] | None:
    """Identifiers, also as ``halte recognise`` writes them (``{"form": …}``); None when not labelled."""
    if value is None:
        return None
    if not isinstance(value, list):
        raise ValueError("forms and flags are lists")
    return tuple(str(entry["form"] if isinstance(entry, dict) and "form" in entry else entry) for entry in value)
