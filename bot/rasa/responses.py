"""Rasa's responses, rendered from ``data/content/`` in the language of the conversation."""

from __future__ import annotations

from typing import Any

from rasa.core.nlg.generator import NaturalLanguageGenerator
from rasa.shared.core.trackers import DialogueStateTracker

from bot.content.render import Renderer


class ContentResponses(NaturalLanguageGenerator):
    """Knows no text of its own: a response name is a key of the content catalogue."""

    def __init__(self, *_: Any, **__: Any) -> None:
        self._renderer = Renderer()

    async def generate(
        self, utter_action: str, tracker: DialogueStateTracker, output_channel: str, **kwargs: Any
    ) -> dict[str, Any] | None:
        """Text, buttons and card for one message an action asked for."""
        case = tracker.get_slot("case") or {}
        language = kwargs.get("language") or case.get("language") or "nl"
        informal = bool(kwargs.get("informal", case.get("informal", False)))
        return self._renderer.on(output_channel).message(
            utter_action, language, informal, kwargs.get("values") or {}, kwargs.get("options") or [],
            kwargs.get("kind") or "text", kwargs.get("card"),
        )  # fmt: skip
