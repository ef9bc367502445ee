"""What each proof allows, and what it is for: rules 9 and 11 of the commands."""

from dataclasses import replace

import pytest

from maildesk.rules.decide import decide
from maildesk.rules.facts import Candidate, Facts, Match, Proofs, Received
from maildesk.rules.join import join
from maildesk.rules.plan import AddMessage, Plan, Tell
from maildesk.rules.signed import Purpose
from tests.rules.scene import (
    ANNA,
    BY_ADDRESS,
    BY_REFERENCE,
    BY_TAG,
    GONE,
    LENA,
    MURAT,
    NOW,
    POLICY,
    TAG,
    TICKET,
    known,
    received,
    signed,
    ticket,
    words,
)

A, B, C = Proofs(domain_passed=True), Proofs(domain_signed=True), Proofs(login="Lena")
ACCOUNT = Proofs(account="lena")
FAILED = {"dmarc_failed": True, "disowned": True}


def led(mail: Received, facts: Facts) -> Plan:
    return decide(mail, facts, POLICY, NOW)


def of_lena(subject: str = f"Re: {TAG} Shop", proofs: Proofs = A, **more: object) -> Received:
    mail = received(LENA.address, subject, proofs=proofs)
    return replace(mail, **more)  # type: ignore[arg-type]  # fields of Received


WHO = [
    # proofs, agent, proven, why
    (A, LENA, True, "our server says that her domain passed"),
    (ACCOUNT, LENA, True, "our server saw her login"),
    (ACCOUNT, MURAT, False, "that is not his"),
    (B, LENA, True, "her domain signed it"),
    (C, LENA, True, "she logged in here"),
    (C, MURAT, False, "as another"),
    (Proofs(), LENA, False, "From alone"),
    (replace(A, **FAILED), LENA, False, "our server says two things"),
    (replace(ACCOUNT, **FAILED), LENA, False, "a login there, and a failure"),
    (replace(B, **FAILED), LENA, False, "signed, and failed"),
    (replace(C, **FAILED), LENA, True, "a login here overrides what our server says"),
]


@pytest.mark.parametrize(("proofs", "agent", "proven", "why"), WHO, ids=[row[3] for row in WHO])
def test_p12_who_is_proven(proofs: Proofs, agent: object, proven: bool, why: str) -> None:
    assert proofs.prove(agent) is proven, why  # type: ignore[arg-type]  # AgentFacts of the scene


NOTE, ANSWER, HELD = "file 1042 note", "file 1042 answer", "file 1042 unverified"
# Lena's mail with words and no command: where do they go?
TO: list[tuple[Received, Facts, str, str]] = [
    (of_lena(), known(LENA.address, candidates=BY_TAG), NOTE, "a number names the ticket, no more"),
    (of_lena(), known(LENA.address, candidates=BY_REFERENCE), NOTE, "a reference likewise"),
    (of_lena(f"#reply Re: {TAG} Shop"), known(LENA.address, candidates=BY_TAG), ANSWER, "she says so"),
    (of_lena(proofs=replace(A, addresses=signed(Purpose.CUSTOMER, 1).addresses)), known(LENA.address, candidates=BY_ADDRESS), ANSWER, "the customer's thread"),
    (of_lena(proofs=replace(A, addresses=signed(Purpose.AGENT_REPLY, 1).addresses)), known(LENA.address, candidates=BY_ADDRESS), ANSWER, "her notice"),
    (of_lena(proofs=replace(A, addresses=signed(Purpose.AGENT_REPLY, 2).addresses)), known(LENA.address, candidates=BY_ADDRESS), ANSWER, "a colleague's, forwarded to her"),
    (of_lena(proofs=replace(A, addresses=signed(Purpose.AGENT_NOTE, 2).addresses)), known(LENA.address, candidates=BY_ADDRESS), NOTE, "a colleague's alarm"),
    (of_lena(proofs=replace(A, addresses=(*signed(Purpose.CUSTOMER, 1).addresses, *signed(Purpose.AGENT_NOTE, 2).addresses))), known(LENA.address, candidates=BY_ADDRESS), NOTE, "both: what is inside stays inside"),
    (of_lena(proofs=replace(A, addresses=signed(Purpose.CHALLENGE, 1, "1042").addresses)), known(LENA.address, candidates=BY_TAG), NOTE, "a question's number is no ticket's"),
    (of_lena(proofs=replace(Proofs(**FAILED), addresses=signed(Purpose.AGENT_REPLY, 1).addresses)), known(LENA.address, candidates=BY_ADDRESS), HELD, "her own notice's, but forged"),
    (of_lena(proofs=replace(C, **FAILED, addresses=signed(Purpose.AGENT_REPLY, 1).addresses)), known(LENA.address, candidates=BY_ADDRESS), ANSWER, "and with a login"),
    (of_lena(proofs=Proofs(**FAILED), released_by=LENA.id), known(LENA.address, candidates=BY_TAG), NOTE, "she herself released it"),
    (of_lena(proofs=Proofs()), known(LENA.address, candidates=BY_TAG), HELD, "nothing"),
]  # fmt: skip


@pytest.mark.parametrize(("mail", "facts", "filed", "why"), TO, ids=[row[3] for row in TO])
def test_where_words_go(mail: Received, facts: Facts, filed: str, why: str) -> None:
    plan = led(mail, facts)
    assert words(plan)[0] == filed, why
    outside = [step for step in plan if isinstance(step, Tell) and step.to.address == ANNA]
    assert bool(outside) is (filed == ANSWER), why


def test_a_number_in_the_text_names_no_ticket() -> None:
    plan = led(of_lena("About something"), known(LENA.address, candidates=BY_TAG))
    assert words(plan)[0].startswith("open 2000"), "it is a mail of her own"


def test_a_proven_mail_about_no_ticket_opens_one() -> None:
    plan = led(of_lena("#for kunde@shop.example Cart"), known(LENA.address))
    assert words(plan)[:2] == ["open 2000 normal for 1", "file 2000 note"]


def test_who_left_is_proven_by_nothing() -> None:
    mail = replace(received(GONE.address, f"Re: {TAG} Shop", proofs=A))
    assert words(led(mail, known(GONE.address, candidates=BY_TAG)))[0] == HELD


def test_drastic_commands_are_asked_about_only_after_a_weak_proof() -> None:
    weak = of_lena(f"#spam {TAG}", signed(Purpose.AGENT_NOTE, 1))
    assert "tell Lena staff_confirm" in words(led(weak, known(LENA.address, candidates=BY_ADDRESS)))
    for proofs in (A, B, C):
        plan = led(of_lena(f"#spam {TAG}", proofs), known(LENA.address, candidates=BY_TAG))
        assert "state 1042 in_progress > spam" in words(plan)


def test_an_answer_to_a_question_that_is_settled_opens_no_ticket() -> None:
    late = replace(A, addresses=signed(Purpose.CHALLENGE, 1, "17").addresses)
    assert words(led(of_lena("Re: held", late), known(LENA.address))) == [
        "leave dismissed: lena: he answered a question that waits for no answer, or not with OK"
    ]


def test_a_forged_ok_releases_nothing() -> None:
    asked = signed(Purpose.CHALLENGE, 1, "17")
    facts = known(LENA.address)
    facts = replace(facts, staff=replace(facts.staff, asked=17))
    mail = of_lena("Re: held", asked)
    ok = replace(mail.reading, mail=replace(mail.reading.mail, reply="OK"))
    assert "release 17 by 1" in words(led(replace(mail, reading=ok), facts))
    forged = replace(mail, reading=ok, proofs=replace(asked, **FAILED))
    assert not any(line.startswith("release") for line in words(led(forged, facts)))


def test_a_participant_whose_domain_disowns_the_mail_is_a_stranger() -> None:
    forged = received(ANNA, f"Re: {TAG} Shop", proofs=Proofs(**FAILED))
    facts = known(ANNA, candidates=BY_TAG)
    plan = led(forged, facts)
    assert words(plan) == ["file 1042 third_party", "tell Lena staff_third_party"]
    (told,) = [step for step in plan if isinstance(step, Tell)]
    assert told.more == {"disowned": True}
    lenient = replace(forged, proofs=Proofs(dmarc_failed=True))
    assert join(lenient, facts) == (facts.candidates[0], "participant"), "the domain asks nothing"


def test_what_our_server_calls_forged_gets_no_answer() -> None:
    def confirmed(proofs: Proofs) -> bool:
        plan = led(received(ANNA, proofs=proofs), known(ANNA))
        assert isinstance(plan[1], AddMessage), "it opens a ticket all the same"
        return any(isinstance(step, Tell) and step.to.address == ANNA for step in plan)

    assert confirmed(Proofs())
    assert not confirmed(Proofs(dmarc_failed=True))
    assert not confirmed(Proofs(**FAILED))


def test_of_two_tickets_the_signed_one_is_meant() -> None:
    other = ticket(id=1050)
    named = (Candidate(other, Match.SIGNED_ADDRESS), Candidate(TICKET, Match.TAG))
    proofs = replace(A, addresses=signed(Purpose.AGENT_NOTE, 2, "1050").addresses)
    assert words(led(of_lena(proofs=proofs), known(LENA.address, candidates=named)))[0] == (
        "file 1050 note"
    )
