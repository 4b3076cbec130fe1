"""Rasa's Agent as a library: one process, actions called directly, nothing of it reachable from outside."""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from bot.quiet import be_quiet, log

be_quiet()

import rasa_sdk.executor  # noqa: E402
from rasa.core.agent import Agent  # noqa: E402
from rasa.core.channels.channel import OutputChannel, UserMessage  # noqa: E402
from rasa.core.lock_store import InMemoryLockStore  # noqa: E402
from rasa.shared.core.domain import Domain  # noqa: E402
from rasa.utils.endpoints import EndpointConfig  # noqa: E402

from bot.rasa.responses import ContentResponses  # noqa: E402
from bot.rasa.store import ForgettingStore  # noqa: E402
from bot.settings import ROOT, settings  # noqa: E402
from bot.understanding.understanding import Understanding  # noqa: E402


class EngineFailed(RuntimeError):
    """A turn ended without an answer; the edge shows the fixed help sentence."""


FAILURES: ContextVar[list[str]] = ContextVar("failures")
"""Failed actions of the turn that runs now: Rasa itself would swallow them and go on as if all were well."""


class InProcessActions(EndpointConfig):
    """An action endpoint that is a function call: no second server, no network hop."""

    def __init__(self, package: str = "actions") -> None:
        super().__init__(enable_selective_domain=True)
        self._executor = rasa_sdk.executor.ActionExecutor()
        self._executor.register_package(package)

    async def request(self, method: str = "post", json: dict[str, Any] | None = None, **_: Any) -> Any:
        """What Rasa would have posted to an action server. Errors end the turn instead of being swallowed."""
        try:
            return await self._executor.run(json or {})
        except Exception as error:
            log("action_failed", action=(json or {}).get("next_action"), error_class=type(error).__name__)
            FAILURES.get().append(type(error).__name__)
            raise EngineFailed from error


class Collector(OutputChannel):
    """Keeps what the assistant says in one turn."""

    def __init__(self, channel: str) -> None:
        self.messages: list[dict[str, Any]] = []
        self._channel = channel

    def name(self) -> str:  # Rasa asks the object, never the class
        """Where the answer will be read; :class:`ContentResponses` chooses the text by it."""
        return self._channel

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        """Keep the message whole: text, buttons and custom part together."""
        self.messages.append(message)


def latest_model(folder: Path | None = None) -> Path | None:
    """The newest model archive, or None."""
    archives = sorted((folder or settings().model_dir).glob("*.tar.gz"), key=lambda path: path.stat().st_mtime)
    return archives[-1] if archives else None


def train(folder: Path | None = None) -> Path:
    """Train a model from config.yml, domain.yml and data/; returns the archive."""
    from rasa.model_training import train as rasa_train

    target = folder or settings().model_dir
    result = rasa_train(
        domain=str(ROOT / "domain.yml"), config=str(ROOT / "config.yml"),
        training_files=[str(settings().data_dir / name) for name in ("nlu", "rules")],
        output=str(target), fixed_model_name="halte", force_training=True,
    )  # fmt: skip
    if not result.model:
        raise EngineFailed("training did not produce a model")
    return Path(result.model)


class Engine:
    """The trained assistant. Knows conversations by pseudonym only."""

    def __init__(self, agent: Agent, store: ForgettingStore) -> None:
        self._agent, self._store = agent, store

    @classmethod
    def load(cls, model: Path | None = None) -> Engine:
        """Load the newest model (trained here; never load a foreign one)."""
        path = model or latest_model()
        if path is None:
            raise EngineFailed("no model: run `halte train` first")
        store = ForgettingStore(Domain.empty())
        agent = Agent(
            generator=ContentResponses(), tracker_store=store, lock_store=InMemoryLockStore(),
            action_endpoint=InProcessActions(),
        )  # fmt: skip
        agent.load_model(path)
        return cls(agent, store)

    async def recognise(self, text: str, language: str = "") -> Understanding:
        """Read one message outside any conversation."""
        assert self._agent.processor is not None
        parsed = await self._agent.processor.parse_message(
            UserMessage(text, metadata={"language": language}), only_output_properties=True
        )
        return Understanding.from_dict(parsed["understanding"])

    async def say(self, sender: str, text: str, language: str = "", channel: str = "web") -> list[dict[str, Any]]:
        """Free text of a person. The caller has cleaned it: it cannot begin with a slash."""
        return await self._handle(UserMessage(text, Collector(channel), sender, metadata={"language": language}))

    async def choose(
        self, sender: str, choice: Mapping[str, str], label: str, language: str = "", channel: str = "web"
    ) -> list[dict[str, Any]]:
        """A button that was really offered; skips recognition, and Rasa's slash syntax with it."""
        parsed = {
            "text": label,
            "intent": {"name": choice["intent"], "confidence": 1.0},
            "entities": [],
            "choice": dict(choice),
            "metadata": {"language": language},
        }
        return await self._handle(
            UserMessage(label, Collector(channel), sender, parse_data=parsed, metadata={"language": language})
        )

    async def state(self, sender: str) -> dict[str, Any]:
        """The case of a conversation, for the terminal and tests."""
        tracker = await self._store.retrieve(sender)
        case: dict[str, Any] = (tracker.get_slot("case") if tracker else None) or {}
        return case

    def forget(self, sender: str) -> None:
        """Erase a conversation now."""
        self._store.forget(sender)

    async def _handle(self, message: UserMessage) -> list[dict[str, Any]]:
        FAILURES.set([])
        await self._agent.handle_message(message)
        collected: list[dict[str, Any]] = message.output_channel.messages
        if FAILURES.get():
            raise EngineFailed(FAILURES.get()[0])
        if not collected:
            raise EngineFailed("no answer came out")
        return collected
