"""What goes in and out of one turn, the same for every channel."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

CHANNELS = ("web", "telegram")
"""Where people talk to Halte; the terminal shows what the web shows."""


@dataclass(frozen=True)
class Incoming:
    """One message of a person: free text, or the id of a button that was really offered."""

    text: str | None = None
    choice: str | None = None
    start: bool = False  # the conversation was opened and nothing was said yet
    language: str | None = None  # language the page was opened in; a hint only
    client_id: str | None = None  # the client's own id of this message, so that a retry is not a second message
    order: str | None = None  # intent of a command that the channel itself offers (/stop); never what somebody typed
    instead: str | None = None  # key of the sentence that answers it; then ``text`` is only read for danger
    channel: str = "web"  # where it was said: a text may have a version of its own there, ``hello.short@telegram``


@dataclass(frozen=True)
class Action:
    """A way to reach a service (``kind`` call, chat, website, form, email), to another page of
    ours (page) or to take a sheet along (copy, print,
    save); ``href`` is then the name of the file, and ``warning`` is shown before it happens."""

    kind: str
    label: str
    href: str
    warning: str | None = None


@dataclass(frozen=True)
class Bubble:
    """One thing Halte says. ``kind``: text, quote (the person's own words), item (of a list), card, or sheet (a list to
    take along)."""

    kind: str
    text: str
    language: str
    title: str | None = None  # cards: name of the service; sheets: their title
    lines: list[str] = field(default_factory=list)  # cards: hours, cost, trace ...; sheets: their content
    actions: list[Action] = field(default_factory=list)  # cards
    urgent: bool = False  # emergency cards are shown large


@dataclass(frozen=True)
class Button:
    """An answer that can be chosen; ``id`` is opaque and valid until other choices are offered."""

    id: str
    label: str


@dataclass(frozen=True)
class Outgoing:
    """Everything Halte answers to one message."""

    session: str
    bubbles: list[Bubble]
    buttons: list[Button]
    language: str
    ended: bool = False  # the conversation was erased on the server
    state: dict[str, Any] = field(default_factory=dict)  # for the terminal and tests; never sent to browsers

    def as_json(self) -> dict[str, Any]:
        """For the web: without the internal state."""
        return {key: value for key, value in asdict(self).items() if key != "state"}


class Conversations(Protocol):
    """What the web channels need from the conversations; ``bot.channels.conversations`` has the real ones."""

    async def turn(self, session: str | None, incoming: Incoming, /) -> Outgoing:
        """Answer one message; an unknown session gets a fresh one."""

    def forget(self, session: str, /) -> None:
        """Erase a conversation; unknown ones are no error."""

    def sweep(self) -> None:
        """Erase every conversation that has expired."""
