"""Every letter, in every language, with everything there is to say and with nothing of it."""

import threading
import time
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import jinja2
import pytest

from maildesk import render
from maildesk.desk.samples.common import bare, full
from maildesk.desk.template_faults import faults
from maildesk.desk.template_shelf import Shelf
from maildesk.mail.safe import stranger_subject
from maildesk.mail.to_html import html_of
from maildesk.render import Renderer
from maildesk.rules import letters
from maildesk.rules.kinds import DEFAULT_KINDS, Kind
from maildesk.rules.letters import (
    MailFigures,
    TicketFigures,
)
from maildesk.rules.process.offers import OrderFigures
from maildesk.rules.process.request_words import RequestFigures
from maildesk.rules.promise import Mode, Promise

SHELF = Shelf()
SHIPPED = Path(render.__file__).parents[1] / "templates" / "mail"
ALARMS = ("outbox_stuck", "set_aside", "oversize", "mailbox_dead", "template_broken",
          "budget_spent", "invoice_too_big", "moon")  # fmt: skip

# The catalogue of samples is in German here, where a test names words of it.
BARE, FULL = bare("de"), full("de")
NO_TICKET = FULL | {"ticket": None, "mail": None, "reply_to": "nothing"}
# Of these letters a ticket is never missing; about the queue there is none.
WITHOUT_TICKET = ("staff_receipt", "staff_refused", "staff_confirm", "staff_list", "staff_help",
                  "staff_call", "staff_held")  # fmt: skip


def _names(locale):
    paths = (SHIPPED / locale).glob("[!_]*.j2")
    return sorted(path.stem for path in paths)


def _assert_reads_well(words, values):
    assert "\n" not in words.subject
    if values["ticket"] and not words.subject.startswith(("Ihre Tickets: ", "Your tickets: ")):
        # To those whom we do not know nothing goes back but the number.
        title = values["ticket"].title
        assert words.subject.removeprefix("[DD-10429]") in (
            "",
            f" {title}",
            f" {stranger_subject(title)}",
        )
    for wrong in (
        "None",
        "\n\n\n",
        "{{",
        "{%",
        "True",
        "False",
        "()",
        "( ",
        " .",
        " ,",
        "..",
        " \n>",
    ):
        assert wrong not in words.text.replace("None of ", ""), wrong
    assert words.text.endswith("\n")
    assert not words.text.endswith("\n\n")
    for line in words.text.split("\n"):
        assert line == line.rstrip() or line == "-- "
        assert len(line) <= 78
        assert not line.startswith("  ") or line.strip()


FIRST = {
    (
        "de",
        "customer",
    ): "Eine Antwort auf diese E-Mail geht an den Kunden (maria@kunde.example); mit #notiz",
    (
        "de",
        "note",
    ): "Eine Antwort auf diese E-Mail wird als interne Notiz am Ticket abgelegt; sie geht nicht",
    ("de", "digest"): "Eine Antwort auf diese E-Mail führt Befehle zu den Nummern aus, eine Zeile",
    ("en", "digest"): "A reply to this e-mail runs commands for the numbers, one line",
    ("de", "nothing"): "Eine Antwort auf diese E-Mail bewirkt nichts; sie geht an keinen Kunden.",
    ("en", "customer"): "A reply to this e-mail goes to the customer (maria@kunde.example); #note",
    (
        "en",
        "note",
    ): "A reply to this e-mail is filed as an internal note in the ticket; it does not go",
    ("en", "nothing"): "A reply to this e-mail does nothing; it goes to no customer.",
}
OK = {"de": "Eine Antwort auf diese E-Mail mit OK gilt als Ihr Ja; jede andere",
      "en": "A reply to this e-mail with OK counts as your yes; any other"}  # fmt: skip


@pytest.mark.parametrize(
    ("locale", "name"), [(at, name) for at in ("de", "en") for name in _names(at)]
)
def test_every_letter_reads_well_with_every_value_present_and_absent(locale, name):
    for sample in SHELF.samples(name, locale):
        words = SHELF.renderer.words(name, locale, **sample.values)
        try:
            _assert_letter(locale, name, words, sample.values)
        except AssertionError as error:
            error.add_note(f"{name}, {locale}, {sample.name}:\n{words.text}")
            raise


def _assert_letter(locale, name, words, values):
    _assert_reads_well(words, values)
    assert list(faults(words, values)) == []
    if name.startswith("staff_"):
        asks = name == "staff_confirm" or (name == "staff_held" and values["can_release"])
        first = OK[locale] if asks else FIRST[locale, values["reply_to"]]
        if not values["customer_address"]:
            first = first.replace(" (maria@kunde.example)", "")
        assert " ".join(words.text.split()).startswith(first), "the first line: what a reply does"
    elif name.startswith(("confirm_", "followup_")) and name not in (
        "confirm_contract", "confirm_billing", "confirm_form",
    ):  # fmt: skip
        assert values["price"].hour in words.text
        assert values["price"].limit in words.text


def test_the_variants_of_a_letter_are_those_that_it_shows():
    found = {each.name: each.values for each in SHELF.samples("confirm_quick_high", "de")}
    assert list(found)[:2] == ["full", "bare"]
    assert found.keys() >= {
        "without ticket.due", "without ticket.due.within", "without ticket.offers[0].within",
        "without price.factor", "without desk.signature", "long names", "enquiry", "by phone",
    }  # fmt: skip
    assert "without ticket.mentions" not in found, "no customer reads it"
    assert "without price.limit" not in found, "it is never absent"
    assert found["without ticket.due"]["ticket"] == replace(FULL["ticket"], due=None)
    assert found["enquiry"]["ticket"].presales
    notes = {each.name: each.values for each in SHELF.samples("staff_new", "de")}
    assert notes["reply is a note"]["reply_to"] == "note"
    assert "order" in notes["order, terms"]
    assert "order" not in notes["full"], "nobody wished for anything"
    shown = [each.name for each in SHELF.samples("answer", "en")]
    assert len(shown) == len(set(shown))


@pytest.mark.parametrize("locale", ["de", "en"])
def test_letters_about_no_ticket(locale):
    renderer = Renderer()
    for what in ALARMS:
        values = NO_TICKET | {"alarm": replace(FULL["alarm"], what=what)}
        _assert_reads_well(renderer.words("staff_alarm", locale, **values), values)
    for name in WITHOUT_TICKET:
        variants = {each.name: each.values for each in SHELF.samples(name, locale)}
        values = variants.get("no ticket", variants["full"])
        assert values["ticket"] is None
        words = renderer.words(name, locale, **values)
        _assert_reads_well(words, values)
        assert "[" not in words.subject
    assert "Mara Klein" in renderer.words("staff_held", locale, **NO_TICKET).subject


def _answer(name, locale="de", **values):
    return Renderer().words(name, locale, **FULL | values).text.replace("\u00a0", " ")


@pytest.mark.parametrize(("words", "end", "why"), [
    ("Geht wieder.", "Geht wieder.\n\nMara Klein\nAgentur\n-- ", "no name yet"),
    ("Geht wieder.\n\nViele Grüße\nMara Klein", "Grüße\nMara Klein\nAgentur\n-- ", "he signed"),
    ("Geht wieder.\nMara.", "wieder.\nMara.\nAgentur\n-- ", "with his first name"),
    ("Viele Grüße\nMara\nAgentur", "Mara\nAgentur\n-- ", "for the desk too"),
    ("Das macht Mara Klein heute", "Mara Klein heute\n\nMara Klein\nAgentur\n-- ", "only named"),
])  # fmt: skip
def test_an_answer_is_signed_once_and_says_nothing_else(words, end, why):
    signature = FULL["desk"].signature + "\n"
    desk = replace(FULL["desk"], remote_support="")
    for locale in ("de", "en"):
        text = _answer("answer", locale, words=words, desk=desk)
        assert text.endswith(end + "\n" + signature), why
    assert _answer("answer", words=words).startswith(words), why


@pytest.mark.parametrize(("words", "left", "why"), [
    ("Drei Sprachen.\n\nViele Grüße\nMara", "Drei Sprachen.", "his farewell and his name"),
    ("Drei Sprachen.\n\nMara Klein\nAgentur", "Drei Sprachen.", "the name of the desk too"),
    ("Drei Sprachen.\nKind regards,\nMara", "Drei Sprachen.", "in English"),
    ("Das macht Mara", "Das macht Mara", "only named"),
    ("Mara", "Mara", "nothing else"),
])  # fmt: skip
def test_a_reason_that_our_letter_goes_on_from_is_signed_once(words, left, why):
    assert render.unsigned(words, "Mara Klein", "Agentur") == left, why
    request = RequestFigures("overrun", reason=words, total="3 Stunden", amount="285,00 €")
    text = _answer("approval_request", request=request, agent="Mara Klein", waits=True)
    assert text.count("Mara Klein\nAgentur") == 1, why


def test_an_agents_sentence_with_a_colon_in_it_is_no_row():
    said = "Beide Punkte sind behoben: Die Postleitzahl wird geprüft, die Bestätigung nennt sie."
    words = Renderer().words("answer", "de", **FULL | {"words": said}).text
    assert "\n  " not in words.partition("-- ")[0], "it is wrapped as prose"
    assert "<table" not in html_of(words.partition("-- ")[0], "de")
    assert "<table" not in html_of("> Mein Problem: alles", "de"), "nor is a customer's"
    assert "<table" in html_of("Preis: 95,00 €", "de")


def test_a_customer_hears_of_the_end_in_the_agents_words_or_ours():
    assert _answer("closing", desk=BARE["desk"]) == (
        "Hallo Maria,\n\nder Warenkorb geht wieder.\n\nViele Grüße\nMara\nAgentur\n\n"
        "Ihr Anliegen ist damit abgeschlossen.\nErfasste Zeit: 1 Std. 25 Min.\n\n"
        "Passt etwas nicht? Antworten Sie innerhalb von 14 Tagen auf diese E-Mail,\n"
        "dann öffnet sich das Ticket wieder.\n"
    )
    assert _answer("closing", "en", desk=BARE["desk"], words="", time="", days=1) == (
        "Hello,\n\nYour request is closed.\n\nSomething not right? Reply to this e-mail within one day "
        "and the ticket\nopens again.\n\nKind regards\nMara Klein\nAgentur\n"
    )
    assert "dann legen wir ein neues" in _answer("closing", days=0)


def test_a_receipt_names_what_was_done_what_was_left_and_the_way_back():
    assert _answer("staff_receipt", reply_to="note").partition("\n\n")[2] == (
        "Ausgeführt:\n- 25 Min. gebucht\n- Ticket abgeschlossen\n\n"
        "Zeit insgesamt: 1 Std. 25 Min.\n"
        "Übergangen: #warte 3t (stand schon vorher im Betreff)\n"
        "Zurücknehmen: mit #rückgängig im Betreff antworten; E-Mails gehen erst nach\n"
        "  60 Sekunden hinaus\n"
    )
    assert "Sekunden" not in _answer("staff_receipt", undo=0)
    assert "rückgängig" not in _answer("staff_receipt", undo=None)


def test_a_subject_to_copy_is_one_line_however_long_and_stands_alone_in_html():
    long = "[DD-10429] Warenkorb leer " + "nach der Anmeldung " * 4 + "#zu +25m"
    for name, values in (
        ("staff_refused", {"corrected": long}),
        ("staff_new", {"subjects": ((long, "Abschließen"), (long, "Warten"))}),
    ):
        text = _answer(name, **values)
        assert f"\n  {long}\n" in text
        assert f"{long}</p>" in html_of(text, "de") or f"<br>\n{long}" in html_of(text, "de")


@pytest.mark.parametrize("locale", ["de", "en"])
def test_the_queue_is_numbered_in_groups_and_looks_good_in_html_too(locale):
    words = Renderer().words("staff_list", locale, **NO_TICKET)
    text, html = words.text, html_of(words.text, locale).replace("\u00a0", " ")
    assert words.subject == {"de": "Ihre Tickets: 4 offen", "en": "Your tickets: 4 open"}[locale]
    assert [line.split("]")[0] for line in text.split("\n") if "[DD-" in line] == [
        "1. [DD-10429", "2. [DD-10433", "3. [DD-10441", "4. [DD-10425",
    ]  # fmt: skip
    said = [line for line in text.split("\n") if line.endswith(":")]
    assert (
        said
        == {
            "de": ["Überfällig:", "Heute fällig:", "Offen:", "Warten auf andere:"],
            "en": ["Overdue:", "Due today:", "Open:", "Waiting for others:"],
        }[locale]
    )
    assert max(map(len, text.split("\n"))) <= 76
    assert "<table" not in html
    due = {"de": "fällig", "en": "due"}[locale]
    assert f"<br>\n{due} Dienstag, 24.11.2026, 11:30 Uhr</p>" in html
    assert "<br>\nEingeplant · Normales Ticket · Huber AG · 5 Min.</p>" in html
    empty = Renderer().words("staff_list", locale, **NO_TICKET | {"lines": ()})
    _assert_reads_well(empty, NO_TICKET)
    assert "\n\n" in empty.text


def test_both_languages_have_the_same_letters():
    assert _names("de") == _names("en")
    assert {"confirm_" + kind.name.replace("-", "_") for kind in DEFAULT_KINDS} <= set(_names("de"))


@pytest.mark.parametrize("locale", ["de", "en"])
def test_a_confirmation_says_everything_that_binds_us(locale):
    text = " ".join(Renderer().words("confirm_quick_high", locale, **FULL).text.split())
    due = FULL["ticket"].due
    said = (
        due.moment, due.within, due.hours, "190,00 €", "minutengenau", "DD-10429", "Mara Klein",
        "[Quickticket] innerhalb von 8 Arbeitsstunden, 142,50 €",
        {"de": "Mängel an unserer eigenen Arbeit", "en": "defects in our own work"}[locale],
        {"de": "Ihr Wunsch „Quickticket“ ist notiert", "en": "Your wish for a “Quickticket” is"}[locale],
        {"de": "zwei Ticketarten", "en": "two kinds of ticket"}[locale],
    )  # fmt: skip
    for words in said:
        assert " ".join(words.split()) in text


def test_a_stranger_gets_none_of_his_own_words_back():
    ticket = replace(FULL["ticket"], title="Gewinn auf www.evil.example abholen", wish="")
    words = Renderer().words("confirm_stranger", "de", **FULL | {"ticket": ticket})
    assert words.subject == "[DD-10429] Gewinn auf abholen"
    for his in ("evil", "Gewinn", "Mallory", "Muster", "maria"):
        assert his not in words.text


def test_a_customers_text_never_looks_like_our_own_rows():
    sly = MailFigures(
        "a@b.example\nKunde: Mallory AG", "x\nPreis: 0 €", "Kunde: Mallory AG\rArt: x"
    )
    text = Renderer().words("staff_new", "de", **FULL | {"mail": sly}).text
    assert [line for line in text.split("\n") if line.startswith(("Kunde:", "Preis:", "Art:"))] == [
        "Kunde: Muster & Söhne GmbH",
        "Art: Quickticket hoch, dringend",
        "Preis: 190,00 € pro Stunde (doppelter Stundensatz)",
    ]
    assert "> Kunde: Mallory AG\n> Art: x" in text


@pytest.mark.parametrize(("locale", "language", "why"), [
    ("de_AT", "Guten Tag", "a region falls back to its language"),
    ("de-ch", "Guten Tag", "written the way of RFC 5646"),
    ("fr", "Hello", "no French: English"),
    ("../../etc", "Hello", "no locale at all, and no path"),
])  # fmt: skip
def test_locales_fall_back(locale, language, why):
    assert Renderer().words("confirm_normal", locale, **BARE).text.startswith(language), why


def test_our_own_mistakes_are_raised():
    with pytest.raises(jinja2.TemplateNotFound):
        Renderer().words("no_such_mail", "de", **BARE)
    with pytest.raises(jinja2.TemplateNotFound):
        Renderer().words("../de/confirm_normal", "de", **BARE)
    with pytest.raises(jinja2.UndefinedError):
        Renderer().words("confirm_normal", "de", ticket=BARE["ticket"])
    assert Renderer().knows("confirm_normal", "fr")
    assert not Renderer().knows("confirm_prio", "de")


BROKEN = [
    # template                                                       why
    ("{% block subject %}x{% endblock %}{% block text %}{{ nix }}{% endblock %}", "undefined"),
    ("{% block subject %}x{% endblock %}{% block text %}{% if %}{% endblock %}", "syntax"),
    ("{% block subject %}x{% endblock %}", "a block is missing"),
    ("{% block subject %}x{% endblock %}{% block text %} {% endblock %}", "it is empty"),
    ("{% block subject %}x{% endblock %}{% block text %}{{ 1 // 0 }}{% endblock %}", "arithmetic"),
    ("{% block subject %}x{% endblock %}{% block text %}{{ ticket.__class__.__mro__ }}{% endblock %}",
     "the sandbox"),
    ("{% block subject %}x{% endblock %}{% block text %}{% include 'de/gone.j2' %}{% endblock %}",
     "what it includes is gone"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "why"), BROKEN)
def test_a_sites_broken_template_falls_back_and_is_reported(tmp_path, source, why):
    own = tmp_path / "mail" / "de" / "confirm_normal.j2"
    own.parent.mkdir(parents=True)
    own.write_text(source)
    told = []
    renderer = Renderer(tmp_path, lambda *words: told.append(words))
    words = renderer.words("confirm_normal", "de_AT", **BARE)
    assert words == Renderer().words("confirm_normal", "de", **BARE), why
    assert [(name, locale) for name, locale, _ in told] == [("confirm_normal", "de_AT")]
    assert told[0][2]
    assert "\n" not in told[0][2]


def test_a_sites_own_template_comes_first_and_may_share_our_parts(tmp_path):
    (tmp_path / "mail" / "de_AT").mkdir(parents=True)
    (tmp_path / "mail" / "de_AT" / "confirm_normal.j2").write_text(
        "{% block subject %}[{{ ticket.tag }}] Servus{% endblock %}"
        '{% block text %}Servus!\n{% include "de/_end.j2" %}{% endblock %}'
    )
    renderer = Renderer(tmp_path, lambda *words: pytest.fail(str(words)))
    words = renderer.words("confirm_normal", "de_AT", **BARE)
    assert words.subject == "[DD-10429] Servus"
    assert "Freundliche Grüße\nAgentur" in words.text
    assert renderer.words("confirm_normal", "de", **BARE).text.startswith("Guten Tag")


def test_threads_may_share_a_renderer():
    renderer, results = Renderer(), []
    threads = [
        threading.Thread(
            target=lambda: results.append(renderer.words("confirm_quick", "de", **FULL))
        )
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 8
    assert len(set(results)) == 1


def test_rendering_is_quick():
    renderer = Renderer()
    renderer.words("confirm_quick", "de", **FULL)
    begin = time.thread_time()
    for _ in range(200):
        renderer.words("confirm_quick", "de", **FULL)
    assert (time.thread_time() - begin) / 200 < 0.001  # 0.1 ms is usual; a busy machine is not


def test_prose_is_wrapped_and_addresses_of_the_web_are_not():
    url = "https://agentur.example/" + "x" * 100
    wrapped = render._tidy("Label: " + "wort " * 40 + "\n> " + "zitat " * 40 + f"\n\n\n\n{url}\n")
    lines = wrapped.split("\n")
    assert lines[1].startswith("  wort")
    assert max(len(line) for line in lines if line.startswith(("Label", "  "))) <= 76
    assert sum(line.startswith("> ") for line in lines) == 1
    assert wrapped.endswith(f"\n\n{url}\n")


NOON = datetime(2026, 11, 24, 10, 30, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
SAID = [
    # said                                                             words
    (letters.moment_words(NOON, BERLIN, "de"), "Dienstag, 24.11.2026, 11:30 Uhr"),
    (letters.moment_words(NOON, BERLIN, "en"), "Tuesday, 24 November 2026, 11:30 (CET)"),
    (letters.span_words(60, "de_AT"), "1 Stunde"),
    (letters.span_words(180, "en"), "3 hours"),
    (letters.span_words(90, "de"), "90 Minuten"),
    (letters.within_words(DEFAULT_KINDS[0], "de"), ""),
    (letters.within_words(DEFAULT_KINDS[2], "de"), "innerhalb von 2 Arbeitsstunden"),
    (letters.within_words(DEFAULT_KINDS[1], "en"), "within 8 working hours"),
    (letters.within_words(Kind("x", promise=Promise(Mode.BUSINESS, 60)), "de"),
     "innerhalb von 1 Arbeitsstunde"),
    (letters.within_words(Kind("x", promise=Promise(Mode.EOD)), "en"),
     "by the end of the next working day"),
    (letters.factor_words(Decimal("1.50"), "de"), "1,5-facher Stundensatz"),
    (letters.factor_words(Decimal(2), "en"), "twice the hourly rate"),
    (letters.factor_words(Decimal("10"), "en"), "10 times the hourly rate"),
    (letters.factor_words(Decimal("1.0"), "de"), ""),
    (letters.increment_words(15, "de"), "abgerechnet in Schritten von 15 Minuten"),
    (letters.kind_words(DEFAULT_KINDS[2], "en"), "Quick ticket high"),
    (letters.kind_words(Kind("prio", ("Prio-Ticket",)), "de"), "Prio-Ticket"),
    (letters.hours_words({"1-4": ["09:00-12:00", "13:00-17:00"], "5": ["09:00-15:00"], "6": []}, "de"),
     "Montag bis Donnerstag 09:00–12:00 und 13:00–17:00 Uhr; Freitag 09:00–15:00 Uhr"),
    (letters.hours_words({"1,3": ["09:00-12:00"]}, "en"), "Monday, Wednesday 09:00–12:00"),
    (letters.size_words(14_200, "de"), "14 kB"),
    (letters.size_words(1_250_000, "de"), "1,2 MB"),
]  # fmt: skip


@pytest.mark.parametrize(("said", "words"), SAID)
def test_values_are_said_as_people_say_them(said, words):
    assert said.replace("\u00a0", " ") == words


def test_an_excerpt_is_bounded_and_says_that_it_was_cut():
    assert letters.excerpt("eins\r\nzwei\r\n") == ("eins\nzwei", False)
    lines, cut = letters.excerpt("x\n" * 500)
    assert (lines.count("\n"), cut) == (199, True)
    text, cut = letters.excerpt("x" * 9000)
    assert (len(text), cut) == (8192, True)
    with pytest.raises(ValueError):
        letters.moment_words(datetime(2026, 1, 1), BERLIN, "de")


OFFERED = FULL | {
    "ticket": TicketFigures(
        "DD-10429", "Warenkorb leer", "Normales Ticket", "Mara Klein", wish="Quickticket hoch",
        follows="DD-10417",
    ),
    "request": RequestFigures(
        "order", "Der Shop steht.", "Quickticket hoch", "190,00 €", "innerhalb von 2 Arbeitsstunden",
        "95,00 €", link="https://support.agentur.example/r/" + "x" * 30,
    ),
    "why": "terms", "waits": True, "stranger": False, "wished_by": "Bert Berger",
    "order": OrderFigures("approver", ("Anna Berger",), waits=True),
}  # fmt: skip
OFFERS = [
    # values, letter, said in German, said in English, why
    ({}, "quick_offer", "BESTELLEN: Wir beginnen", "ORDER: We start", "a new ticket"),
    ({}, "quick_offer", "NORMAL:", "NORMAL:", "the normal ticket is a way out"),
    ({"waits": False}, "quick_offer", "ABLEHNEN: Es bleibt, wie es ist.",
     "DECLINE: Everything stays as it is.", "a ticket that goes on"),
    ({"why": "approver"}, "quick_offer", "Gewünscht hat das Bert Berger.",
     "This is the wish of Bert Berger.", "who wishes"),
    ({"why": "quota"}, "quick_offer", "ohne Rückfrage annehmen", "without asking back",
     "the quota is used up"),
    ({"why": ""}, "quick_offer", "Der Shop steht.", "Der Shop steht.", "an agent's reason"),
    ({}, "quick_offer", "https://support.agentur.example/r/", "https://support.agentur.example/r/",
     "the page"),
    ({}, "offer_sent", "Bestellen kann das bei Ihnen Anna Berger.",
     "it can be ordered by Anna Berger.", "who was asked"),
    ({"order": OrderFigures("approver", ("Anna",), waits=False)}, "offer_sent",
     "läuft das Ticket weiter wie bisher", "the ticket goes on as before", "it does not wait"),
    ({}, "staff_new", "bis zum Auftrag ruht das Ticket", "the ticket rests until the order",
     "what it waits for"),
    ({"order": OrderFigures("approver", not_asked="nobody")}, "staff_new",
     "darf niemand bestellen", "nobody may order", "somebody has to be named"),
    ({"order": OrderFigures("stranger", not_asked="silent")}, "staff_new",
     "deshalb wurde niemand gefragt", "so nobody was asked", "no answer is allowed"),
    ({"order": OrderFigures("stranger", not_asked="stranger")}, "staff_new",
     "ob er für diesen Kunden schreibt", "whether he writes for this customer", "a domain only"),
    ({"order": OrderFigures("quota", not_asked="other")}, "staff_reply",
     "noch eine Anfrage an den Kunden offen", "Another question to the customer", "one is open"),
    ({"order": OrderFigures("unproven", not_asked="silent")}, "staff_new",
     "für gefälscht", "for forged", "called forged"),
    ({"order": OrderFigures(done=True)}, "staff_reply", "Bestellt:", "Ordered:", "he did"),
    ({"order": OrderFigures("approver", not_asked="nobody")}, "confirm_normal",
     "wer bei Ihnen Kosten freigeben darf", "who may approve costs", "the customer hears it too"),
    ({"changed": True, "reason": "Kein Notfall"}, "confirm_normal", "Grund: Kein Notfall",
     "Reason: Kein Notfall", "an agent lowered it"),
]  # fmt: skip


@pytest.mark.parametrize(("values", "name", "german", "english", "why"), OFFERS)
def test_offers_and_what_is_said_of_them(values, name, german, english, why):
    given = OFFERED | values
    for locale, said in (("de", german), ("en", english)):
        words = Renderer().words(name, locale, **given)
        _assert_reads_well(words, given)
        assert said in " ".join(words.text.replace("\u00a0", " ").split()), why


@pytest.mark.parametrize("locale", ["de", "en"])
def test_an_offer_to_a_stranger_says_nothing_of_his_and_a_bare_one_reads_well(locale):
    words = Renderer().words("quick_offer", locale, **OFFERED | {"stranger": True})
    assert words.subject == "[DD-10429]"
    assert "Warenkorb" not in words.text
    assert "DD-10417" not in words.text
    bare = BARE | {
        "request": RequestFigures("order", kind="Normales Ticket", hour="95,00 €", by_mail=True),
        "agent": "",
    }
    words = Renderer().words("quick_offer", locale, **bare)
    _assert_reads_well(words, bare)
    assert "NORMAL" not in words.text
    assert "https" not in words.text
