"""What an agent does with a mail that needed a look. Whatever it is, the mail stays stored."""

from datetime import datetime

from maildesk.desk import by_hand, intake, lists, spam
from maildesk.desk.board.mail import bounds
from maildesk.desk.context import Desk
from maildesk.desk.people import Refused
from maildesk.desk.within_limits import WarmReader
from maildesk.rules.people import AgentFacts
from maildesk.store.tables import InboundRow


def release(desk: Desk, inbound_id: int, agent: AgentFacts, reader: WarmReader) -> None:
    """Have a held mail handled as proven, by the word of the agent who is signed in.

    It may be slow, as the mail is read once more. Raises Refused if it is not his, is not held, came too late or
    cannot be read.
    """
    with desk.db.read() as session:
        mail = lists.stored_mail(session, inbound_id)
    reading, trouble = reader.read(mail.raw, mail.envelope, bounds(desk))
    if reading is None or trouble:
        raise Refused(f"mail {inbound_id} is not released: {trouble or 'it cannot be read'}")
    author, sent = reading.mail.author or "", reading.mail.date
    by_hand.vouch(desk.db, inbound_id, agent.login, author, sent)


def replay(desk: Desk, inbound_id: int) -> None:
    """Hand a mail to the desk once more. Raises Refused if it is on none of the lists."""
    if not intake.replay(desk.db, inbound_id):
        raise _on_no_list(inbound_id)


def restore(desk: Desk, inbound_id: int) -> None:
    """Say that a hidden mail is no spam. Raises Refused if it is not hidden."""
    spam.restore(desk.db, inbound_id)


def dismiss(desk: Desk, inbound_id: int, now: datetime) -> None:
    """Take a mail off the lists. Raises Refused if it is on none of them."""
    if not by_hand.dismiss(desk.db, inbound_id, now):
        raise _on_no_list(inbound_id)


def is_handled(desk: Desk, inbound_id: int) -> bool:
    """Tell whether a mail waits for nothing any more."""
    with desk.db.read() as session:
        row = session.get(InboundRow, inbound_id)
        return row is None or row.state != "waiting"


def _on_no_list(inbound_id: int) -> Refused:
    return Refused(f"mail {inbound_id} is on none of the lists any more")
