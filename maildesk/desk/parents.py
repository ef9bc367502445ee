"""Replies that still hold lines of the letter of ours that they answer lose them.

The reader has no database, so it knows only what marks and attributions tell. Where they told it
too little the letter itself does. Few replies need it; for those the letters are read in one query.
"""

from collections.abc import Sequence
from dataclasses import replace

from sqlmodel import Session

from maildesk.mail.message import Origin
from maildesk.mail.parent import letter_text, without_parent
from maildesk.mail.quote import is_reply
from maildesk.rules.facts import Facts, Received
from maildesk.rules.number import tag
from maildesk.rules.staff.orders import holds_notice
from maildesk.store import queries

_UNCUT = 300  # characters: a shorter reply holds no letter of ours that it would not name


def without_parents(
    session: Session, batch: Sequence[Received], facts: Sequence[Facts], code: str
) -> list[Received]:
    """Return the messages of a batch, their `mail.reply` without lines of what they answer.

    `facts` are theirs, in the same order; `code` is that of the ticket numbers. What an agent
    wrote is cut only where that leaves nothing of our notice: else it stays as it is, and
    `rules.staff` lets nothing of it out.
    """
    asked = {
        each.inbound_id: known.letter.id
        for each, known in zip(batch, facts, strict=True)
        if known.letter is not None and _may_hold(each, known, code)
    }
    if not asked:
        return list(batch)
    letters = queries.letters_sent(session, set(asked.values()))
    return [
        _without(each, known, letters[asked[each.inbound_id]])
        if asked.get(each.inbound_id) in letters
        else each
        for each, known in zip(batch, facts, strict=True)
    ]


def _may_hold(received: Received, facts: Facts, code: str) -> bool:
    """A cheap look that seldom says yes where there is nothing."""
    mail = received.reading.mail
    refers = bool(mail.references or mail.in_reply_to)
    if received.reading.origin is not Origin.PERSON or not is_reply(mail.subject, refers):
        return False
    if facts.agent is not None:
        return holds_notice(mail.reply)
    if not mail.reply:
        return bool(mail.text.strip())  # an answer below an unmarked copy, perhaps
    is_uncut = len(mail.reply) > _UNCUT and 2 * len(mail.reply) > len(mail.text)
    about = facts.letter.ticket_id if facts.letter else None
    return is_uncut or (about is not None and tag(code, about) in mail.reply)


def _without(received: Received, facts: Facts, raw: bytes) -> Received:
    reading = received.reading
    mail = reading.mail
    parent = letter_text(raw)
    own = without_parent(mail.reply or mail.text, parent, facts.agent is not None)
    if own == (mail.reply or mail.text):
        return received
    return replace(received, reading=replace(reading, mail=replace(mail, reply=own)))
