"""The pages of the desk, one file for each subject."""

from __future__ import annotations

from bot.desk.pages import assess, directory, doors, erase, figures, log, people, queue
from bot.desk.site import Pages

PAGES: Pages = {
    **erase.PAGES, **doors.PAGES, **assess.PAGES, **queue.PAGES, **directory.PAGES, **figures.PAGES, **people.PAGES,
    **log.PAGES,
}  # fmt: skip
"""All of them, by their rule (``bot/desk/permissions.py``)."""
