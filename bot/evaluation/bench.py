"""``halte bench``: time and memory, side by side with Rasa's default pipeline on the same machine and messages."""

from __future__ import annotations

import datetime as dt
import json
import os
import platform
import subprocess
import sys
import time
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from bot.commands import Refused
from bot.evaluation import baseline
from bot.evaluation.probe import SPAWNED
from bot.evaluation.tables import table
from bot.settings import ROOT

MEASURE_SECONDS = 1800
TRAIN_SECONDS = 3600
TRAIN_RASA_SECONDS = 6 * 3600
PACKAGES = ("halte", "rasa", "tensorflow-cpu", "scikit-learn", "numpy", "onnxruntime", "tokenizers")

ROWS = (
    ("training (s)", "train_s", 0),
    ("training, processor time (s)", "train_cpu_s", 0),
    ("cold start to first answer (s)", "cold_start_s", 1),
    ("parse p50 (ms)", "parse_p50_ms", 1),
    ("parse p95 (ms)", "parse_p95_ms", 1),
    ("turn p50 (ms)", "turn_p50_ms", 1),
    ("turn p95 (ms)", "turn_p95_ms", 1),
    ("turn 1 of a conversation (ms)", "turn_1_ms", 1),
    ("turn 200, same message (ms)", "turn_200_ms", 1),
    ("turns 1-20, p50 (ms)", "first_turns_p50_ms", 1),
    ("turns 181-200, p50 (ms)", "last_turns_p50_ms", 1),
    ("memory after loading (MB)", "memory_loaded_mb", 0),
    ("memory after 200 parses (MB)", "memory_after_parses_mb", 0),
    ("memory at the end (MB)", "memory_end_mb", 0),
    ("model archive (MB)", "archive_mb", 1),
    ("turns without an answer", "failed_turns", 0),
)
NOTES = (
    "Each system runs in a process of its own, one after the other, inside the process: no network, no server.",
    "parse: 200 dev messages one by one. turn: one conversation of 30 messages, 5 times. turn 200: 3 conversations.",
    "halte: through the edge, with the whole dialogue. rasa: a plain agent, one rule per intent, one fixed answer; "
    "TED and UnexpecTED have no stories to learn from, so its training and turns are faster than a real Rasa bot's.",
    "rasa's training was timed when it was trained (models/baseline/stamp.json), ours now.",
)


class ProbeFailed(Exception):
    """A measuring process did not finish or gave no figures."""


def run(as_json: bool, training: bool = True) -> int:
    """Measure both systems and print a table or one JSON object; ``training`` also times ours."""
    from bot import engine
    from bot.commands import prepare

    if engine.latest_model() is None:
        prepare()
    notes = list(NOTES)
    try:
        ours = _probe("halte", MEASURE_SECONDS)
        if training:
            ours.update(_probe("train", TRAIN_SECONDS))
    except ProbeFailed as failure:
        raise Refused(str(failure)) from failure
    try:
        theirs = _baseline(notes)
    except ProbeFailed as failure:
        theirs = {}
        notes.append(f"rasa was not measured: {failure}")
    head = machine()
    if as_json:
        print(json.dumps({**head, "notes": notes, "halte": ours, "rasa": theirs}, ensure_ascii=False))
        return 0
    rows = [[label, _number(ours.get(key), digits), _number(theirs.get(key), digits)] for label, key, digits in ROWS]
    versions = ", ".join(f"{name} {number}" for name, number in head["versions"].items())
    print(f"{head['date']}, {head['cores']} cores, load {head['load_average']}, {head['platform']}\n{versions}\n")
    print(table(["", "halte", "rasa default"], rows) + "\n")
    print("\n".join(f"* {note}" for note in notes))
    return 0


def machine() -> dict[str, Any]:
    """Where and when, and with which versions."""
    versions = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    return {
        "date": dt.datetime.now(dt.timezone.utc).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "load_average": round(os.getloadavg()[0], 1),
        "platform": f"{platform.system()} {platform.machine()}",
        "versions": versions,
    }


def _baseline(notes: list[str]) -> dict[str, Any]:
    """Figures of Rasa's default pipeline. A model of older messages will do here: it is as fast and as large."""
    stamp = baseline.stamp()
    if stamp is None:
        _probe("train-rasa", TRAIN_RASA_SECONDS)
        stamp = baseline.stamp() or {}
    notes.append(
        f"rasa: trained {stamp.get('trained_at', '?')} on {stamp.get('messages', '?')} messages, "
        f"load {stamp.get('load_average', '?')} when it ended."
    )
    known = {"train_s": stamp.get("seconds"), "train_cpu_s": stamp.get("cpu_seconds")}
    return {**_probe("rasa", MEASURE_SECONDS), **known, "archive_mb": stamp.get("archive_mb"), "stamp": stamp}


def _probe(name: str, seconds: int) -> dict[str, Any]:
    """Run one measuring process to its end."""
    print(f"measuring: {name} …", file=sys.stderr, flush=True)
    environment = {**os.environ, SPAWNED: str(time.time()), "HALTE_TURNS_PER_MINUTE": "1000000"}
    try:
        done = subprocess.run(
            [sys.executable, "-m", "bot.evaluation.probe", name], cwd=ROOT, env=environment, timeout=seconds,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise ProbeFailed(f"{name} took more than {seconds} s") from error
    lines = done.stdout.strip().splitlines()
    if done.returncode or not lines:
        last = done.stderr.strip().splitlines()[-1:] or ["no message"]
        raise ProbeFailed(f"{name} ended with {done.returncode}: {last[0]}")
    figures: dict[str, Any] = json.loads(lines[-1])
    return figures


def _number(value: Any, digits: int) -> str | None:
    return None if value is None else f"{value:.{digits}f}"
