"""Texts of the pages for tests: every key says its own name and language."""

from __future__ import annotations

from bot.channels import closed, notes, plain, web, widget
from bot.content.schema import Text


def page_texts(nl: str, fr: str) -> dict[str, Text]:
    """All texts that the pages ask for; ``nl`` and ``fr`` say how, with ``{key}`` for the name."""
    names = {*web.UI_TEXTS, *notes.TEXTS, *plain.UI_TEXTS, *widget.TEXTS, *closed.TEXTS}
    keys = {f"ui.{name}": name for name in names}
    for way in ("copy", "print", "save"):
        keys |= {f"take.{way}": way, f"take.{way}_warning": f"{way} warning"}
    return {key: Text(nl=nl.format(key=name), fr=fr.format(key=name)) for key, name in keys.items()}
