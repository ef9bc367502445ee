"""Evidence and keys become proofs. What needs rows or DNS is handed in."""

from datetime import date

from maildesk.mail.message import Reading
from maildesk.mail.smtp import Envelope
from maildesk.rules.facts import Proofs
from maildesk.rules.signed import Keyring, read_address, read_message_id


def prove(reading: Reading, envelope: Envelope, keyring: Keyring, today: date) -> Proofs:
    """Return what our signatures on a message prove: that it is ours, whom it answers."""
    candidates = dict.fromkeys((*envelope.rcpt_to, *reading.evidence.recipients))
    signed = (read_address(keyring, address, today) for address in candidates if "+" in address)
    return Proofs(
        is_ours=read_message_id(keyring, reading.mail.message_id) is not None,
        addresses=tuple(address for address in signed if address is not None),
    )
