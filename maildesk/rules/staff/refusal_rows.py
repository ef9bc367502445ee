"""The sentences of `refusals`, by problem: why nothing of an agent's mail was run."""

from collections.abc import Mapping

MEANT_DE, MEANT = "; gemeint ist vielleicht {}", "; perhaps you meant {}"
RIGHT_DE, RIGHT = "; richtig ist etwa {}", "; right would be {}"

# problem: for each language the sentence with the word, without one, and what `nearest` adds
SENTENCES: Mapping[str, tuple[tuple[str, str, str], tuple[str, str, str]]] = {
    "unknown_name": (
        ("den Befehl {} gibt es nicht", "einen der Befehle gibt es nicht", MEANT_DE),
        ("there is no command {}", "one of the commands does not exist", MEANT),
    ),
    "wrong_argument": (
        ("{} ist so nicht zu verstehen", "die Angabe zu einem Befehl ist nicht zu verstehen", RIGHT_DE),
        ("{} cannot be understood", "what was given with a command cannot be understood", RIGHT),
    ),
    "missing_argument": (
        ("zu {} fehlt eine Angabe", "zu einem der Befehle fehlt eine Angabe", RIGHT_DE),
        ("{} lacks what belongs to it", "one of the commands lacks what belongs to it", RIGHT),
    ),
    "past_moment": (
        ("der Zeitpunkt {} ist schon vorbei", "der genannte Zeitpunkt ist schon vorbei", RIGHT_DE),
        ("the moment {} is over already", "the moment named is over already", RIGHT),
    ),
    "ambiguous_agent": (
        ("{} passt auf mehrere Mitarbeiter; bitte nennen Sie die Adresse",
         "die Angabe passt auf mehrere Mitarbeiter; bitte nennen Sie die Adresse", ""),
        ("{} fits several agents; please give the address",
         "what was given fits several agents; please give the address", ""),
    ),
    "left_over": (
        ("{} gehört weder zum Titel noch zu einem Befehl",
         "im Betreff steht etwas, das weder zum Titel noch zu einem Befehl gehört", MEANT_DE),
        ("{} belongs neither to the title nor to a command",
         "something in the subject belongs neither to the title nor to a command", MEANT),
    ),
    "contradiction": (
        ("diese Befehle widersprechen sich: {}", "zwei der Befehle widersprechen sich", ""),
        ("these commands contradict each other: {}", "two of the commands contradict each other", ""),
    ),
    "twice": (
        ("{} steht mehrmals da", "ein Befehl steht mehrmals da", ""),
        ("{} is there more than once", "one command is there more than once", ""),
    ),
    "not_from_this_state": (
        ("{} geht im jetzigen Stand des Tickets nicht", "das geht im jetzigen Stand des Tickets nicht",
         ": {}"),
        ("{} is not possible in the present state of the ticket",
         "that is not possible in the present state of the ticket", ": {}"),
    ),
    "already_so": (
        ("{} ändert nichts; das Ticket ist schon so", "das Ticket ist schon so", ": {}"),
        ("{} changes nothing; the ticket is like that already", "the ticket is like that already",
         ": {}"),
    ),
    "time_not_allowed": (
        ("{} lässt sich im jetzigen Stand des Tickets nicht buchen",
         "im jetzigen Stand des Tickets lässt sich keine Zeit buchen", ": {}"),
        ("{} cannot be booked in the present state of the ticket",
         "no time can be booked in the present state of the ticket", ": {}"),
    ),
    "too_old": (
        ("das Datum Ihrer E-Mail liegt mehr als 72 Stunden vor ihrem Eingang: {}",
         "das Datum Ihrer E-Mail liegt mehr als 72 Stunden vor ihrem Eingang", ""),
        ("the date of your e-mail is more than 72 hours before it reached us: {}",
         "the date of your e-mail is more than 72 hours before it reached us", ""),
    ),
    "unknown_agent": (
        ("einen Mitarbeiter {} gibt es nicht", "diesen Mitarbeiter gibt es nicht", MEANT_DE),
        ("there is no agent {}", "there is no such agent", MEANT),
    ),
    "unknown_ticket": (
        ("ein Ticket {} gibt es nicht", "dieses Ticket gibt es nicht", MEANT_DE),
        ("there is no ticket {}", "there is no such ticket", MEANT),
    ),
    "other_customer": (
        ("das Ticket {} gehört einem anderen Kunden", "das Ticket gehört einem anderen Kunden", ""),
        ("ticket {} belongs to another customer", "the ticket belongs to another customer", ""),
    ),
    "no_timer": (
        ("für {} müsste Ihre Zeiterfassung laufen; sie läuft aber nicht",
         "Ihre Zeiterfassung läuft nicht", ""),
        ("{} needs your timer to run, and it does not", "your timer does not run", ""),
    ),
    "timer_runs": (
        ("{} ist nicht möglich, weil Ihre Zeiterfassung schon läuft",
         "Ihre Zeiterfassung läuft schon", ", für {}"),
        ("{} is not possible, as your timer runs already", "your timer runs already", ", for {}"),
    ),
    "changed_since": (
        ("{} ist nicht mehr möglich: das Ticket hat sich inzwischen geändert",
         "das Ticket hat sich inzwischen geändert", ""),
        ("{} is no longer possible: the ticket has changed since",
         "the ticket has changed since", ""),
    ),
    "nothing_to_undo": (
        ("für {} gibt es nichts, was sich zurücknehmen ließe",
         "es gibt nichts, was sich zurücknehmen ließe", ""),
        ("for {} there is nothing to take back", "there is nothing to take back", ""),
    ),
    "no_ticket": (
        ("{} braucht ein Ticket, und Ihre E-Mail nennt keines", "Ihre E-Mail nennt kein Ticket", ""),
        ("{} needs a ticket, and your e-mail names none", "your e-mail names no ticket", ""),
    ),
    "our_notice": (
        ("in Ihrem Text steht noch unsere eigene E-Mail; bitte entfernen Sie das Zitat",
         "in Ihrem Text steht noch unsere eigene E-Mail; bitte entfernen Sie das Zitat", ""),
        ("your text still holds our own e-mail; please take the quote out",
         "your text still holds our own e-mail; please take the quote out", ""),
    ),
    "nobody_to_answer": (
        ("für {} fehlt ein Empfänger; am Ticket ist kein Kunde beteiligt",
         "am Ticket ist kein Kunde beteiligt, dem sich antworten ließe", ""),
        ("{} needs a recipient, and no customer takes part in the ticket",
         "no customer takes part in the ticket whom one could answer", ""),
    ),
    "not_a_participant": (
        ("{} ist an diesem Ticket nicht beteiligt", "diese Adresse ist am Ticket nicht beteiligt",
         MEANT_DE),
        ("{} takes no part in this ticket", "this address takes no part in the ticket", MEANT),
    ),
    "portal_no_contact": (
        ("{} ist keine Kontaktperson des Kunden; „maildesk customer contact“ macht sie dazu",
         "diese Adresse ist keine Kontaktperson des Kunden; „maildesk customer contact“ macht sie dazu", ""),
        ("{} is no contact of the customer; `maildesk customer contact` makes it one",
         "this address is no contact of the customer; `maildesk customer contact` makes it one", ""),
    ),
    "portal_open": (
        ("für {} ist der Servicebereich schon freigeschaltet", "der Servicebereich ist schon freigeschaltet", ""),
        ("the service area is open to {} already", "the service area is open already", ""),
    ),
    "digest_text": (
        ("hier steht kein Befehl zu einer Nummer; jede Zeile beginnt mit der Nummer eines Tickets, etwa „1 #zu +10m“",
         "hier steht kein Befehl zu einer Nummer; jede Zeile beginnt mit der Nummer eines Tickets, etwa „1 #zu +10m“",
         ""),
        ("this is no command for a number; each line begins with the number of a ticket, as in “1 #close +10m”",
         "this is no command for a number; each line begins with the number of a ticket, as in “1 #close +10m”",
         ""),
    ),
    "digest_number": (
        ("die Nummer {} gibt es in der Übersicht nicht", "diese Nummer gibt es in der Übersicht nicht", ""),
        ("there is no number {} in the digest", "there is no such number in the digest", ""),
    ),
    "digest_twice": (
        ("zu diesem Ticket steht schon eine Zeile da; alle Befehle dazu gehören in eine",
         "zu diesem Ticket steht schon eine Zeile da; alle Befehle dazu gehören in eine", ""),
        ("there is a line for this ticket already; all its commands belong in one",
         "there is a line for this ticket already; all its commands belong in one", ""),
    ),
    "digest_no_command": (
        ("hinter der Nummer steht kein Befehl; Text an Kunden geht von hier aus nicht hinaus",
         "hinter der Nummer steht kein Befehl; Text an Kunden geht von hier aus nicht hinaus", ""),
        ("no command follows the number; no text goes to customers from here",
         "no command follows the number; no text goes to customers from here", ""),
    ),
    "digest_own_mail": (
        ("{} geht nicht in einer Zeile der Übersicht, nur in einer eigenen E-Mail",
         "das geht nicht in einer Zeile der Übersicht, nur in einer eigenen E-Mail", ""),
        ("{} is not possible in a line of a digest, only in an e-mail of its own",
         "that is not possible in a line of a digest, only in an e-mail of its own", ""),
    ),
    "digest_subject": (
        ("{} steht im Betreff; hier gehören Befehle in Zeilen, die mit der Nummer eines Tickets beginnen",
         "hier gehören Befehle nicht in den Betreff, sondern in Zeilen mit der Nummer eines Tickets", ""),
        ("{} is in the subject; here commands belong in lines that begin with the number of a ticket",
         "here commands belong in lines with the number of a ticket, not in the subject", ""),
    ),
    "digest_empty": (
        ("Ihre E-Mail enthält keine Zeile", "Ihre E-Mail enthält keine Zeile", ""),
        ("your e-mail holds no line", "your e-mail holds no line", ""),
    ),
    "digest_gone": (
        ("die Übersicht, auf die Sie antworten, ist nicht mehr bekannt; bitte antworten Sie auf eine neuere",
         "die Übersicht, auf die Sie antworten, ist nicht mehr bekannt; bitte antworten Sie auf eine neuere", ""),
        ("the digest that you answer is no longer known; please answer a newer one",
         "the digest that you answer is no longer known; please answer a newer one", ""),
    ),
    "reason_missing": (
        ("zu {} gehört als Text der Grund, den der Kunde liest", "es fehlt der Grund, den der Kunde liest", ""),
        ("{} needs the reason as its text, which the customer reads", "the reason is missing, which the customer reads", ""),
    ),
    "kind_reason_missing": (
        ("zu {} auf eine günstigere Art gehört als Text der Grund", "es fehlt der Grund als Text", ""),
        ("{} to a cheaper kind needs the reason as its text", "the reason is missing as a text", ""),
    ),
    "changed_missing": (
        ("zu {} gehört als Text, was geändert wurde; der Kunde liest ihn", "es fehlt der Text, was geändert wurde", ""),
        ("{} needs as its text what was changed; the customer reads it", "the text is missing that says what was changed", ""),
    ),
    "defects_missing": (
        ("zu {} gehört als Text, was nicht stimmt", "es fehlt der Text, was nicht stimmt", ""),
        ("{} needs as its text what is wrong", "the text is missing that says what is wrong", ""),
    ),
    "who_missing": (
        ("zu {} gehört als Text, wer es gesagt hat", "es fehlt der Name dessen, der es gesagt hat", "; entscheiden darf: {}"),
        ("{} needs as its text who said it", "the name is missing of who said it", "; those who may decide: {}"),
    ),
    "phone_who": (
        ("der Text zu {} nennt niemanden, der das entscheiden darf", "der Text nennt niemanden, der das entscheiden darf",
         "; entscheiden darf: {}"),
        ("the text of {} names nobody who may decide this", "the text names nobody who may decide this",
         "; those who may decide: {}"),
    ),
    "phone_other": (
        ("{} mit diesem Wort ist keine Antwort auf das, was der Kunde gefragt ist",
         "das ist keine Antwort auf das, was der Kunde gefragt ist", "; möglich ist: {}"),
        ("{} with this word is no answer to what the customer was asked",
         "that is no answer to what the customer was asked", "; possible: {}"),
    ),
    "nothing_asked": (
        ("für {} müsste der Kunde etwas gefragt sein; zu diesem Ticket ist nichts offen",
         "der Kunde ist zu diesem Ticket nichts gefragt", ""),
        ("{} needs an open question to the customer, and there is none", "the customer was asked nothing", ""),
    ),
    "not_above": (
        ("{} nennt die Zeit insgesamt, und so viel ist schon freigegeben", "so viel ist schon freigegeben",
         "; gearbeitet werden darf bis {}"),
        ("{} names the total, and that much is approved already", "that much is approved already",
         "; you may work up to {}"),
    ),
    "not_above_worked": (
        ("{} nennt die Zeit insgesamt, und es ist schon mehr gearbeitet", "es ist schon mehr gearbeitet",
         ": {}"),
        ("{} names the total, and more is worked already", "more is worked already", ": {}"),
    ),
    "limit_open": (
        ("{} ist nicht nötig: für dieses Ticket gilt keine Grenze", "für dieses Ticket gilt keine Grenze", ""),
        ("{} is not needed: there is no limit for this ticket", "there is no limit for this ticket", ""),
    ),
    "order_open": (
        ("{} geht erst, wenn der Kunde bestellt hat; seine Bestellung am Telefon notiert #telefon, #storno beendet das Ticket",
         "der Kunde hat noch nicht bestellt", ""),
        ("{} has to wait for the customer's order; #phone notes an order by phone, #cancel ends the ticket",
         "the customer has not ordered yet", ""),
    ),
    "limit_used": (
        ("{} geht nicht, solange die freigegebene Zeit aufgebraucht ist; #telefon freigabe oder eine neue #freigabe helfen weiter",
         "die freigegebene Zeit ist aufgebraucht", ""),
        ("{} is not possible while the approved time is used up; #phone approve or another #ask helps",
         "the approved time is used up", ""),
    ),
    "approval_open": (
        ("{} geht nicht, solange der Kunde über die Zeit noch entscheidet; #telefon ablehnen oder freigabe notiert seine Antwort",
         "der Kunde entscheidet noch über die Zeit", ""),
        ("{} is not possible while the customer still decides about the time; #phone decline or approve notes his answer",
         "the customer still decides about the time", ""),
    ),
    "acceptance_open": (
        ("{} geht nicht, solange der Kunde noch abnimmt; #telefon abnahme notiert sein Ja, #mangel einen Mangel, #auf zieht die Bitte zurück",
         "der Kunde hat noch nicht abgenommen", ""),
        ("{} is not possible while the customer still tests; #phone accept notes his yes, #defect a defect, #open withdraws the question",
         "the customer has not accepted yet", ""),
    ),
    "acceptance_first": (
        ("{} geht erst nach der Abnahme: der Kunde hatte Mängel genannt; #abnahme mit der Adresse bittet ihn noch einmal",
         "der Kunde hatte Mängel genannt und muss erst abnehmen", ""),
        ("{} has to wait for acceptance: the customer had named defects; #test with the address asks him again",
         "the customer had named defects and has to accept first", ""),
    ),
    "golive_first": (
        ("{} geht erst nach der Abnahme; #abnahme mit der Adresse des Testsystems bittet darum", "live geht es erst nach der Abnahme", ""),
        ("{} has to wait for acceptance; #test with the address of the test system asks for it", "it goes live only after acceptance", ""),
    ),
    "no_acceptance": (
        ("für {} müsste um Abnahme gebeten sein; das ist nicht geschehen", "um Abnahme ist nicht gebeten", ""),
        ("{} needs an open request to accept, and there is none", "nobody was asked to accept", ""),
    ),
    "acceptance_bounced": (
        ("{} geht nicht, denn die Bitte um Abnahme kam als unzustellbar zurück", "die Bitte um Abnahme kam als unzustellbar zurück", ""),
        ("{} is not possible, as the request to accept came back undelivered", "the request to accept came back undelivered", ""),
    ),
    "deemed_early": (
        ("{} geht noch nicht: die Frist zur Prüfung läuft noch", "die Frist zur Prüfung läuft noch", ", bis {}"),
        ("{} is too early: the time to test is not over", "the time to test is not over", "; it ends on {}"),
    ),
    "nobody_to_ask": (
        ("{} geht nicht: beim Kunden darf das niemand entscheiden; wer es darf, legt „maildesk contact“ fest",
         "beim Kunden darf das niemand entscheiden", ""),
        ("{} is not possible: nobody at the customer may decide this; `maildesk contact` sets who may",
         "nobody at the customer may decide this", ""),
    ),
    "other_request": (
        ("{} geht nicht, solange der Kunde über etwas anderes entscheidet", "der Kunde entscheidet noch über etwas anderes", ""),
        ("{} is not possible while the customer decides about something else", "the customer decides about something else", ""),
    ),
    "closed_for_good": (
        ("{} geht nicht mehr: das Ticket ist geschlossen, und dabei bleibt es; was noch kommt, wird ein neues Ticket",
         "das Ticket ist geschlossen, und dabei bleibt es", ""),
        ("{} is not possible any more: the ticket is closed for good; whatever comes makes a new ticket",
         "the ticket is closed for good", ""),
    ),
    "open_first": (
        ("{} geht erst, wenn das Ticket wieder offen ist; #auf öffnet es", "das Ticket ist erledigt; #auf öffnet es wieder", ""),
        ("{} has to wait until the ticket is open again; #open opens it", "the ticket is done; #open opens it again", ""),
    ),
    "timer_of_other": (
        ("{} geht nicht, solange die Zeiterfassung eines anderen auf dem Ticket läuft",
         "auf dem Ticket läuft die Zeiterfassung eines anderen", ": {}"),
        ("{} is not possible while a colleague's timer runs on the ticket",
         "a colleague's timer runs on the ticket", ": {}"),
    ),
    "start_waits": (
        ("{} geht nicht, solange das Ticket auf eine Freigabe wartet; #telefon freigabe notiert sie, #auf zieht die Frage zurück, solange freigegebene Zeit übrig ist",
         "das Ticket wartet auf eine Freigabe", ""),
        ("{} is not possible while the ticket waits for an approval; #phone approve notes it, #open withdraws the question while approved time is left",
         "the ticket waits for an approval", ""),
    ),
    "unapproved_left": (
        ("{} geht nicht, solange über Zeit über der Grenze nicht entschieden ist; #auf #freigabe fragt den Kunden, #kulanz erlässt alles",
         "über Zeit über der Grenze ist noch nicht entschieden", ""),
        ("{} is not possible while time above the limit is undecided; #open #ask asks the customer, #free charges nothing",
         "time above the limit is undecided", ""),
    ),
    "nothing_to_bill": (
        ("für {} ist nichts abzurechnen", "es ist nichts abzurechnen", ""),
        ("for {} there is nothing to bill", "there is nothing to bill", ""),
    ),
}  # fmt: skip
