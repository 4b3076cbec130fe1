"""domain.yml, the rules and the actions in code: each names only what the others have."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any

from bot.checks.project import Finding, Project, load, strings

FROM_CODE = (
    "start",
    "choose",
    "choose_group",
    "choose_form",
    "menu_forms",
    "resume",
    "not_understood",
    "ask_question",
    "more_questions",
    "walk_plan",
    "show_platform",
)
"""Intents that buttons and the safety layer set; ``signal_*`` too. Nobody types them, so none is trained."""

BUILT_IN = ("action_listen", "action_restart", "action_session_start", "action_default_fallback", "action_back")
ACTION = re.compile(r"^(?:action|validate)_[a-z_]+$")


def trained_acts(project: Project) -> list[str]:
    """The intents that are learned from messages."""
    intents = (load(project.root / "domain.yml") or {}).get("intents") or ()
    return [name for name in intents if name not in FROM_CODE and not name.startswith("signal_")]


def check(project: Project) -> Iterator[Finding]:
    """Intents, actions and rules against each other and against the code."""
    domain: dict[str, Any] = load(project.root / "domain.yml") or {}
    if not domain:
        yield Finding("domain.yml", "file", "cannot be read")
        return
    intents, actions = set(domain.get("intents") or ()), set(domain.get("actions") or ())
    loops = set(domain.get("forms") or ())
    handled: set[str] = set()
    for file, rule, step in _steps(project):
        intent, action = step.get("intent"), step.get("action")
        if intent and intent not in intents:
            yield Finding(file, rule, f"unknown intent {intent!r}")
        if action and action not in actions | loops | set(BUILT_IN):
            yield Finding(file, rule, f"unknown action {action!r}")
        handled |= {intent} if intent else set()
    for intent in sorted(intents - handled):
        yield Finding("domain.yml", intent, "no rule says what follows this intent")
    yield from _code(project, intents, actions, loops)


def _steps(project: Project) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path in sorted([*(project.data / "rules").glob("*.yml"), *(project.data / "stories").glob("*.yml")]):
        loaded = load(path)
        if not isinstance(loaded, dict):
            yield project.name(path), "file", {"action": "(file cannot be read)"}
            continue
        for entry in [*(loaded.get("rules") or ()), *(loaded.get("stories") or ())]:
            for step in entry.get("steps") or ():
                yield project.name(path), str(entry.get("rule") or entry.get("story")), step


def _code(project: Project, intents: set[str], actions: set[str], loops: set[str]) -> Iterator[Finding]:
    """Classes in ``actions/`` and the names they use."""
    implemented: dict[str, str] = {}
    for file, tree in project.trees():
        if not file.startswith("actions"):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                for name in _action_names(node):
                    if name in implemented:
                        yield Finding(file, node.name, f"{name!r} is also in {implemented[name]}")
                    implemented[name] = file
        for node in ast.walk(tree):
            named = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
            if ACTION.match(named) and named not in actions | set(BUILT_IN):
                yield Finding(file, f"line {getattr(node, 'lineno', 0)}", f"action {named!r} is not in domain.yml")
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "button" and len(node.args) > 1:
                for intent in strings(node.args[1]):
                    if intent not in intents:
                        yield Finding(file, f"line {node.lineno}", f"a button sends unknown intent {intent!r}")
    for name in sorted(actions - implemented.keys()):
        yield Finding("domain.yml", name, "no class in actions/ implements this action")
    for loop in sorted(loops):
        if f"validate_{loop}" not in implemented:
            yield Finding("domain.yml", loop, f"no class in actions/ implements validate_{loop}")


def _action_names(node: ast.ClassDef) -> Iterator[str]:
    """``action_name`` of a class, also when it is set together with something else."""
    for statement in node.body:
        if not isinstance(statement, ast.Assign):
            continue
        for target in statement.targets:
            names = target.elts if isinstance(target, ast.Tuple) else [target]
            values = statement.value.elts if isinstance(statement.value, ast.Tuple) else [statement.value]
            for name, value in zip(names, values):
                if isinstance(name, ast.Name) and name.id == "action_name":
                    yield from (found for found in strings(value) if found)
