"""Puts the layers together: language, act, forms with reasons, flags. Trained from messages and content."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from bot.understanding.classifier import LinearClassifier
from bot.understanding.encoder import Encoder
from bot.understanding.features import Features
from bot.understanding.language import LanguageIdentifier
from bot.understanding.lexicon import Lexicon
from bot.understanding.messages import Labelled
from bot.understanding.safety import SafetyLayer
from bot.understanding.text import clauses, clean
from bot.understanding.understanding import Reading, Understanding, flags_first

ACT_UNDERSTOOD = 0.35  # an act below this share is not acted upon
LEXICON_BOOST = 0.7  # a sign in the words lowers the probability that a form needs
SURE_OF = {"perpetrator": 0.65}
"""Least probability for flags that would wrong a person: somebody who is hurt is not to be taken for who does it."""

MAX_FORMS = 4
MAX_EVIDENCE = 3
MAX_QUOTE_WORDS = 14
MAX_CLAUSES = 24
RECALL = {
    "danger": 1.7,
    "suicide": 1.7,
    "minor": 1.5,
    "perpetrator": 0.7,
}  # F-beta by which thresholds of crisis flags are set


class Understander:
    """Fitted model of all layers; ``understand`` is the only thing the rest of Halte needs."""

    def __init__(self, features: Features, language: LanguageIdentifier, act: LinearClassifier,
                 forms: LinearClassifier, flags: LinearClassifier,
                 form_signs: Mapping[str, Iterable[str]], flag_signs: Mapping[str, Iterable[str]]) -> None:  # fmt: skip
        self._features, self._language = features, language
        self._act, self._forms, self._flags = act, forms, flags
        self._lexicon = Lexicon(form_signs)
        self._safety = SafetyLayer(flag_signs)
        self.flag_order: tuple[str, ...] = tuple(flags.labels)

    @classmethod
    def fit(
        cls, messages: Sequence[Labelled], other: Sequence[str], encoder: Encoder, flags: Sequence[str],
        form_signs: Mapping[str, Iterable[str]], flag_signs: Mapping[str, Iterable[str]],
    ) -> Understander:  # fmt: skip
        """Train every layer. ``other`` holds messages in neither Dutch nor French."""
        texts = [clean(message.text) for message in messages]
        features = Features(encoder).fit(texts)
        matrix = features.transform(texts)
        language = LanguageIdentifier().fit(
            texts + list(other), [message.language for message in messages] + ["other"] * len(other)
        )
        acts = sorted({message.act for message in messages})
        forms = sorted({form for message in messages for form in message.forms})
        act_model = LinearClassifier.fit(matrix, _indicator([(m.act,) for m in messages], acts), acts)
        form_model = LinearClassifier.fit(matrix, _indicator([m.forms for m in messages], forms), forms)
        flag_matrix = _indicator([m.flags for m in messages], flags)
        flag_model = LinearClassifier.fit(matrix, flag_matrix, flags, beta=[RECALL.get(flag, 1.0) for flag in flags])
        return cls(features, language, act_model, form_model, flag_model, form_signs, flag_signs)

    def understand(self, text: str, conversation_language: str = "") -> Understanding:
        """Read one message. ``conversation_language`` decides when the message itself does not."""
        text = clean(text)
        language, sure, mixed = self._language.identify(text)
        if not sure and conversation_language:
            language = conversation_language
        parts = clauses(text)[:MAX_CLAUSES]
        rows = [text] + (parts if len(parts) > 1 else [])
        matrix = self._features.transform(rows)
        form_shares = self._forms.probabilities(matrix)
        flag_shares = self._flags.probabilities(matrix)
        act_shares = self._act.probabilities(matrix[:1])[0]
        ranking = self._ranking(act_shares)
        readings, possible = self._readings(text, rows, form_shares)
        thresholds = {
            flag: max(float(least), SURE_OF.get(flag, 0.0))
            for flag, least in zip(self._flags.labels, self._flags.thresholds)
        }
        found = self._safety.flags(text, dict(zip(self._flags.labels, flag_shares[0])), thresholds)
        act, confidence = ranking[0]
        if act == "ask_harm" and "perpetrator" not in found:
            act = "tell"  # somebody who asks how to find out who watches them must not be refused
        if readings and act == "other":
            # "other" and a form cannot both be right: the surer one wins.
            if confidence > readings[0].confidence and confidence >= ACT_UNDERSTOOD:
                readings = ()
            else:
                act = "tell"
        understood = language != "other" and bool(readings or found or confidence >= ACT_UNDERSTOOD)
        return Understanding(
            language=language, act=act, act_confidence=confidence, forms=readings,
            flags=flags_first(list(found), self.flag_order), understood=understood, language_sure=sure, mixed=mixed,
            ranking=ranking[:3], possible=possible, flag_evidence=found,
        )  # fmt: skip

    def _ranking(self, shares: np.ndarray) -> tuple[tuple[str, float], ...]:
        total = float(shares.sum()) or 1.0
        order = np.argsort(-shares)
        return tuple((self._act.labels[k], float(shares[k] / max(total, 1.0))) for k in order)

    def _readings(
        self, text: str, rows: list[str], shares: np.ndarray
    ) -> tuple[tuple[Reading, ...], tuple[tuple[str, float], ...]]:
        """Forms above their threshold with reasons, and the best of the rest."""
        quotes: dict[str, list[str]] = {}
        for sign in self._lexicon.find(text):
            if not sign.negated:
                quotes.setdefault(sign.label, []).append(sign.quote)
        readings: list[Reading] = []
        possible: list[tuple[str, float]] = []
        for k, form in enumerate(self._forms.labels):
            share, threshold = float(shares[0, k]), float(self._forms.thresholds[k])
            needed = threshold * (LEXICON_BOOST if form in quotes else 1.0)
            if share >= needed:
                evidence = quotes.get(form) or [self._telling_clause(rows, shares[:, k])]
                readings.append(Reading(form, share, _distinct(evidence)))
            elif share >= threshold / 3 or form in quotes:
                possible.append((form, share))
        readings.sort(key=lambda reading: -reading.confidence)
        possible.sort(key=lambda pair: -pair[1])
        return tuple(readings[:MAX_FORMS]), tuple(possible[:3])

    @staticmethod
    def _telling_clause(rows: list[str], shares: np.ndarray) -> str:
        """The clause that by itself points most to a form, cut to a length that can be quoted."""
        best = rows[1 + int(np.argmax(shares[1:]))] if len(rows) > 1 else rows[0]
        words = best.split()
        return best if len(words) <= MAX_QUOTE_WORDS else " ".join(words[:MAX_QUOTE_WORDS]) + " …"

    def save(self, folder: Path) -> None:
        """Write all layers into ``folder`` (arrays and JSON only)."""
        folder.mkdir(parents=True, exist_ok=True)
        self._features.save(folder)
        self._language.save(folder)
        for name, model in (("act", self._act), ("forms", self._forms), ("flags", self._flags)):
            model.save(folder, name)

    @classmethod
    def load(cls, folder: Path, encoder: Encoder, form_signs: Mapping[str, Iterable[str]],
             flag_signs: Mapping[str, Iterable[str]]) -> Understander:  # fmt: skip
        """Read what :meth:`save` wrote. Signs are content: they come from the files, not from the model."""
        act, forms, flags = (LinearClassifier.load(folder, name) for name in ("act", "forms", "flags"))
        return cls(
            Features.load(folder, encoder), LanguageIdentifier.load(folder), act, forms, flags,
            form_signs, flag_signs,
        )  # fmt: skip


def _indicator(labels: Sequence[Sequence[str]], names: Sequence[str]) -> np.ndarray:
    return np.array([[name in row for name in names] for row in labels], dtype=int)


def _distinct(quotes: Sequence[str]) -> tuple[str, ...]:
    """Longest quotes first, none inside another."""
    kept: list[str] = []
    for quote in sorted(set(quotes), key=lambda q: (-len(q), q)):
        if not any(quote in longer for longer in kept):
            kept.append(quote)
    return tuple(kept[:MAX_EVIDENCE])
