"""Not understood: first other words or choices, never more than two tries before a human way out."""

from __future__ import annotations

from rasa_sdk.events import EventType

from actions.support import Journey, Turn
from actions.tell import HUMAN_AFTER


class ActionNotUnderstood(Journey):
    """What was said could not be read."""

    action_name = "action_not_understood"

    async def act(self, turn: Turn) -> list[EventType]:
        """See :class:`Journey`."""
        case = turn.case
        turn.greet_once()
        if turn.read.language == "other":
            turn.say("fallback.other_language")
            return turn.resume() if turn.loop else turn.done(then="action_refer")
        case.failed += 1
        if case.failed >= HUMAN_AFTER:
            case.failed = 0
            turn.say("fallback.third")
            return turn.done(then="action_refer")
        turn.say("fallback.first")
        return turn.resume() if turn.loop else turn.done(then="action_menu_forms")
