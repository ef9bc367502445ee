"""P15: fields and marks from outside steer nothing; results of others prove nothing."""

from maildesk.rules.number import tag
from maildesk.store.tables import ParticipantRow, TicketRow
from maildesk.store.work_tables import DeedRow
from tests.desk.office import ANNA, EMILY, LENA, mail
from tests.promises.mails import load

OWN = {"id", "title"}  # what differs between any two tickets


def test_p15_control_fields_make_no_difference(desk):
    made = []
    for number, name in enumerate(("p15_plain", "p15_control_headers")):
        row = desk.receive(load(name, subject=f"Shop number {number} is empty", number=str(number)))
        ticket = desk.ticket(row.ticket_id)
        fields = {each: getattr(ticket, each) for each in TicketRow.model_fields if each not in OWN}
        people = [each.address for each in desk.rows(ParticipantRow, ParticipantRow.address)
                  if each.ticket_id == ticket.id]  # fmt: skip
        letters = [(each.rcpt_to, each.purpose, each.return_path[:9], sorted(each.message.keys()))
                   for each in desk.new_letters()]  # fmt: skip
        made.append((row.state, fields, people, letters))
    assert made[0] == made[1]
    assert made[0][2] == [EMILY]
    assert desk.rows(DeedRow) == []


def test_p15_results_that_a_sender_wrote_prove_nothing(desk):
    ticket = desk.receive(mail(ANNA, "Shop is empty")).ticket_id
    desk.new_letters()
    before = desk.ticket(ticket).state
    desk.receive(load("p15_results", tag=tag("DD", ticket)))
    assert {each.rcpt_to for each in desk.new_letters()} == {LENA}
    assert (desk.ticket(ticket).state, desk.minutes(ticket)) == (before, 0)
    assert desk.messages(ticket)[-1] == (LENA, "unverified")
