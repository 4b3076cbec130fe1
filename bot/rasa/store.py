"""Where conversations live: in memory, for a short time, without the messages.

After every turn a conversation is cut down to its slots and the active form. So no message can be
read back from the store, and turn 400 costs as much as turn 1. The only words of a person that stay
are the short, masked quotes in the slot ``case`` (see bot/recognition/case.py).
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from typing import Any

from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, ActiveLoop, Event, SlotSet
from rasa.shared.core.trackers import DialogueStateTracker

from bot.settings import settings


class ForgettingStore(TrackerStore):
    """One small expiring blob per conversation; ``forget`` erases it at once.

    Expired blobs are never given back. They leave memory when ``bot/channels`` forgets their session (see ``sweep``
    there); nobody does that for Rasa's own commands, which are for development only.
    """

    def __init__(self, domain: Domain, event_broker: Any = None, host: str | None = None, **kwargs: Any) -> None:
        super().__init__(domain, event_broker)
        self._blobs: dict[str, tuple[float, str]] = {}

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Keep slots and active form; drop every event, and with them every message."""
        state = {
            "slots": {name: slot.value for name, slot in tracker.slots.items() if slot.value is not None},
            "loop": tracker.active_loop_name,
        }
        self._blobs[tracker.sender_id] = (time.monotonic() + settings().session_minutes * 60, json.dumps(state))

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """The conversation as it stood after its last turn, or None when unknown or expired."""
        expires, blob = self._blobs.get(sender_id, (0.0, ""))
        if expires < time.monotonic():
            self._blobs.pop(sender_id, None)
            return None
        state = json.loads(blob)
        events: list[Event] = [ActionExecuted("action_session_start")]
        events += [SlotSet(name, value) for name, value in state["slots"].items()]
        if state["loop"]:
            events += [ActionExecuted(state["loop"]), ActiveLoop(state["loop"])]
            requested = state["slots"].get("requested_slot")
            events.append(SlotSet("requested_slot", requested))
        events.append(ActionExecuted("action_listen"))
        return DialogueStateTracker.from_events(sender_id, events, self.domain.slots, domain=self.domain)

    async def retrieve_full_tracker(self, conversation_id: str) -> DialogueStateTracker | None:
        """There is no more than :meth:`retrieve`."""
        return await self.retrieve(conversation_id)

    async def keys(self) -> Iterable[str]:
        """Pseudonyms of the conversations that are alive."""
        now = time.monotonic()
        return [sender for sender, (expires, _) in self._blobs.items() if expires >= now]

    def forget(self, sender_id: str) -> None:
        """Erase one conversation now."""
        self._blobs.pop(sender_id, None)
