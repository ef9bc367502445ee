"""The decision about a mail, told to operators: the same as the desk's own, and nothing is done."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from sqlmodel import SQLModel

from maildesk.desk import blocked
from maildesk.desk.explain import explain
from maildesk.desk.explain_desk import looking_desk
from maildesk.desk.explain_past import from_file, stored
from maildesk.mail.reading import read
from maildesk.rules.number import tag
from maildesk.rules.signed import Purpose, SignedAddress, address
from tests.desk.office import ANNA, BERT, EMILY, LENA, MURAT, START, SUPPORT, mail

CARLA = "carla@elsewhere.example"
FIRST = tag("DD", 1000)


def told(desk, raw, to=(), return_path="r@x.example", via="smtp"):
    """Return the explanation of a mail as if it came now."""
    given = from_file(raw, return_path, tuple(to), via, desk.now)
    return explain(desk.desk, given, read(raw, given.envelope), desk.now)


def told_of(desk, inbound_id):
    with desk.desk.db.read() as session:
        given = stored(session, inbound_id)
    return explain(desk.desk, given, read(given.raw, given.envelope), desk.now)


def rows(desk):
    """Return everything in the database, by table."""
    with desk.desk.db.read() as session:
        return {
            table.name: sorted(map(repr, session.execute(table.select())))
            for table in SQLModel.metadata.sorted_tables
        }


@pytest.fixture
def begun(desk):
    """A desk with Anna's ticket, the confirmation that she got, and the notice that Lena got."""
    desk.receive(mail(f"Anna Berger <{ANNA}>", "Cart is broken", message_id="1@firm.example"))
    desk.confirmation, desk.notice = desk.new_letters()
    assert desk.tickets()[0].id == 1000
    return desk


def answer(letter, sender, **more):
    subject = f"Re: {letter.message['Subject']}"
    return mail(sender, subject, "It is the page.", letter.reply_to, reply_to=[letter.mid], **more)


KINDS = [
    # the mail                                  role        taken    first words of the plan     why
    (lambda d: mail(BERT, "New one"), "contact", "", "opens ", "a request"),
    (lambda d: mail(f"x@{'firm.example'}", "New"), "domain", "", "opens ", "a domain that is known"),
    (lambda d: answer(d.confirmation, ANNA), "contact", FIRST, f"goes into {FIRST}", "an answer"),
    (lambda d: answer(d.notice, LENA), "agent", FIRST, "goes as an answer into", "an agent's"),
    (lambda d: answer(d.notice, MURAT), "agent", FIRST, "goes, unproven", "another agent's address"),
    (lambda d: mail(LENA, f"[{FIRST}] Cart #close"), "agent", FIRST, "goes, unproven", "a bare From"),
    (lambda d: mail(LENA, "Cart #close"), "agent", "", "held: ", "a bare From about nothing"),
    (lambda d: d.bounce_of(d.confirmation, "b"), "stranger", FIRST, "goes as a report", "a bounce"),
    (lambda d: answer(d.confirmation, ANNA, Auto_Submitted="auto-replied"), "contact", FIRST,
     "goes as an automatic mail into", "a vacation notice"),
    (lambda d: mail(CARLA, "News", List_Id="<n.example>"), "stranger", "", "automatic: ", "a list"),
    (lambda d: mail(CARLA, f"[{FIRST}] Cart"), "stranger", "", "opens ", "a number is no key"),
    (lambda d: answer(d.confirmation, CARLA), "stranger", FIRST, "goes, flagged", "a stranger's"),
    (lambda d: mail(f"{ANNA}\r\nFrom: {LENA}", "Two"), "nobody", "", "opens ", "two From"),
    (lambda d: mail(SUPPORT, "Me"), "desk", "", "opens ", "our own address"),
    (lambda d: mail(f"Anna Berger <{ANNA}>", "Cart is broken", message_id="1@firm.example"),
     "contact", "", "duplicate: ", "the same mail again"),
]  # fmt: skip


@pytest.mark.parametrize(("made", "role", "taken", "plan", "why"), KINDS)
def test_it_says_what_the_desk_then_does_and_writes_nothing(begun, made, role, taken, plan, why):
    raw = made(begun)
    before = rows(begun)
    found = told(begun, raw)
    assert rows(begun) == before, "nothing is written, and no number is taken"

    decision = found.decision
    assert decision.writer.role == role, why
    assert decision.plan.summary.startswith(plan), why
    assert ", ".join(each.ticket for each in decision.tickets if each.taken) == taken, why
    assert all(each.why for each in decision.tickets), why
    begun.receive(raw)
    left = [(letter.rcpt_to, str(letter.message["Subject"])) for letter in begun.new_letters()]
    assert [(each.to, each.subject) for each in decision.plan.letters] == left, why


def test_a_stranger_with_a_number_is_told_why_it_is_no_key(begun):
    found = told(begun, mail(CARLA, f"[{FIRST}] [DD-99992] Cart"), via="lmtp").decision
    (choice,) = found.tickets
    assert (choice.match, choice.taken) == ("tag", False)
    assert choice.why == (
        f"{CARLA} does not take part in it, and a number is no key: anybody may write one"
    )
    assert found.gate.answered
    (letter, _) = found.plan.letters
    assert (letter.template, letter.to, letter.counted) == ("confirm_stranger", CARLA, True)
    assert "mentions" in found.plan.steps[0]


def test_which_of_two_tickets_and_why_not_the_other(begun):
    begun.receive(mail(ANNA, "Invoice"))
    other = tag("DD", 1001)
    answered = begun.letters()[-2]
    found = told(begun, answer(answered, ANNA, References=f"<{begun.confirmation.mid}>")).decision
    assert {each.ticket: each.taken for each in found.tickets} == {other: True, FIRST: False}
    assert [each.why for each in found.tickets if not each.taken] == [
        f"the author takes part in it, but {other} is named first"
    ]
    begun.set_state(1001, "closed", closed=True)
    found = told(begun, answer(answered, ANNA)).decision
    assert found.tickets[0].why.endswith("but it is closed: a new ticket follows it")
    assert f"follows {other}" in found.plan.steps[0]


def test_a_signed_address_proves_for_one_person_and_for_a_time(begun):
    ring = begun.desk.keyring

    def proof(to, sender=LENA):
        raw = mail(sender, f"[{FIRST}] Cart", to=to, Date=format_datetime(begun.now))
        found = told(begun, raw, to=[to]).decision
        first = next(each for each in found.proofs if each.words.startswith("signed address"))
        return first.holds, first.why, found.writer.believed

    def signed(days):
        day = (begun.now + timedelta(days=days)).date()
        return address(ring, SUPPORT, SignedAddress(Purpose.AGENT_REPLY, "1000", 1, day))

    holds, reason, believed = proof(signed(1))
    assert (holds, believed) == (True, True)
    assert reason.startswith(f"an answer of lena to the customer of {FIRST}, until 2026-11-24")
    assert proof(signed(-1)) == (
        False, f"an answer of lena to the customer of {FIRST}: over since 2026-11-22", False,
    )  # fmt: skip
    holds, reason, believed = proof(signed(1), MURAT)
    assert (holds, believed) == (False, False)
    assert reason.endswith(f"but it is from {MURAT}: it proves nothing")
    forged = signed(1).replace(".", ".a", 1)
    assert proof(forged)[:2] == (False, f"{forged} is not signed by us")


def test_a_stored_mail_what_became_of_it_and_what_would_now(begun):
    found = told_of(begun, 1)
    past = found.past
    assert (past.state, past.ticket, past.standing) == ("filed", FIRST, "participant")
    assert past.journal
    assert {each.rcpt_to for each in past.letters} == {ANNA, LENA}
    decision = found.decision
    assert decision.known == f"the same mail is in {FIRST} already"
    assert decision.plan.summary == "duplicate: the same mail came before; no letter"
    assert decision.if_new.summary == f"opens {tag('DD', 1001)}; 2 letters", "not in its own ticket"
    assert not decision.tickets

    held = begun.receive(mail(LENA, "Do it"))
    begun.new_letters()
    found = told_of(begun, held.id)
    assert (found.past.state, found.decision.known) == ("held", "")
    assert found.decision.plan.letters[0].gone, "he was asked already, and is not again"


def test_a_blocked_sender_and_a_merged_ticket(begun):
    blocked.add(begun.desk.db, (SUPPORT,), "@elsewhere.example", "", 0, begun.now)
    found = told(begun, mail(CARLA, "Buy now")).decision
    assert [each.why for each in found.spam if each.holds] == ["@elsewhere.example is blocked"]
    assert found.plan.summary == f"opens {found.opens} as spam; no letter"
    assert not found.gate.asked, "nobody asks whether spam may be answered"
    assert 'as "Spam"' in found.plan.steps[0]

    begun.receive(mail(BERT, "Cart, too"))
    other = tag("DD", 1001)
    begun.set_state(1001, "merged", merged_into=1000)
    (choice,) = told(begun, mail(BERT, f"[{other}] Cart, too")).decision.tickets
    assert (choice.ticket, choice.taken) == (FIRST, True)
    assert choice.why == f"{other} was merged into it; the author is a contact of its customer"


def test_each_check_of_the_gate_and_the_one_that_counted(begun):
    found = told(begun, mail(CARLA, "Shop", Auto_Submitted="no"), return_path="").decision.gate
    assert not found.answered
    assert found.why_not == "its return path is empty"
    assert [check.holds for check in found.checks if check.words == "it was imported"] == [False]
    assert told(begun, mail(EMILY, "Shop")).decision.gate.answered


def test_keys_that_are_not_there_are_not_made(begun, tmp_path):
    (tmp_path / "keys.json").unlink()
    notes: list[str] = []
    desk = looking_desk(begun.desk.site, begun.desk.db, notes.append)
    assert not (tmp_path / "keys.json").exists()
    raw = answer(begun.confirmation, CARLA)
    given = from_file(raw, "", (), "file", START)
    found = explain(desk, given, read(raw, given.envelope), datetime.now(UTC), notes)
    assert found.notes
    assert found.notes[0].startswith("nothing that we signed is recognised")
    assert not any(check.holds for check in found.decision.proofs)
