"""What was said in which test: the coverage report of the content."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from bot.content.render import Renderer

REACHED: dict[tuple[str, str], set[str]] = defaultdict(set)
"""Language and content key → the cases that reached it."""

RAN: set[str] = set()
"""Test files of which at least one test ran."""


@pytest.fixture(autouse=True)
def reached(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Note every text that is shown to a person while a test runs."""
    said = Renderer.text

    def text(
        self: Renderer, key: str, language: str, informal: bool = False, values: Mapping[str, Any] | None = None
    ) -> str:
        REACHED[language, key].add(request.node.callspec.id if hasattr(request.node, "callspec") else request.node.name)
        return said(self, key, language, informal, values)

    monkeypatch.setattr(Renderer, "text", text)
    RAN.add(request.node.path.stem)
    yield
