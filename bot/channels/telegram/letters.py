"""Bubbles as Telegram messages: plain text, joined while short, split at paragraph ends when long."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from bot.channels.turn import Action, Bubble

LONGEST = 3500  # units; Telegram takes 4,096
JOINED = 900  # bubbles are joined up to here: about one screen of a phone
ENDS = ("\n\n", "\n", r"(?<=[.?…;:])\s", r"\s")  # where a text may be cut, best first
WEB = re.compile(r"https?://[^\s]+\.[^\s]+$")


class Link(NamedTuple):
    """A button that opens a page."""

    label: str
    url: str


@dataclass
class Letter:
    """One message to send. Its text is never read as markup."""

    text: str
    links: list[Link] = field(default_factory=list)

    def spelled_out(self) -> Letter:
        """The same with the links in the text, for when Telegram refuses them as buttons."""
        return Letter("\n".join([self.text, *(f"{link.label}: {link.url}" for link in self.links)]))


def letters(bubbles: Iterable[Bubble]) -> list[Letter]:
    """The messages for one answer, in order."""
    written: list[Letter] = []
    open_text = ""
    item_before = False
    for bubble in bubbles:
        if bubble.kind in ("card", "sheet"):
            if open_text:
                written += [Letter(part) for part in split(open_text)]
            open_text = ""
            written += _card(bubble) if bubble.kind == "card" else _sheet(bubble)
            continue
        item = bubble.kind == "item"
        text = f"\u2022 {bubble.text}" if item and not bubble.text[:1].isdigit() else bubble.text
        between = "\n" if item and item_before else "\n\n"
        item_before = item
        if open_text and units(open_text) + units(text) > JOINED:
            written += [Letter(part) for part in split(open_text)]
            open_text = text
        else:
            open_text = f"{open_text}{between}{text}" if open_text else text
    if open_text:
        written += [Letter(part) for part in split(open_text)]
    return written


def _card(bubble: Bubble) -> list[Letter]:
    links, told = _ways(bubble.actions)
    if not (links or told or bubble.lines):  # only a link to a page of ours: there is none here
        return []
    parts = split("\n".join([bubble.title or bubble.text, *bubble.lines, *told]))
    return [*map(Letter, parts[:-1]), Letter(parts[-1], links)]


def _sheet(bubble: Bubble) -> list[Letter]:
    """A list to take along, as plain text: copying, printing and saving belong to the page."""
    text = "\n".join([bubble.title or bubble.text, "", *(f"\u2022 {line}" for line in bubble.lines)])
    return [Letter(part) for part in split(text)]


def _ways(actions: Sequence[Action]) -> tuple[list[Link], list[str]]:
    """Pages as buttons; numbers and addresses as text, because Telegram opens no ``tel:`` from a button."""
    links, told = [], []
    for action in actions:
        if action.kind in ("call", "email"):
            address = action.href.partition(":")[2]
            shown = re.sub(r"\D", "", address) in re.sub(r"\D", "", action.label) if action.kind == "call" else False
            told.append(action.label if shown else f"{action.label}: {address}")
        elif WEB.match(action.href):
            links.append(Link(action.label, action.href))
    return links, told


def split(text: str, longest: int = LONGEST) -> list[str]:
    """``text`` in pieces that Telegram takes, cut at the end of a paragraph, line, sentence or word."""
    pieces = []
    while units(text) > longest:
        at = _cut(text, longest)
        pieces.append(text[:at].rstrip())
        text = text[at:].lstrip()
    return [piece for piece in [*pieces, text] if piece]


def _cut(text: str, longest: int) -> int:
    room = _fitting(text, longest)
    for end in ENDS:
        ends = [match.start() for match in re.finditer(end, text[: room + 1])]
        late = [at for at in ends if at >= room // 3]  # no crumbs: a paragraph that ends early is not worth a message
        if late:
            return late[-1]
    return room


def _fitting(text: str, longest: int) -> int:
    """How many characters fit; Telegram counts UTF-16 units."""
    used = 0
    for index, size in enumerate(_sizes(text)):
        used += size
        if used > longest:
            return index
    return len(text)


def units(text: str) -> int:
    """The length of ``text`` as Telegram counts it."""
    return sum(_sizes(text))


def _sizes(text: str) -> Iterator[int]:
    return (2 if ord(char) > 0xFFFF else 1 for char in text)
