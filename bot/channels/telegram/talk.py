"""One update of Telegram, answered."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import replace

from telegram import CallbackQuery, InlineKeyboardMarkup, Message, Update
from telegram.constants import ChatMemberStatus, ChatType
from telegram.error import BadRequest, Forbidden, TelegramError
from telegram.ext import filters

from bot.channels.conversations import Conversations
from bot.channels.telegram import buttons
from bot.channels.telegram.chats import Chat, Chats
from bot.channels.telegram.courier import Courier
from bot.channels.telegram.letters import Letter, letters
from bot.channels.turn import Bubble, Button, Incoming, Outgoing
from bot.content.render import Renderer
from bot.quiet import log
from bot.settings import settings

CHANNEL = "telegram"
LANGUAGES = ("nl", "fr")
COMMAND = re.compile(r"^/([a-z]+)(?:@\w+)?(?:\s+(.*))?$", re.IGNORECASE | re.DOTALL)
DELETE = ("delete", "wis", "effacer")
COMMANDS = {
    "stop": Incoming(order="stop"),
    "nl": Incoming(order="speak_dutch", language="nl"),
    "fr": Incoming(order="speak_french", language="fr"),
    "help": Incoming(instead="telegram.help"),
}
"""What a command asks of the conversation; /start and /delete are more than that."""

ONCE_SECONDS = 10.0  # the same sentence to a burst of stickers, edits or too many messages is said once


class Talk:
    """Turns updates into turns of a conversation, and its answers into messages."""

    def __init__(self, conversations: Conversations, courier: Courier, chats: Chats | None = None) -> None:
        self._conversations = conversations
        self._courier = courier
        self._texts = Renderer().on(CHANNEL)
        self.chats = chats or Chats()

    async def handle(self, update: Update) -> None:
        """Answer one update. Whatever fails ends in a reviewed sentence with 112 and a line."""
        place = update.effective_chat
        if place is None:
            return
        if place.type != ChatType.PRIVATE:
            both = [self._texts.text("telegram.group", language) for language in LANGUAGES]
            await self._courier.leave(place.id, "\n\n".join(both))
            return
        if update.my_chat_member:
            if update.my_chat_member.new_chat_member.status == ChatMemberStatus.BANNED:  # the person blocked the bot
                self._forget(place.id)
            return
        user = update.effective_user
        if user is not None and user.is_bot:
            return
        chat = self.chats.of(place.id, _language(user.language_code if user else None))
        try:
            await self._answer(update, place.id, chat)
        except Forbidden:  # blocked, or the account is gone: nobody reads an answer
            self._forget(place.id)
        except Exception as error:
            log("telegram_failed", error_class=type(error).__name__)
            await self._help(place.id, chat)

    async def _answer(self, update: Update, chat_id: int, chat: Chat) -> None:
        if update.callback_query:
            await self._pressed(update.callback_query, chat_id, chat)
        elif update.edited_message:
            text = update.edited_message.text or update.edited_message.caption
            if text and chat.flood.allows():
                await self._turn(chat_id, chat, Incoming(instead="telegram.edited", text=text), update.update_id)
        elif update.message and not filters.StatusUpdate.ALL.check_update(update):
            chat.remember(update.message.message_id)
            if chat.flood.allows():
                await self._said(update.message, chat_id, chat, update.update_id)

    async def _said(self, message: Message, chat_id: int, chat: Chat, number: int) -> None:
        if message.text is None:
            await self._not_words(message, chat_id, chat, number)
            return
        command = COMMAND.match(message.text)
        name = command.group(1).lower() if command else ""
        if name in DELETE:
            await self._delete(chat_id, chat)
        elif name == "start":
            self._end(chat)
            chat.noticed = False
            await self._turn(chat_id, chat, Incoming(start=True), number)
        elif name in COMMANDS and command:
            await self._turn(chat_id, chat, replace(COMMANDS[name], text=command.group(2)), number)
        elif _late(message):
            await self._turn(chat_id, chat, Incoming(instead="telegram.late", text=message.text), number)
        else:
            await self._turn(chat_id, chat, Incoming(text=message.text), number)

    async def _not_words(self, message: Message, chat_id: int, chat: Chat, number: int) -> None:
        """A photo, voice, sticker, contact, place ...: never fetched. Words beside it are read."""
        if message.caption:
            await self._turn(chat_id, chat, Incoming(text=message.caption), number, before=["telegram.only_words"])
        elif message.media_group_id is None or message.media_group_id != chat.album:
            await self._turn(chat_id, chat, Incoming(instead="telegram.only_words"), number)
        chat.album = message.media_group_id

    async def _pressed(self, query: CallbackQuery, chat_id: int, chat: Chat) -> None:
        await self._courier.seen(query.id)
        if query.data == buttons.CHOSEN or not chat.flood.allows():
            return
        choice = buttons.unseal(self.chats, chat_id, query.data or "")
        if choice is None:  # from before a restart, or forged
            await self._turn(chat_id, chat, Incoming(instead="fallback.unknown_button"), None)
            return
        label = chat.choices.get(choice)
        await self._turn(chat_id, chat, Incoming(choice=choice), None, left=buttons.chosen(label) if label else None)

    async def _turn(
        self, chat_id: int, chat: Chat, incoming: Incoming, number: int | None,
        before: Sequence[str] = (), left: InlineKeyboardMarkup | None = None,
    ) -> None:  # fmt: skip
        hurried = not chat.pace.allows()
        asked = replace(
            incoming, channel=CHANNEL, language=incoming.language or chat.language,
            client_id=str(number) if number is not None else None,
        )  # fmt: skip
        answer = await self._conversations.turn(chat.session, asked)
        chat.session = (answer.session or None) if not answer.ended else None
        chat.language = answer.language
        burst = "\n".join(bubble.text for bubble in answer.bubbles)
        if chat.repeats(burst, ONCE_SECONDS) and (hurried or incoming.instead):
            return
        if answer.ended:
            await self._clear(chat_id, chat)
        said = [*self._sentences(before, answer.language), *answer.bubbles]
        if not chat.noticed and not _urgent(answer):  # in danger nothing comes before 112
            said = [*self._notice(answer.language), *said]
            chat.noticed = True
        await self._show(chat_id, chat, said, answer.buttons, left)

    async def _show(
        self, chat_id: int, chat: Chat, bubbles: Sequence[Bubble], choices: Sequence[Button],
        left: InlineKeyboardMarkup | None = None,
    ) -> None:  # fmt: skip
        """Send an answer, the choices below its end; then take them off the message that had them before."""
        written = letters(bubbles)
        before, chat.keyboard, chat.choices = chat.keyboard, None, {choice.id: choice.label for choice in choices}
        for place, letter in enumerate(written, 1):
            last = place == len(written)
            message = await self._send(chat_id, letter, choices if last else ())
            chat.remember(message)
            chat.keyboard = message if last and choices else None
        if before is not None:
            await self._courier.close(chat_id, before, left)

    async def _send(self, chat_id: int, letter: Letter, choices: Sequence[Button]) -> int:
        keyboard = buttons.keyboard(self.chats, chat_id, letter.links, choices)
        try:
            return await self._courier.send(chat_id, letter, keyboard)
        except BadRequest:
            if not letter.links:
                raise
            plain = buttons.keyboard(self.chats, chat_id, (), choices)
            return await self._courier.send(chat_id, letter.spelled_out(), plain)

    async def _delete(self, chat_id: int, chat: Chat) -> None:
        """Forget the conversation, whatever else works; take the messages away; say what stays."""
        self._end(chat)
        whole = await self._clear(chat_id, chat)
        keys = ["telegram.deleted" if whole else "telegram.deleted_partly", "telegram.delete_rest"]
        await self._show(chat_id, chat, self._sentences(keys, chat.language), ())

    async def _clear(self, chat_id: int, chat: Chat) -> bool:
        messages = sorted({message for _, message in chat.messages})
        chat.messages.clear()
        chat.keyboard, chat.choices, chat.said = None, {}, ""
        return await self._courier.delete(chat_id, messages) if messages else True

    async def _help(self, chat_id: int, chat: Chat) -> None:
        """The fixed sentence with 112 and a line; no choices, because nobody knows what works."""
        try:
            await self._show(chat_id, chat, self._conversations.help(chat.language, CHANNEL), ())
        except TelegramError as error:
            log("telegram_help_failed", error_class=type(error).__name__)

    def _notice(self, language: str) -> list[Bubble]:
        """What Telegram keeps and how to delete: before anything is told. Then how to change language."""
        return self._sentences(["telegram.notice", "telegram.notice_delete", "telegram.other_language"], language)

    def _sentences(self, keys: Sequence[str], language: str) -> list[Bubble]:
        return [Bubble("text", self._texts.text(key, language), language) for key in keys]

    def _end(self, chat: Chat) -> None:
        if chat.session:
            self._conversations.forget(chat.session)
        chat.session = None

    def _forget(self, chat_id: int) -> None:
        chat = self.chats.forget(chat_id)
        if chat:
            self._end(chat)


def _language(code: str | None) -> str:
    """The language of somebody's Telegram, where it is one of ours; their first words go before it."""
    return "fr" if (code or "").lower().startswith("fr") else "nl"


def _late(message: Message) -> bool:
    """Whether a message waited so long, while nothing ran here, that its moment is over."""
    age = dt.datetime.now(dt.timezone.utc) - message.date
    return age > dt.timedelta(minutes=settings().session_minutes)


def _urgent(answer: Outgoing) -> bool:
    return any(bubble.urgent for bubble in answer.bubbles)
