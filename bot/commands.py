"""What each command does. Rasa is imported only where it is needed: ``halte --help`` answers at once."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from argparse import Namespace
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TextIO

from bot.settings import settings


class Refused(Exception):
    """The command cannot do what was asked; the message says why."""


def prepare() -> None:
    """Train when there is no model, and bring the directory database up to date."""
    from bot import engine
    from bot.directory.load import open_directory

    if engine.latest_model() is None:
        print("No model yet: training one. This takes five to ten minutes, once.", flush=True)
        train(Namespace())
    open_directory()


def serve(arguments: Namespace) -> int:
    """Start the web process."""
    prepare()
    from bot.app import create_app, server

    print(f"Halte: http://{arguments.host}:{arguments.port}/  (Ctrl+C stops it)", flush=True)
    if settings().telegram_token:
        print(f"Telegram: {settings().telegram_webhook or 'long polling'}", flush=True)
    server(create_app(), arguments.host, arguments.port).run()
    return 0


def train(_: Namespace) -> int:
    """Train, saying how far it is."""
    from bot import engine
    from bot.quiet import progress

    started = time.monotonic()
    with progress():
        path = engine.train()
    print(f"Trained {path.name} in {time.monotonic() - started:.0f} s.", flush=True)
    return 0


def chat(arguments: Namespace) -> int:
    """Talk in the terminal, or replay a script."""
    prepare()
    from bot.channels.conversations import Conversations
    from bot.channels.terminal import replay, talk
    from bot.engine import Engine

    conversations = Conversations(Engine.load())
    if arguments.script:
        lines = _open(arguments.script).read().splitlines()
        asyncio.run(replay(conversations, lines, arguments.lang, sys.stdout))
    else:
        asyncio.run(talk(conversations, arguments.lang))
    return 0


def recognise(arguments: Namespace) -> int:
    """Read messages, write what was understood, in the same order."""
    from bot.engine import Engine, latest_model

    if latest_model() is None:
        prepare()
    engine = Engine.load()

    async def run() -> None:
        for record in _records(_open(arguments.file)):
            read = await engine.recognise(str(record.get("text", "")))
            print(json.dumps({**record, **read.as_json()}, ensure_ascii=False), flush=True)

    asyncio.run(run())
    return 0


def evaluate(arguments: Namespace) -> int:
    """Measure recognition on labelled messages."""
    from bot.evaluation.report import run

    return run(
        [Path(name) for name in arguments.files], as_json=arguments.json, baseline=arguments.baseline,
        more=arguments.full, write=arguments.write, against=Path(arguments.against) if arguments.against else None,
    )  # fmt: skip


def compare(arguments: Namespace) -> int:
    """Compare ways to recognise."""
    from bot.evaluation.compare import run

    return run(arguments.encoders, as_json=arguments.json)


def encoder(arguments: Namespace) -> int:
    """Build our own sentence encoder."""
    from bot.encoder.build import OWN_BASE, OWN_FOLDER, CannotBuild, build, shown

    out = Path(arguments.out) if arguments.out else OWN_FOLDER
    try:
        build(out, arguments.base or OWN_BASE, arguments.epochs)
    except CannotBuild as error:
        raise Refused(str(error)) from error
    print(f"Written: {shown(out)}. Train again to use it: halte train")
    return 0


def bench(arguments: Namespace) -> int:
    """Measure time and memory."""
    from bot.evaluation.bench import run

    return run(as_json=arguments.json)


def check(_: Namespace) -> int:
    """Check everything an editor can break."""
    from bot.checks import run

    return run()


def _open(name: Any) -> TextIO:
    if not name or name == "-":
        return sys.stdin
    try:
        return open(name, encoding="utf-8")
    except OSError as error:
        raise Refused(f"{name}: {error.strerror}") from error


def _records(stream: Iterable[str]) -> Iterator[dict[str, Any]]:
    """JSON objects with a ``text``, or plain lines."""
    for line in stream:
        line = line.rstrip("\n")
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except ValueError:
            record = None
        yield record if isinstance(record, dict) else {"text": line}
