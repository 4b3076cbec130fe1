"""From a key to the sentence a person reads: language, *tu* or *vous*, values filled in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.content.catalogue import Catalogue, catalogue
from bot.content.schema import Text

WORDS = ("label", "warning")  # what a person reads of an action
Value = str | int | Mapping[str, Any] | Sequence[Any]


class Renderer:
    """Renders loose texts by their key, and texts of a file by ``<kind>:<path>``.

    ``form:<id>.<field>``, ``question:<owner>.<id>.<field>``, ``protocol:<id>.<node>.<field>``,
    ``theme:<id>.steps.<step>.<field>``, ``platform:<id>.ways.<way>.<field>``, ``bank:<id>.answer``,
    ``risk:<id>.<field>``;
    a list index may follow (``form:sextortion.avoid.0``).
    A value ``{"key": ...}`` is itself rendered, a list is joined as in speech; all else is shown as it is.
    """

    def __init__(self, content: Catalogue | None = None, channel: str = "web") -> None:
        self._content = content or catalogue()
        self._channel = channel

    def on(self, channel: str) -> Renderer:
        """The same texts as they are said on ``channel``: the loose text ``<key>@<channel>`` goes before ``<key>``."""
        return self if channel == self._channel else Renderer(self._content, channel)

    def text(self, key: str, language: str, informal: bool = False, values: Mapping[str, Value] | None = None) -> str:
        """The finished sentence; ``KeyError`` when the content has no such key."""
        template = self._find(key).in_language(language, informal)
        for name, value in (values or {}).items():
            template = template.replace("{" + name + "}", self._value(value, language, informal))
        return template

    def message(
        self, key: str, language: str, informal: bool, values: Mapping[str, Value],
        options: Sequence[Mapping[str, Any]], kind: str, card: Mapping[str, Any] | None,
    ) -> dict[str, Any]:  # fmt: skip
        """A bot message in Rasa's shape; ``custom`` carries what a channel needs to show it."""
        buttons: list[dict[str, Any]] = []
        for option in options:
            label = self._value(option["label"], language, informal)
            buttons.append({"title": label, "payload": label, "choice": option["choice"]})
        custom: dict[str, Any] = {"kind": kind, "language": language}
        if card is not None:
            custom["card"] = self.card(card, language, informal)
        return {"text": self.text(key, language, informal, values), "buttons": buttons, "custom": custom}

    def card(self, card: Mapping[str, Any], language: str, informal: bool) -> dict[str, Any]:
        """A service card with every key replaced by its text."""
        return {
            "title": self._value(card["title"], language, informal),
            "urgent": card.get("urgent", False),
            "lines": [self._value(line, language, informal) for line in card["lines"]],
            "actions": [
                {**action, **{name: self._value(action[name], language, informal) for name in WORDS if name in action}}
                for action in card["actions"]
            ],
        }

    def _value(self, value: Value, language: str, informal: bool) -> str:
        if isinstance(value, Mapping):
            return self.text(value["key"], language, informal, value.get("values"))
        if isinstance(value, (list, tuple)):
            parts = [self._value(item, language, informal) for item in value]
            last = self.text("list.and", language)
            return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + last + parts[-1]
        return str(value)

    def _find(self, key: str) -> Text:
        own = self._content.texts.get(f"{key}@{self._channel}")
        if own is not None:
            return own
        owner, _, path = key.partition(":")
        if not path:
            return self._content.text(key)
        parts = path.split(".")
        if owner == "question":
            found: Any = self._content.question(".".join(parts[:2]))
            parts = parts[2:]
        elif owner == "form":
            found, parts = self._content.forms[parts[0]], parts[1:]
        elif owner == "protocol":
            found, parts = self._content.protocols[parts[0]].nodes[parts[1]], parts[2:]
        elif owner == "theme":
            found, parts = self._content.themes[parts[0]], parts[1:]
        elif owner == "plan_answer":
            found, parts = next(option for option in self._content.plan_answers if option.id == parts[0]), parts[1:]
        elif owner == "platform":
            found, parts = self._content.platforms[parts[0]], parts[1:]
        elif owner == "bank":
            found, parts = self._content.bank[parts[0]], parts[1:]
        elif owner == "risk":
            found, parts = self._content.risk[parts[0]], parts[1:]
        elif owner == "group":
            found, parts = next(group for group in self._content.groups if group.id == parts[0]), ["label"]
        else:
            raise KeyError(key)
        for part in parts:
            found = _step(found, part)
        assert isinstance(found, Text), key
        return found


def _step(found: Any, part: str) -> Any:
    if isinstance(found, list):
        return found[int(part)] if part.isdigit() else next(item for item in found if item.id == part)
    return getattr(found, part)
