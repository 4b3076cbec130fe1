"""The three splits of the labelled messages and where they live."""

from __future__ import annotations

from pathlib import Path

from bot.understanding.messages import Labelled, read

SPLITS = ("train", "dev", "test")


def folders(root: Path, data: Path) -> dict[str, Path]:
    """Folder of each split, in the order in which they are trusted less and less with secrets."""
    tests = root / "tests" / "messages"
    return {"train": data / "nlu", "dev": tests / "dev", "test": tests / "test"}


def read_splits(root: Path, data: Path) -> dict[str, list[Labelled]]:
    """All messages of each split."""
    return {split: read(folder) for split, folder in folders(root, data).items()}
