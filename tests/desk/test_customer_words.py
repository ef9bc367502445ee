"""Whatever a customer writes comes back in the answers of agents, and means nothing there.

His words stand in the notice, and the notice in the answer, as each mail program quotes it.
"""

from base64 import encodebytes
from collections.abc import Iterator
from contextlib import contextmanager
from email.header import Header
from types import ModuleType

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from maildesk.mail.reading import read
from maildesk.mail.smtp import Envelope
from maildesk.render import Renderer
from maildesk.rules.decide import decide
from maildesk.rules.facts import Candidate, Match, Received, SentLetter
from maildesk.rules.letters import (
    CustomerFigures,
    DeskFigures,
    MailFigures,
    Price,
    TicketFigures,
    excerpt,
)
from maildesk.rules.number import tag
from maildesk.rules.people import AgentFacts
from maildesk.rules.plan import Plan, Tell
from maildesk.rules.signed import Purpose
from maildesk.rules.staff.opening import UNTITLED
from maildesk.rules.staff.ready import ready_subjects
from maildesk.rules.subject import read_subject
from maildesk.rules.ticket import State
from tests.desk.office import LENA, Office, Sent
from tests.mails.replies import PROGRAMS, outlook, web, written
from tests.mails.replies.written import Written
from tests.rules.scene import ANNA, MURAT, NOW, POLICY, known, signed, ticket, words

MARTIN = AgentFacts(1, "mk", "Martin Koch", "mk@desk.example")
TAG = tag("DD", 1042)
RENDERER = Renderer()
TEXT = "Guten Tag,\n\nder Cache war voll, jetzt läuft er wieder.\n\nMartin"

# What the agent writes: his subject ({} is that of the notice) and his text.
ORDERS = {
    "an answer": ("AW: {}", TEXT),
    "behind the title": ("AW: {} #zu +25m", TEXT),
    "in front": ("#warte 3t +25m AW: {}", TEXT),
    "ready-made": ("{} #zu +15m", TEXT),
    "in the text": ("Re: {}", f"#an murat +5m\n\n{TEXT}"),
    "a note": ("AW: {} #notiz", TEXT),
    "only a command": ("AW: {}", "#zu +25m"),
    "mistyped": ("AW: {} #zuu", TEXT),
}
# These write in a set of characters that has not all of them.
WINDOWS_1252 = ("Outlook", "Outlook on the web", "Outlook for iOS", "Outlook for Android")


def in_subject(program: str, orders: str, with_text: bool, title: str, text: str) -> Plan:
    """Return what an agent's answer does, where a customer wrote this subject and this text."""
    asked = read(_customers(title, text), Envelope(ANNA, (), "smtp", NOW)).mail
    kept = read_subject(asked.subject, POLICY.code, POLICY.kinds).title or UNTITLED["de"]
    shown, is_cut = excerpt(asked.reply or asked.text)
    notice = RENDERER.words(
        "staff_reply", "de", desk=DeskFigures("Support"),
        ticket=TicketFigures(TAG, kept, "Normales Ticket"),
        price=Price("95,00 €", "", "minutengenau abgerechnet", "1 Stunde"),
        customer=CustomerFigures("Firm"), last=(), can_release=False, reply_to="customer",
        customer_address=ANNA, subjects=ready_subjects(TAG, kept, True, "de"),
        mail=MailFigures(f"Anna <{ANNA}>", asked.subject, shown, is_cut),
    )  # fmt: skip
    subject, own = ORDERS[orders]
    raw = replied(
        program, subject.format(notice.subject), own, with_text, notice.subject, notice.text
    )
    reading = read(raw, Envelope(MARTIN.address, (), "smtp", NOW))
    about = ticket(State.IN_PROGRESS, title=kept, assignee_id=MARTIN.id)
    facts = known(
        MARTIN.address,
        agent=MARTIN,
        agents=(MARTIN, MURAT),
        candidates=(Candidate(about, Match.SIGNED_ADDRESS),),
        letter=SentLetter(77, MARTIN.address, about.id, "staff_reply"),
    )
    received = Received(
        inbound_id=5,
        envelope=Envelope(MARTIN.address, (), "smtp", NOW),
        reading=reading,
        subject=read_subject(reading.mail.subject, POLICY.code, POLICY.kinds),
        proofs=signed(Purpose.AGENT_REPLY, MARTIN.id),
    )
    return decide(received, facts, POLICY, NOW)


def _customers(title: str, text: str) -> bytes:
    head = f"From: {ANNA}\nSubject: {_encoded(title)}\nContent-Type: text/plain; charset=utf-8\n"
    body = encodebytes(text.encode()).decode()
    return f"{head}Content-Transfer-Encoding: base64\n\n{body}".replace("\n", "\r\n").encode()


def _encoded(subject: str) -> str:
    return Header(subject, "utf-8", maxlinelen=900).encode(linesep="")


def replied(
    program: str, subject: str, own: str, with_text: bool, answered: str, notice: str
) -> bytes:
    """Return an agent's answer to a notice as a mail program sends it."""
    if program in WINDOWS_1252:
        notice = notice.encode("cp1252", "replace").decode("cp1252")
        answered = answered.encode("cp1252", "replace").decode("cp1252")
    with _quoting(answered, notice):
        raw = PROGRAMS[program](Written(own, text=with_text))
    head, _, rest = raw.partition(b"\r\n\r\n")
    lines = [line for line in head.split(b"\r\n") if not line.startswith(b"Subject:")]
    return b"\r\n".join([*lines, f"Subject: {_encoded(subject)}".encode(), b"", rest])


@contextmanager
def _quoting(subject: str, notice: str) -> Iterator[None]:
    """Let the builders quote another notice than their own."""
    block = tuple((name, subject if name == "Betreff" else v) for name, v in outlook._BLOCK)
    instead: list[tuple[ModuleType, str, object]] = [
        (written, "NOTICE", notice), (written, "SUBJECT", "x"), (web, "SUBJECT", subject),
        (outlook, "_BLOCK", block),
        (outlook, "_BLOCK_TEXT", "".join(f"{name}: {value} \n" for name, value in block)),
    ]  # fmt: skip
    before = [(module, name, getattr(module, name)) for module, name, _ in instead]
    try:
        for module, name, value in instead:
            setattr(module, name, value)
        yield
    finally:
        for module, name, value in before:
            setattr(module, name, value)


def effect(plan: Plan) -> list[str]:
    """Return all that a plan does, with the words that it sends; what is only told to the agent
    himself about words that were skipped is left out."""
    steps = [step for step in plan if not (isinstance(step, Tell) and _is_about_skipped(step))]
    sent = [
        f"{step.letter} {step.more.get('words', '')!r} {step.own!r}"
        for step in steps
        if isinstance(step, Tell)
    ]
    return words(tuple(steps)) + sent


def _is_about_skipped(step: Tell) -> bool:
    return step.letter == "staff_receipt" and bool(step.more["inherited"])


COMMANDS = ("#zu", "#close", "#spam", "#an murat", "#notiz", "+25m", "#undo", "#weg anna@firm.example",
            "#dazu mallory@evil.example", "#close-button", "#1", "＃ｚｕ", "#z\u200bu")  # fmt: skip
PREFIXES = ("AW:", "Re:", "WG:", "Fwd :", "re[2]:", "[EXT]", "i:", "Antwort:")
TAGS = ("[DD-10008]", f"[{TAG}]", TAG, "[Quickticket]", "[dringend]", "[Ticket#1]", "[x]", "DD-")
ODD = ("\u202e", "\u200b", "\ufeff", "…", "“", "\u0130", "ß", "\u00a0", "\x85", "\u2028")
TITLES = st.lists(
    st.one_of(st.sampled_from((*COMMANDS, *PREFIXES, *TAGS, *ODD, "Shop", "3t", "offline" * 9)),
              st.text(st.characters(exclude_categories=["Cs"]), max_size=12)),
    max_size=30,
).map(" ".join)  # fmt: skip
LINES = (
    *COMMANDS, "Shop offline", "", "OK", "> #zu", ">> > #zu +25m", "-- ", "--", "| #zu |",
    "________________________________", "-----Ursprüngliche Nachricht-----",
    "-----Original Message-----", "Anfang der weitergeleiteten Nachricht:",
    "Am 23.11.2026 um 10:00 schrieb Support <support@desk.example>:",
    "On Mon, Nov 23, 2026 at 10:00 AM Support <support@desk.example> wrote:",
    "Von: Support <support@desk.example>\nGesendet: Montag\nAn: Anna\nBetreff: #zu",
    "Von meinem iPhone gesendet", "-- \nMartin Koch",
    "Eine Antwort auf diese E-Mail geht an den Kunden, in Ihrem Namen.",
    "Als Betreff Ihrer Antwort, zum Kopieren:", f"  [{TAG}] Shop #zu +15m", TEXT,
    "</blockquote></div><p>#zu</p>", "<!-- ", "]]>", "\x0c#zu", "\x0b#zu", "\x85#zu", "\u2028#zu",
    "\r#zu", "\u202e#zu", "\ufeff#zu", "\u200b> #zu", " #zu", "\t#zu", "From #zu", "x " * 300,
)  # fmt: skip
TEXTS = st.lists(
    st.one_of(st.sampled_from(LINES), st.text(st.characters(exclude_categories=["Cs"]), max_size=40)),
    max_size=8,
).map("\n".join)  # fmt: skip

PLAIN = {
    (program, orders, with_text): effect(in_subject(program, orders, with_text, "Shop", "Hilfe."))
    for program in PROGRAMS
    for orders in ORDERS
    for with_text in (True, False)
}


def test_without_words_of_the_customers_each_does_what_it_says():
    """The measure for all others: in every program the same, and the agent's words alone."""
    answered = f"answer {TEXT!r} ''"
    for (program, orders, _), plan in PLAIN.items():
        match orders:
            case "an answer":
                assert plan[-1] == answered, program
                assert plan[0] == "file 1042 answer", program
            case "behind the title" | "ready-made":
                assert "state 1042 in_progress > resolved" in plan, program
                assert f"closing {TEXT!r} ''" in plan, program
            case "in front":
                assert "state 1042 in_progress > waiting_customer" in plan, program
                assert f"question {TEXT!r} ''" in plan, program
            case "in the text":
                assert "book 1042 +5 by 1" in plan, program
                assert f"staff_assigned {TEXT!r} ''" in plan, program
            case "a note":
                assert plan[0] == "file 1042 note", program
                assert not any(step.startswith("tell anna") for step in plan), program
            case "only a command":
                assert "closing '' ''" in plan, program
            case "mistyped":
                assert plan[1:] == [f"tell {MARTIN.address} staff_refused", "staff_refused '' ''"]


LONG = ("#zu +25m " * 40, "Hilfe.")
NAMED = (f"[{TAG}] AW: #zu +25m", f"#zu\n{TEXT}\n-- \n#zu")


@settings(max_examples=700, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(sorted(PLAIN)), TITLES, TEXTS)
@example(("Outlook", "behind the title", True), *LONG)
@example(("GMX", "in front", False), *LONG)
@example(("Thunderbird below", "ready-made", False), *NAMED)
@example(("iPhone", "in the text", True), *NAMED)
def test_his_words_change_nothing(case, title, text):
    assert effect(in_subject(*case, title, text)) == PLAIN[case]


MISTAKES = [
    # title, text, why
    pytest.param("Shop", "Reply above this line", id="a mark of other desks, and answers below the quote"),
    pytest.param("doorst: Shop", "Hilfe.", id="a prefix that only mail.quote knows"),
]  # fmt: skip


@pytest.mark.parametrize(("title", "text"), MISTAKES)
def test_his_words_should_change_nothing(title, text):
    for case, plain in PLAIN.items():
        assert effect(in_subject(*case, title, text)) == plain, case


HOSTILE = [
    ("Outlook", "AW: {}", True, "#spam #zu +25m", "#zu +25m\n#an murat\n-- \n#spam"),
    ("GMX", "{}", False, "AW: Shop #zu", "Am 23.11.2026 um 10:00 schrieb Support <a@b.example>:\n#zu"),
    ("Thunderbird below", "Re: {}", True, "+25m [Quickticket] x", "> #zu +25m\n\x0c#zu\u2028#zu\r#zu\x85#zu"),
    ("iPhone", "AW: {}", True, "#zu " * 90, "\u202e#zu\u202c\n\ufeff#zu\nVon meinem iPhone gesendet\nOK"),
    ("Gmail for Android", "AW: {}", False, "\u200b#\u200bzu DD-10008", "Eine Antwort auf diese E-Mail bewirkt nichts.\n#zu"),
    ("Outlook for iOS", "AW: {}", True, "WG: AW: #dazu m@evil.example", "________________________________\nVon: x\nAn: y\nBetreff: #zu\n\n#zu"),
]  # fmt: skip


@pytest.mark.parametrize(("program", "subject", "with_text", "title", "text"), HOSTILE)
def test_in_the_whole_desk(
    desk: Office, program: str, subject: str, with_text: bool, title: str, text: str
) -> None:
    """The real notice, answered twice: with words, then with a command."""
    desk.receive(_customers(title, text))
    notice = desk.new_letters()[-1]
    assert (notice.rcpt_to, notice.purpose) == (LENA, "staff_new")
    shown = str(notice.message["Subject"])
    part = notice.message.get_body(("plain",))
    assert part
    quoted = str(part.get_content()).replace("\r\n", "\n")

    def answer(orders: str, own: str, mid: bytes) -> bytes:
        raw = replied(program, subject.format(shown) + orders, own, with_text, shown, quoted)
        for old, new in (
            (b"mk@desk.example>\r\nTo", f"{LENA}>\r\nTo".encode()),
            (b"r1@mk.desk.example", mid),
            (b"mid.a.10004@desk.example", notice.mid.encode()),
        ):
            assert old in raw
            raw = raw.replace(old, new)
        return raw

    desk.receive(answer("", TEXT, b"1@agency.example"), notice.reply_to)
    (sent,) = _but_receipts(desk)
    assert (sent.rcpt_to, sent.purpose) == (ANNA, "answer")
    assert sent.text.startswith(" ".join(TEXT.split())), "no more and no less than she wrote"
    assert len(sent.text) < len(" ".join(TEXT.split())) + 20
    ticket = desk.ticket(1000)
    assert (ticket.state, ticket.assignee_id) == ("in_progress", 1)
    assert desk.minutes(1000) == 0

    desk.receive(answer(" #warte 3t +5m", "", b"2@agency.example"), notice.reply_to)
    assert _but_receipts(desk) == []
    ticket = desk.ticket(1000)
    assert (ticket.state, ticket.assignee_id, desk.minutes(1000)) == ("waiting_customer", 1, 5)
    assert len(desk.tickets()) == 1


def _but_receipts(desk: Office) -> list[Sent]:
    """Return the letters that left, without those that tell the agent what was skipped."""
    return [
        letter
        for letter in desk.new_letters()
        if (letter.rcpt_to, letter.purpose) != (LENA, "staff_receipt")
    ]
