"""The first safe steps and what better not to do."""

from __future__ import annotations

from rasa_sdk.events import EventType

from actions.protocol import begin
from actions.support import Journey, Turn
from bot.safetyplan.steps import first_steps

AGAIN = {"perpetrator": "choices", "witness": "how"}
"""Where a role's path is taken up when it has been walked before."""


class ActionPlan(Journey):
    """Three steps, safest first, each with what the other person may notice."""

    action_name = "action_plan"

    async def act(self, turn: Turn) -> list[EventType]:
        """See :class:`Journey`."""
        case = turn.case
        if case.role != "victim" and case.role in turn.content.protocols:
            # The steps are written for the person it happens to.
            return begin(turn, case.role, AGAIN.get(case.role) if case.role in case.handled else None)
        turn.greet_once()
        minor = case.minor or case.facts.get("age_in_image") == "minor"
        found = first_steps(turn.content, case.ranked_forms(), minor, case.careful)
        if not found.steps:
            for number in (1, 2, 3):
                turn.say(f"plan.general_{number}")
            return turn.done(then="action_next")
        turn.say("plan.intro_careful" if case.careful else "plan.intro")
        if case.facts.get("device") in ("unsure", "maybe"):
            turn.say("plan.safe_device")
        for number, (key, noticed) in enumerate(found.steps, start=1):
            turn.item("plan.step", n=number, do={"key": f"{key}.do"})
            if noticed:
                turn.say("plan.noticed", noticed={"key": f"{key}.noticed"})
        turn.say("plan.avoid_intro")
        for key in found.avoid:
            turn.item("plan.avoid_item", avoid={"key": key})
        return turn.done(then="action_next")
