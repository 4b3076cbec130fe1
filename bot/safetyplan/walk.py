"""Walking through a plan: what is done, what waits, what is not safe. Marks are kept, never reasons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

DONE, LATER, UNSAFE = "done", "later", "unsafe"
MARKS = (DONE, LATER, UNSAFE)


def current(steps: Sequence[str], marks: Mapping[str, str]) -> str | None:
    """The first step that was not answered yet; None when all were."""
    return next((step for step in steps if step not in marks), None)


def reopen(steps: Sequence[str], marks: Mapping[str, str], which: Sequence[str]) -> dict[str, str]:
    """The marks without those of ``which`` kinds, so that these steps come again."""
    return {step: mark for step, mark in marks.items() if step in steps and mark not in which}


@dataclass(frozen=True)
class Sheet:
    """A plan to look at or take along: open steps in order, then what is done. Unsafe steps are left out."""

    todo: tuple[str, ...]
    done: tuple[str, ...]
    left_out: int


def sheet(steps: Sequence[str], marks: Mapping[str, str]) -> Sheet:
    """The plan as it stands."""
    return Sheet(
        todo=tuple(step for step in steps if marks.get(step) not in (DONE, UNSAFE)),
        done=tuple(step for step in steps if marks.get(step) == DONE),
        left_out=sum(marks.get(step) == UNSAFE for step in steps),
    )
