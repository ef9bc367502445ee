"""#portal: whom an agent may let into the service area, and what comes of it."""

from dataclasses import replace

import pytest

from maildesk.rules.decide import decide
from maildesk.rules.facts import DoneDeed, Person, StaffFacts
from maildesk.rules.plan import Deed, LetIn, Tell
from maildesk.rules.signed import Purpose
from tests.rules.scene import (
    ANNA,
    BERT,
    CONTACTS,
    FIRM,
    KARL,
    LENA,
    NOW,
    POLICY,
    TAG,
    Candidate,
    Match,
    known,
    received,
    signed,
    ticket,
    words,
)  # fmt: skip

PAGES = replace(POLICY, has_page=True, undo_seconds=60)
OTHERS = replace(CONTACTS[BERT], customer_id=8)
IN = replace(CONTACTS[ANNA], is_let_in=True)


def plan(order, person=None, policy=PAGES, of=7, deed=None, text=""):
    about = ticket(customer_id=of)
    staff = StaffFacts(
        people={person.address: Person(person.address, person, FIRM)} if person else {},
        deeds={about.id: deed} if deed else {},
    )
    facts = known(LENA.address, customer=FIRM, staff=staff,
                  candidates=(Candidate(about, Match.SIGNED_ADDRESS),))  # fmt: skip
    mail = received(LENA.address, f"{order} AW: {TAG} Shop",
                    proofs=signed(Purpose.AGENT_REPLY, LENA.id))  # fmt: skip
    body = replace(mail.reading.mail, text=text, reply=text)
    mail = replace(mail, reading=replace(mail.reading, mail=body), released_by=LENA.id)
    return decide(mail, facts, policy, NOW)


def test_a_contact_is_let_in_and_told():
    done = plan(f"#portal {ANNA.title()}", CONTACTS[ANNA])
    assert words(done) == [
        "file 1042 note", "let in anna@firm.example by lena",
        "tell anna@firm.example portal_invited", *words(done)[3:],
    ]  # fmt: skip
    told = next(step for step in done if isinstance(step, Tell))
    assert (told.ticket_id, told.delay, told.auto) == (None, 60, "auto-generated")
    (receipt,) = [s for s in done if isinstance(s, Tell) and s.letter == "staff_receipt"]
    assert receipt.more["done"] == (
        "Servicebereich freigeschaltet für anna@firm.example; die E-Mail dazu ist unterwegs",
    )
    assert receipt.more["undo"] == 60
    assert next(step for step in done if isinstance(step, Deed)).before["let_in"] == ANNA


def test_without_pages_nobody_is_sent_there():
    done = plan(f"#portal {ANNA}", CONTACTS[ANNA], POLICY)
    assert [s.letter for s in done if isinstance(s, Tell)] == ["staff_receipt"]
    assert LetIn(1042, ANNA, "lena") in done


@pytest.mark.parametrize(("order", "person", "of", "said", "why"), [
    (f"#portal {KARL}", None, 7, "karl@elsewhere.example“ ist keine Kontaktperson", "nobody"),
    (f"#portal {BERT}", OTHERS, 7, "ist keine Kontaktperson des Kunden", "of somebody else"),
    (f"#portal {ANNA}", CONTACTS[ANNA], None, "ist keine Kontaktperson", "nobody's ticket"),
    (f"#portal {ANNA}", IN, 7, "schon freigeschaltet", "already"),
    ("#portal", None, 7, "fehlt eine Angabe", "who"),
])  # fmt: skip
def test_nobody_is_let_in_by_a_slip(order, person, of, said, why):
    done = plan(order, person, of=of)
    assert not any(isinstance(step, LetIn) for step in done), why
    (refused,) = [step for step in done if isinstance(step, Tell)]
    assert said in refused.more["reason"], why


def test_undo_lets_out_again():
    deed = DoneDeed(9, 4, "#portal", {"let_in": ANNA}, 0, {}, waiting=(ANNA,))
    done = plan("#undo", IN, deed=deed)
    assert "let out anna@firm.example" in words(done)
    (receipt,) = [s for s in done if isinstance(s, Tell)]
    assert "Servicebereich wieder gesperrt für anna@firm.example" in receipt.more["done"]
