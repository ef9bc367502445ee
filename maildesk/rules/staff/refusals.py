"""Why an agent's commands were not run, in one sentence for each problem and language."""

from maildesk.mail.safe import header_value
from maildesk.rules.commands.words import Name, row_named
from maildesk.rules.letters import is_german

WORD_MAX = 80


def refusal(problem: str, word: str, nearest: str, locale: str) -> str:
    """Return the sentence that tells an agent why nothing was run; any problem has one.

    `word` is what he wrote (a command with its argument, a time, an address, a tag), the name
    of a command ("close"), which is shown as he would write it, or "". `nearest` is what may be meant, for wrong_argument a form that is right, for
    not_from_this_state, already_so and time_not_allowed the state in words, for timer_runs the
    tag of the ticket that it runs for; or "".
    """
    german = is_german(locale)
    problem = _SAME.get(problem, problem)
    if word in _NAMES and problem in _NO_COMMANDS:
        word = ""
    elif word in _NAMES and problem not in _TYPED:
        word = row_named(Name(word)).form(locale).split(" ")[0]
    with_word, without, more = _SENTENCES.get(problem, _OTHER)[0 if german else 1]
    sentence = with_word.replace("{}", _shown(word, german)) if word.strip() else without
    if nearest.strip() and more:
        sentence += more.replace("{}", _shown(nearest, german))
    return sentence[0].upper() + sentence[1:] + "."


def _shown(word: str, german: bool) -> str:
    word = header_value(word, WORD_MAX)
    if word.startswith(("#", "+")):
        return word
    return f"„{word}“" if german else f"“{word}”"


_MEANT_DE, _MEANT = "; gemeint ist vielleicht {}", "; perhaps you meant {}"
_RIGHT_DE, _RIGHT = "; richtig ist etwa {}", "; right would be {}"

# problem: for each language the sentence with the word, without one, and what `nearest` adds
_SENTENCES = {
    "unknown_name": (
        ("den Befehl {} gibt es nicht", "einen der Befehle gibt es nicht", _MEANT_DE),
        ("there is no command {}", "one of the commands does not exist", _MEANT),
    ),
    "wrong_argument": (
        ("{} ist so nicht zu verstehen", "die Angabe zu einem Befehl ist nicht zu verstehen", _RIGHT_DE),
        ("{} cannot be understood", "what was given with a command cannot be understood", _RIGHT),
    ),
    "missing_argument": (
        ("zu {} fehlt eine Angabe", "zu einem der Befehle fehlt eine Angabe", _RIGHT_DE),
        ("{} lacks what belongs to it", "one of the commands lacks what belongs to it", _RIGHT),
    ),
    "past_moment": (
        ("der Zeitpunkt {} ist schon vorbei", "der genannte Zeitpunkt ist schon vorbei", _RIGHT_DE),
        ("the moment {} is over already", "the moment named is over already", _RIGHT),
    ),
    "ambiguous_agent": (
        ("{} passt auf mehrere Mitarbeiter; bitte nennen Sie die Adresse",
         "die Angabe passt auf mehrere Mitarbeiter; bitte nennen Sie die Adresse", ""),
        ("{} fits several agents; please give the address",
         "what was given fits several agents; please give the address", ""),
    ),
    "left_over": (
        ("{} gehört weder zum Titel noch zu einem Befehl",
         "im Betreff steht etwas, das weder zum Titel noch zu einem Befehl gehört", _MEANT_DE),
        ("{} belongs neither to the title nor to a command",
         "something in the subject belongs neither to the title nor to a command", _MEANT),
    ),
    "contradiction": (
        ("diese Befehle widersprechen sich: {}", "zwei der Befehle widersprechen sich", ""),
        ("these commands contradict each other: {}", "two of the commands contradict each other", ""),
    ),
    "twice": (
        ("{} steht mehrmals da", "ein Befehl steht mehrmals da", ""),
        ("{} is there more than once", "one command is there more than once", ""),
    ),
    "not_possible_yet": (
        ("{} ist noch nicht möglich", "einer der Befehle ist noch nicht möglich", _MEANT_DE),
        ("{} is not possible yet", "one of the commands is not possible yet", _MEANT),
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
        ("einen Mitarbeiter {} gibt es nicht", "diesen Mitarbeiter gibt es nicht", _MEANT_DE),
        ("there is no agent {}", "there is no such agent", _MEANT),
    ),
    "unknown_ticket": (
        ("ein Ticket {} gibt es nicht", "dieses Ticket gibt es nicht", _MEANT_DE),
        ("there is no ticket {}", "there is no such ticket", _MEANT),
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
         _MEANT_DE),
        ("{} takes no part in this ticket", "this address takes no part in the ticket", _MEANT),
    ),
    "dearer_kind": (
        ("die Art {} kostet mehr und braucht die Zustimmung des Kunden; einholen lässt sie sich so noch nicht",
         "diese Art kostet mehr und braucht die Zustimmung des Kunden; einholen lässt sie sich so noch nicht",
         ""),
        ("the kind {} costs more and needs the customer's consent, which cannot be asked for this way yet",
         "this kind costs more and needs the customer's consent, which cannot be asked for this way yet",
         ""),
    ),
}  # fmt: skip
_NAMES = frozenset(Name)
_NO_COMMANDS = frozenset({"unknown_ticket", "other_customer", "nothing_to_undo"})
_TYPED = frozenset({"left_over", "unknown_agent", "not_a_participant"})  # words just as written
_SAME = {"word_left_over": "left_over", "name_twice": "twice"}
_OTHER = (
    ("{} ließ sich nicht ausführen", "die Befehle ließen sich nicht ausführen", _MEANT_DE),
    ("{} could not be run", "the commands could not be run", _MEANT),
)
