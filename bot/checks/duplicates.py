"""No message of one split nearly again in another: it would make every figure too good."""

from __future__ import annotations

from collections.abc import Iterator

from bot.checks.messages import folders
from bot.checks.project import Finding, Project
from bot.corpus.dupes import near_duplicates
from bot.understanding.messages import read


def check(project: Project) -> Iterator[Finding]:
    """Near-duplicates between splits (``halte data dupes --drop`` takes them out)."""
    splits = {split: read(folder) for split, folder in folders(project).items()}
    for pair in near_duplicates(splits):
        file = f"{project.name(folders(project)[pair.first_split])}/{pair.first.language}/{pair.first.theme}.yml"
        yield Finding(file, pair.first.text[:60], f"nearly the same in {pair.second_split}: {pair.second.text[:60]}")
