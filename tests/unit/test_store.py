"""The conversation store: nothing typed survives a turn, and everything ends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine
from typing import Any

import pytest

from bot.quiet import be_quiet

be_quiet()

from rasa.core.nlg.generator import NaturalLanguageGenerator
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActiveLoop,
    BotUttered,
    Event,
    LoopInterrupted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import read_endpoint_config

from bot.rasa.responses import ContentResponses
from bot.rasa.store import ForgettingStore
from bot.recognition.case import Case
from bot.settings import ROOT, settings
from tests.unit.conftest import Clock

TYPED = "Mijn ex Kobalt wacht elke avond in de Zwaluwstraat"
SAID = "Dank je om dit te vertellen, Kobalt"
SECRET_WORDS = ("Kobalt", "Zwaluwstraat", "elke avond", "Dank je")


@pytest.fixture()
def store(domain: Domain, clock: Clock) -> ForgettingStore:
    return ForgettingStore(domain)


def do(coroutine: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(coroutine)


def tracker(domain: Domain, sender: str = "s1", *events: Event) -> DialogueStateTracker:
    """A conversation after one full turn, with everything Rasa would know of it."""
    told = UserUttered(
        TYPED,
        {"name": "tell", "confidence": 0.9},
        [{"entity": "person", "value": "Kobalt"}],
        {"text": TYPED, "intent": {"name": "tell"}, "understanding": {"text": TYPED}},
        metadata={"language": "nl", "note": TYPED},
    )
    case = Case(language="fr", forms={"threats": 0.8}, asked=["intake.fear"], failed=2).to_dict()
    turn: list[Event] = [
        ActionExecuted("action_session_start"),
        ActionExecuted("action_listen"),
        told,
        ActionExecuted("action_tell"),
        BotUttered(SAID, {"buttons": [{"title": SAID}]}, metadata={"quote": TYPED}),
        SlotSet("case", case),
        *events,
        ActionExecuted("action_listen"),
    ]
    return DialogueStateTracker.from_events(sender, turn, domain.slots, domain=domain)


def everything(store: ForgettingStore) -> str:
    """All the store holds, as one text."""
    return repr(vars(store)["_blobs"])


def test_nothing_typed_or_said_survives_a_save(store: ForgettingStore, domain: Domain) -> None:
    full = tracker(domain)
    assert TYPED in json.dumps([event.as_dict() for event in full.events], ensure_ascii=False)
    do(store.save(full))
    kept = do(store.retrieve("s1"))
    events = json.dumps([event.as_dict() for event in kept.events], ensure_ascii=False)
    for word in SECRET_WORDS:
        assert word not in everything(store)
        assert word not in events
    assert not [event for event in kept.events if isinstance(event, (UserUttered, BotUttered))]
    assert kept.latest_message is None or not kept.latest_message.text


def test_the_only_words_kept_are_the_masked_quotes_of_the_case(store: ForgettingStore, domain: Domain) -> None:
    case = Case()
    case.hear([("threats", 0.9, ["hij belt mij op 0470 12 34 56", "schrijft naar ik@voorbeeld.be"])])
    do(store.save(tracker(domain, "s1", SlotSet("case", case.to_dict()))))
    blob = everything(store)
    assert "hij belt mij" in blob
    assert "0470" not in blob and "ik@voorbeeld.be" not in blob


def test_one_conversation_stays_as_small_as_one_turn(store: ForgettingStore, domain: Domain) -> None:
    do(store.save(tracker(domain)))
    first = len(everything(store))
    for _ in range(20):
        kept = do(store.retrieve("s1"))
        kept.update(UserUttered(TYPED, {"name": "tell"}), domain)
        kept.update(ActionExecuted("action_tell"), domain)
        kept.update(BotUttered(SAID), domain)
        kept.update(ActionExecuted("action_listen"), domain)
        do(store.save(kept))
    assert len(everything(store)) == first
    assert len(do(store.retrieve("s1")).events) < 10


def test_retrieve_rebuilds_slots(store: ForgettingStore, domain: Domain) -> None:
    full = tracker(domain)
    do(store.save(full))
    kept = do(store.retrieve("s1"))
    assert kept.sender_id == "s1"
    assert kept.get_slot("case") == full.get_slot("case")
    assert kept.get_slot("answer") is None
    assert Case.from_dict(kept.get_slot("case")).language == "fr"
    assert kept.active_loop_name is None
    assert kept.latest_action_name == "action_listen"


@pytest.mark.parametrize("form", ["recognise_form", "protocol_form"])
def test_retrieve_rebuilds_the_active_form(store: ForgettingStore, domain: Domain, form: str) -> None:
    opened = [ActionExecuted(form), ActiveLoop(form), SlotSet("requested_slot", "answer")]
    do(store.save(tracker(domain, "s1", *opened)))
    kept = do(store.retrieve("s1"))
    assert kept.active_loop_name == form
    assert kept.get_slot("requested_slot") == "answer"
    assert not kept.is_active_loop_rejected and not kept.is_active_loop_interrupted
    assert kept.latest_action_name == "action_listen"


def test_a_form_that_was_interrupted_is_whole_again(store: ForgettingStore, domain: Domain) -> None:
    form = "recognise_form"
    opened = [ActionExecuted(form), ActiveLoop(form), SlotSet("requested_slot", "answer"), LoopInterrupted(True)]
    do(store.save(tracker(domain, "s1", *opened)))
    assert not do(store.retrieve("s1")).is_active_loop_interrupted


def test_a_form_that_ended_stays_ended(store: ForgettingStore, domain: Domain) -> None:
    form = "recognise_form"
    walked = [ActionExecuted(form), ActiveLoop(form), SlotSet("requested_slot", "answer")]
    ended = [ActiveLoop(None), SlotSet("requested_slot", None)]
    do(store.save(tracker(domain, "s1", *walked, *ended)))
    kept = do(store.retrieve("s1"))
    assert kept.active_loop_name is None
    assert kept.get_slot("requested_slot") is None


def test_saving_again_gives_the_same(store: ForgettingStore, domain: Domain) -> None:
    form = "recognise_form"
    do(store.save(tracker(domain, "s1", ActionExecuted(form), ActiveLoop(form), SlotSet("requested_slot", "answer"))))
    before = everything(store)
    do(store.save(do(store.retrieve("s1"))))
    assert everything(store) == before


def test_unknown_conversation(store: ForgettingStore) -> None:
    assert do(store.retrieve("nobody")) is None
    assert do(store.retrieve_full_tracker("nobody")) is None
    assert do(store.exists("nobody")) is False


def test_full_tracker_is_no_more_than_retrieve(store: ForgettingStore, domain: Domain) -> None:
    do(store.save(tracker(domain)))
    assert list(do(store.retrieve_full_tracker("s1")).events) == list(do(store.retrieve("s1")).events)


def test_forget_forgets_one_conversation_at_once(store: ForgettingStore, domain: Domain) -> None:
    for sender in ("s1", "s2"):
        do(store.save(tracker(domain, sender)))
    store.forget("s1")
    store.forget("s1")  # twice does no harm
    assert do(store.retrieve("s1")) is None
    assert "threats" in do(store.retrieve("s2")).get_slot("case")["forms"]
    assert list(do(store.keys())) == ["s2"]
    assert "s1" not in everything(store)


def test_conversations_do_not_see_each_other(store: ForgettingStore, domain: Domain) -> None:
    do(store.save(tracker(domain, "s1")))
    do(store.save(tracker(domain, "s2", SlotSet("case", Case(language="nl").to_dict()))))
    changed = do(store.retrieve("s1"))
    changed.get_slot("case")["forms"]["doxing"] = 1.0
    assert do(store.retrieve("s1")).get_slot("case")["forms"] == {"threats": 0.8}
    assert do(store.retrieve("s2")).get_slot("case")["forms"] == {}


def test_an_idle_conversation_expires(store: ForgettingStore, domain: Domain, clock: Clock) -> None:
    do(store.save(tracker(domain)))
    clock.now += settings().session_minutes * 60 - 1
    assert do(store.retrieve("s1")) is not None
    clock.now += 2
    assert do(store.retrieve("s1")) is None
    assert "threats" not in everything(store)


def test_each_turn_gives_new_time(store: ForgettingStore, domain: Domain, clock: Clock) -> None:
    do(store.save(tracker(domain)))
    clock.now += settings().session_minutes * 60 - 1
    do(store.save(do(store.retrieve("s1"))))
    clock.now += settings().session_minutes * 60 - 1
    assert do(store.retrieve("s1")) is not None


def test_only_living_conversations_are_listed(store: ForgettingStore, domain: Domain, clock: Clock) -> None:
    do(store.save(tracker(domain, "s1")))
    clock.now += settings().session_minutes * 60 + 1
    assert list(do(store.keys())) == []


def test_endpoints_name_our_classes(domain: Domain) -> None:
    """Rasa only warns when a path is wrong, and then keeps every word in a store of its own."""
    path = str(ROOT / "endpoints.yml")
    made = TrackerStore.create(read_endpoint_config(path, "tracker_store"), domain)
    assert type(made) is ForgettingStore
    do(made.save(tracker(domain)))
    assert do(made.retrieve("s1")).get_slot("case")["language"] == "fr"
    assert type(NaturalLanguageGenerator.create(read_endpoint_config(path, "nlg"), domain)) is ContentResponses
