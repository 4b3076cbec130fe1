"""``halte check``: everything an editor, a translator or a programmer can break without noticing.

One file per theme; each is a function from the project to its findings, so that all are reported at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from bot.checks import content, directory, domain, duplicates, keys, links, messages, numbers, versions, wording
from bot.checks.project import Finding, Project
from bot.settings import ROOT, settings

CHECKS: list[Callable[[Project], Iterable[Finding]]] = [
    content.check, wording.check, numbers.check, keys.check, directory.check, messages.check, duplicates.check,
    domain.check, links.check, versions.check,
]  # fmt: skip


def findings(project: Project) -> list[Finding]:
    """What all checks find, errors before warnings."""
    found = [finding for check in CHECKS for finding in check(project)]
    return sorted(dict.fromkeys(found), key=lambda finding: finding.warning)


def run(project: Project | None = None) -> int:
    """Print every finding and a summary; 1 when there is an error, warnings alone are 0."""
    found = findings(project or Project(ROOT, settings().data_dir))
    for finding in found:
        print(finding)
    errors = sum(not finding.warning for finding in found)
    print(f"{errors} errors, {len(found) - errors} warnings")
    return 1 if errors else 0
