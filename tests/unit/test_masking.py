"""What is taken out of words before they are quoted back."""

from __future__ import annotations

import pytest

from bot.recognition.masking import mask


@pytest.mark.parametrize(
    "text, masked",
    [
        ("hij belt 0470 12 34 56", "hij belt …"),
        ("0470/12.34.56 is zijn nummer", "… is zijn nummer"),
        ("+32 470 12 34 56", "…"),
        ("mail jan.peeters+x@example.be nu", "mail … nu"),
        ("mail jan(at)example.be nu", "mail … nu"),
        ("jan at gmail punt com", "…"),
        ("marie arobase gmail point com", "…"),
        ("op @jan_99 stond het", "op … stond het"),
        ("zie https://example.org/u?id=7 daar", "zie … daar"),
        ("zie www.example.org/x", "zie …"),
        ("BE68 5390 0754 7034", "…"),
        ("be68539007547034 stond erbij", "be… stond erbij"),
        ("BE68539007547034", "…"),
        ("rijksregister 85.07.30-033.61", "rijksregister …"),
        ("kaart 6703 4444 4444 4449", "kaart …"),
    ],
)
def test_personal_data_is_masked(text: str, masked: str) -> None:
    assert mask(text) == masked


@pytest.mark.parametrize(
    "text",
    ["leest mijn berichten", "al 3 jaar", "500 euro per dag", "elke dag om 10u30", "ik ben 17", "in 2024 begonnen",
     "24/7",
     "40 keer per dag", "hij kijkt mee @ thuis", ""],
)  # fmt: skip
def test_ordinary_words_stay(text: str) -> None:
    assert mask(text) == text
