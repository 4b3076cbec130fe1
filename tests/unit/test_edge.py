"""What may come in from outside."""

from __future__ import annotations

import time

import pytest

from bot.channels.edge import Pace, cleaned

SLASHES = ["/", "//", "\\", "\uff0f", "\u2044", "\u2215", " / ", "\n/", "\u200b/", "\u2060/", "\u00ad/", "\ufeff/",
           "\u202e/", "/\u200b/", "\x00/", "\ud800/", "\u00a0/", "/ / /", "\u061c/", "\u3000/"]  # fmt: skip


@pytest.mark.parametrize("slash", SLASHES, ids=ascii)
def test_no_message_begins_with_a_slash(slash: str) -> None:
    assert cleaned(slash + 'restart{"case": null}') == 'restart{"case": null}'


@pytest.mark.parametrize(
    "text, expected",
    [
        ("hij stuurt foto's", "hij stuurt foto's"),
        ("en/of", "en/of"),  # only at the beginning is it an order to Rasa
        ("ja\x00nee", "janee"),
        ("a\x1b[31mb", "a[31mb"),
        ("a\x85b\x9fc", "abc"),
        ("twee\nregels\ten tab", "twee\nregels\ten tab"),
        ("\ud83d los", "los"),
        ("\U0001f600 hela", "\U0001f600 hela"),
        ("\u202egnp.exe", "gnp.exe"),
        ("\u2066abc\u2069", "abc"),
        ("e\u0301te\u0301", "été"),
        ("  \n ", ""),
        ("", ""),
        ("////", ""),
        ("\u200b\u200e\ufeff", ""),
    ],
    ids=ascii,
)
def test_cleaned(text: str, expected: str) -> None:
    assert cleaned(text) == expected


@pytest.mark.parametrize("text", ["a" * 10_000, "/" * 10_000 + "a", " /" * 5_000 + "a", "\u200b" * 10_000 + "a",
                                  "e\u0301" * 5_000, "\ud800" * 10_000 + "a"],
                         ids=lambda text: ascii(text[:4]))  # fmt: skip
def test_long_messages_take_no_time(text: str) -> None:
    started = time.perf_counter()
    assert cleaned(text)
    assert time.perf_counter() - started < 0.5


@pytest.mark.parametrize("slash", SLASHES, ids=ascii)
def test_cleaning_twice_changes_nothing(slash: str) -> None:
    assert cleaned(cleaned(slash + "x")) == cleaned(slash + "x")


def test_pace_counts_a_sliding_minute() -> None:
    pace = Pace(2)
    assert [pace.allows(now) for now in (0, 1, 2, 59, 60.5, 61.5, 62)] == [True, True, False, False, True, True, False]
