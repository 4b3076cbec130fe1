"""Pausing, starting over, erasing, saying goodbye."""

from __future__ import annotations

from rasa_sdk.events import EventType

from actions.protocol import begin
from actions.support import PLAN, Journey, Turn, button
from bot.recognition.case import Case

SURE = 0.6  # words that erase everything must be clear


class ActionStart(Journey):
    """The conversation opens: who is speaking, and is it safe to look at this device now?"""

    action_name = "action_start"

    async def act(self, turn: Turn) -> list[EventType]:
        """See :class:`Journey`."""
        return begin(turn, "start")


class ActionStop(Journey):
    """A pause: nothing is lost, nothing is asked."""

    action_name = "action_stop"

    async def act(self, turn: Turn) -> list[EventType]:
        """See :class:`Journey`."""
        turn.greet_once()
        place = turn.case.forms or turn.case.waiting or turn.case.step
        buttons = [button("button.continue", "resume")] if place else [button("menu.tell", "menu_forms")]
        turn.ask("answer.stop", [*buttons, button("menu.who", "ask_service"), button("menu.delete", "delete")])
        return turn.leave_pending()


class ActionResume(Journey):
    """Go on where the person was."""

    action_name = "action_resume"

    async def act(self, turn: Turn) -> list[EventType]:
        """See :class:`Journey`."""
        case = turn.case
        if case.waiting:
            case.repeat = True
            return turn.done(then="protocol_form")
        if case.in_plan:
            case.repeat = True
            return turn.done(then=PLAN)
        if case.pending or (case.forms and not case.mirrored):
            case.repeat = case.pending is not None
            return turn.done(then="recognise_form")
        return turn.done(then="action_next" if case.forms else "action_menu")


class ActionGoodbye(Journey):
    """Goodbye, with what stays behind on the device."""

    action_name = "action_goodbye"

    async def act(self, turn: Turn) -> list[EventType]:
        """See :class:`Journey`."""
        turn.case.greeted = True
        turn.say("answer.goodbye")
        turn.say("end.tips_1")
        turn.ask("end.tips_2", [button("menu.delete", "delete")])
        return turn.leave_pending()


class ActionRestart(Journey):
    """Forget everything and begin again."""

    action_name = "action_begin_again"

    async def act(self, turn: Turn) -> list[EventType]:
        """See :class:`Journey`."""
        turn.case = Case(language=turn.case.language, greeted=True)
        turn.say("answer.restart")
        return begin(turn, "start")


class ActionDelete(Journey):
    """Forget everything. ``bot/channels`` erases the conversation itself when it sees the mark ``erased``."""

    action_name = "action_delete"

    async def act(self, turn: Turn) -> list[EventType]:
        """See :class:`Journey`."""
        if not turn.choice and turn.read.act_confidence < SURE:
            return await ActionStop().act(turn)  # shows the button that erases
        turn.case = Case(language=turn.case.language, informal=turn.case.informal, greeted=True)
        turn.case.facts["erased"] = "yes"
        turn.say("answer.delete")
        turn.say("end.tips_1")
        turn.say("end.tips_2")
        return turn.leave_form()
