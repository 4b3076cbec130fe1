"""Texts that the code asks for and texts that nobody asks for."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from pydantic import BaseModel

from bot.channels import notes
from bot.channels.web import UI_TEXTS
from bot.checks.project import Finding, Project, strings
from bot.content.guides import BankQuestion, Platform, Theme, ThemeStep, Way
from bot.content.schema import Form, Group, Node, Option, Question, RiskFactor, Step

IN_TEMPLATE = re.compile(r"""\bt\(\s*(["'])([a-z_]+[.:][\w.:]*)\1\s*([+~])?""")
SPEAKING: dict[str, int] = {"say": 0, "ask": 0, "quote": 0, "item": 0, "button": 0, "_plain": 2, "_again": 1}
"""Functions that take a key, with its place among the arguments."""

OWNERS: dict[str, tuple[type[BaseModel], ...]] = {
    "form": (Form, Step),
    "question": (Question, Option),
    "protocol": (Node, Option),
    "group": (Group,),
    "theme": (Theme, ThemeStep),
    "platform": (Platform, Way),
    "plan_answer": (Option,),
    "bank": (BankQuestion,),
    "risk": (RiskFactor,),
}
"""Kinds of keys that point into a file, and the fields they can name."""


def check(project: Project) -> Iterator[Finding]:
    """Keys in the code against keys in ``data/content/texts``."""
    known = project.loose_texts()
    used: set[str] = {f"ui.{name}" for name in (*UI_TEXTS, *notes.TEXTS)}
    for key in sorted(used - known.keys()):
        yield Finding("bot/channels/web.py", "UI_TEXTS", f"text {key!r} does not exist")
    for file, tree in project.trees():
        used.update(node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and node.value in known)
        for node in ast.walk(tree):
            asked = _asked(node)
            for key in strings(asked) if asked is not None else ():
                if ":" in key:
                    yield from _pointing(file, asked, key)
                elif key not in known:
                    yield _missing(file, asked, f"text {key!r} does not exist")
            for made in _formatted(asked):
                start, _ = _template(made)
                if "." in start and ":" not in start and not any(key.startswith(start) for key in known):
                    yield _missing(file, made, f"no text begins with {start!r}")
            if isinstance(node, ast.JoinedStr):
                start, fields = _template(node)
                if start.partition(":")[0] in OWNERS and ":" in start:
                    yield from _pointing(file, node, start + "".join(f".{field}" for field in fields))
                    continue
                family = {key for key in known if key.startswith(start)} if "." in start else set()
                if not start.startswith("ui."):
                    used |= family
    for file, key, whole in _in_templates(project):
        family = {name for name in known if name == key or (not whole and name.startswith(key))}
        if not family and (whole or "." in key) and ":" not in key:
            yield Finding(file, key, f"text {key!r} does not exist" if whole else f"no text begins with {key!r}")
        used |= family
    for key in sorted(key for key in known.keys() - used if "@" not in key):  # see bot/checks/versions.py
        yield Finding(known[key], key, "is used nowhere in the code", warning=True)


def _in_templates(project: Project) -> Iterator[tuple[str, str, bool]]:
    """Keys in the templates: ``t("desk.queue")`` is whole, ``t("desk.flag_" + name)`` only a beginning."""
    for path in sorted((project.root / "bot" / "web" / "templates").rglob("*.html")):
        for match in IN_TEMPLATE.finditer(path.read_text(encoding="utf-8")):
            yield project.name(path), match.group(2), not match.group(3)


def _asked(node: ast.AST) -> ast.expr | None:
    """The expression that gives the key, when ``node`` is a call or a value that shows a text."""
    if isinstance(node, ast.Call):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        place = SPEAKING.get(name)
        if place is not None and len(node.args) > place:
            return node.args[place]
    if isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values):
            if strings(key) == ["key"]:
                return value
    return None


def _formatted(node: ast.expr | None) -> list[ast.JoinedStr]:
    """The f-strings that an expression can be."""
    if isinstance(node, ast.IfExp):
        return _formatted(node.body) + _formatted(node.orelse)
    return [node] if isinstance(node, ast.JoinedStr) else []


def _template(node: ast.JoinedStr) -> tuple[str, list[str]]:
    """How a formatted key begins, and the fixed names after its first gap: ``form:{x}.steps.{y}``."""
    constants = [str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values]
    start, _, rest = "".join(constants).partition("{}")
    return start, [part for part in rest.split(".") if part and "{}" not in part]


def _pointing(file: str, node: ast.AST | None, key: str) -> Iterator[Finding]:
    owner, _, path = key.partition(":")
    names = [part for part in path.split(".") if part and not part.isdigit()]
    fields = {field for model in OWNERS.get(owner, ()) for field in model.__fields__}
    for name in names:
        if name not in fields:
            yield _missing(file, node, f"{owner} texts have no {name!r}")


def _missing(file: str, node: ast.AST | None, problem: str) -> Finding:
    return Finding(file, f"line {getattr(node, 'lineno', '?')}", problem)
