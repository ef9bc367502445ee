"""A thank-you reopens nothing; whatever else is said does."""

import pytest

from maildesk.rules.thanks import is_thank_you

MAILS = [
    # text                                             thanks  why
    ("Danke!", True, "one word"),
    ("Vielen Dank für die schnelle Hilfe!", True, "what for is on the list"),
    ("Hallo Lena,\n\nvielen Dank!\n\nViele Grüße\nAnna Berg", True, "greeting and closing"),
    ("Super, vielen Dank. Funktioniert wieder.", True, "that it works is no new work"),
    ("Danke\nAnna", True, "the writer's own name"),
    ("Thanks a lot, works perfectly.\nBest regards\nBert", True, "English"),
    ("Perfekt :-) Danke", True, "a smile"),
    ("Danke\nGeht nicht", False, "two words that are nobody's name"),
    ("Danke, aber der Warenkorb ist immer noch leer.", False, "a but"),
    ("Vielen Dank. Können Sie noch den Preis ändern?", False, "a question"),
    ("Danke. Bitte noch die 19 % ändern", False, "a request"),
    ("Danke im Voraus, ich schicke gleich die Daten", False, "more comes"),
    ("Funktioniert wieder.", False, "no thanks at all: a person should see it"),
    ("", False, "nothing said"),
    ("Danke! " * 80, False, "too long to be only that"),
]


@pytest.mark.parametrize(("text", "thanks", "why"), MAILS)
def test_thanks(text, thanks, why):
    assert is_thank_you(text, "Anna Berg") is thanks, why
