"""Links between the Markdown files and to files of the project."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

from bot.checks.project import Finding, Project

LINK = re.compile(r"!?\[[^\]]*\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)")
REFERENCE = re.compile(r"^\[[^\]]+\]:\s+<?(\S+?)>?\s*$")
CODE = re.compile(r"`[^`]*`")
ELSEWHERE = re.compile(r"^(?:[a-z][a-z0-9+.-]*:|#|//)", re.IGNORECASE)
SKIPPED = {".venv", ".git", "node_modules", "var", "models"}


def check(project: Project) -> Iterator[Finding]:
    """Every relative link of every Markdown file leads to a file or folder."""
    for path in sorted(project.root.rglob("*.md")):
        inside = path.relative_to(project.root).parts
        if any(part in SKIPPED or part.startswith(".") for part in inside):
            continue
        fenced = False
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if line.lstrip().startswith("```"):
                fenced = not fenced
            if not fenced:
                yield from _line(project, path, number, CODE.sub("", line))


def _line(project: Project, path: Path, number: int, line: str) -> Iterator[Finding]:
    for target in LINK.findall(line) + REFERENCE.findall(line):
        file = unquote(target.partition("#")[0])
        if ELSEWHERE.match(target) or not file:
            continue
        home = project.root if file.startswith("/") else path.parent
        if not (home / file.lstrip("/")).exists():
            yield Finding(project.name(path), f"line {number}", f"{target} does not exist")
