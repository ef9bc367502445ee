"""Which mails decide something: one word alone, and nothing that could mean anything else."""

from datetime import UTC, datetime
from email.message import EmailMessage

import pytest

from maildesk.mail.reading import read
from maildesk.mail.smtp import Envelope
from maildesk.rules.process.answers import Word, begins_with_word, is_alone, verdict_of, word_of
from maildesk.rules.requests import About, Verdict

ENVELOPE = Envelope(
    "anna@firm.example", ("support@desk.example",), "smtp", datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
)
QUOTE = (
    "\n\nAm 23.11.2026 um 10:00 schrieb Agentur <support@desk.example>:\n"
    "> Bitte antworten Sie mit einem Wort:\n>\n> FREIGABE\n> ABLEHNEN\n"
)


def mail(text: str = "", html: str = "", subject: str = "Re: [DD-1042] Shop", refers: bool = True):
    message = EmailMessage()
    message["From"] = "Anna Berger <anna@firm.example>"
    message["To"] = "support@desk.example"
    message["Subject"] = subject
    message["Message-ID"] = "<1@firm.example>"
    message["Date"] = "Mon, 23 Nov 2026 10:00:00 +0100"
    if refers:
        message["In-Reply-To"] = "<mid.x@desk.example>"
    if text:
        message.set_content(text)
    if html and text:
        message.add_alternative(html, subtype="html")
    elif html:
        message.set_content(html, subtype="html")
    return read(message.as_bytes(), ENVELOPE).mail


YES = [
    ("FREIGABE", Word.APPROVE, "the word"),
    ("freigabe", Word.APPROVE, "case is free"),
    ("Freigabe.", Word.APPROVE, "a full stop"),
    ("Freigabe!", Word.APPROVE, "a mark"),
    ("APPROVE", Word.APPROVE, "English"),
    ("*FREIGABE*", Word.APPROVE, "bold, as plain text shows it"),
    ("\n\n  FREIGABE  \n", Word.APPROVE, "empty lines before it"),
    ("ABLEHNEN", Word.DECLINE, ""),
    ("decline", Word.DECLINE, ""),
    ("BESTELLEN", Word.ORDER, ""),
    ("Order", Word.ORDER, ""),
    ("NORMAL", Word.NORMAL, ""),
    ("Storno", Word.WITHDRAW, ""),
    ("withdraw", Word.WITHDRAW, ""),
    ("ABNAHME", Word.ACCEPT, ""),
    ("accept", Word.ACCEPT, ""),
    ("STOP", Word.STOP, ""),
    ("STOPP!", Word.STOP, "as it is spelt in German"),
    ("STAND", Word.STAND, ""),
    ("Status?", Word.STAND, "a question for how things are"),
    ("STAND\n\nUnd bitte rufen Sie mich an.", Word.STAND, "it counts whatever follows"),
    ("FREIGABE" + QUOTE, Word.APPROVE, "above a quote that holds other words"),
    ("FREIGABE\n\nMit freundlichen Grüßen\nAnna Berger" + QUOTE, Word.APPROVE, "closing and name"),
    ("FREIGABE\n\nViele Grüße\nAnna", Word.APPROVE, ""),
    ("FREIGABE\nLG Anna", Word.APPROVE, "closing and name on one line"),
    ("FREIGABE\n\nLG\nAnna", Word.APPROVE, ""),
    ("FREIGABE\n\nVielen Dank!", Word.APPROVE, "thanks close a letter"),
    ("FREIGABE\n\nDanke und viele Grüße", Word.APPROVE, "two closing phrases in one line"),
    ("FREIGABE\n\nAnna Berger", Word.APPROVE, "his own name needs no phrase before it"),
    ("FREIGABE\n\nBest regards,\nBerta Schmidt", Word.APPROVE, "another name after a phrase"),
    ("FREIGABE\n-- \nAnna Berger\nNein & Aber GmbH", Word.APPROVE, "a marked signature"),
    ("FREIGABE\n\nMit freundlichen Grüßen\n\nAnna Berger\nFirm GmbH\nDomstr. 12\n50667 Köln\n"
     "Tel. +49 221 123456\nwww.firm.example\nanna@firm.example", Word.APPROVE, "an address"),
    ("FREIGABE\n\nVon meinem iPhone gesendet", Word.APPROVE, "a phone's footer"),
]  # fmt: skip
NO = [
    ("Guten Tag,\nFREIGABE", "something stands before it"),
    ("FREIGABE?", "he asks"),
    ('"FREIGABE"', "he repeats what we wrote"),
    ("'FREIGABE'", "he repeats what we wrote"),
    ("FREIGABE, aber nur bis 2h", "a condition on the same line"),
    ("FREIGABE\naber nur bis 2h", "a condition below"),
    ("FREIGABE\n\nViele Grüße\nAber nur heute", "a condition where a name stands"),
    ("FREIGABE\n\nViele Grüße\nNein", "a no where a name stands"),
    ("FREIGABE\nLG, mach nur 2h", "a condition behind a greeting"),
    ("FREIGABE\nLG mach zwei Stunden", "a condition behind a greeting"),
    ("FREIGABE\nDanke für den Preis von 50", "more than thanks"),
    ("FREIGABE\n\nNein", "two answers"),
    ("FREIGABE\nABLEHNEN", "two words"),
    ("FREIGABE FREIGABE", "two words"),
    ("FREIGABE bis 2 Stunden", "more than asked"),
    ("FREIGABE erteilt", "a sentence, however clear"),
    ("keine FREIGABE", "the opposite"),
    ("nein, danke ... ok", "no and yes"),
    ("OK danke", "no word of ours"),
    ("OK", "no word of ours"),
    ("Ja", "no word of ours"),
    ("ja, FREIGABE", "not alone"),
    ("APPROVED", "another word"),
    ("FREIGABEN", "another word"),
    ("FRE1GABE", "no word"),
    ("ＦＲＥＩＧＡＢＥ", "letters that only look alike"),
    ("FREIGАBE", "a Cyrillic letter in it"),
    ("FREI\u200bGABE", "a hidden character in it"),
    ("", "nothing"),
    ("> FREIGABE", "a quoted yes"),
    ("> FREIGABE\n\nNein!", "a quoted yes above a no"),
    ("Nein!" + QUOTE, "a no above our own words"),
    ("Was kostet das?" + QUOTE, "a question above our own words"),
    (QUOTE.strip(), "only our own words"),
    ("FREIGABE" + QUOTE + "\nAber nur bis 2h!", "a condition below the quote"),
    ("FREIGABE\n\nViele Grüße\nAnna\nIch meine natürlich die erste Variante", "words at the end"),
    ("FREIGABE\n\nFrau Müller ist ab morgen zuständig", "news"),
    ("FREIGABE\n\nBert Berger", "a name that is not his, without a closing phrase"),
    ("FREIGABE 2", "a number"),
    ("STOP it", "more"),
    ("Wie ist der STAND", "not alone on its line"),
]


@pytest.mark.parametrize(("text", "word", "why"), YES, ids=[row[0][:40] for row in YES])
def test_a_word_alone_counts(text, word, why):
    assert word_of(mail(text)) is word, why


@pytest.mark.parametrize(("text", "why"), NO, ids=[row[0][:40] for row in NO])
def test_anything_else_is_for_people(text, why):
    assert word_of(mail(text)) is None, why


OF_HTML = [
    ("<p>FREIGABE</p>", Word.APPROVE, "one paragraph"),
    ("<div><b>FREIGABE</b></div><div><br></div><div>Viele Gr&uuml;&szlig;e<br>Anna</div>",
     Word.APPROVE, "bold, and a greeting"),
    ("<p>FREIGABE</p><blockquote type='cite'><p>ABLEHNEN</p></blockquote>", Word.APPROVE,
     "above a quote"),
    ("<blockquote type='cite'><p>FREIGABE</p></blockquote>", None, "a yes inside a quote"),
    ("<blockquote><p>FREIGABE</p></blockquote><p>Nein</p>", None, "a no below a quoted yes"),
    ("<p>FREIGABE</p><p>nur bis 2 Stunden</p>", None, "a condition"),
    ("<p>Nein.</p><div class='gmail_quote'>Am Mo., 23. Nov. 2026 schrieb Agentur:<br>"
     "<blockquote>FREIGABE</blockquote></div>", None, "a no above a quoted yes"),
    ("<p style='display:none'>FREIGABE</p><p>Nein</p>", None, "a hidden yes"),
]  # fmt: skip


@pytest.mark.parametrize(("html", "word", "why"), OF_HTML)
def test_html_is_read_as_people_see_it(html, word, why):
    assert word_of(mail(html=html)) is word, why


def test_a_mail_that_is_no_reply_may_hold_the_word_and_nothing_else():
    assert word_of(mail("FREIGABE", subject="Shop", refers=False)) is Word.APPROVE
    assert word_of(mail("FREIGABE\n-- \nAnna", subject="Shop", refers=False)) is Word.APPROVE
    forwarded = mail("FREIGABE" + QUOTE, subject="WG: Shop", refers=False)
    assert word_of(forwarded) in (None, Word.APPROVE)
    assert word_of(mail(QUOTE.strip(), subject="WG: Shop", refers=False)) is None


def test_it_is_told_whether_more_was_said():
    assert begins_with_word(mail("FREIGABE, aber nur heute")) is False
    assert begins_with_word(mail("FREIGABE\naber nur heute")) is True
    assert is_alone(mail("STAND\n\nViele Grüße\nAnna"))
    assert not is_alone(mail("STAND\n\nUnd bitte rufen Sie an."))


VERDICTS = [
    (Word.APPROVE, About.OVERRUN, Verdict.YES, ""),
    (Word.DECLINE, About.OVERRUN, Verdict.NO, ""),
    (Word.ORDER, About.ORDER, Verdict.YES, ""),
    (Word.NORMAL, About.ORDER, Verdict.NORMAL, ""),
    (Word.WITHDRAW, About.ORDER, Verdict.WITHDRAWN, ""),
    (Word.ACCEPT, About.ACCEPTANCE, Verdict.YES, ""),
    (Word.APPROVE, About.ACCEPTANCE, None, "an approval accepts nothing"),
    (Word.ACCEPT, About.OVERRUN, None, "an acceptance approves nothing"),
    (Word.APPROVE, About.ORDER, None, "an order is its own word"),
    (Word.DECLINE, About.ACCEPTANCE, None, "without a defect nothing is refused"),
    (Word.NORMAL, About.OVERRUN, None, ""),
    (Word.STOP, About.OVERRUN, None, "it takes back and decides nothing"),
    (Word.STAND, About.OVERRUN, None, "it asks and decides nothing"),
]


@pytest.mark.parametrize(("word", "about", "verdict", "why"), VERDICTS)
def test_a_word_says_something_to_its_own_request_only(word, about, verdict, why):
    assert verdict_of(word, about) is verdict, why
