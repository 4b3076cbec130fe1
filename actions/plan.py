"""The safety plan: the first steps at a glance, then step by step, then something to take along."""

from __future__ import annotations

from typing import Any

from rasa_sdk.events import EventType

from actions.protocol import begin, interrupts, new_crisis
from actions.refer import show_services
from actions.support import PLAN, Journey, Turn, button, option_button
from bot.recognition import interview
from bot.recognition.answers import SURE_ANSWER, interpret, literal
from bot.safetyplan.build import CLOSE, Situation, build, needed
from bot.safetyplan.steps import first_steps
from bot.safetyplan.walk import LATER, MARKS, UNSAFE, current, reopen, sheet

AGAIN = {"perpetrator": "choices", "witness": "how"}
"""Where a role's path is taken up when it has been walked before."""

ATTEMPTS = 3
SHORT_ANSWER = 5  # words; a longer text is not read for the words of an answer
NO_MARK = ("affirm", "deny", "skip", "unsure")
EXPLAIN, ENOUGH = "explain", "enough"
EXPLAINING = ("ask_why", "ask_explain")
FILE_NAME = {"nl": "notities.txt", "fr": "notes.txt"}


class ActionPlan(Journey):
    """Three steps, safest first, each with what the other person may notice; or the plan as it stands."""

    action_name = "action_plan"

    async def act(self, turn: Turn) -> list[EventType]:
        """See :class:`Journey`."""
        case = turn.case
        if case.role != "victim" and case.role in turn.content.protocols:
            # The steps are written for the person it happens to.
            return begin(turn, case.role, AGAIN.get(case.role) if case.role in case.handled else None)
        turn.greet_once()
        if case.marks:
            show_sheet(turn)
            return turn.done(then="action_next")
        found = first_steps(turn.content, case.ranked_forms(), _minor(turn), case.careful)
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


class ActionWalkPlan(Journey):
    """Into the plan, step by step; what was put off comes again."""

    action_name = "action_walk_plan"

    async def act(self, turn: Turn) -> list[EventType]:
        """See :class:`Journey`."""
        case = turn.case
        turn.greet_once()
        case.step, case.pending, case.waiting, case.failed = None, None, False, 0
        if case.steps and current(case.steps, case.marks) is None:
            case.marks = reopen(case.steps, case.marks, [turn.choice.get("option") or LATER])
        if not case.marks:
            case.steps = []
            turn.say("plan.walk_intro")
        return turn.done(then=PLAN)


class ValidatePlanForm(Journey):
    """Keep the answer about a step, ask about the next, or end the walk."""

    action_name = "validate_plan_form"

    async def act(self, turn: Turn) -> list[EventType]:
        """See :class:`Journey`."""
        case = turn.case
        if case.repeat or not case.step:
            case.repeat = False
            if case.step:
                ask(turn, case.step)
                return turn.wait()
            return await self._next(turn)
        if new_crisis(turn):
            return turn.reject(PLAN)
        chosen = self._chosen(turn, case.step)
        if chosen is None and (interrupts(turn) or turn.read.forms):
            if not interrupts(turn):
                case.step = None  # something new is told: it is heard first, the plan can be taken up again
            return turn.reject(PLAN)
        if chosen is None:
            return await self._not_understood(turn)
        case.failed = 0
        if case.step.startswith("plan."):
            interview.record(case, turn.content, case.step, chosen, asked=False)
            return await self._next(turn)
        if chosen == EXPLAIN:
            explain(turn, case.step)
            return turn.wait()
        if chosen == ENOUGH:
            return turn.finish()
        case.marks[case.step] = chosen
        turn.say(f"plan.marked_{chosen}")
        return await self._next(turn)

    @staticmethod
    def _chosen(turn: Turn, step: str) -> str | None:
        """The id of the answer; None when this is none. A story is no answer, whatever words are in it."""
        short = len(turn.text.split()) <= SHORT_ANSWER
        if step.startswith("plan."):
            options = turn.content.question(step).options
            said = literal(options, turn.text, turn.option) if short or turn.choice else None
            asks = turn.intent == "ask_question" or bool(turn.read.forms)
            return said or (None if asks else interpret(options, turn.read, turn.text, turn.option))
        if turn.choice:
            return turn.option if turn.option in (*MARKS, EXPLAIN, ENOUGH) else None
        if turn.read.act in EXPLAINING:
            return EXPLAIN
        said = literal(turn.content.plan_answers, turn.text, None) if short else None
        if said or turn.intent == "ask_question" or turn.read.forms:
            return said
        # "yes" to an instruction means that it was read: the step stays on the list.
        vague = turn.read.act in NO_MARK and turn.read.act_confidence >= SURE_ANSWER
        return LATER if vague else None

    @staticmethod
    async def _not_understood(turn: Turn) -> list[EventType]:
        case = turn.case
        case.failed += 1
        if turn.read.language == "other":
            return turn.reject(PLAN)
        if case.failed >= ATTEMPTS:
            if not str(case.step).startswith("plan."):
                return turn.reject(PLAN)
            case.failed = 0
            case.answers[str(case.step)] = "unknown"  # a question that does not get through is left
            return await ValidatePlanForm._next(turn)
        turn.say("interview.answer_hint")
        ask(turn, case.step or "")
        return turn.wait()

    @staticmethod
    async def _next(turn: Turn) -> list[EventType]:
        case = turn.case
        situation = _situation(turn)
        unknown = [f"plan.{name}" for name in needed(turn.content, situation)] if not case.marks else []
        question = next((key for key in unknown if key not in case.answers), None)
        if question:
            case.step = question
            ask(turn, question)
            return turn.wait()
        # What was told meanwhile counts: only what was answered stays as it is.
        open_steps = [key for key in build(turn.content, situation) if key not in case.marks]
        case.steps = [key for key in case.steps if key in case.marks] + open_steps
        step = current(case.steps, case.marks)
        if step is None:
            return turn.finish()
        if case.careful and turn.content.step(step).noticed and "gate" not in case.handled:
            case.handled.append("gate")
            turn.say("plan.gate")
            await show_services(turn, ["flag:danger"])
        case.step = step
        ask(turn, step)
        return turn.wait()


def ask(turn: Turn, key: str) -> None:
    """A plan question, or a step with its buttons."""
    if key.startswith("plan."):
        options = [option_button(f"question:{key}", option) for option in turn.content.question(key).options]
        turn.ask(f"question:{key}.ask", [*options, button("button.why", "ask_why")])
        return
    steps = turn.case.steps
    noticed = turn.content.step(key).noticed
    turn.say("plan.at", n=steps.index(key) + 1, total=len(steps))
    if not noticed:
        turn.ask(f"{key}.do", _answers(turn))
        return
    turn.say(f"{key}.do")
    turn.ask("plan.noticed", _answers(turn), noticed={"key": f"{key}.noticed"})


def explain(turn: Turn, key: str) -> None:
    """What a step does, how, when not, and the cards that show it on a device."""
    step = turn.content.step(key)
    if step.why:
        turn.say(f"{key}.why")
    for index in range(len(step.how)):
        turn.item(f"{key}.how.{index}")
    if step.unless:
        turn.say(f"{key}.unless")
    if not (step.why or step.how or step.unless):
        turn.say("plan.no_more_to_say")
    cards = [name for name in step.platforms if name in turn.content.platforms]
    if cards:
        turn.ask("platform.which", [button(f"platform:{name}.name", "show_platform", name) for name in cards])
    turn.ask("plan.ask_again", [entry for entry in _answers(turn) if entry["choice"]["option"] != EXPLAIN])


def _answers(turn: Turn) -> list[dict[str, Any]]:
    return [button(f"plan_answer:{option.id}.label", "choose", option.id) for option in turn.content.plan_answers]


def _minor(turn: Turn) -> bool:
    return turn.case.minor or turn.case.facts.get("age_in_image") == "minor"


def _situation(turn: Turn) -> Situation:
    facts, careful = turn.case.facts, turn.case.careful
    near = facts.get("other") in (*CLOSE, None)
    return Situation(
        forms=turn.case.ranked_forms(), minor=_minor(turn), careful=careful, relation=facts.get("other"),
        home=facts.get("home") or ("together" if careful and near else None), phone=facts.get("phone"),
        children={"yes": True, "no": False}.get(facts.get("children", "")),
    )  # fmt: skip


def show_sheet(turn: Turn) -> None:
    """The plan as it stands, with the ways to take it along, each with its warning."""
    case = turn.case
    found = sheet(case.steps, case.marks)
    lines: list[Any] = [_line(turn, number, key) for number, key in enumerate(found.todo, 1)]
    lines += [{"key": "plan.sheet_done", "values": {"do": {"key": f"{key}.do"}}} for key in found.done]
    ways = ("copy", "print", "save")
    turn.sheet(
        "plan.sheet_title", lines,
        [{"kind": way, "label": {"key": f"take.{way}"}, "href": FILE_NAME[case.language],
          "warning": {"key": f"take.{way}_warning"}} for way in ways],
    )  # fmt: skip
    if found.left_out:
        turn.say("plan.left_out")


def _line(turn: Turn, number: int, key: str) -> dict[str, Any]:
    values: dict[str, Any] = {"n": number, "do": {"key": f"{key}.do"}}
    if not turn.content.step(key).noticed:
        return {"key": "plan.step", "values": values}
    return {"key": "plan.step_noticed", "values": {**values, "noticed": {"key": f"{key}.noticed"}}}


class ActionAfterPlan(Journey):
    """The walk is over: the plan as it stands, and what next."""

    action_name = "action_after_plan"

    async def act(self, turn: Turn) -> list[EventType]:
        """See :class:`Journey`."""
        case = turn.case
        case.step = None
        turn.say("plan.finished")
        show_sheet(turn)
        buttons = []
        if current(case.steps, case.marks):
            buttons.append(button("plan.go_on", "walk_plan"))
        elif LATER in case.marks.values():
            buttons.append(button("plan.later_again", "walk_plan", LATER))
        if UNSAFE in case.marks.values() and not current(case.steps, case.marks):
            buttons.append(button("plan.unsafe_again", "walk_plan", UNSAFE))
        buttons += [button("next.who", "ask_service"), button("next.evidence", "ask_evidence")]
        turn.ask("next.ask", [*buttons, button("next.pause", "stop")])
        return turn.leave_form()


class ActionPlatform(Journey):
    """How something is done on one device or platform."""

    action_name = "action_platform"

    async def act(self, turn: Turn) -> list[EventType]:
        """See :class:`Journey`."""
        name, _, way = turn.choice.get("option", "").partition(".")
        platform = turn.content.platforms.get(name)
        if platform is None:
            return self._on(turn)
        chosen = next((entry for entry in platform.ways if entry.id == way), None)
        if chosen is None:
            turn.ask("platform.what", [
                button(f"platform:{name}.ways.{entry.id}.title", "show_platform", f"{name}.{entry.id}")
                for entry in platform.ways
            ] + [button("menu.back", "resume")], name={"key": f"platform:{name}.name"})  # fmt: skip
            return turn.done()
        key = f"platform:{name}.ways.{way}"
        if chosen.noticed:
            turn.say("plan.noticed", noticed={"key": f"{key}.noticed"})
        for index in range(len(chosen.how)):
            turn.item(f"{key}.how.{index}")
        turn.say("platform.checked", date=platform.checked_on.strftime("%d/%m/%Y"))
        return self._on(turn)

    @staticmethod
    def _on(turn: Turn) -> list[EventType]:
        return turn.resume() if turn.loop else turn.done(then="action_next")
