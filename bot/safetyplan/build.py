"""Which steps belong to somebody's plan, and in which order: get safe, keep proof, look, change, recover."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.content.catalogue import Catalogue
from bot.content.guides import ThemeStep
from bot.content.schema import PHASES, Step

OWN_FORMS, WIDE_FORMS = 2, 3  # forms whose own steps are taken, and forms that may bring steps of a theme
MOST_OWN, MOST = 8, 14  # a plan that nobody finishes helps nobody
CLOSE = ("partner", "ex", "family")


@dataclass(frozen=True)
class Situation:
    """What decides about a step. None = not known; then nothing is left out because of it."""

    forms: Sequence[str] = ()  # heard forms, surest first
    minor: bool = False
    careful: bool = True  # nothing that the other person can notice comes early
    relation: str | None = None
    home: str | None = None
    phone: str | None = None
    children: bool | None = None


def build(content: Catalogue, situation: Situation) -> list[str]:
    """Keys of the steps, in the order in which they are safe.

    The order inside a form or theme is safe in itself and is kept within a phase. For somebody who is afraid, a step
    that can be noticed comes after all that cannot, whatever its phase; only what comes afterwards is later still.
    """
    own = _own(content, situation)[:MOST_OWN]
    said = {key.replace("form:", "").replace(".steps.", ".") for key, _ in own}
    shared = [(key, step) for key, step in _shared(content, situation) if not said & set(step.same_as)]
    chosen = own + [(key, step) for key, step in shared[: max(0, MOST - len(own))]]
    return [key for key, _ in sorted(chosen, key=lambda pair: _rank(pair[1], situation.careful))]


def needed(content: Catalogue, situation: Situation) -> list[str]:
    """The plan questions whose answer would change this plan."""
    steps = [step for _, step in _all(content, situation) if _for_age(step, situation.minor)]
    wanted = {
        "phone": any(step.devices for step in steps),
        "home": situation.relation in (*CLOSE, None) and any(step.homes for step in steps),
        "children": not situation.minor and situation.relation in CLOSE and any(step.children for step in steps),
    }
    return [name for name in content.plan_questions if wanted.get(name)]


def _rank(step: Step, careful: bool) -> tuple[bool, bool, int]:
    return step.phase == "after", careful and step.noticed is not None, PHASES.index(step.phase)


def _all(content: Catalogue, situation: Situation) -> list[tuple[str, Step]]:
    known = [form for form in situation.forms if form in content.forms]
    own = [(f"form:{form}.steps.{step.id}", step) for form in known[:OWN_FORMS] for step in content.forms[form].steps]
    return own + [(key, step) for key, step in _theme_steps(content, known)]


def _theme_steps(content: Catalogue, known: Sequence[str]) -> list[tuple[str, ThemeStep]]:
    """Steps of the themes that fit the heard forms: a helpline first, then what was made for few forms."""
    wide = set(known[:WIDE_FORMS])
    found = [
        (f"theme:{theme.id}.steps.{step.id}", step)
        for theme in content.themes.values()
        for step in theme.steps
        if not step.forms or wide & set(step.forms)
    ]
    return sorted(found, key=lambda pair: _reach(pair[1], len(content.forms)))


def _reach(step: ThemeStep, every: int) -> int:
    """For how many forms a step was made; what everybody needs at once goes before all."""
    return len(step.forms) or (0 if step.phase == PHASES[0] else every)


def _own(content: Catalogue, situation: Situation) -> list[tuple[str, Step]]:
    """Steps of the surest forms, taken in turn so that the second form is not cut off."""
    known = [form for form in situation.forms if form in content.forms][:OWN_FORMS]
    lists = [[(f"form:{f}.steps.{s.id}", s) for s in content.forms[f].steps if fits(s, situation)] for f in known]
    longest = max(map(len, lists), default=0)
    return [steps[rank] for rank in range(longest) for steps in lists if rank < len(steps)]


def _shared(content: Catalogue, situation: Situation) -> list[tuple[str, ThemeStep]]:
    known = [form for form in situation.forms if form in content.forms]
    return [(key, step) for key, step in _theme_steps(content, known) if fits(step, situation)]


def fits(step: Step, situation: Situation) -> bool:
    """Whether nothing that is known speaks against the step."""
    return (
        _for_age(step, situation.minor)
        and _allowed(step.relations, situation.relation)
        and _allowed(step.homes, situation.home)
        and _allowed(step.devices, {"other": "computer"}.get(situation.phone or "", situation.phone))
        and not (step.children and situation.children is not True)
    )


def _for_age(step: Step, minor: bool) -> bool:
    return step.minors if minor else step.adults


def _allowed(only: Sequence[str], value: str | None) -> bool:
    return not only or value is None or value in only
