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
    ("#fernwartung 20m, #fahrt 30m", "#remote 20m, #travel 30m",
     "Zeit einer Fernwartung oder einer Fahrt buchen", "book time of a remote session or of travel"),
    ("#schätzung 15m", "#estimate 15m", "Zeit für eine Schätzung buchen, kostenlos",
     "book time for an estimate, free of charge"),
    ("#start, #stopp", "#start, #stop", "Zeiterfassung starten und beenden",
     "run and stop the work timer"),
    ("#zu, #fertig", "#close, #done", "abschließen; der Kunde wird benachrichtigt",
     "close; the customer is told"),
    ("#auf", "#open", "wieder öffnen", "open again"),
    ("#warte 3t", "#wait 3d", "auf den Kunden warten; danach wieder in Bearbeitung",
     "wait for the customer; then in progress again"),
    ("#warte antwort", "#wait answer", "warten, bis der Kunde antwortet; er wird erinnert",
     "wait until the customer answers; he is reminded"),
    ("#dritte", "#third", "auf Dritte warten, etwa den Hoster", "wait for a third party, such as the host"),
    ("#plan fr 14:00", "#plan fri 14:00", "einplanen; der Kunde erfährt den Termin",
     "schedule; the customer is told when"),
    ("#mir, #an mk", "#me, #to mk", "selbst übernehmen oder zuweisen: Kürzel, Login oder Adresse",
     "take it or assign it: initials, login or address"),
    ("#freigabe 3h", "#ask 3h", "Freigabe für insgesamt 3 Stunden erbitten; Ihr Text ist der Grund",
     "ask for approval of 3 hours in total; your text is the reason"),
    ("#freigabe offen", "#ask open", "Freigabe nach Aufwand erbitten", "ask for approval at cost"),
    ("#telefon freigabe", "#phone approve",
     "was der Kunde am Telefon entschied; auch ablehnen, bestellen, normal, storno, abnahme. Ihr Text nennt, wer",
     "what the customer decided on the phone; also decline, order, normal, withdraw, accept. Your text names who"),
    ("#abnahme URL", "#test URL", "auf dem Testsystem geliefert, um Abnahme bitten; Ihr Text sagt, was sich änderte",
     "delivered on the test system, ask to accept; your text says what changed"),
    ("#mangel", "#defect", "nicht abgenommen oder fehlerhaft; Ihr Text nennt die Mängel",
     "not accepted or faulty; your text names the defects"),
    ("#fiktiv", "#deemed", "gilt als abgenommen, weil in der Frist kein Mangel genannt wurde",
     "counts as accepted, as no defect was named in time"),
    ("#live", "#live", "ist live; der Kunde erfährt vom Abschluss", "is live; the customer is told of the closing"),
    ("#storno", "#cancel", "stornieren; der Kunde erfährt es, Ihr Text ist der Grund",
     "cancel; the customer is told, your text is the reason"),
    ("#rechnung", "#bill", "Erledigtes abrechnen, auch #zu #rechnung", "bill what is closed, also #close #bill"),
    ("#kulanz", "#free", "auf diesem Ticket nichts berechnen", "charge nothing on this ticket"),
    ("#art hoch", "#kind quick-high", "Art ändern; eine teurere bestellt der Kunde, eine günstigere braucht einen Grund",
     "change the kind; a dearer one is the customer's to order, a cheaper one needs a reason"),
    ("#anfrage, #vertrag, #nachbesserung", "#presales, #contract, #rework",
     "einordnen, was nicht berechnet wird", "say why it is not charged"),
    ("#dazu a@b, #weg a@b", "#add a@b, #remove a@b", "jemanden beteiligen oder nicht mehr",
     "let somebody take part, or no more"),
    ("#portal a@b", "#portal a@b", "den Servicebereich für eine Kontaktperson freischalten",
     "open the service area to a contact"),
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
