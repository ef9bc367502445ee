"""Why something is not billed, as a value: whoever reads it decides on the language.

Commands say it in English, the summary of a run in the language of whoever bills. The sentences
stand in `reason_words`.
"""

from dataclasses import dataclass
from datetime import date

from maildesk.rules.invoice.content import DocumentKind
from maildesk.rules.invoice.reason_words import KINDS, SENTENCES
from maildesk.rules.invoice.why import Why
from maildesk.rules.letters import is_german
from maildesk.rules.money import Money


@dataclass(frozen=True, slots=True)
class Reason:
    """A sentence, or the end of one, in no language yet; `str()` says it in English.

    `values` are what its sentence names, by name and sorted; one may be a reason itself.
    """

    name: Why
    values: "tuple[tuple[str, Value], ...]" = ()

    def words(self, locale: str) -> str:
        """Return it as people read it: in German for "de" and its regions, else in English."""
        german, english = SENTENCES[self.name]
        said = {name: _said(value, locale) for name, value in self.values}
        return (german if is_german(locale) else english).format(**said)

    def __str__(self) -> str:
        return self.words("en")

    def in_json(self) -> str:
        """Return what stands for it in JSON: its English words."""
        return self.words("en")


Value = str | int | date | Money | Reason


def because(name: Why, **values: Value) -> Reason:
    """Return a reason with what its sentence names."""
    return Reason(name, tuple(sorted(values.items(), key=lambda each: each[0])))


def told(error: BaseException) -> Reason | str:
    """Return the reason that an exception was raised with; of others their text, as it is."""
    given = error.args[0] if error.args else None
    return given if isinstance(given, Reason) else str(error)


def reason_of(error: BaseException) -> Reason:
    """Return the reason that an exception was raised with; of others their text in a frame."""
    said = told(error)
    return said if isinstance(said, Reason) else because(Why.REFUSED, error=said)


def _said(value: Value, locale: str) -> str:
    if isinstance(value, Reason | Money):
        return value.words(locale)
    if isinstance(value, DocumentKind):
        return KINDS[value][0 if is_german(locale) else 1]
    if isinstance(value, date):
        return f"{value:%d.%m.%Y}" if is_german(locale) else value.isoformat()
    return str(value)
