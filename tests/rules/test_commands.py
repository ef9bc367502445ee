"""What staff write in subjects and first lines: understood, refused, and never a customer's."""

import time
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from maildesk.rules.calendars import calendar_of
from maildesk.rules.commands.grammar import (
    Command,
    Grammar,
    Misunderstood,
    Orders,
    Parent,
    Problem,
    read_commands,
)
from maildesk.rules.commands.words import TABLE, Care, Name, contradict, row_named, row_of
from maildesk.rules.kinds import DEFAULT_KINDS
from maildesk.rules.number import tag
from maildesk.rules.people import AgentFacts
from maildesk.rules.process.answers import Word as Said

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)  # Tuesday, 11:00 in Berlin
MURAT = AgentFacts(1, "murat", "Murat Kaya", "murat@desk.example")
LENA = AgentFacts(2, "lena", "Anna-Lena von Thal", "Lena@desk.example")
TWINS = (AgentFacts(3, "ida", "Ida Berg", "ida@desk.example"), AgentFacts(4, "ib2", "Ivo Beck", "ivo@desk.example"))  # fmt: skip
GONE = AgentFacts(5, "gone", "Xaver Yps", "gone@desk.example", enabled=False)
GRAMMAR = Grammar(
    "DD",
    DEFAULT_KINDS,
    (MURAT, LENA, *TWINS, GONE),
    calendar_of("Europe/Berlin", {"1-5": ["09:00-17:00"]}, "NW"),
    NOW,
    "de",
)
TITLE = "Warenkorb leer"
PARENT = Parent(TITLE, f"[DD-10429] {TITLE}")
HEAD = f"AW: [DD-10429] {TITLE}"
N, P, C = Name, Problem, Command


def at(day, hour):
    return datetime(2026, 11, day, hour - 1, tzinfo=UTC)


def read(subject, text="", parent=PARENT):
    return read_commands(subject, text, GRAMMAR, MURAT, parent)


# Each row of the command table in both languages: what stands behind HEAD, and what it means.
TABLE_ROWS = [
    # English               Deutsch                     means
    ("#close",              "#zu",                      C(N.CLOSE)),
    ("#done",               "#fertig",                  C(N.CLOSE)),
    ("#open",               "#auf",                     C(N.OPEN)),
    ("#to lena",            "#an lena",                 C(N.TO, agent_id=2)),
    ("#me",                 "#mir",                     C(N.TO, agent_id=1)),
    ("+25m",                "+0:25",                    C(N.TIME, 25)),
    ("#time 1h30",          "#zeit 1,5h",               C(N.TIME, 90)),
    ("#remote 20m",         "#fernwartung 20m",         C(N.REMOTE, 20)),
    ("#travel 30m",         "#fahrt 0:30",              C(N.TRAVEL, 30)),
    ("#estimate 15m",       "#schaetzung 15m",          C(N.ESTIMATE, 15)),
    ("#start",              "#START",                   C(N.START)),
    ("#stop",               "#stopp",                   C(N.STOP)),
    ("#wait 3d",            "#warte 3t",                C(N.WAIT, moment=at(27, 9))),
    ("#note",               "#notiz",                   C(N.NOTE)),
    ("#reply",              "#antwort",                 C(N.REPLY)),
    ("#kind quick-high",    "#art hoch",                C(N.KIND, kind="quick-high")),
    ("#ask 3h",             "#freigabe 3h",             C(N.ASK, 180)),
    ("#ask open",           "#freigabe offen",          C(N.ASK, is_open=True)),
    ("#ask 40h",            "#freigabe 40h",            C(N.ASK, 2400)),
    ("#wait answer",        "#warte Antwort",           C(N.WAIT, is_open=True)),
    ("#phone approve",      "#telefon freigabe",        C(N.PHONE, said=Said.APPROVE)),
    ("#phone decline",      "#telefon ablehnen",        C(N.PHONE, said=Said.DECLINE)),
    ("#phone order",        "#telefon bestellen",       C(N.PHONE, said=Said.ORDER)),
    ("#phone normal",       "#telefon Normal",          C(N.PHONE, said=Said.NORMAL)),
    ("#phone withdraw",     "#telefon storno",          C(N.PHONE, said=Said.WITHDRAW)),
    ("#phone accept",       "#telefon abnahme",         C(N.PHONE, said=Said.ACCEPT)),
    ("#deemed",             "#fiktiv",                  C(N.DEEMED)),
    ("#defect",             "#mangel",                  C(N.DEFECT)),
    ("#live",               "#LIVE",                    C(N.LIVE)),
    ("#third",              "#dritte",                  C(N.THIRD)),
    ("#cancel",             "#storno",                  C(N.CANCEL)),
    ("#test https://t.example/a?b#c", "#abnahme https://t.example/a?b#c", C(N.TEST, url="https://t.example/a?b#c")),
    ("#bill",               "#rechnung",                C(N.BILL)),
    ("#free",               "#kulanz",                  C(N.FREE)),
    ("#call 12m a@b.example", "#anruf 12m a@b.example", C(N.CALL, 12, address="a@b.example")),
    ("#for a@b.example",    "#für a@b.example",         C(N.FOR, address="a@b.example")),
    ("#plan fri 14:00",     "#plan fr 14:00",           C(N.PLAN, moment=at(27, 14))),
    ("#add a@b.example",    "#dazu a@b.example",        C(N.ADD, address="a@b.example")),
    ("#remove a@b.example", "#weg a@b.example",         C(N.REMOVE, address="a@b.example")),
    ("#presales",           "#anfrage",                 C(N.PRESALES)),
    ("#contract",           "#vertrag",                 C(N.CONTRACT)),
    ("#rework",             "#nachbesserung",           C(N.REWORK)),
    ("#portal a@b.example", "#PORTAL a@b.example",      C(N.PORTAL, address="a@b.example")),
    ("#merge DD-10429",     "#zusammen [dd-10429]",     C(N.MERGE, ticket_id=1042)),
    ("#split",              "#trennen",                 C(N.SPLIT)),
    ("#spam",               "#Spam",                    C(N.SPAM)),
    ("#list",               "#liste",                   C(N.LIST)),
    ("#help",               "#hilfe",                   C(N.HELP)),
    ("#undo",               "#rückgängig",              C(N.UNDO)),
]  # fmt: skip


@pytest.mark.parametrize(("english", "german", "command"), TABLE_ROWS)
def test_each_row_of_the_table(english, german, command):
    for written in (english, german):
        assert read(f"{HEAD} {written}").commands == (command,)
        assert read(HEAD, f"{written}\n\nText").commands == (command,)


def test_the_table_holds_what_is_tested_and_nothing_else():
    assert {command.name for _, _, command in TABLE_ROWS} == set(Name)
    assert {row.name for row in TABLE} == set(Name)
    for row in TABLE:
        for form in (row.form("en"), row.form("de-AT")):
            assert not form.startswith("#") or row_of(form.split()[0]) is row
    care = {care: {row.name for row in TABLE if row.care is care} for care in Care}
    assert care[Care.DRASTIC] == {N.MERGE, N.SPLIT, N.SPAM}
    assert care[Care.MARKED] == {
        N.REPLY, N.KIND, N.ASK, N.TEST, N.BILL, N.FREE, N.ADD, N.REMOVE, N.PORTAL, N.PHONE,
        N.DEEMED, N.DEFECT, N.LIVE, N.CANCEL,
    }  # fmt: skip
    assert row_named(N.TO).form("de") == "#an mk"
    assert not any(contradict(name, name) for name in Name)


ZU, T25 = C(N.CLOSE), C(N.TIME, 25)
CUSTOMER = "kunde@firma.example"

UNDERSTOOD = [
    # subject, text, parent -> commands, then why
    (f"{HEAD} #zu +25m", "", PARENT, (ZU, T25), "the first example"),
    (f"#an mk #art hoch {HEAD}", "", PARENT,
     (C(N.TO, agent_id=1), C(N.KIND, kind="quick-high")), "left of the prefix"),
    (f"Re: [DD-10429] {TITLE} #wait 3d #note", "", PARENT,
     (C(N.WAIT, moment=at(27, 9)), C(N.NOTE)), "an argument before a name"),
    (f"AW: WG: [DD-10429] {TITLE} #freigabe 3h", "Grund", PARENT, (C(N.ASK, 180),), "two prefixes"),
    ("WG: Shop offline!! #für kunde@firma.example", "", Parent("", "Shop offline!!"),
     (C(N.FOR, address=CUSTOMER),), "a customer's mail forwarded"),
    ("#anruf 12m kunde@firma.example Rückfrage Zahlungsart", "", None,
     (C(N.CALL, 12, address=CUSTOMER),), "a fresh mail"),
    ("#liste", "", None, (C(N.LIST),), "nothing but a command"),
    # rule 1
    (f"{HEAD} ＃Ｚu", "", PARENT, (ZU,), "full width and case"),
    (f"{HEAD} #z\u200bu", "", PARENT, (ZU,), "zero width"),
    (f"{HEAD} #RUECKGAENGIG", "", PARENT, (C(N.UNDO),), "ae for ä"),
    (f"{HEAD} #ru\u0308ckga\u0308ngig", "", PARENT, (C(N.UNDO),), "composed first"),
    (f"{HEAD}\r\n\t #an   \u00a0lena", "", PARENT, (C(N.TO, agent_id=2),), "spaces collapsed"),
    # rule 2
    (f"RE: Aw: WG: {HEAD} #zu", "", PARENT, (ZU,), "prefixes repeatedly"),
    (f"AW (3): Re[2]： SV : [DD-10429] {TITLE} #zu", "", PARENT, (ZU,), "counters, full width, blank"),
    (f"AW: [EXTERN] ***SPAM*** {{Spam?}} [EXT] [DD-10429] {TITLE} #zu", "", PARENT, (ZU,), "gateways' marks"),
    # rule 3
    (f"{HEAD} #zu #zu", "", Parent(TITLE, f"{HEAD} #zu"), (ZU,), "once left standing, once added"),
    (f"AW: [DD-10429] Warenkorb #zu {TITLE[10:]}", "", PARENT, (ZU,), "added in the middle of the title"),
    (f"AW: {TITLE} #zu", "", PARENT, (ZU,), "the tag deleted"),
    ("AW: [DD-10429] Alter Titel #zu", "", Parent("Neuer Titel", "[DD-10429] Alter Titel"), (ZU,), "the title has changed since"),
    (f"{HEAD} #zu", "", Parent(TITLE, "Hallo"), (ZU,), "subject from elsewhere, but the stored title"),
    (f"#zu {HEAD} #auf", "", None, (ZU,), "parent unknown: left of the prefix only"),
    (f"#zu {HEAD} #auf", "", Parent(TITLE, None), (ZU,), "the ticket known, the mail not"),
    (f"{HEAD} #auf", "#zu", None, (ZU,), "parent unknown: or in the body"),
    ("#art hoch AW: [DD-10429] hoch", "", Parent("hoch", "[DD-10429] hoch"),
     (C(N.KIND, kind="quick-high"),), "an argument that the title holds too"),
    (f"[DD-10429] {TITLE} #zu", "", Parent(TITLE, None), (ZU,), "a fresh mail with a tag"),
    ("#art hoch AW: [DD-10429]", "", Parent("hoch", "[DD-10429] hoch"), (C(N.KIND, kind="quick-high"),), "the title that holds it deleted"),
    ("AW: #an lena #notiz [DD-10429] lena", "", Parent("", "lena"), (C(N.TO, agent_id=2), C(N.NOTE)), "the title is behind the tag"),
    # rule 5
    (f"{HEAD} #zu", "# Heading\n#zu", PARENT, (ZU,), "a heading is text, and ends the lines"),
    # rule 6
    ("#für kunde@firma.example #mir Shop offline", "", None,
     (C(N.FOR, address=CUSTOMER), C(N.TO, agent_id=1)), "words left over are the title"),
    # several lines, arguments
    (HEAD, "\n \n#zu\n\n+25m\nText", PARENT, (ZU, T25), "more lines, blank ones between"),
    (f"{HEAD} #zu", "+25m", PARENT, (ZU, T25), "subject and text together"),
    (f"{HEAD} #time +25m #art Quickticket hoch", "", PARENT,
     (T25, C(N.KIND, kind="quick-high")), "a sign; a kind of two words"),
    (f"{HEAD} #art normal", "", PARENT, (C(N.KIND, kind="normal"),), "a name before a part of a tag"),
    (f"{HEAD} #an alvt", "", PARENT, (C(N.TO, agent_id=2),), "initials with the hyphen's"),
    (f"{HEAD} #an LENA@desk.example", "", PARENT, (C(N.TO, agent_id=2),), "an address, case free"),
    (f"{HEAD} #dazu Kunde@MÜLLER.example", "", PARENT,
     (C(N.ADD, address="kunde@xn--mller-kva.example"),), "an address as it is stored"),
    (f"{HEAD} #auf #wait 24.12. 9:00", "", PARENT,
     (C(N.OPEN), C(N.WAIT, moment=datetime(2026, 12, 24, 8, tzinfo=UTC))), "no contradiction; two words"),
]  # fmt: skip


@pytest.mark.parametrize(("subject", "text", "parent", "commands", "why"), UNDERSTOOD)
def test_understood(subject, text, parent, commands, why):
    orders = read(subject, text, parent)
    assert isinstance(orders, Orders), (why, orders)
    assert orders.commands == commands, why


NOTHING = [
    # subject, text, parent -> inherited, then why
    ("AW: [DD-10429] #close-button", "", Parent("#close-button", "[DD-10429] #close-button"), (), "a customer's words never fire"),
    ("AW: [DD-10429] bitte #zu", "", Parent("bitte #zu", "[DD-10429] bitte #zu"), ("#zu",), "nor do names"),
    (f"AW: {HEAD} #zu +25m", "", Parent(TITLE, f"{HEAD} #zu +25m"), ("#zu", "+25m"), "left standing: not again"),
    (f"AW: #zu {HEAD}", "", Parent(TITLE, f"#zu {HEAD}"), ("#zu",), "nor left of an older prefix"),
    ("AW: [DD-10429] Bitte #ZU", "", Parent("bitte #zu", "x"), ("#ZU",), "the stored title, case changed"),
    ("[DD-10429] #zu AW: foo", "", Parent("#zu AW: foo", "[DD-10429] #zu AW: foo"), ("#zu",), "a program that writes no prefix, a title that holds one"),
    ("WG: Bitte #zu", "", None, ("#zu",), "parent unknown: right of any prefix"),
    ("AW: [DD-10429] #zu", "", Parent("#zu-button am Ende", "[DD-10429] #zu-button am Ende"), ("#zu",), "cut by a mail program"),
    ("AW: [DD-10429] foo #zu", "", Parent("foo # zu", "[DD-10429] foo # zu"), ("#zu",), "joined by one"),
    ("AW: [DD-10429] foo #zu\u2026", "", Parent("foo #zubehör", "[DD-10429] foo #zubehör"), (), "cut by one that says so"),
    (f"{HEAD} #1042 #2fa", "#7 ist fertig\n#zu", PARENT, (), "digits are no command"),
    (f"{HEAD} und jetzt voll", "Guten Tag", PARENT, (), "an edited subject is just a reply"),
    (HEAD, "Hallo #zu\n#zu", PARENT, (), "only the first lines"),
    (HEAD, "> #zu\nText", PARENT, (), "a quote is another line"),
    (HEAD, "-- \n#zu", PARENT, (), "so is a signature"),
    (HEAD, "+49 30 1234567 ist die Nummer\n+4930123", PARENT, (), "telephone numbers are no time"),
    (HEAD, "AW: #zu", PARENT, (), "a prefix in the text is text"),
    ("", "", None, (), "nothing at all"),
]  # fmt: skip


@pytest.mark.parametrize(("subject", "text", "parent", "inherited", "why"), NOTHING)
def test_no_command(subject, text, parent, inherited, why):
    orders = read(subject, text, parent)
    assert isinstance(orders, Orders), (why, orders)
    assert (orders.commands, orders.text, orders.inherited) == ((), text, inherited), why


REFUSED = [
    # behind HEAD, text -> problem, word, nearest, corrected, then why
    ("#zuu +25m", "", P.UNKNOWN_NAME, "#zuu", "#zu", f"#zu +25m {HEAD}", "a name unknown, one near"),
    ("#xyzzyx #zu", "", P.UNKNOWN_NAME, "#xyzzyx", "", f"#zu {HEAD}", "none near"),
    ("#zu,", "", P.UNKNOWN_NAME, "#zu,", "#zu", f"#zu {HEAD}", "a comma belongs to the word"),
    ("", "#warte\n3t", P.MISSING_ARGUMENT, "#warte", "", "", "an argument on another line"),
    ("#an #zu", "", P.MISSING_ARGUMENT, "#an", "", f"#zu {HEAD}", "a name is no argument"),
    ("#an lenna", "", P.WRONG_ARGUMENT, "lenna", "lena", f"#an lena {HEAD}", "an agent, one near"),
    ("#an xy", "", P.WRONG_ARGUMENT, "xy", "", "", "an agent who is disabled"),
    ("#an ib", "", P.AMBIGUOUS_AGENT, "ib", "", "", "initials of two"),
    ("#art quikc", "", P.WRONG_ARGUMENT, "quikc", "quick", f"#art quick {HEAD}", "a kind"),
    ("#zeit 3d", "", P.WRONG_ARGUMENT, "3d", "", "", "a duration"),
    ("+25x #zu", "", P.WRONG_ARGUMENT, "+25x", "", f"#zu {HEAD}", "a time that is none"),
    ("+25h", "", P.WRONG_ARGUMENT, "+25h", "", "", "more than a day in one booking"),
    ("#warte bald", "", P.WRONG_ARGUMENT, "bald", "", "", "a moment"),
    ("#plan 23.11.2026 9:00 #zu", "", P.PAST_MOMENT, "23.11.2026 9:00", "", f"#zu {HEAD}", "a moment that is over"),
    ("#dazu <a@b.example>", "", P.WRONG_ARGUMENT, "<a@b.example>", "a@b.example", f"#dazu a@b.example {HEAD}", "an address in brackets"),
    ("#weg a@b", "", P.WRONG_ARGUMENT, "a@b", "", "", "an address without a domain of DNS"),
    ("#portal \"a\"@b.example", "", P.WRONG_ARGUMENT, "\"a\"@b.example", "", "", "a quoted local part"),
    ("#test t.example", "", P.WRONG_ARGUMENT, "t.example", "", "", "an address of no page"),
    ("#abnahme https://x@t.example/", "", P.WRONG_ARGUMENT, "https://x@t.example/", "", "", "a page that hides where it is"),
    ("#merge DD-10428", "", P.WRONG_ARGUMENT, "DD-10428", "", "", "a wrong check digit"),
    ("#zusammen 10429", "", P.WRONG_ARGUMENT, "10429", "", "", "a number without the code"),
    ("#zu danke schön", "", P.LEFT_OVER, "danke", "", f"#zu {HEAD}", "words left over in a subject"),
    ("", "#zu danke", P.LEFT_OVER, "danke", "", f"#zu {HEAD}", "and in a line of the text"),
    ("", "#zu" + " " * 2000 + "danke", P.LEFT_OVER, "...", "", f"#zu {HEAD}", "a line too long to be read"),
    ("", f"#zu {tag('DD', 7)}", P.LEFT_OVER, tag("DD", 7), "", f"#zu {HEAD}", "another ticket's tag in the text"),
    ("#zu", "#fertig", P.TWICE, "#fertig", "", f"#zu {HEAD}", "a name twice, spelled differently"),
    ("+5m #zeit 10m", "", P.TWICE, "#zeit", "", f"+5m {HEAD}", "time twice"),
    ("#art quick #art hoch", "", P.TWICE, "#art", "", f"#art quick {HEAD}", "two kinds"),
    ("#an lena #mir", "", P.TWICE, "#mir", "", f"#an lena {HEAD}", "two people"),
    ("#zu #auf", "", P.CONTRADICTION, "#zu #auf", "", f"#zu {HEAD}", "close and open"),
    ("#zu #warte 3t", "", P.CONTRADICTION, "#zu #warte", "", f"#zu {HEAD}", "close and wait"),
    ("#notiz #antwort", "", P.CONTRADICTION, "#notiz #antwort", "", f"#notiz {HEAD}", "inside and outside"),
    ("#start #stopp", "", P.CONTRADICTION, "#start #stopp", "", f"#start {HEAD}", "start and stop"),
    ("#rechnung #kulanz", "", P.CONTRADICTION, "#rechnung #kulanz", "", f"#rechnung {HEAD}", "charged and not"),
    ("#vertrag #anfrage", "", P.CONTRADICTION, "#vertrag #anfrage", "", f"#vertrag {HEAD}", "two categories"),
    ("#anruf 5m a@b.example +5m", "", P.CONTRADICTION, "#anruf +5m", "", "#anruf 5m a@b.example AW: [DD-10429] Warenkorb leer", "a call brings its time"),
    ("#für a@b.example #spam", "", P.CONTRADICTION, "#für #spam", "", f"#für a@b.example {HEAD}", "a new ticket and an old one's"),
    ("#telefon ja", "", P.WRONG_ARGUMENT, "ja", "", "", "a word that decides nothing"),
    ("#telefon stop", "", P.WRONG_ARGUMENT, "stop", "", "", "nobody takes a decision back by phone"),
    ("#freigabe viel", "", P.WRONG_ARGUMENT, "viel", "", "", "a total that is none"),
    ("#freigabe 3h #notiz", "", P.CONTRADICTION, "#freigabe #notiz", "", f"#freigabe 3h {HEAD}", "the text is the reason"),
    ("#mangel #zu", "", P.CONTRADICTION, "#mangel #zu", "", f"#mangel {HEAD}", "open and closed"),
    ("#für a@b.example #freigabe 3h", "", P.CONTRADICTION, "#für #freigabe", "", f"#für a@b.example {HEAD}", "asked before there is anything"),
    ("#undo #zu", "", P.CONTRADICTION, "#undo #zu", "", f"#undo {HEAD}", "taking back stands alone"),
]  # fmt: skip


@pytest.mark.parametrize(("added", "text", "problem", "word", "near", "corrected", "why"), REFUSED)
def test_refused(added, text, problem, word, near, corrected, why):
    answer = read(f"{HEAD} {added}", text)
    assert isinstance(answer, Misunderstood), (why, answer)
    assert (answer.problem, answer.word, answer.nearest) == (problem, word, near), why
    assert answer.corrected == corrected, why
    if corrected:
        assert read(corrected).commands == read(corrected, parent=None).commands != ()


def test_no_two_rows_are_for_the_same_reason():
    reasons = [row[-1] for table in (UNDERSTOOD, NOTHING, REFUSED) for row in table]
    assert len(set(reasons)) == len(reasons)


def test_usage_is_in_the_agents_language():
    assert read(f"{HEAD} #wait").usage == "#warte 3t"
    english = Grammar("DD", DEFAULT_KINDS, (), GRAMMAR.calendar, NOW, "en")
    assert read_commands("#warte", "", english, MURAT, None).usage == "#wait 3d"


TITLES = [
    ("WG: Shop offline!! #für a@b.example", "", Parent("", "Shop offline!!"), "Shop offline!!", "the forwarded subject"),
    ("WG: Der #close-button", "#für a@b.example", Parent("", "Der #close-button"), "Der #close-button", "a customer's words stay text"),
    ("#anruf 12m a@b.example Frage: Zahlungsart #mir", "", None, "Frage: Zahlungsart", "what is between"),
    ("#anruf 12m a@b.example +49 30 1234", "", None, "+49 30 1234", "a telephone number"),
    ("AW: [DD-10429] [EXT] [Quick] Shop #für a@b.example", "", Parent("", "Shop"), "Shop", "tags of all kinds out"),
    ("", "#anruf 5m a@b.example Rückruf\n#mir bitte", None, "Rückruf bitte", "from the text where the subject is empty"),
    ("#für a@b.example", "Text", None, "", "none"),
]  # fmt: skip


@pytest.mark.parametrize(("subject", "text", "parent", "title", "why"), TITLES)
def test_titles_of_new_tickets(subject, text, parent, title, why):
    assert read(subject, text, parent).title == title, why


def test_command_lines_are_out_of_the_text():
    assert read(HEAD, "\n#zu\n+25m\r\n\nHallo,\n\n#zu\n").text == "Hallo,\n\n#zu"
    assert read(HEAD, "#zu").text == read(HEAD, "#zu\n \n\u00a0\n").text == ""
    assert read(f"{HEAD} #zu", "  Hallo\n").text == "  Hallo\n"


# What a customer may write: words made to be mistaken, and anything else.
HOSTILE = (
    ["#zu", "#close", "#zu-button", "+25m", "#an", "lena", "#art", "hoch", "#für", "a@b.example", "3t",
     "AW:", "WG:", "re", ":", "[DD-10429]", "DD-10429", "[EXT]", "#", "zu", "#undo", "#spam", "leer", "\u200b", "＃ｚｕ"]
)  # fmt: skip
CUSTOMERS = st.one_of(
    st.lists(st.sampled_from(HOSTILE), max_size=8).map(" ".join),
    st.text(max_size=60),
    st.lists(st.sampled_from(HOSTILE) | st.text(max_size=5), max_size=8).map("".join),
)
ORDERED = st.sampled_from(["#zu", "#an lena +25m", "#art hoch", "#warte 3t #notiz", f"#merge {tag('DD', 7)}", "#für a@b.example"])  # fmt: skip
REPLIES = st.sampled_from(["AW: ", "Re: ", "WG: ", "Re[2]: Fwd: ", "AW: [EXTERN] "])


@given(CUSTOMERS, CUSTOMERS, REPLIES)
@example("#zu AW: x", "#zu AW: x", "AW: ")
def test_no_word_of_a_customer_runs(title, written, prefix):
    for subject in (f"[DD-10429] {title}", title, written):
        answered = prefix + subject
        assert read(answered, "", Parent(title, subject)).commands == ()
        assert read(answered, "", Parent(title, None)).commands == ()
        assert read(answered, "", None).commands == ()


@given(CUSTOMERS, REPLIES, ORDERED)
def test_no_word_of_a_customer_changes_what_an_agent_says(title, prefix, ordered):
    subject = f"[DD-10429] {title}"
    expected = read(ordered, "", None).commands
    assert expected
    for parent in (Parent(title, subject), Parent("", subject)):
        assert read(f"{prefix}{subject} {ordered}", "", parent).commands == expected
        assert read(f"{ordered} {prefix}{subject}", "", parent).commands == expected
        assert read(prefix + subject, ordered, parent).commands == expected
    assert read(f"{ordered} {prefix}{subject}", "", None).commands == expected


@given(CUSTOMERS, st.integers(0, 80), REPLIES)
def test_a_subject_that_a_program_cut_runs_nothing(title, length, prefix):
    parent = Parent(title, f"[DD-10429] {title}")
    answer = read(f"{prefix}[DD-10429] {title}"[: len(prefix) + length], "", parent)
    assert not isinstance(answer, Orders) or answer.commands == ()


WRITTEN = st.lists(
    st.sampled_from([form for row in TABLE for form in (row.en, row.de)])
    | st.sampled_from(["#zuu", "#clsoe", "+99h", "#an", "wort", "#warte 1.1.2020", "#dazu <a@b.example>", "#weiß"])
    | st.text(max_size=6),
    max_size=6,
).map(" ".join)  # fmt: skip


@given(WRITTEN, WRITTEN, CUSTOMERS, st.booleans())
def test_every_corrected_subject_is_understood(added, text, title, known):
    parent = Parent(title, f"[DD-10429] {title}") if known else None
    answer = read(f"AW: [DD-10429] {title} {added}" if known else added, text, parent)
    if isinstance(answer, Misunderstood):
        assert answer.word
        again = read(answer.corrected, "", parent)
        assert isinstance(again, Orders)
        assert bool(again.commands) == bool(answer.corrected)


@pytest.mark.parametrize(
    "piece", ["#", "#zu ", "a ", "AW: ", "+1 ", "[", "DD-10429 ", "x" * 40 + "#zuu\n", "#für a@b.example ", "\n", "#" + "\u0308" * 9]
)  # fmt: skip
def test_hostile_length_takes_linear_time(piece):
    text = piece * (200_000 // len(piece))
    began = time.perf_counter()
    read(text, text, Parent(text, text))
    read(f"b {text}", text, Parent(text, f"{text} c"))
    assert time.perf_counter() - began < 2
