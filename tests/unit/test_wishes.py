"""What somebody types under the cards of services."""

from __future__ import annotations

import pytest

from bot.directory.wishes import wish_in

WISHES = {
    "chat": ["alleen chatten", "ik kan niet bellen", "liever typen", "seulement par chat", "je ne peux pas téléphoner"],
    "call": ["liever bellen", "plutôt par téléphone"],
    "french": ["in het Frans", "iemand die Frans spreekt", "en français svp", "un service francophone"],
    "dutch": ["in het Nederlands", "en néerlandais"],
    "more": ["iemand anders", "een ander", "nog?", "verder", "autre", "quelqu'un d’autre", "encore"],
    "near": ["in mijn buurt", "dichtbij", "près de chez moi", "dans mon quartier"],
    "what_happens": ["wat gebeurt er als ik bel?", "hoe gaat zo'n gesprek", "que se passe-t-il si j'appelle ?",
                     "comment ça se passe"],
    "place": ["bij Gent", "près de Liège", "in 1030"],
    None: ["", "Gent", "bedankt", "mijn man slaat mij", "in de war",
           "hij wil niet dat ik met anderen praat in het dorp van mijn ouders", "merci beaucoup", "à demain",
           "wat is stalkerware"],
}  # fmt: skip


@pytest.mark.parametrize(("text", "wish"), [(text, wish) for wish, texts in WISHES.items() for text in texts])
def test_wish(text: str, wish: str | None) -> None:
    assert wish_in(text) == wish


@pytest.mark.parametrize(
    ("text", "wish"),
    [("Gent", "place"), ("1030", "place"), ("Woluwe", "place"), ("Luik", "place"), ("zeg ik liever niet", "anywhere"),
     ("je préfère pas dire", "anywhere"), ("Atlantis", None)],
)  # fmt: skip
def test_a_name_counts_when_asked(text: str, wish: str | None) -> None:
    assert wish_in(text, place_asked=True) == wish
