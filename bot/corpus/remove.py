"""Taking messages out of their files without touching the rest of the file."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

from bot.understanding.messages import Labelled

EMPTY_BLOCK = re.compile(r"  - intent: \S+\n    metadata: [^\n]*\n    examples: \|\n(?=  - intent|\Z)")
LINE = "      - "


def remove(folders: Mapping[str, Path], entries: Iterable[tuple[str, Labelled]]) -> int:
    """Remove ``(split, message)`` entries; blocks that become empty go too. Says how many lines went."""
    texts: dict[Path, Counter[str]] = {}
    # Once per message: it can be in several pairs, and its exact copy in the same file is another message.
    for split, message in {id(message): (split, message) for split, message in entries}.values():
        path = folders[split] / message.language / f"{message.theme}.yml"
        texts.setdefault(path, Counter())[message.text] += 1
    removed = 0
    for path, gone in texts.items():
        lines = path.read_text(encoding="utf-8").splitlines()
        kept = []
        for line in lines:
            text = line[len(LINE) :].strip() if line.startswith(LINE) else ""
            if gone[text] > 0:
                gone[text] -= 1
            else:
                kept.append(line)
        removed += len(lines) - len(kept)
        text = EMPTY_BLOCK.sub("", "\n".join(kept) + "\n")
        path.write_text(text.replace("nlu:\n", "nlu: []\n") if text.endswith("nlu:\n") else text, encoding="utf-8")
    return removed
