"""Accessibility checked by axe-core, with the copy that lies in a Python package: nothing is fetched."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from typing import Any

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@lru_cache(maxsize=1)
def source() -> str:
    return files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")


def violations(page: Any) -> list[str]:
    """What axe finds in the page as it is now, shadow roots included: rule and element."""
    page.evaluate(source())
    found = page.evaluate("(tags) => axe.run(document, { runOnly: tags })", RULES)
    return [f"{rule['id']}: {node['html'][:120]}" for rule in found["violations"] for node in rule["nodes"]]
