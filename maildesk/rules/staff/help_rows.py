"""The commands as the help mail shows them: those whose effect exists, the most used first."""

from dataclasses import dataclass

from maildesk.rules.letters import is_german


@dataclass(frozen=True, slots=True)
class HelpLine:
    """A command: its forms in the reader's language, those of the other one ("" if the same)."""

    own: str
    other: str
    does: str


def help_rows(locale: str) -> tuple[HelpLine, ...]:
    """Return one line for each command, in the language of the locale."""
    german = is_german(locale)
    return tuple(
        HelpLine(
            own=de if german else en,
            other="" if de == en else en if german else de,
            does=does_de if german else does,
        )
        for de, en, does_de, does in _ROWS
    )


# German, English, what it does in German and in English
_ROWS = (
    ("#antwort", "#reply", "Ihr Text geht an den Kunden", "your text goes to the customer"),
    ("#notiz", "#note", "Ihr Text bleibt intern", "your text stays internal"),
    ("#zeit 25m", "#time 25m", "Zeit buchen, kurz +25m", "book time, in short +25m"),
    ("#start, #stopp", "#start, #stop", "Zeiterfassung starten und beenden",
     "run and stop the work timer"),
    ("#zu, #fertig", "#close, #done", "abschließen; der Kunde wird benachrichtigt",
     "close; the customer is told"),
    ("#auf", "#open", "wieder öffnen", "open again"),
    ("#warte 3t", "#wait 3d", "auf den Kunden warten; danach wieder in Bearbeitung",
     "wait for the customer; then in progress again"),
    ("#plan fr 14:00", "#plan fri 14:00", "einplanen; der Kunde erfährt den Termin",
     "schedule; the customer is told when"),
    ("#mir, #an mk", "#me, #to mk", "selbst übernehmen oder zuweisen: Kürzel, Login oder Adresse",
     "take it or assign it: initials, login or address"),
    ("#art hoch", "#kind quick-high", "Art des Tickets ändern", "change the kind of ticket"),
    ("#anfrage, #vertrag, #nachbesserung", "#presales, #contract, #rework",
     "einordnen, was nicht berechnet wird", "say why it is not charged"),
    ("#dazu a@b, #weg a@b", "#add a@b, #remove a@b", "jemanden beteiligen oder nicht mehr",
     "let somebody take part, or no more"),
    ("#für a@b", "#for a@b", "neues Ticket für diesen Kunden, auch beim Weiterleiten seiner E-Mail",
     "new ticket for this customer, also when you forward his e-mail"),
    ("#anruf 12m a@b", "#call 12m a@b", "Anruf festhalten; Sie bekommen seine früheren Tickets",
     "record a call; you get his earlier tickets"),
    ("#zusammen DD-10417", "#merge DD-10417", "in ein anderes Ticket überführen",
     "merge into another ticket"),
    ("#trennen", "#split", "das zuletzt zusammengeführte Ticket wieder abtrennen",
     "part the ticket that was merged last again"),
    ("#spam", "#spam", "als Spam ablegen", "file as spam"),
    ("#liste", "#list", "Ihre offenen Tickets", "your open tickets"),
    ("#rückgängig", "#undo", "Ihre letzte E-Mail mit Befehlen zurücknehmen",
     "take back your last e-mail with commands"),
    ("#hilfe", "#help", "diese Übersicht", "this overview"),
)  # fmt: skip
