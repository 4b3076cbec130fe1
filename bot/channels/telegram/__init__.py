"""Halte in Telegram: the only place that knows python-telegram-bot.

``service`` starts and stops it; ``polling`` and ``webhook`` bring updates; ``inbox`` hands each over once and in order;
``talk`` answers; ``letters`` and ``buttons`` give answers their shape; ``courier`` sends them; ``chats`` remembers, in
memory only and under pseudonyms, what the buttons and ``/delete`` need.
"""
