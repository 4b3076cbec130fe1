"""What several unit tests need: the domain, and a clock that goes on when told to."""

from __future__ import annotations

import pytest

from bot.channels import conversations
from bot.quiet import be_quiet
from bot.settings import ROOT

be_quiet()

from rasa.shared.core.domain import Domain

from bot.rasa import store


class Clock:
    """Time that goes on when told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture(scope="session")
def domain() -> Domain:
    return Domain.load(str(ROOT / "domain.yml"))


@pytest.fixture()
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Seen by the edge and by the store."""
    clock = Clock()
    monkeypatch.setattr(conversations, "time", clock)
    monkeypatch.setattr(store, "time", clock)
    return clock
