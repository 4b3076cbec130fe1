"""The baseline: Rasa's default pipeline (DIET) trained on the very same messages.

Rasa knows one intent per message, so each message keeps its act, and a message that tells of forms
becomes ``tell__<first form>`` (a slash would make it a retrieval intent). Both languages together
in one model, the natural thing for a pipeline that knows no languages. What comes back is an act
and at most one form: no flags, no language. When Rasa's FallbackClassifier steps in, the message
counts as not understood and brings no form; the act behind the fallback is still scored.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bot.settings import settings
from bot.understanding.messages import Labelled, read
from bot.understanding.understanding import Reading, Understanding

NAME = "baseline"
JOIN = "__"
FALLBACK = "nlu_fallback"
PARTS = ("act", "forms")
"""What the baseline can answer; it is not scored on the rest."""


def intent_of(message: Labelled) -> str:
    """The one intent under which Rasa learns a message."""
    return f"tell{JOIN}{message.forms[0]}" if message.act == "tell" and message.forms else message.act


def as_understanding(parsed: Mapping[str, Any]) -> Understanding:
    """Rasa's parse data as far as it answers our questions."""
    ranking = [entry for entry in parsed.get("intent_ranking") or [parsed["intent"]] if entry["name"] != FALLBACK]
    best: Mapping[str, Any] = ranking[0] if ranking else {"name": "", "confidence": 0.0}
    understood = parsed["intent"]["name"] != FALLBACK
    act, _, form = str(best["name"] or "").partition(JOIN)
    confidence = float(best["confidence"])
    forms = (Reading(form, confidence),) if form and understood else ()
    return Understanding(language="", act=act, act_confidence=confidence, forms=forms, understood=understood)


def folder() -> Path:
    """Where the baseline lives, apart from the assistant's own models."""
    return settings().model_dir / NAME


def stamp() -> dict[str, Any] | None:
    """What was written down at the last training, or None."""
    try:
        content = json.loads((folder() / "stamp.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) and archive().exists() else None


def archive() -> Path:
    """The trained model."""
    return folder() / f"{NAME}.tar.gz"


def ensure() -> dict[str, Any]:
    """Train when there is no baseline or the messages have changed; returns its stamp."""
    examples = [(message.text, intent_of(message)) for message in read(settings().data_dir / "nlu")]
    known = stamp()
    if known and known.get("hash") == _hash(examples):
        return known
    from bot.rasa import baseline as plain

    (folder() / "stamp.json").unlink(missing_ok=True)
    print(
        f"Training Rasa's default pipeline on {len(examples)} messages: more than an hour on two cores, "
        "again after each change of the messages.",
        file=sys.stderr, flush=True,
    )  # fmt: skip
    started, worked = time.monotonic(), time.process_time()
    plain.train(examples, folder(), NAME, settings().baseline_epochs)
    made: dict[str, Any] = {
        "hash": _hash(examples),
        "epochs": settings().baseline_epochs,
        "messages": len(examples),
        "intents": len({intent for _, intent in examples}),
        "seconds": round(time.monotonic() - started, 1),
        "cpu_seconds": round(time.process_time() - worked, 1),
        "trained_at": dt.datetime.now(dt.timezone.utc).isoformat(timespec="seconds"),
        "rasa": plain.VERSION,
        "cores": os.cpu_count(),
        "load_average": round(os.getloadavg()[0], 1),
        "omp_threads": os.environ.get("OMP_NUM_THREADS", ""),
        "archive_mb": round(archive().stat().st_size / 1e6, 1),
    }
    (folder() / "stamp.json").write_text(json.dumps(made, indent=2), encoding="utf-8")
    return made


class Baseline:
    """The trained baseline; ``predict`` stands where ``Engine.recognise`` stands for ours."""

    def __init__(self) -> None:
        from bot.rasa.baseline import BaselineAgent

        self.agent = BaselineAgent(archive())

    async def predict(self, text: str) -> Understanding:
        """Read one message."""
        return as_understanding(await self.agent.parse(text))


def _hash(examples: Sequence[tuple[str, str]]) -> str:
    lines: list[str] = [f"{intent}\t{text}" for text, intent in examples]
    return hashlib.sha256("\n".join(sorted(lines)).encode("utf-8")).hexdigest()[:16]
