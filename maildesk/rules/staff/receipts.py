"""The values of letters about agents' work, and the lines that say what a command did.

As in `letters`: templates get finished words. Each function says one line, without a full stop,
for a locale: "de" or any other (English). The refusals are in `refusals`, the help in `help_rows`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from maildesk.rules.letters import NO_BREAK, is_german

MINUS = "\u2212"


class QueueGroup(StrEnum):
    """Under which heading a ticket stands in an agent's list; the first is the most pressing."""

    OVERDUE = "overdue"
    TODAY = "today"
    OPEN = "open"
    WAITS = "waits"


_ORDER = {group: place for place, group in enumerate(QueueGroup)}


@dataclass(frozen=True, slots=True)
class QueueLine:
    """One ticket of an agent's list, in words; `due`, `customer` and `time` may be "".

    `today`: due before the day ends. `waits`: somebody else has to do something first.
    """

    tag: str
    title: str
    kind: str
    state: str
    due: str = ""
    customer: str = ""
    time: str = ""
    overdue: bool = False
    today: bool = False
    waits: bool = False

    @property
    def group(self) -> QueueGroup:
        """The heading that this ticket stands under."""
        if self.overdue:
            return QueueGroup.OVERDUE
        if self.waits:
            return QueueGroup.WAITS
        return QueueGroup.TODAY if self.today else QueueGroup.OPEN


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """An earlier ticket of a caller: its date, state and due time in words.

    `by` is whose it is, where that is not himself but somebody else of his company.
    """

    date: str
    tag: str
    title: str
    state: str
    due: str = ""
    by: str = ""


def in_groups(lines: Sequence[QueueLine]) -> tuple[QueueLine, ...]:
    """Return the lines group by group, otherwise in their order: as they are to be numbered."""
    return tuple(sorted(lines, key=lambda line: _ORDER[line.group]))


def time_words(minutes: int, locale: str) -> str:
    """Return booked minutes as "1 Std. 25 Min." or "1 h 25 min"; below zero with a minus."""
    hour, minute = ("Std.", "Min.") if is_german(locale) else ("h", "min")
    hours, rest = divmod(abs(minutes), 60)
    parts = [f"{hours}{NO_BREAK}{hour}"] if hours else []
    if rest or not hours:
        parts.append(f"{rest}{NO_BREAK}{minute}")
    return (MINUS if minutes < 0 else "") + NO_BREAK.join(parts)


def booked(minutes: int, locale: str) -> str:
    """Say that time was booked; below zero: that it was taken off again."""
    time = time_words(abs(minutes), locale)
    if minutes < 0:
        return either(locale, f"{time} abgezogen", f"{time} taken off")
    return either(locale, f"{time} gebucht", f"{time} booked")


def call_logged(address: str, minutes: int, locale: str) -> str:
    """Say that a phone call was logged, with whom and how long it was."""
    time = time_words(minutes, locale)
    return either(
        locale,
        f"Anruf festgehalten: {address}, {time} gebucht",
        f"Call logged: {address}, {time} booked",
    )


def closed(locale: str) -> str:
    """Say that the ticket is done."""
    return either(locale, "Ticket abgeschlossen", "Ticket closed")


def opened(locale: str) -> str:
    """Say that a closed ticket is open again."""
    return either(locale, "Ticket wieder geöffnet", "Ticket opened again")


def created(tag: str, locale: str) -> str:
    """Say that there is a new ticket."""
    return either(locale, f"Neues Ticket {tag} angelegt", f"New ticket {tag} opened")


def assigned(name: str, locale: str) -> str:
    """Say who has the ticket now; "" is the agent who reads this."""
    if not name:
        return either(locale, "Sie sind jetzt zuständig", "You are now in charge")
    return either(locale, f"Zuständig ist jetzt {name}", f"Now in charge: {name}")


def waits_until(moment: str, locale: str) -> str:
    """Say until when the ticket waits for the customer; `moment` in words."""
    return either(
        locale, f"Wartet auf den Kunden bis {moment}", f"Waits for the customer until {moment}"
    )


def planned(moment: str, locale: str) -> str:
    """Say when the ticket is planned; `moment` in words."""
    return either(locale, f"Eingeplant für {moment}", f"Scheduled for {moment}")


def kind_changed(label: str, locale: str) -> str:
    """Say which kind the ticket is of now."""
    return either(locale, f"Art geändert: {label}", f"Kind changed: {label}")


def category(name: str, locale: str) -> str:
    """Say what the ticket counts as: presales, contract, rework, or the name as it is."""
    german, english = _CATEGORIES.get(name, (name, name))
    return either(locale, f"Zählt als {german}", f"Counts as {english}")


def timer_started(locale: str) -> str:
    """Say that the agent's work timer runs."""
    return either(locale, "Zeiterfassung gestartet", "Timer started")


def timer_stopped(minutes: int, locale: str) -> str:
    """Say that it runs no more, and what it booked."""
    time = time_words(minutes, locale)
    return either(
        locale, f"Zeiterfassung gestoppt, {time} gebucht", f"Timer stopped, {time} booked"
    )


def participant_added(address: str, locale: str) -> str:
    """Say who takes part from now on."""
    return either(locale, f"Neu beteiligt: {address}", f"Takes part now: {address}")


def portal_opened(address: str, locale: str) -> str:
    """Say to whom the service area was opened; he is told."""
    return either(
        locale,
        f"Servicebereich freigeschaltet für {address}; die E-Mail dazu ist unterwegs",
        f"Service area opened to {address}; the e-mail about it is on its way",
    )


def portal_opened_silently(address: str, locale: str) -> str:
    """Say the same where the desk has no pages yet."""
    return either(
        locale,
        f"Servicebereich freigeschaltet für {address}; ohne E-Mail, denn [web] base_url ist noch leer",
        f"Service area opened to {address}; without an e-mail, as [web] base_url is still empty",
    )


def portal_closed(address: str, locale: str) -> str:
    """Say to whom the service area is closed again."""
    return either(
        locale,
        f"Servicebereich wieder gesperrt für {address}",
        f"Service area closed again to {address}",
    )


def participant_removed(address: str, locale: str) -> str:
    """Say who takes part no more."""
    return either(locale, f"Nicht mehr beteiligt: {address}", f"Takes part no more: {address}")


def merged(tag: str, locale: str) -> str:
    """Say which ticket this one went into."""
    return either(locale, f"Mit {tag} zusammengeführt", f"Merged into {tag}")


def split(tag: str, locale: str) -> str:
    """Say which ticket has its own life again."""
    return either(
        locale, f"{tag} ist wieder ein eigenes Ticket", f"{tag} is a ticket of its own again"
    )


def spam(locale: str) -> str:
    """Say that the ticket is spam."""
    return either(locale, "Als Spam abgelegt", "Filed as spam")


def note_filed(locale: str) -> str:
    """Say that the text stays inside."""
    return either(locale, "Interne Notiz abgelegt", "Internal note filed")


def kept_inside(locale: str) -> str:
    """Say that his text is a note though the command is one that the customer hears of."""
    return either(
        locale,
        "Ihr Text ist als interne Notiz abgelegt; der Kunde bekommt ihn nicht",
        "Your text is filed as an internal note; the customer does not get it",
    )


def answered(addresses: Sequence[str], locale: str) -> str:
    """Say to whom the text goes."""
    to = ", ".join(addresses)
    return either(locale, f"Ihr Text geht an {to}", f"Your text goes to {to}")


def closing_sent(locale: str) -> str:
    """Say that the customer hears of the end."""
    return either(
        locale, "Der Kunde wird vom Abschluss benachrichtigt", "The customer is told of the closing"
    )


def planned_sent(locale: str) -> str:
    """Say that the customer hears of the date."""
    return either(locale, "Der Kunde erfährt den Termin", "The customer is told the date")


def undone(words: str, locale: str) -> str:
    """Say what was taken back; `words` is a line of these, as the receipt said it."""
    return either(locale, f"Zurückgenommen: {words}", f"Taken back: {words}")


def withdrawn(address: str, locale: str) -> str:
    """Say whose letter was stopped before it left."""
    return either(locale, f"Nicht gesendet: E-Mail an {address}", f"Not sent: e-mail to {address}")


def could_not_undo(address: str, why: str, locale: str) -> str:
    """Say whose letter was not taken back, and why: "left", or without a reason."""
    line = either(
        locale,
        f"Nicht zurückgenommen: E-Mail an {address}",
        f"Not taken back: e-mail to {address}",
    )
    reason = either(locale, *_NOT_UNDONE.get(why, ("", "")))
    return f"{line}; {reason}" if reason else line


def would_merge(tag: str, target: str, locale: str) -> str:
    """Say what #merge will do once it is confirmed."""
    return either(
        locale,
        f"{tag} mit {target} zusammenführen; Antworten gehen danach dorthin",
        f"merge {tag} into {target}; replies go there from then on",
    )


def would_split(tag: str, locale: str) -> str:
    """Say what #split will do once it is confirmed; `tag` is the ticket it was written to."""
    return either(
        locale,
        f"das zuletzt mit {tag} zusammengeführte Ticket wieder abtrennen",
        f"part the ticket again that was merged into {tag} last",
    )


def would_spam(tag: str, locale: str) -> str:
    """Say what #spam will do once it is confirmed."""
    return either(
        locale,
        f"{tag} als Spam ablegen; der Absender hört nichts mehr von uns",
        f"file {tag} as spam; its sender hears no more from us",
    )


def either(locale: str, german: str, english: str) -> str:
    """Return the words for a locale."""
    return german if is_german(locale) else english


_CATEGORIES = {
    "presales": ("Anfrage vor einem Auftrag", "an enquiry before an order"),
    "contract": ("Leistung aus dem Vertrag", "covered by the contract"),
    "rework": ("Nachbesserung", "rework"),
}
_NOT_UNDONE = {"left": ("sie ist schon hinausgegangen", "it has left already")}
