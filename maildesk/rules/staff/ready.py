"""Ready-made subjects for the likeliest commands, to be copied out of a notice."""

from collections.abc import Mapping
from types import MappingProxyType

from maildesk.rules.letters import TITLE_MAX, is_german
from maildesk.rules.ticket import State

# German and English: what is written, and what it does.
_Offer = tuple[str, str, str, str]
_TAKE: _Offer = ("#mir", "#me", "Selbst übernehmen", "Take it yourself")
_START: _Offer = ("#start", "#start", "Zeiterfassung starten", "Start the timer")
_CLOSE: _Offer = (
    "#zu +15m", "#close +15m", "15 Minuten buchen und abschließen", "Book 15 minutes and close",
)  # fmt: skip
_WAIT: _Offer = (
    "#warte 3t", "#wait 3d",
    "Drei Arbeitstage auf den Kunden warten", "Wait for the customer, three working days",
)  # fmt: skip
_GO_ON: _Offer = ("#auf", "#open", "Nicht länger warten, weiterarbeiten", "Wait no longer, go on")
_REOPEN: _Offer = ("#auf", "#open", "Wieder öffnen", "Open it again")
_BILL: _Offer = ("#rechnung", "#bill", "Zur Abrechnung geben", "Hand it to billing")
_CANCEL: _Offer = ("#storno", "#cancel", "Stornieren", "Cancel it")
_DEFECT: _Offer = (
    "#mangel", "#defect", "Der Kunde nennt einen Mangel (Ihr Text sagt, welchen)",
    "The customer names a defect (your text says which)",
)  # fmt: skip
_LIVE: _Offer = ("#live", "#live", "Ist live, abschließen", "It is live, close")
_BY_PHONE_DE, _BY_PHONE = " (Ihr Text nennt, von wem)", " (your text names by whom)"


def _phone(german: str, english: str, done_de: str, done: str) -> _Offer:
    return (
        f"#telefon {german}", f"#phone {english}",
        f"Am Telefon {done_de}{_BY_PHONE_DE}", f"{done} on the phone{_BY_PHONE}",
    )  # fmt: skip


_APPROVED = _phone("freigabe", "approve", "freigegeben", "Approved")
_DECLINED = _phone("ablehnen", "decline", "abgelehnt", "Declined")
_ORDERED = _phone("bestellen", "order", "bestellt", "Ordered")
_ACCEPTED = _phone("abnahme", "accept", "abgenommen", "Accepted")

_FITS: Mapping[State, tuple[_Offer, ...]] = MappingProxyType({
    State.NEW: (_START, _CLOSE, _WAIT),
    State.PLANNED: (_START, _CLOSE, _WAIT),
    State.IN_PROGRESS: (_START, _CLOSE, _WAIT),
    State.WAITING_CUSTOMER: (_GO_ON, _CLOSE),
    State.WAITING_THIRD: (_GO_ON, _CLOSE),
    State.WAITING_APPROVAL: (_APPROVED, _DECLINED, _CANCEL),
    State.ACCEPTANCE: (_DEFECT, _ACCEPTED),
    State.REWORK: (_START,),
    State.ACCEPTED: (_LIVE, _DEFECT),
    State.RESOLVED: (_REOPEN, _BILL),
    State.BILLING: (_REOPEN,),
})  # fmt: skip


def ready_subjects(
    tag: str,
    title: str,
    is_mine: bool,
    locale: str,
    state: State = State.NEW,
    waits_for: str = "",
) -> tuple[tuple[str, str], ...]:
    """Return pairs of a subject to send and what it does, at most three, for an agent who reads it.

    They fit the `state`; `waits_for` is a word of requests.About, "" for none. () for a title so
    long that mail programs would cut the command off, and where nothing is likely to be done.
    """
    if len(title) > TITLE_MAX:
        return ()
    offers = _FITS.get(state, ())
    if state is State.WAITING_APPROVAL and waits_for == "order":
        offers = (_ORDERED, _CANCEL)
    if not is_mine:
        offers = tuple(_TAKE if offer is _START else offer for offer in offers)
    start = f"[{tag}] {title}".rstrip()
    word, does = (0, 2) if is_german(locale) else (1, 3)
    return tuple((f"{start} {offer[word]}", offer[does]) for offer in offers)
