"""Fixtures shared by all tests: one trained engine, one event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest


@pytest.fixture(scope="session")
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """One loop for the engine and everything that talks to it."""
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


@pytest.fixture(scope="session")
def run(loop: asyncio.AbstractEventLoop) -> Callable[[Coroutine[Any, Any, Any]], Any]:
    """Run a coroutine to its end."""
    return loop.run_until_complete


@pytest.fixture(scope="session")
def engine() -> Any:
    """The real assistant with the newest model (imported here: Rasa takes its time)."""
    from bot.engine import Engine, latest_model

    if latest_model() is None:
        pytest.skip("no trained model: run `make test` or `halte train` first")
    return Engine.load()


@pytest.fixture(scope="session")
def conversations(engine: Any) -> Any:
    """The edge around the real assistant, without a pace limit in its way and patient on slow machines."""
    from bot.channels.conversations import Conversations
    from bot.settings import settings

    object.__setattr__(settings(), "turns_per_minute", 10_000)
    object.__setattr__(settings(), "turn_seconds", 60.0)
    return Conversations(engine)
