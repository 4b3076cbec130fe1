"""Rasa's default pipeline as it comes out of the box, to compare with. Never part of the assistant."""

from __future__ import annotations

import os
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bot.quiet import be_quiet

be_quiet()

import rasa  # noqa: E402
import yaml  # noqa: E402
from rasa.core.agent import Agent  # noqa: E402
from rasa.core.channels.channel import CollectingOutputChannel, UserMessage  # noqa: E402
from rasa.engine.caching import CACHE_LOCATION_ENV  # noqa: E402

VERSION = rasa.__version__
FALLBACK = "nlu_fallback"
ANSWER = "utter_answer"


def default_config(epochs: int) -> str:
    """The configuration that Rasa itself uses when a project names no pipeline and no policies.

    Its only changed value is the number of ``epochs`` (100 as it comes), which decides how many hours it takes.
    """
    path = Path(rasa.__file__).parent / "engine" / "recipes" / "config_files" / "default_config.yml"
    return (
        path.read_text(encoding="utf-8")
        .replace("placeholder_default", "baseline")
        .replace("epochs: 100", f"epochs: {epochs}")
    )


def train(examples: Sequence[tuple[str, str]], folder: Path, name: str, epochs: int) -> Path:
    """Train on ``(text, intent)`` pairs, with one rule per intent that gives one fixed answer; returns the archive."""
    from rasa.model_training import train as rasa_train

    texts: dict[str, list[str]] = defaultdict(list)
    for text, intent in examples:
        texts[intent].append(text)
    intents = sorted(texts)
    files: dict[str, Any] = {
        "domain.yml": {"intents": intents, "responses": {ANSWER: [{"text": "ok"}]}},
        "nlu.yml": {
            "nlu": [{"intent": name, "examples": "".join(f"- {text}\n" for text in texts[name])} for name in intents]
        },
        "rules.yml": {
            "rules": [
                {"rule": f"answer {name}", "steps": [{"intent": name}, {"action": ANSWER}]}
                for name in intents + [FALLBACK]
            ]
        },
    }
    with tempfile.TemporaryDirectory() as work, _own_cache(Path(work, "cache")):
        for file, content in files.items():
            text = yaml.safe_dump({"version": "3.1", **content}, allow_unicode=True, sort_keys=False, width=10**6)
            Path(work, file).write_text(text, encoding="utf-8")
        Path(work, "config.yml").write_text(default_config(epochs), encoding="utf-8")
        result = rasa_train(
            domain=str(Path(work, "domain.yml")), config=str(Path(work, "config.yml")),
            training_files=[str(Path(work, "nlu.yml")), str(Path(work, "rules.yml"))],
            output=str(folder), fixed_model_name=name, force_training=True,
        )  # fmt: skip
    if not result.model:
        raise RuntimeError("training the baseline did not produce a model")
    return Path(result.model)


class BaselineAgent:
    """A plain Rasa agent: stores, locks and answers as Rasa ships them."""

    def __init__(self, archive: Path) -> None:
        self._agent = Agent()
        self._agent.load_model(archive)

    async def parse(self, text: str) -> dict[str, Any]:
        """Rasa's parse data of one message outside any conversation."""
        assert self._agent.processor is not None
        return await self._agent.processor.parse_message(UserMessage(text), only_output_properties=True)

    async def say(self, sender: str, text: str) -> list[dict[str, Any]]:
        """The answers of one turn."""
        channel = CollectingOutputChannel()
        await self._agent.handle_message(UserMessage(text, channel, sender))
        return channel.messages


@contextmanager
def _own_cache(folder: Path) -> Iterator[None]:
    """Keep Rasa's training cache of the project as it is."""
    before = os.environ.get(CACHE_LOCATION_ENV)
    os.environ[CACHE_LOCATION_ENV] = str(folder)
    try:
        yield
    finally:
        if before is None:
            del os.environ[CACHE_LOCATION_ENV]
        else:
            os.environ[CACHE_LOCATION_ENV] = before
