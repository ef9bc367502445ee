"""Footers that programs and lists put below the words of a mail, and words that look like them."""

import pytest

from maildesk.mail.quote import own_words

WORDS = "Ja, das passt.\n\nGruß\nAnna"
FOOTERS = [
    "Von meinem iPhone gesendet", "Gesendet von meinem Samsung Galaxy Smartphone.",
    "Gesendet mit der GMX Mail App", "Gesendet von Mail für Windows",
    "Diese Nachricht wurde von meinem Android-Gerät mit K-9 Mail gesendet.",
    "Sent from my iPhone", "Sent from my Wiko RIDGE FAB 4G", "sent via mobile", "via mobile",
    "<<sent by galaxy>>", "(Sent from a phone)", "Sent from Yahoo Mail on Android",
    "Sent from my Verizon, Samsung Galaxy smartphone", "From my iPhone 6",
    "Sent from my iPhone. Please excuse typos.", "Get Outlook for iOS<https://link.example/x>",
    "Envoyé de mon iPhone", "Envoyé depuis mon téléphone", "Télécharger Outlook pour Android",
    "Enviado desde mi iPhone", "Enviado do meu iPhone", "Inviato da iPhone", "Inviato dal mio telefono",
    "Verstuurd vanaf mijn iPhone", "Verzonden vanaf mijn Galaxy", "Skickat från min iPhone",
    "Sendt fra min iPhone", "Lähetetty iPhonesta", "Wysłane z iPhone'a", "Odesláno z iPhonu",
    "Отправлено с iPhone", "Надіслано з iPhone", "iPhone'umdan gönderildi", "发自我的iPhone",
    "從我的 iPhone 傳送", "iPhoneから送信", "나의 iPhone에서 보냄",
    "-- \nAnna Berger\nTel. 030 123", "_______________________________\nfans mailing list\nfans@list.example",
    "You received this message because you are subscribed to the group.\nTo stop, write to us.",
    "Diese E-Mail wurde von Avast Antivirus-Software auf Viren geprüft.\nwww.avast.com",
    "This e-mail is confidential and intended solely for the addressee. If you are not the intended\n"
    "recipient, please notify the sender and delete it. Any copying is forbidden.",
    "Diese E-Mail enthält vertrauliche oder rechtlich geschützte Informationen. Wenn Sie nicht der\n"
    "richtige Adressat sind, informieren Sie bitte den Absender und löschen Sie diese E-Mail.",
    "-Anna", "--Anna Berger",
]  # fmt: skip


@pytest.mark.parametrize("footer", FOOTERS)
def test_a_footer_goes(footer: str) -> None:
    assert own_words(f"{WORDS}\n\n{footer}\n", "", is_reply=True) == WORDS
    above = f"{WORDS}\n\n{footer}\n\nAm 3.3.26 um 10:12 schrieb S <s@d.example>:\n> Passt es?"
    assert own_words(above, "", is_reply=True) == WORDS


def test_below_a_phones_footer_stands_the_old_message() -> None:
    text = f"{WORDS}\n\nSent from my iPhone\n\nGuten Tag,\n\npasst es am Montag?"
    assert own_words(text, "", is_reply=True) == WORDS


KEPT = [
    # text                                                              why
    ("Gesendet von Anna\nam Montag.",                                   "a person is no phone"),
    ("Sent from my phone or my desk: it is the same; nothing comes.",   "a sentence"),
    ("Von mir aus auch per Mail",                                       "another"),
    ("Von meinem Telefon aus geht es nicht.",                           "another"),
    ("Via Roma 3, Milano",                                              "a street"),
    ("Wir brauchen:\n\n-Papier\n-Tinte",                                "a list"),
    ("Bitte die Daten vertraulich behandeln.",                          "one such word is his own"),
    ("Ja.\n\n__________\n\nAnna",                                       "a rule of his own"),
    ("Best regards,\nAnna",                                             "a closing is words"),
    ("Hello,\n\nthis mail was sent from my old account.\n\nAnna",       "in a sentence"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "why"), KEPT)
def test_words_stay(text: str, why: str) -> None:
    assert own_words(text, "", is_reply=True) == text, why
