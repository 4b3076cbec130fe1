"""No message of one split nearly again in another: it would make every figure too good."""

from __future__ import annotations

from collections.abc import Iterator

from bot.checks.project import Finding, Project
from bot.corpus.dupes import near_duplicates
from bot.corpus.splits import folders, read_splits


def check(project: Project) -> Iterator[Finding]:
    """Near-duplicates between splits (``halte data dupes --drop`` takes them out)."""
    places = folders(project.root, project.data)
    for pair in near_duplicates(read_splits(project.root, project.data)):
        file = f"{project.name(places[pair.first_split])}/{pair.first.language}/{pair.first.theme}.yml"
        yield Finding(file, pair.first.text[:60], f"nearly the same in {pair.second_split}: {pair.second.text[:60]}")
