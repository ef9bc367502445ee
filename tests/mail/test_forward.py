"""Who wrote a forwarded message: by the forwarding program's block, and never by a guess."""

import pytest

from maildesk.mail.forward import attached_author, forwarded_author, forwarded_subject
from maildesk.mail.from_html import html_text

EVA = "eva@mueller.example"
BLOCK = (
    "Von: Eva Müller <eva@mueller.example>\nGesendet: Montag, 23. November 2026 10:00\n"
    "An: mk@desk.example\nBetreff: Shop offline!!\n"
)
OTHER = BLOCK.replace("eva@mueller", "chef@opfer")

KNOWN = [
    # text                                                                        why
    (f"{BLOCK}\nHilfe!",                                                          "Outlook, nothing above it"),
    (f"Bitte anlegen.\n\nMartin\nTel.: 030 1234567\n\n{BLOCK}\nHilfe!",           "Outlook, below the agent's words"),
    (f"Bitte.\n\n--\nMartin\n\n{'_' * 32}\n{BLOCK}\nHilfe!",                      "Outlook on the web, a signature above"),
    (f"Bitte.\n\nMartin\nTel.: 1\nE-Mail: mk@desk.example<mailto:mk@desk.example>\n\n{BLOCK}", "an address in a signature above"),
    ("From: Müller, Eva <eva@mueller.example>\nSent: Monday\nTo: M\nSubject: x\n", "a comma in a name that is not quoted"),
    ("Von: Eva Müller [mailto:eva@mueller.example]\nGesendet: Montag\nAn: M\nBetreff: x\n", "old Outlook"),
    ("Von: Eva <eva@mueller.example<mailto:Eva@mueller.example>>\nGesendet: 1\nAn: M\nBetreff: x\n", "its link beside it"),
    ("*Von:* Eva <eva@mueller.example>\n*Gesendet:* 1\n*An:* M\n*Betreff:* x\n",  "bold as stars"),
    ("---------- Forwarded message ---------\nVon: Eva Müller <eva@mueller.example>\n"
     "Date: Mo., 23. Nov. 2026 um 10:00\u202fUhr\nSubject: x\nTo: <mk@desk.example>\n\n\nHilfe", "Gmail, German, as it mixes"),
    ("fyi\n\n---------- Forwarded message ---------\nFrom: <eva@mueller.example>\nDate: Mon\nSubject: x\nTo: a\n", "Gmail, English, no name"),
    ("\n\n-------- Weitergeleitete Nachricht --------\nBetreff: \tShop\nDatum: \tMon\nVon: \tEva <eva@mueller.example>\nAn: \tM\n", "Thunderbird, sender third"),
    ("-------- Forwarded Message --------\nSubject: \tShop\nDate: \tMon\nFrom: \tEva <eva@mueller.example>\nTo: \tM\n", "Thunderbird, English"),
    ("Anfang der weitergeleiteten Nachricht:\n\nVon: Eva <eva@mueller.example>\nBetreff: Shop\nDatum: 23.\nAn: M\n\nHilfe", "Apple Mail"),
    ("Gruß\n\nVon meinem iPhone gesendet\n\nAnfang der weitergeleiteten Nachricht:\n\n> Von: Eva <eva@mueller.example>\n"
     "> Datum: 23. November 2026\n> An: M\n> Betreff: Shop\n> \n> Hilfe", "iPhone, all of it quoted"),
    ("Begin forwarded message:\n\n> From: Eva <eva@mueller.example>\n> Subject: x\n> Date: y\n> To: z\n>\n> Help", "Apple Mail, English"),
    ("Gesendet: Montag um 10:00 Uhr\nVon: \"Eva\" <eva@mueller.example>\nAn: M\nBetreff: x\n\nHilfe", "GMX, the date first"),
    ("-------- Ursprüngliche Nachricht --------\nVon: Eva <eva@mueller.example>\nGesendet: 23.\nAn: M\nBetreff: x\n", "K-9 Mail"),
    (f"{BLOCK}\nHilfe!\n\n{OTHER}\nAlt",                                          "a second block below is the customer's text"),
    (f"{BLOCK}\n---------- Forwarded message ---------\n{OTHER}",                 "the same with a line before it"),
]  # fmt: skip


SUBJECTS = [
    (BLOCK + "\nHilfe!", "Shop offline!!", "as the program wrote it"),
    (f"{BLOCK}\nBetreff: #zu\n", "Shop offline!!", "what stands below the block is the customer's"),
    (BLOCK.replace("An: mk", "Betreff: x\nAn: mk"), None, "two of them"),
    ("Bitte.\nBetreff: Shop", None, "no block"),
]


@pytest.mark.parametrize(("text", "subject", "why"), SUBJECTS)
def test_the_subject_of_a_forwarded_message(text: str, subject: str | None, why: str) -> None:
    assert forwarded_subject(text) == subject, why


@pytest.mark.parametrize(("text", "why"), KNOWN)
def test_the_author_of_a_forwarded_message(text: str, why: str) -> None:
    found = forwarded_author(text)
    assert found, why
    assert found.address == EVA, why
    assert found.name in ("", "Eva", "Eva Müller", "Müller, Eva"), why


UNSURE = [
    # text                                                                        why
    ("",                                                                          "no text"),
    ("Bitte anlegen für eva@mueller.example",                                     "an address in words is no block"),
    ("Von: Eva <eva@mueller.example>\nruft an.",                                  "one field is no block"),
    (BLOCK.replace("Betreff: Shop offline!!\n", ""),                              "bare, and not all fields"),
    (f"Meine Daten sind:\n{BLOCK}",                                               "other text right above it"),
    (f"---------- Forwarded message ---------\nHallo,\n\n{BLOCK}",                "a block after other text, the real one missing"),
    (f"Anfang der weitergeleiteten Nachricht:\n\nHallo,\n{BLOCK}",                "the same with Apple's line"),
    (f"> Hallo,\n\n{BLOCK}",                                                      "below a quote"),
    (f"Van: Jan <jan@x.example>\nVerzonden: 1\nAan: M\nOnderwerp: x\n\nHoi\n\n{BLOCK}", "below a block in a language we do not read"),
    (f"差出人：田中 <t@x.example>\n日時：1\n\n{BLOCK}", "below a block in any other language"),
    (f"----- Doorgestuurd bericht -----\nVan: Jan\n\n{BLOCK}",                    "below a line that we do not know"),
    (f"-------- Weitergeleitete Nachricht --------\nBetreff: x\nVon: Y <y@evil.example>\n{BLOCK}", "two senders: a subject that wraps"),
    (BLOCK.replace("An: mk", "Von: chef@opfer.example\nAn: mk"),                  "two From lines"),
    (BLOCK.replace(" <eva@mueller.example>", ""),                                 "no address, as within one company"),
    (BLOCK.replace("<eva@mueller.example>", "<eva@>"),                            "half an address"),
    (BLOCK.replace("<eva@mueller.example>", "<eva@localhost>"),                   "no host name"),
    (BLOCK.replace("Eva Müller", "chef@opfer.example"),                           "a name that is another address"),
    (BLOCK.replace("<eva@", "<post@n.example> im Auftrag von <eva@"),             "on behalf of: two addresses"),
    (BLOCK.replace("example>\nG", "example> (chef)\nG"),                          "something after the address"),
    ("x\n" * 300 + f"\n{BLOCK}",                                                  "far below"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "why"), UNSURE)
def test_what_is_not_certain_names_nobody(text: str, why: str) -> None:
    assert forwarded_author(text) is None, why


WHOLE = b"From: Eva <Eva@Mueller.example>\r\nSubject: x\r\n\r\nFrom: chef@opfer.example\r\n"
ATTACHED = [
    # text              attached                                         address why
    ("Bitte anlegen.",  [WHOLE],                                         EVA,    "its head, not its text"),
    (BLOCK,             [WHOLE],                                         EVA,    "block and attached message agree"),
    (OTHER,             [WHOLE],                                         None,   "they do not"),
    (f"a\n{BLOCK}",     [WHOLE],                                         None,   "a block that is not certain"),
    ("",                [WHOLE, WHOLE],                                  None,   "two messages"),
    ("",                [b"From: a@b.example\nFrom: c@d.example\n\n"],   None,   "two From fields"),
    ("",                [b"From: a@b.example, c@d.example\n\n"],         None,   "two mailboxes"),
    ("",                [b"Subject: x\n\nFrom: a@b.example\n"],          None,   "none in the head"),
    ("",                [b""],                                           None,   "nothing"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "attached", "expected", "why"), ATTACHED)
def test_the_author_of_an_attached_message(
    text: str, attached: list[bytes], expected: str | None, why: str
) -> None:
    found = forwarded_author(text, attached)
    assert (found.address if found else None) == expected, why


def test_the_name_of_an_attached_author_is_decoded() -> None:
    raw = b"From: =?utf-8?q?Eva_M=C3=BCller?= <eva@mueller.example>\r\n\r\n"
    found = attached_author(raw)
    assert found
    assert found.name == "Eva Müller"


MAILTO = '&lt;<a href="mailto:eva@mueller.example">eva@mueller.example</a>&gt;'
HTML = [
    # html                                                                        why
    ("<p class=MsoNormal>Bitte.<o:p></o:p></p><p class=MsoNormal><o:p>&nbsp;</o:p></p><div><div style='border:none;"
     "border-top:solid #E1E1E1 1.0pt'><p class=MsoNormal><b>Von:</b> Müller, Eva " + MAILTO + " <br><b>Gesendet:</b> "
     "Montag<br><b>An:</b> M<br><b>Betreff:</b> x<o:p></o:p></p></div></div><p class=MsoNormal>Hilfe</p>", "Outlook"),
    ('<div dir="ltr"><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">---------- Forwarded message '
     '---------<br>Von: <strong class="gmail_sendername">Eva Müller</strong> <span dir="auto">' + MAILTO + "</span><br>"
     "Date: Mo.<br>Subject: x<br>To:  &lt;m@d.example&gt;<br></div><br><br>Hilfe</div></div>", "Gmail"),
    ('<p><br></p><div class="moz-forward-container"><br>-------- Weitergeleitete Nachricht --------<table '
     'class="moz-email-headers-table"><tbody><tr><th align="RIGHT">Betreff: </th><td>Shop</td></tr><tr><th>Datum: </th>'
     "<td>Mon</td></tr><tr><th>Von: </th><td>Eva " + MAILTO + "</td></tr><tr><th>An: </th><td>M</td></tr></tbody></table>"
     "<br>Hilfe</div>", "Thunderbird"),
    ('<div><br><blockquote type="cite"><div>Anfang der weitergeleiteten Nachricht:</div><br><div><span><b>Von: </b></span>'
     "<span>Eva " + MAILTO + "<br></span></div><div><b>Betreff: </b>x</div><div><b>Datum: </b>23.</div><div><b>An: </b>M</div>"
     "<br><div>Hilfe</div></blockquote></div>", "Apple Mail"),
]  # fmt: skip


@pytest.mark.parametrize(("html", "why"), HTML)
def test_the_author_of_what_was_forwarded_as_html(html: str, why: str) -> None:
    found = forwarded_author(html_text(html, []))
    assert found, why
    assert found.address == EVA, why
