"""The lines of a receipt about the process: what was asked, decided, delivered, charged.

As in `receipts`: one line each, without a full stop, for a locale.
"""

from maildesk.rules.letters import is_german
from maildesk.rules.staff.receipts import either, time_words


def waits_for_answer(locale: str) -> str:
    """Say that the ticket waits until the customer answers."""
    return either(
        locale,
        "Wartet auf die Antwort des Kunden; er wird erinnert",
        "Waits for the customer's answer; he is reminded",
    )


def waits_for_third(locale: str) -> str:
    """Say that the ticket waits for somebody else."""
    return either(locale, "Wartet auf Dritte", "Waits for a third party")


def kind_offered(label: str, locale: str) -> str:
    """Say that a dearer kind was offered; until it is ordered all stays as it is."""
    return either(
        locale,
        f"{label} angeboten; die Art ändert sich erst, wenn der Kunde bestellt",
        f"{label} offered; the kind changes only when the customer orders",
    )


def asked_total(total: str, amount: str, worked: str, to: str, locale: str) -> str:
    """Say what the customer is asked to approve: a total in words, "" at cost."""
    german = is_german(locale)
    if not total:
        what = "Freigabe nach Aufwand erbeten" if german else "Approval at cost asked for"
    elif german:
        what = f"Freigabe für insgesamt {total} erbeten, höchstens {amount}"
    else:
        what = f"Approval of a total of {total} asked for, at most {amount}"
    so_far = f" (bisher gearbeitet: {worked})" if german else f" (worked so far: {worked})"
    return f"{what}{so_far if worked else ''}: {to}"


def goes_on(limit: str, locale: str) -> str:
    """Say that work may go on meanwhile, up to the approved limit."""
    return either(
        locale,
        f"Bis zur Antwort darf weitergearbeitet werden, bis {limit}",
        f"Until the answer work may go on, up to {limit}",
    )


def asked_acceptance(to: str, by: str, locale: str) -> str:
    """Say who is asked to accept the work, and by which day to test it."""
    return either(
        locale,
        f"Um Abnahme gebeten, zu prüfen bis {by}: {to}",
        f"Asked to accept, to be tested by {by}: {to}",
    )


def decided_by_phone(by: str, verdict: str, state: str, locale: str) -> str:
    """Say what was noted as decided on the phone, and where the ticket is now."""
    german, english = _VERDICTS.get(verdict, (verdict, verdict))
    return either(
        locale,
        f"Telefonisch notiert: {german} ({by}); Stand jetzt: {state}",
        f"Noted from the phone: {english} ({by}); state now: {state}",
    )


def deemed(locale: str) -> str:
    """Say that the work counts as accepted because nobody named a defect in time."""
    return either(
        locale,
        "Gilt als abgenommen, weil in der Frist kein Mangel genannt wurde",
        "Counts as accepted, as no defect was named in time",
    )


def defects_noted(locale: str) -> str:
    """Say that the defects are noted."""
    return either(
        locale,
        "Mängel notiert; die Nachbesserung ist kostenlos",
        "Defects noted; mending them is free of charge",
    )


def live(locale: str) -> str:
    """Say that the change is live."""
    return either(locale, "Live, Ticket abgeschlossen", "Live, ticket closed")


def cancelled(locale: str) -> str:
    """Say that the ticket is cancelled."""
    return either(locale, "Ticket storniert", "Ticket cancelled")


def goodwill(locale: str) -> str:
    """Say that nothing is charged on the ticket."""
    return either(
        locale,
        "Kulanz: auf diesem Ticket wird nichts berechnet",
        "Goodwill: nothing is charged on this ticket",
    )


def to_billing(locale: str) -> str:
    """Say that the ticket is ready for the next invoice."""
    return either(locale, "Zur Abrechnung gegeben", "Handed to billing")


def nothing_to_bill(locale: str) -> str:
    """Say that the ticket is closed instead of billed."""
    return either(
        locale,
        "Nichts abzurechnen; das Ticket ist geschlossen",
        "Nothing to bill; the ticket is closed",
    )


def request_taken_back(locale: str) -> str:
    """Say that the customer is no longer asked."""
    return either(
        locale,
        "Die offene Frage an den Kunden ist zurückgezogen",
        "The open question to the customer is withdrawn",
    )


def held(state: str, locale: str) -> str:
    """Say that the limit is reached and the ticket waits."""
    return either(
        locale,
        f"Die freigegebene Zeit ist aufgebraucht; das Ticket ruht ({state})",
        f"The approved time is used up; the ticket is on hold ({state})",
    )


def held_there(tag: str, state: str, locale: str) -> str:
    """Say that the ticket that another was merged into has reached its limit and waits."""
    return either(
        locale,
        f"Die freigegebene Zeit von {tag} ist damit aufgebraucht; das Ticket ruht ({state})",
        f"The approved time of {tag} is used up by this; the ticket is on hold ({state})",
    )


def was_stricter(tag: str, kind: str, due: str, locale: str) -> str:
    """Say that the merged ticket promised more than `tag`, whose kind and due time hold now."""
    german, english = (
        f"fällig {due}" if due else "ohne Frist",
        f"due {due}" if due else "no due time",
    )
    return either(
        locale,
        f"Achtung, hier war mehr zugesagt; es gelten Art und Frist von {tag}: {kind}, {german}",
        f"Attention, more was promised here; kind and due time of {tag} hold: {kind}, {english}",
    )


def approved_together(tag: str, total: str, locale: str) -> str:
    """Say what is approved for both tickets together: a total in words, "" at cost."""
    return either(
        locale,
        f"Freigegeben in {tag}: {f'insgesamt {total}' if total else 'nach Aufwand'}",
        f"Approved in {tag}: {f'a total of {total}' if total else 'at cost'}",
    )


def limit_stays(tag: str, total: str, locale: str) -> str:
    """Say that what is approved in a ticket stays as it is: a total in words, "" at cost."""
    return either(
        locale,
        f"Die Freigabe in {tag} bleibt: {f'insgesamt {total}' if total else 'nach Aufwand'}",
        f"What is approved in {tag} stays: {f'a total of {total}' if total else 'at cost'}",
    )


def over_limit(minutes: int, locale: str) -> str:
    """Say how much work is kept without approval."""
    time = time_words(minutes, locale)
    return either(
        locale,
        f"{time} über der Grenze; sie zählen erst mit einer Freigabe",
        f"{time} above the limit; they count only once approved",
    )


def not_billed(minutes: int, locale: str) -> str:
    """Say how much work nobody approved, where nobody is asked any more."""
    time = time_words(minutes, locale)
    return either(
        locale,
        f"{time} über der freigegebenen Zeit werden nicht berechnet",
        f"{time} above the approved time are not charged",
    )


def timer_of(name: str, minutes: int, locale: str) -> str:
    """Say that a colleague's timer was stopped, and what it booked."""
    time = time_words(minutes, locale)
    return either(
        locale,
        f"Zeiterfassung von {name} gestoppt, {time} gebucht",
        f"Timer of {name} stopped, {time} booked",
    )


_VERDICTS = {
    "yes": ("Zustimmung", "yes"),
    "no": ("Ablehnung", "no"),
    "normal": ("als normales Ticket", "as a normal ticket"),
    "withdrawn": ("Storno", "withdrawn"),
}
