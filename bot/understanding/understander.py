"""Puts the layers together: language, act, forms with reasons, flags. Trained from messages and content."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from scipy import sparse

from bot.understanding.classifier import Held, LinearClassifier, recall_threshold
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

QUESTIONS = "questions"
FAINT = 0.1
"""Least probability for any flag: below it a message about the weather can be a danger."""
STORY_ACTS = frozenset({"tell", "other", "affirm", "deny", "unsure", "correct", "goodbye", "thank", "stop", "skip"})
"""Acts of messages in which a person may say how bad it is."""
CALM_ACT, CLEAR_SIGNAL = 0.7, 0.5
"""How sure another act must be for a signal without words to count only when it is clear."""
URGENT = frozenset({"danger", "suicide"})
MANNERS = frozenset({"goodbye", "thank", "greet", "insult", "other"})

MAX_FORMS = 4
MAX_EVIDENCE = 3
MAX_QUOTE_WORDS = 14
MAX_CLAUSES = 24
CAUTIOUS = {"perpetrator": 0.7}
"""F-beta below 1, by which a threshold is set for precision."""
CRISIS_RECALL = {"danger": 0.985, "suicide": 0.985, "minor": 0.96}
"""Share of the held-out signals that words and classifier together must find …"""
QUESTION_SURE = 0.5
"""Least probability for a question of the bank, when the act is a question …"""
QUESTION_TOLD = 0.75
"""… and when it reads like a statement: a story must be heard, not answered."""
QUESTION_OWN = 0.85
"""… and when Halte has an answer of its own to that act."""
OWN_ANSWERS = frozenset({"ask_capabilities", "ask_traces", "ask_explain"})
OTHER_MESSAGES = 12
"""One in so many training messages shows the bank what is not one of its questions."""
JOURNEYS = frozenset({
    "ask_plan", "ask_removal", "ask_evidence", "ask_anonymous", "ask_robot", "ask_service", "ask_harm", "ask_why",
    "talk_to_human", "delete", "stop", "begin_again", "go_back", "menu", "speak_dutch", "speak_french", "goodbye",
    "insult",
})  # fmt: skip
"""Acts that lead somewhere by themselves: a question of the bank does not take their place."""
CRISIS_ALARMS = 0.025
"""… while at most this share of the other held-out messages is asked a question too many."""


class Understander:
    """Fitted model of all layers; ``understand`` is the only thing the rest of Halte needs."""

    def __init__(self, features: Features, language: LanguageIdentifier, act: LinearClassifier,
                 forms: LinearClassifier, flags: LinearClassifier,
                 form_signs: Mapping[str, Iterable[str]], flag_signs: Mapping[str, Iterable[str]],
                 questions: LinearClassifier | None = None) -> None:  # fmt: skip
        self._features, self._language, self._questions = features, language, questions
        self._act, self._forms, self._flags = act, forms, flags
        self._lexicon = Lexicon(form_signs)
        self._safety = SafetyLayer(flag_signs)
        self.flag_order: tuple[str, ...] = tuple(flags.labels)

    @classmethod
    def fit(
        cls, messages: Sequence[Labelled], other: Sequence[str], encoder: Encoder, flags: Sequence[str],
        form_signs: Mapping[str, Iterable[str]], flag_signs: Mapping[str, Iterable[str]],
        held: Sequence[Labelled] = (), bank: Mapping[str, Sequence[str]] | None = None,
    ) -> Understander:  # fmt: skip
        """Train every layer. ``other`` holds messages in neither Dutch nor French; ``held`` those of other hands
        by which probabilities and thresholds are set; ``bank`` how the questions of the bank are put."""
        texts = [clean(message.text) for message in messages]
        features = Features(encoder).fit(texts)
        matrix = features.transform(texts)
        held_matrix = features.transform([clean(message.text) for message in held]) if held else None

        def learn(labels: Sequence[str], of: Callable[[Labelled], Sequence[str]],
                  beta: Sequence[float] | None = None) -> LinearClassifier:  # fmt: skip
            kept = None if held_matrix is None else Held(held_matrix, indicator([of(m) for m in held], labels))
            return LinearClassifier.fit(
                matrix, indicator([of(m) for m in messages], labels), labels, beta=beta, held=kept
            )

        language = LanguageIdentifier().fit(
            texts + list(other), [message.language for message in messages] + ["other"] * len(other)
        )
        acts = sorted({message.act for message in messages})
        forms = sorted({form for message in messages for form in message.forms})
        act_model = learn(acts, lambda message: (message.act,))
        form_model = learn(forms, lambda message: message.forms)
        flag_model = learn(flags, lambda message: message.flags, [CAUTIOUS.get(flag, 1.0) for flag in flags])
        if held_matrix is not None:
            flag_model = _crisis_thresholds(flag_model, held, held_matrix, SafetyLayer(flag_signs))
        questions = _question_model(features, bank, messages, matrix) if bank else None
        return cls(features, language, act_model, form_model, flag_model, form_signs, flag_signs, questions)

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
        nonsense = self._features.is_nonsense(text)
        if nonsense:  # only words that are signs count then
            form_shares, flag_shares, act_shares = form_shares * 0, flag_shares * 0, act_shares * 0
        ranking = self._ranking(act_shares)
        readings, possible = self._readings(text, rows, form_shares)
        thresholds = {
            flag: max(float(least), SURE_OF.get(flag, FAINT))
            for flag, least in zip(self._flags.labels, self._flags.thresholds)
        }
        found = self._safety.flags(text, dict(zip(self._flags.labels, flag_shares[0])), thresholds)
        act, confidence = ranking[0]
        if act not in STORY_ACTS and confidence >= CALM_ACT:
            # "je veux un plan" is surely a request: a faint signal in it, with no word for it, is none.
            shares_of = dict(zip(self._flags.labels, flag_shares[0]))
            found = {flag: said for flag, said in found.items() if said or shares_of.get(flag, 1.0) >= CLEAR_SIGNAL}
        urgent = bool(URGENT.intersection(found))
        if act in MANNERS and urgent:
            act = "tell"  # "bye" beside a crisis signal is no end of a conversation
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
            question=None if urgent or nonsense or language == "other" else self._question(matrix[:1], act, readings),
        )  # fmt: skip

    def _question(self, row: sparse.csr_matrix, act: str, readings: Sequence[Reading]) -> str | None:
        """The question of the bank that this message asks, if it surely asks one and does not tell a story."""
        if self._questions is None or act in JOURNEYS or (act == "tell" and readings):
            return None
        shares = self._questions.probabilities(row)[0]
        best = int(np.argmax(shares))
        asking = act.startswith("ask_")
        needed = QUESTION_OWN if act in OWN_ANSWERS else QUESTION_SURE if asking else QUESTION_TOLD
        return self._questions.labels[best] if shares[best] >= needed else None

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
        if self._questions is not None:
            self._questions.save(folder, QUESTIONS)

    @classmethod
    def load(cls, folder: Path, encoder: Encoder, form_signs: Mapping[str, Iterable[str]],
             flag_signs: Mapping[str, Iterable[str]]) -> Understander:  # fmt: skip
        """Read what :meth:`save` wrote. Signs are content: they come from the files, not from the model."""
        act, forms, flags = (LinearClassifier.load(folder, name) for name in ("act", "forms", "flags"))
        return cls(
            Features.load(folder, encoder), LanguageIdentifier.load(folder), act, forms, flags,
            form_signs, flag_signs,
            LinearClassifier.load(folder, QUESTIONS) if (folder / f"{QUESTIONS}.json").exists() else None,
        )  # fmt: skip


def _question_model(
    features: Features, bank: Mapping[str, Sequence[str]], messages: Sequence[Labelled], matrix: sparse.csr_matrix
) -> LinearClassifier:
    """One yes/no question per question of the bank, against the others and against what is no question at all."""
    asked = [(clean(text), name) for name, texts in bank.items() for text in texts]
    rest = [i for i, message in enumerate(messages) if not message.act.startswith("ask_")][::OTHER_MESSAGES]
    x = sparse.vstack([features.transform([text for text, _ in asked]), matrix[rest]], format="csr")
    names = sorted(bank)
    return LinearClassifier.fit(x, indicator([[name] for _, name in asked] + [[] for _ in rest], names), names)


def _crisis_thresholds(
    model: LinearClassifier, held: Sequence[Labelled], matrix: sparse.csr_matrix, safety: SafetyLayer
) -> LinearClassifier:
    """Thresholds of the crisis flags: for what the words alone do not find already."""
    shares = model.probabilities(matrix)
    seen = [{sign.label for sign in safety.signs(message.text)} for message in held]
    for flag, recall in CRISIS_RECALL.items():
        target = np.array([int(flag in message.flags) for message in held])
        if flag not in model.labels or not target.any():
            continue
        by_words = np.array([flag in labels for labels in seen])
        # A signal that the words find needs no threshold; an alarm that they raise is not the classifier's.
        share = np.where(by_words & (target == 1), 1.0, np.where(by_words, 0.0, shares[:, model.labels.index(flag)]))
        model = model.with_threshold(flag, recall_threshold(share, target, recall, CRISIS_ALARMS))
    return model


def indicator(labels: Sequence[Sequence[str]], names: Sequence[str]) -> np.ndarray:
    """One row a message, one column a name: 1 where the message has that label."""
    return np.array([[name in row for name in names] for row in labels], dtype=int)


def _distinct(quotes: Sequence[str]) -> tuple[str, ...]:
    """Longest quotes first, none inside another."""
    kept: list[str] = []
    for quote in sorted(set(quotes), key=lambda q: (-len(q), q)):
        if not any(quote in longer for longer in kept):
            kept.append(quote)
    return tuple(kept[:MAX_EVIDENCE])
