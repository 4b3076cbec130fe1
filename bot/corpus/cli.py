"""``halte data``: count, compare and review the labelled messages."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from bot.corpus.remove import remove
from bot.corpus.splits import SPLITS, folders, read_splits
from bot.corpus.stats import count
from bot.settings import ROOT, settings
from bot.understanding.messages import Labelled

LANGUAGES = ("nl", "fr")


def add_parser(sub: Any) -> None:
    """Add ``data`` with its own commands."""
    data = sub.add_parser("data", help="the labelled messages: stats, dupes, review")
    commands = data.add_subparsers(dest="data_command", required=True)

    stats = commands.add_parser("stats", help="how many messages per label, language, length and author")
    stats.add_argument("--json", action="store_true")
    stats.set_defaults(run=_stats)

    dupes = commands.add_parser("dupes", help="messages that are nearly the same; 1 when two splits share one")
    dupes.add_argument("--within", action="store_true", help="look inside each split instead of between splits")
    dupes.add_argument("--drop", action="store_true", help="take the one in train (or dev) out of its file")
    dupes.set_defaults(run=_dupes)

    doubts = commands.add_parser("review", help="training messages whose labels the others contradict most")
    doubts.add_argument("--label", help="only this act, form or flag")
    doubts.add_argument("--lang", choices=LANGUAGES)
    doubts.add_argument("-n", "--number", type=int, default=40)
    doubts.add_argument("--json", action="store_true")
    doubts.set_defaults(run=_review)


def _splits() -> dict[str, list[Labelled]]:
    return read_splits(ROOT, settings().data_dir)


def _stats(arguments: argparse.Namespace) -> int:
    found = count(_splits())
    if arguments.json:
        plain = {
            group: {
                label: {f"{split}/{language}": number for (split, language), number in counts.items()}
                for label, counts in labels.items()
            }
            for group, labels in found.items()
        }
        print(json.dumps(plain, ensure_ascii=False))
        return 0
    columns = [(split, language) for split in SPLITS for language in LANGUAGES]
    for group, labels in found.items():
        print(f"{group:28}" + "".join(f"{split + ' ' + language:>10}" for split, language in columns))
        for label in sorted(labels):
            print(f"  {label:26}" + "".join(f"{labels[label][column]:>10}" for column in columns))
        print()
    return 0


def _dupes(arguments: argparse.Namespace) -> int:
    from bot.corpus.dupes import near_duplicates

    pairs = list(near_duplicates(_splits(), within=arguments.within))
    for pair in sorted(pairs, key=lambda pair: -pair.nearness):
        print(f"{pair.nearness:.2f}  {_place(pair.first, pair.first_split)}: {pair.first.text}")
        print(f"      {_place(pair.second, pair.second_split)}: {pair.second.text}")
    print(f"{len(pairs)} pairs", file=sys.stderr)
    if arguments.drop:
        # The first is the one in the split that may know less: train before dev before test.
        losers = [(pair.first_split, pair.first) for pair in pairs]
        dropped = remove(folders(ROOT, settings().data_dir), losers)
        print(f"{dropped} messages taken out", file=sys.stderr)
        return 0
    return 0 if arguments.within or not pairs else 1


def _review(arguments: argparse.Namespace) -> int:
    from bot.corpus import review

    doubts = review.doubts(_splits()["train"], arguments.label, arguments.lang)[: arguments.number]
    for doubt in doubts:
        if arguments.json:
            print(json.dumps(doubt.as_json(), ensure_ascii=False))
        else:
            verb = "has" if doubt.labelled else "has not"
            print(f"{doubt.share:.2f}  {verb} {doubt.label:20} {_place(doubt.message, 'train')}: {doubt.message.text}")
    return 0


def _place(message: Labelled, split: str) -> str:
    return f"{split}/{message.language}/{message.theme}.yml"
