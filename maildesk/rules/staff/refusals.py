"""Why an agent's commands were not run, in one sentence for each problem and language."""

from maildesk.mail.safe import header_value
from maildesk.rules.commands.words import Name, row_named
from maildesk.rules.letters import is_german
from maildesk.rules.staff.refusal_rows import MEANT, MEANT_DE, SENTENCES

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
    with_word, without, more = SENTENCES.get(problem, _OTHER)[0 if german else 1]
    sentence = with_word.replace("{}", _shown(word, german)) if word.strip() else without
    if nearest.strip() and more:
        said = header_value(nearest, WORD_MAX) if problem in _PLAIN else _shown(nearest, german)
        sentence += more.replace("{}", said)
    return sentence[0].upper() + sentence[1:] + "."


def _shown(word: str, german: bool) -> str:
    word = header_value(word, WORD_MAX)
    if word.startswith(("#", "+")):
        return word
    return f"„{word}“" if german else f"“{word}”"


_NAMES = frozenset(Name)
_NO_COMMANDS = frozenset({"unknown_ticket", "other_customer", "nothing_to_undo"})
# What `nearest` says there are people's names, days and spans: nothing that anybody would write.
_PLAIN = frozenset({
    "who_missing", "phone_who", "phone_other", "not_above", "not_above_worked", "deemed_early",
    "timer_of_other",
})  # fmt: skip
_TYPED = frozenset({"left_over", "unknown_agent", "not_a_participant"})  # words just as written
_SAME = {"word_left_over": "left_over", "name_twice": "twice"}
_OTHER = (
    ("{} ließ sich nicht ausführen", "die Befehle ließen sich nicht ausführen", MEANT_DE),
    ("{} could not be run", "the commands could not be run", MEANT),
)
