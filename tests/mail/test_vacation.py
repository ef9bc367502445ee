"""Vacation notices that no field marks, and the people who only write about them."""

from datetime import UTC, datetime

import pytest

from maildesk.mail.message import Origin
from maildesk.mail.reading import read
from maildesk.mail.smtp import Envelope
from maildesk.mail.vacation import is_vacation

NOW = datetime(2026, 3, 3, tzinfo=UTC)
AWAY = "Guten Tag,\n\nich bin bis 14. März nicht im Büro. Ihre Nachricht wird nicht weitergeleitet."


def origin(subject: str, text: str = "Hallo", more: str = "") -> Origin:
    head = f"From: anna@kunde.example\nSubject: {subject}\n{more}"
    head += "Content-Type: text/plain; charset=utf-8\n"
    raw = f"{head}\n{text}\n".replace("\n", "\r\n").encode()
    return read(raw, Envelope("anna@kunde.example", (), "smtp", NOW)).origin


NOTICES = [
    # subject, text, further fields, why
    ("Automatische Antwort: Drucker", "", "", "Exchange, German"),
    ("Automatic reply: Printer", "", "", "Exchange, English"),
    ("Out of Office AutoReply: Printer", "", "", "Exchange 5.5 to 2003"),
    ("[EXTERN] Automatische Antwort: Drucker", "", "", "a gateway put a tag in front"),
    ("Auto-Reply: [DD-1042] Drucker", "", "", "web mailers"),
    ("[Auto-Reply] Drucker", "", "", "in brackets"),
    ("Automatische Antwort auf Ihre E-Mail", "", "", "German providers"),
    ("Réponse automatique : Imprimante", "", "", "French, a space before the colon"),
    ("Respuesta automática: Impresora", "", "", "Spanish"),
    ("Risposta automatica: Stampante", "", "", "Italian"),
    ("Resposta automática: Impressora", "", "", "Portuguese"),
    ("Automatisch antwoord: Printer", "", "", "Dutch"),
    ("Automatiskt svar: Skrivare", "", "", "Swedish"),
    ("Autosvar: Skriver", "", "", "Danish, Norwegian"),
    ("Automaattinen vastaus: Tulostin", "", "", "Finnish"),
    ("Odpowiedź automatyczna: Drukarka", "", "", "Polish"),
    ("Automatická odpověď: Tiskárna", "", "", "Czech"),
    ("Автоответ: Принтер", "", "", "Russian"),
    ("自動応答: プリンター", "", "", "Japanese"),
    ("自动答复: 打印机", "", "", "Chinese"),
    ("Abwesenheitsnotiz: Drucker", "", "", "a topic with our subject behind it"),
    ("Out of Office: back on Monday", "", "", "the same"),
    ("Absence du bureau : Imprimante", "", "", "the same"),
    ("Fuera de la oficina: Impresora", "", "", "the same"),
    ("Abwesenheitsnotiz: [DD-1042] Drucker geht nicht", "", "In-Reply-To: <m@desk.example>\n",
     "our subject asks, but it answers our mail"),
    ("Out of Office: Re: Can you help?", AWAY, "", "our subject asks, but the text is a notice"),
    ("Abwesenheitsnotiz", AWAY, "", "the topic alone, and a text that begins as notices do"),
    ("Anna Berg is out of the office", "I will be out of the office until Monday.", "", "Notes"),
    ("AUTO: Anna Berg ist außer Haus (Rückkehr am 05.01.2026)", "", "", "Notes, with the date"),
    ("Auto: Re: Drucker", "", "", "Yahoo: the word before our subject"),
    ("Urlaub: Drucker", "Ich bin vom 1. bis 14. März im Urlaub.", "", "an ordinary word and first words"),
    ("Urlaub", "Ich bin vom 1. bis 14. März im Urlaub.", "", "a topic and first words"),
    ("Out of office", "x", "X-Auto-Response-Suppress: All\n", "the topic alone, and a wish for silence"),
    ("Re: [desk] Out of office AutoReply: Back next week", "Hi, I am back in the office next week", "",
     "words of a program, answers nothing, and the text agrees"),
]  # fmt: skip


@pytest.mark.parametrize(("subject", "text", "more", "why"), NOTICES)
def test_notices(subject: str, text: str, more: str, why: str) -> None:
    assert origin(subject, text, more) is Origin.AUTO_REPLIED, why


PERSONS = [
    ("Re: Automatische Antwort: Drucker", "Danke, dann nächste Woche.", "", "answers the machine"),
    ("AW: Abwesenheitsnotiz: Drucker", AWAY, "In-Reply-To: <m@desk.example>\n", "the same, and quotes it"),
    ("Re: Out of office printer", "It is still jammed.", "", "a printer outside the office"),
    ("Re: Automatic reply: Printer", "Thanks!", "In-Reply-To: <m@x.example>\n", "answers it"),
    ("Automatische Antwort einrichten?", "Wie geht das?", "", "wants to have one"),
    ("Automatische Antwort für Frau Berg", "Bitte einrichten.", "", "the same"),
    ("Abwesenheitsnotiz einrichten", "Bitte bis Freitag.", "", "the same"),
    ("Abwesenheitsnotiz", "Bitte richten Sie mir eine ein.", "", "the topic alone"),
    ("Abwesenheitsnotiz: bitte einrichten", "Für Frau Berg.", "", "asks for it, with a colon"),
    ("Out of Office: how do I set it up?", "In the new web mail.", "", "asks for it"),
    ("Out of office printer is broken", "Toner.", "", "a printer"),
    ("Auto reply does not work", "Since Monday.", "", "no colon"),
    ("Vacation calendar", "Please share it.", "", "a longer word"),
    ("Urlaub vom 1. bis 14. März", "Bitte sperren Sie solange mein Konto.", "", "a longer heading"),
    ("Urlaub: Vertretung Frau Berg", "Ab Montag hat sie Zugriff.", "", "a heading"),
    ("Auto: Navi startet nicht", "Geht nicht seit gestern.", "", "a car"),
    ("Drucker", AWAY, "", "words of the text alone are no reason"),
    ("[DD-1042] Abwesenheitsnotiz", "Läuft jetzt.", "In-Reply-To: <m@desk.example>\n", "answers our ticket"),
    ("[DD-1042] Out of Office: question", AWAY, "", "a tag with a number is a ticket's"),
    ("Autoreply", "Can you switch mine off?", "", "the word alone"),
    ("Automatic reply: Printer", "x", "Auto-Submitted: no\n", "the field beats the subject"),
    ("Mein PC ist außer Betrieb", "Bitte melden.", "", "not out of the house"),
    ("Anna Berg is out of the office", "Please send her calls to me.", "", "a colleague tells us"),
]  # fmt: skip


@pytest.mark.parametrize(("subject", "text", "more", "why"), PERSONS)
def test_people(subject: str, text: str, more: str, why: str) -> None:
    assert origin(subject, text, more) is Origin.PERSON, why


def test_hostile_subjects_and_texts_cost_nothing() -> None:
    began = datetime.now(UTC)
    for subject in (
        "[" * 500,
        "a " * 250,
        "[x] " * 125 + "auto",
        "AUTO: " + "(" * 490,
        "auto:" * 100,
    ):
        for text in ("ich bin " * 10_000, "i am" + " " * 50_000, "jag är" * 9_000):
            is_vacation(subject, text, False, False)
    assert (datetime.now(UTC) - began).total_seconds() < 2
