"""Rasa graph components: what a message says, and which signal goes before everything else."""

from __future__ import annotations

import hashlib
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT, INTENT_NAME_KEY, METADATA, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.content.catalogue import catalogue
from bot.recognition.taxonomy import FLAGS, most_urgent
from bot.settings import ROOT, settings
from bot.understanding.encoder import EncoderUnavailable, load_encoder, version_of
from bot.understanding.messages import Labelled, other_languages
from bot.understanding.messages import read as read_messages
from bot.understanding.understander import Understander

UNDERSTANDING = "understanding"
"""Key of the parse data under which actions find the whole :class:`Understanding`."""


def signs() -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """The words that show forms and flags, both languages together, from the content files."""
    content = catalogue()
    forms = {form.id: form.signs.nl + form.signs.fr for form in content.forms.values()}
    return forms, {flag: entry.nl + entry.fr for flag, entry in content.flag_signs.items()}


def asked() -> dict[str, list[str]]:
    """How people put the questions of the bank, both languages together."""
    return {name: question.asked.nl + question.asked.fr for name, question in catalogue().bank.items()}


@DefaultV1Recipe.register([DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER], is_trainable=True)
class UnderstandingComponent(GraphComponent):
    """Language, act, forms and flags of a message (see :mod:`bot.understanding`)."""

    def __init__(
        self, config: dict[str, Any], storage: ModelStorage, resource: Resource, understander: Understander | None
    ) -> None:
        self._config, self._storage, self._resource = config, storage, resource
        self._understander = understander

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """``held_out``: folder of labelled messages, from the root, by which probabilities are set; or none."""
        return {"held_out": None}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> UnderstandingComponent:
        """An untrained component."""
        return cls(config, model_storage, resource, None)

    @classmethod
    def load(
        cls, config: dict[str, Any], model_storage: ModelStorage, resource: Resource,
        execution_context: ExecutionContext, **kwargs: Any,
    ) -> UnderstandingComponent:  # fmt: skip
        """The trained component, with the signs of today's content files."""
        with model_storage.read_from(resource) as folder:
            name, version = (folder / "encoder.txt").read_text(encoding="utf-8").splitlines()
            encoder = load_encoder(name)
            if encoder.version != version:
                raise EncoderUnavailable(
                    f"the model was trained with encoder {version}, here is {encoder.version}: train"
                )
            understander = Understander.load(folder, encoder, *signs())
        return cls(config, model_storage, resource, understander)

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Train again when the encoder, the messages held out or those in other languages change: Rasa sees none."""
        digest = hashlib.sha256("\n".join(other_languages(settings().data_dir)).encode())
        digest.update(repr((_held_out(config), asked())).encode())
        return f"{version_of(settings().encoder)}:{digest.hexdigest()}"

    def train(self, training_data: TrainingData) -> Resource:
        """Fit all layers on the messages Rasa read from ``data/nlu``."""
        messages = [_labelled(example) for example in training_data.intent_examples]
        encoder = load_encoder(settings().encoder)
        self._understander = Understander.fit(
            messages,
            other_languages(settings().data_dir),
            encoder,
            FLAGS,
            *signs(),
            held=_held_out(self._config),
            bank=asked(),
        )
        with self._storage.write_to(self._resource) as folder:
            self._understander.save(folder)
            (folder / "encoder.txt").write_text(f"{settings().encoder}\n{encoder.version}\n", encoding="utf-8")
        return self._resource

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Nothing for later components to learn from."""
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        """Set intent and understanding on each message."""
        assert self._understander is not None
        for message in messages:
            text = message.get(TEXT) or ""
            hint = (message.get(METADATA) or {}).get("language", "")
            read = self._understander.understand(text, hint)
            ranking = [{"name": name, "confidence": share} for name, share in read.ranking]
            intent = {INTENT_NAME_KEY: read.act, "confidence": read.act_confidence}
            message.set(INTENT, intent, add_to_output=True)
            message.set("intent_ranking", ranking, add_to_output=True)
            message.set(UNDERSTANDING, read.as_dict(), add_to_output=True)
        return messages


@DefaultV1Recipe.register([DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER], is_trainable=False)
class SafetyFirst(GraphComponent):
    """A danger, suicide or minor signal takes the place of the intent, so that no rule can overlook it; after it a
    question of the bank."""

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SafetyFirst:
        """Nothing to configure."""
        return cls()

    def process(self, messages: list[Message]) -> list[Message]:
        """Put ``signal_<flag>`` or ``not_understood``; the act itself stays in the understanding."""
        for message in messages:
            read = message.get(UNDERSTANDING) or {}
            signal = most_urgent(read.get("flags", ()), read.get("flag_evidence", {}))
            known = "ask_question" if read.get("question") else None
            intent = f"signal_{signal}" if signal else known or (None if read.get("understood") else "not_understood")
            if intent:
                message.set(INTENT, {INTENT_NAME_KEY: intent, "confidence": 1.0}, add_to_output=True)
        return messages


def _held_out(config: dict[str, Any]) -> list[Labelled]:
    folder = config.get("held_out")
    return read_messages(ROOT / folder) if folder else []


def _labelled(example: Message) -> Labelled:
    labels = (example.get(METADATA) or {}).get("intent") or {}
    source = str(labels.get("source", ""))
    return Labelled(
        text=example.get(TEXT),
        language="fr" if "-fr-" in source else "nl",
        act=example.get(INTENT),
        forms=tuple(labels.get("forms", ())),
        flags=tuple(labels.get("flags", ())),
        source=source,
    )
