"""A customer who is asked, without an agent's command: for stories about his answers."""

from maildesk.desk.act import act
from maildesk.rules.plan import Change, SetState, Touch
from maildesk.rules.process.asking import ask, next_number
from maildesk.rules.process.cycle import after_move
from maildesk.rules.process.request_words import amount_of
from maildesk.rules.requests import About, Request
from maildesk.rules.ticket import State
from tests.desk.office import ANNA, Office, Sent, mail

WAITS = {About.ACCEPTANCE: (State.ACCEPTANCE, "T25")}


def ticket_at_work(desk: Office, author: str = ANNA) -> int:
    """Return a new ticket of the author's that somebody works on."""
    ticket = desk.receive(mail(author, "Shop is empty", message_id="first@firm.example")).ticket_id
    assert ticket
    desk.set_state(ticket, "in_progress")
    desk.new_letters()
    return ticket


def ask_for(
    desk: Office, ticket_id: int, about: About = About.OVERRUN, minutes: int | None = 120
) -> Sent:
    """Ask those who may decide, and return the (first) letter to them."""

    def decide(facts, ticket):
        policy = desk.desk.policy
        kind = next(kind for kind in policy.kinds if kind.name == ticket.kind)
        cost = about in (About.OVERRUN, About.QUOTE)
        request = Request(
            ticket_id=ticket.id, number=next_number(facts, ticket.id), about=about,
            asked_at=desk.now, minutes=minutes if cost else None,
            is_open_limit=cost and minutes is None,
            amount=amount_of(minutes, kind, facts.customer, policy) if cost and minutes else None,
            words="The basket is more work than we thought.", before=ticket.state.value,
            kind="quick-high" if about is About.ORDER else "",
        )  # fmt: skip
        letters = ask(ticket, facts, policy, request)
        steps = [Touch(ticket.id)]
        after, row = WAITS.get(about, (State.WAITING_APPROVAL, "T16"))
        if ticket.state is not after and about is not About.ORDER:
            moved = after_move(ticket, ticket.state, after, desk.now, policy)
            if about is not About.ACCEPTANCE:
                moved["waits_for"] = about.value
            steps += [SetState(ticket.id, ticket.state, after, "asked", row),
                      Change(ticket.id, moved, "asked")]  # fmt: skip
        return (*steps, *letters)

    desk.new_letters()
    act(desk.desk, ticket_id, decide, desk.now, "lena")
    return next(letter for letter in desk.new_letters() if letter.reply_to)


def reply(letter: Sent, text: str, author: str = "", message_id: str = "answer", **more) -> bytes:
    """Return an answer to a letter of ours, by its recipient unless told otherwise."""
    return mail(
        author or letter.rcpt_to,
        f"Re: {letter.message['Subject']}",
        text,
        to=letter.reply_to,
        message_id=f"{message_id}@firm.example",
        reply_to=[letter.mid],
        **more,
    )


def answered(desk: Office, letter: Sent, text: str, author: str = "", message_id: str = "answer",
             **more):  # fmt: skip
    """Let somebody answer a letter, and return what was made of it."""
    raw = reply(letter, text, author, message_id, **more)
    return desk.receive(raw, rcpt_to=letter.reply_to, return_path=author or letter.rcpt_to)
