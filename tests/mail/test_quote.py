"""What the writer of a reply added."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maildesk.mail.quote import is_reply, own_words, without_quotes

TRIMMED = [
    # text                                                                     own words            why
    ("Ja.\n\nAm 3.3.26 um 10:12 schrieb Support:\n> Sollen wir?",              "Ja.",               "attribution and quote"),
    ("Ja.\n\nAm Di., 3. März 2026 um 10:12 Uhr schrieb Support\n<s@d.example>:\n\n> Sollen wir?", "Ja.", "a wrapped attribution"),
    ("Yes.\n\nOn Mon, Mar 2, 2026 at 9:00, S <s@d.example> wrote:\n> Shall we?", "Yes.",            "English"),
    ("Ja.\n\n-----Ursprüngliche Nachricht-----\nVon: S\nBetreff: x\n\nText",   "Ja.",               "Outlook's rule"),
    ("Ja.\n________________________________\nVon: S <s@d.example>\nGesendet: heute\nAn: A\nBetreff: x\n\nText", "Ja.", "Outlook's block"),
    ("Ja.\n\n--- Bitte oberhalb dieser Zeile antworten ---\n\nGuten Tag",      "Ja.",               "our own marker"),
    ("Ja.\n\nAm 3.3.26 schrieb S:\n> --- Bitte oberhalb dieser Zeile antworten ---\n> x", "Ja.",    "our marker, quoted"),
    ("Am 3.3.26 schrieb S:\n> Sollen wir?\n\nJa, bitte.",                      "Ja, bitte.",        "an answer below the quote"),
    ("Am 3.3.26 schrieb S:\n> Sollen wir?\nJa.\n> Wann?\nMorgen.",             None,                "answers between the lines keep all"),
    ("Ja.\n\nAm 3.3.26 schrieb S:\n> Sollen wir?\n\nGruß, Anna",             "Ja.\n\nGruß, Anna", "words around one quote"),
    ("Ja.\n\n> Anfang der weitergeleiteten Nachricht:\n> Text\n\nGruß, Anna", "Ja.\n\nGruß, Anna", "the same, marked throughout"),
    ("Am 3.3.26 schrieb S:\n> Sollen wir?\n\nJa.\n\n> Rest\n> davon",        "Am 3.3.26 schrieb S:\n> Sollen wir?\n\nJa.", "what is quoted below the last answer goes"),
    ("> Sollen wir?\n\nJa.",                                                 "Ja.",               "below a quote that nothing introduces"),
    ("Sie fragten:\n\n> Sollen wir?\n\nJa.",                                None,                "a quote that he chose himself stays"),
    ("Ja. On Tue, Mar 3, 2026 at 9:00, S <s@d.example> wrote:\n> Shall we?",   "Ja.",               "an attribution in the same line"),
    ("Ja.\n-- \nAnna\nTel. 1",                                                 "Ja.",               "signature"),
    ("Ja.\n\nVon meinem iPhone gesendet",                                      "Ja.",               "tag line of a phone"),
    ("Am Montag schrieb ich Ihnen schon.\nBitte um Antwort.",                  None,                "prose is no attribution"),
    ("On Monday I wrote:\nplease call.",                                       None,                "prose again"),
    ("Ja.\n---\nNein.\n______\nDoch.",                                        None,                "other rules are the writer's own"),
    ("Ja.\n\nAm 3.3.26 schrieb S:\n> Sollen wir?\n\n-- \nAnna",                "Ja.",               "a signature below the quote"),
    ("-- \nAnna\n\nAm 3.3.26 schrieb S:\n> Sollen wir?\n\nJa.",                "Ja.",               "one above it"),
    ("Ja.\n\nAm 3.3.26 schrieb mir der Hoster:\nDer Server steht.",            None,                "prose that introduces something"),
    ("Ja.\n\nAm 3.3.26 um 9:12 schrieb S <s@d.example>:\nSollen wir?",         "Ja.",               "a quote without marks"),
    ("Ja.\n\nVon mir aus auch per Mail",                                       None,                "no phone's footer"),
    ("Ja.\n\nGesendet von Outlook für Android<https://aka.ms/x>",              "Ja.",               "a footer with a link"),
    ("Ja.\n\nHolen Sie sich Outlook für iOS<https://aka.ms/x>",                "Ja.",               "another"),
    ("👍\n\nAm 3.3.26 schrieb S:\n> Sollen wir?",                              "👍",                "one sign is an answer"),
    ("> nur ein Zitat",                                                        "",                  "a quote alone is no words"),
    ("Von meinem iPhone gesendet",                                             "",                  "nor a footer"),
    ("Von: S <s@d.example>\nGesendet: heute\nAn: A\nBetreff: x\n\nText",        "",                  "nor an answered message"),
    ("Von: Lager\nwird es geliefert.",                                         None,                "one field is no header block"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected", "why"), TRIMMED)
def test_own_words_of_a_reply(text: str, expected: str | None, why: str) -> None:
    assert own_words(text, "", is_reply=True) == (text if expected is None else expected), why


@pytest.mark.parametrize(("text", "expected", "why"), TRIMMED)
def test_what_is_no_reply_is_never_trimmed(text: str, expected: str | None, why: str) -> None:
    assert own_words(text, "", is_reply=False) == text, (why, expected)


REPLIES = [
    # subject             refers  reply
    ("AW: Drucker",       False,  True),
    ("[Kunde] Re[2]: x",  False,  True),
    ("Antw.: x",          False,  False),
    ("Drucker",           True,   True),
    ("WG: Drucker",       True,   False),
    ("Fwd: Drucker",      True,   False),
    ("Regal: kaputt",     False,  False),
]  # fmt: skip


@pytest.mark.parametrize(("subject", "refers", "expected"), REPLIES)
def test_is_reply(subject: str, refers: bool, expected: bool) -> None:
    assert is_reply(subject, refers) == expected


PIECES = st.sampled_from([
    "Ja.", "", "> Sollen wir?", "| x", "Am 3.3.26 um 9:12 schrieb S <s@d.example>:", "-- ", "--",
    "On Tue, Mar 3, 2026 at 9:00, S <", "s@d.example> wrote:", "Von: S <s@d.example>", "An: A",
    "Datum: 3.3.26 9:12", "-----Original Message-----", "________________", "a mailing list",
    "Von meinem iPhone gesendet", "reply above this line", "Ja. On 3/3/26, S wrote:", "-Anna",
])  # fmt: skip
TEXTS = st.lists(PIECES | st.text(max_size=40)).map("\n".join) | st.text()


@given(TEXTS)
def test_own_words_invents_nothing(text: str) -> None:
    reply = own_words(text, "", is_reply=True)
    assert len(reply) <= len(text)
    assert all(line in text for line in reply.split("\n"))
    alone = without_quotes(reply)
    assert all(line in reply for line in alone.split("\n"))
    assert not any(line.lstrip().startswith(">") for line in alone.split("\n"))


@given(TEXTS, TEXTS)
def test_no_html_makes_it_raise(html: str, beside: str) -> None:
    for source in (html, f"<div>{html}</div><blockquote>{beside}</blockquote>"):
        own_words(html, source, is_reply=True)
        own_words(html, "", is_reply=True, beside=source)
