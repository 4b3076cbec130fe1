"""What the Telegram channel remembers of a chat: in memory only, under a pseudonym, for two days at most."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections import OrderedDict, deque
from dataclasses import dataclass, field

from bot.channels.edge import Pace
from bot.settings import settings

DELETABLE_SECONDS = 48 * 3600 - 60  # the Bot API deletes nothing that is older
MOST_MESSAGES = 1000  # ids kept per chat
MOST_CHATS = 20_000
FLOOD = 4  # times the pace after which messages of a chat are not even read


@dataclass
class Chat:
    """One private chat. Holds no name, no number and no word of the person."""

    language: str
    session: str | None = None  # token of the conversation at the edge
    noticed: bool = False  # has been told what Telegram keeps
    messages: deque[tuple[float, int]] = field(default_factory=lambda: deque(maxlen=MOST_MESSAGES))
    keyboard: int | None = None  # the message that carries the open choices
    choices: dict[str, str] = field(default_factory=dict)  # open choices: id -> label
    album: str | None = None  # the last group of photos that was answered
    said: str = ""  # digest of the last answer, so that a burst is not answered with a burst
    said_at: float = 0.0
    used: float = 0.0
    pace: Pace = field(default_factory=lambda: Pace(settings().turns_per_minute))
    flood: Pace = field(default_factory=lambda: Pace(FLOOD * settings().turns_per_minute))

    def remember(self, message: int) -> None:
        """Keep the id of a message of either side, so that ``/delete`` can take it away."""
        self.messages.append((time.monotonic(), message))

    def repeats(self, answer: str, within: float) -> bool:
        """Whether the same answer was given less than ``within`` seconds ago; notes this one."""
        digest, now = hashlib.sha256(answer.encode()).hexdigest(), time.monotonic()
        again = digest == self.said and now - self.said_at < within
        if not again:
            self.said, self.said_at = digest, now
        return again


class Chats:
    """All chats by pseudonym. The key lives and dies with the process: afterwards no pseudonym leads to anybody."""

    def __init__(self, key: bytes | None = None) -> None:
        self._key = key or secrets.token_bytes(32)
        self._chats: OrderedDict[str, Chat] = OrderedDict()  # the least recently used first

    def of(self, chat_id: int, language: str) -> Chat:
        """The chat, a new one if need be; ``language`` is only for a new one."""
        name = self.pseudonym(chat_id)
        chat = self._chats.setdefault(name, Chat(language))
        chat.used = time.monotonic()
        self._chats.move_to_end(name)
        while len(self._chats) > MOST_CHATS:
            self._chats.popitem(last=False)
        return chat

    def forget(self, chat_id: int) -> Chat | None:
        """Remove a chat; gives what was known."""
        return self._chats.pop(self.pseudonym(chat_id), None)

    def sweep(self) -> None:
        """Drop message ids that are too old to delete, and chats of which nothing is left."""
        now = time.monotonic()
        for name, chat in list(self._chats.items()):
            while chat.messages and now - chat.messages[0][0] > DELETABLE_SECONDS:
                chat.messages.popleft()
            if not chat.messages and now - chat.used > settings().session_minutes * 60:
                del self._chats[name]

    def pseudonym(self, chat_id: int) -> str:
        """Keyed hash of a chat id: Telegram's number of somebody is never a key or a value here."""
        return self.sign(chat_id, "")

    def sign(self, chat_id: int, choice: str) -> str:
        """Signature of a choice in a chat."""
        return hmac.new(self._key, f"{chat_id}\n{choice}".encode(), hashlib.sha256).hexdigest()[:24]
