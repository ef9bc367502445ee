"""Invented words for `bench.web`: sentences of mails, with compounds and with words that are rare."""

import random

_PARTS = [
    "drucker", "netzwerk", "rechnung", "server", "kunden", "papier", "lager", "versand",
    "kasse", "shop", "katalog", "preis", "liefer", "adresse", "passwort", "bestell", "seiten",
    "bilder", "daten", "sicherung", "telefon", "konto", "steuer", "mandat", "filial",
    "vertrag", "termin", "fehler", "meldung", "karten", "zahlungs", "sprach", "such", "filter",
    "bericht",
]  # fmt: skip
_ENDS = [
    "drucker", "verbindung", "nummer", "anzeige", "übersicht", "änderung", "prüfung", "größe",
    "straße", "fehler", "liste", "seite", "einstellung", "ausfall", "störung", "anlage",
    "server", "stau", "büro", "gerät",
]  # fmt: skip
_SENTENCES = (
    "Guten Tag, seit heute Morgen geht {a} nicht mehr.", "Können Sie bitte {a} prüfen?",
    "Bei uns steht in {a} eine falsche Angabe, {b} stimmt auch nicht.",
    "Die Rechnung zu {a} ist noch offen.", "Es gibt keine Verbindung zum {a}.",
    "Wir brauchen {a} bis Freitag, sonst steht die Filiale in {c}.",
    "The shop shows an empty cart after {b}, order {n}.", "Please have a look at {a}.",
    "Since the update the page loads slowly; {b} is affected, too.",
    "Vielen Dank, das hat geholfen. {w} bleibt aber offen.", "Anbei ein Bildschirmfoto von {a}.",
    "Herr Müller aus der Hauptstraße fragt nach {w}.", "Kind regards from {c}, reference {n}.",
    "Mit freundlichen Grüßen, {c}", "Ich melde mich, sobald {w} fertig ist.",
    "Der Papierstau im {a} tritt nur bei großen Aufträgen auf.", "Does {w} need a new licence?",
)  # fmt: skip
_SYLLABLES = [
    "ba", "be", "bi", "bo", "da", "de", "di", "do", "fa", "fe", "ga", "ge", "ha", "he", "ka",
    "ke", "ki", "ko", "la", "le", "li", "lo", "ma", "me", "mi", "mo", "na", "ne", "ni", "no",
    "ra", "re", "ri", "ro", "sa", "se", "si", "so", "ta", "te", "ti", "to", "wa", "we", "wi",
    "zu", "ver", "lich", "ung", "ent", "schn", "tal", "berg", "hof", "stein",
]  # fmt: skip
_RARE, _POOL = 150_000, 60_000


class Words:
    """Invented texts, from a seed: the same ones each time."""

    def __init__(self, seed: int = 42) -> None:
        self.chance = random.Random(seed)
        self._rare = ["".join(self.chance.choices(_SYLLABLES, k=4)) for _ in range(_RARE)]
        self._words = [part + end for part in _PARTS for end in _ENDS if part != end]
        self._pool = [self._sentence() for _ in range(_POOL)]
        self._usual = sum(map(len, self._pool)) // _POOL + 1

    def said(self, octets: int) -> str:
        """Return an invented text of about so many characters."""
        return " ".join(self.chance.choices(self._pool, k=max(octets // self._usual, 1)))

    def _sentence(self) -> str:
        chance = self.chance
        return chance.choice(_SENTENCES).format(
            a=chance.choice(self._words).capitalize(), b=chance.choice(self._words),
            c=f"Ort{chance.randrange(500)}", n=chance.randrange(10**6, 10**7),
            w=chance.choice(self._rare).capitalize(),
        )  # fmt: skip
