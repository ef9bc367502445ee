"""The sentences that say why something is not billed, in German and English.

What an exception said is quoted as it is. A command stands in German between „ and “ and in
English between backticks, as elsewhere in the mails of each.
"""

from collections.abc import Mapping
from types import MappingProxyType

from maildesk.rules.invoice.content import DocumentKind
from maildesk.rules.invoice.why import Why

KINDS: Mapping[DocumentKind, tuple[str, str]] = MappingProxyType(
    {
        DocumentKind.INVOICE: ("Rechnung", "invoice"),
        DocumentKind.CANCELLATION: ("Stornorechnung", "cancellation"),
        DocumentKind.TIMESHEET: ("Zeitaufstellung", "timesheet"),
    }
)

# In each pair German comes first. Those of the law are the end of MISSING.
_OF_THE_AGENCY = {
    Why.NAME: (
        "unser voller Firmenname, den § 14 Abs. 4 UStG auf jeder Rechnung verlangt; bitte"
        " agency.name setzen",
        "the full name of the business, which § 14 (4) UStG wants on every invoice; set agency.name",
    ),
    Why.STREET: (
        "unsere Straße mit Hausnummer, die § 14 Abs. 4 UStG auf jeder Rechnung verlangt; bitte"
        " agency.street setzen",
        "its street and number, which § 14 (4) UStG wants on every invoice; set agency.street",
    ),
    Why.POSTCODE: (
        "unsere Postleitzahl, die § 14 Abs. 4 UStG auf jeder Rechnung verlangt; bitte"
        " agency.postcode setzen",
        "its postcode, which § 14 (4) UStG wants on every invoice; set agency.postcode",
    ),
    Why.CITY: (
        "unser Ort, den § 14 Abs. 4 UStG auf jeder Rechnung verlangt; bitte agency.city setzen",
        "its city, which § 14 (4) UStG wants on every invoice; set agency.city",
    ),
    Why.TAX_ID: (
        "unsere Steuernummer oder USt-IdNr. (§ 14 Abs. 4 UStG); bitte agency.tax_number oder"
        " agency.vat_id setzen",
        "a tax number or a VAT id (§ 14 (4) UStG); set agency.tax_number or agency.vat_id",
    ),
    Why.SMALL_TAX_NUMBER: (
        "die Steuernummer, an der ein Kleinunternehmer nach § 19 UStG erkannt wird (§ 34a UStDV);"
        " bitte agency.tax_number setzen",
        "the tax number, which a small business of § 19 UStG is known by (§ 34a UStDV);"
        " set agency.tax_number",
    ),
    Why.TAX_NUMBER_WRONG: (
        "eine richtige Steuernummer: „{number}“ hat nicht die 10 bis 13 Ziffern einer deutschen"
        " wie 214/5312/0481; bitte agency.tax_number berichtigen",
        "a tax number that is right: {number!r} has not the 10 to 13 digits of a German one, such"
        " as 214/5312/0481; mend agency.tax_number",
    ),
    Why.VAT_ID_WRONG: (
        "eine richtige USt-IdNr.: „{vat_id}“ ist vertippt; bitte agency.vat_id berichtigen",
        "a VAT id that is right: {vat_id!r} is mistyped; mend agency.vat_id",
    ),
    Why.IBAN: (
        "das Konto, auf das gezahlt werden soll (EN 16931, BT-84); bitte agency.iban setzen",
        "the account to pay to (EN 16931, BT-84); set agency.iban",
    ),
    Why.IBAN_WRONG: (
        "eine richtige IBAN: „{iban}“ ist vertippt; bitte agency.iban berichtigen",
        "an IBAN that is right: {iban!r} is mistyped; mend agency.iban",
    ),
    Why.BIC_WRONG: (
        "eine richtige BIC: „{bic}“ ist vertippt; bitte agency.bic berichtigen oder weglassen",
        "a BIC that is right: {bic!r} is mistyped; mend agency.bic or leave it out",
    ),
    Why.RATES: (
        "ein Umsatzsteuersatz für {country}: Bekannt sind nur die deutschen; bitte billing.vat"
        " setzen",
        "the VAT rates of {country}: only the German ones are known; set billing.vat",
    ),
}
_OF_THE_CUSTOMER = {
    Why.ADDRESS: (
        "die vollständige Anschrift des Kunden (§ 14 Abs. 4 UStG); „maildesk customer billing"
        " {customer} {options}“",
        "the customer's full address (§ 14 (4) UStG); `maildesk customer billing {customer}"
        " {options}`",
    ),
    Why.COUNTRY: (
        "das Land des Kunden; „maildesk customer billing {customer} --country DE“",
        "the customer's country; `maildesk customer billing {customer} --country DE`",
    ),
    Why.RECIPIENT: (
        "eine Adresse für die Rechnung: Der Kunde hat weder Kontakte noch eine für Rechnungen;"
        " „maildesk customer billing {customer} --email …“",
        "an address to mail the invoice to: the customer has neither contacts nor one for"
        " invoices; `maildesk customer billing {customer} --email …`",
    ),
    Why.OWN_VAT_ID: (
        "unsere eigene USt-IdNr.: Schuldet der Kunde die Steuer, stehen beide auf der Rechnung"
        " (§ 14a Abs. 1 UStG); bitte agency.vat_id setzen",
        "the agency's own VAT id: where the customer owes the tax, both stand on the invoice"
        " (§ 14a (1) UStG); set agency.vat_id",
    ),
    Why.VAT_ID_UNCHECKED: (
        "die Prüfung der USt-IdNr. {vat_id}, denn berechnet wird ohne Umsatzsteuer (§ 18e UStG):"
        " bitte bei VIES oder beim BZSt abfragen, dann „maildesk customer billing {customer}"
        " --vat-checked 'gültig, Name stimmt'“",
        "a check of the VAT id {vat_id}, as no VAT is charged (§ 18e UStG): ask VIES or the BZSt,"
        ' then `maildesk customer billing {customer} --vat-checked "valid, name agrees"`',
    ),
}
_OF_XRECHNUNG = {
    Why.CONTACT: (
        "ein Ansprechpartner, den die XRechnung verlangt (BR-DE-5); bitte agency.contact setzen",
        "somebody to ask, as XRechnung wants it (BR-DE-5); set agency.contact",
    ),
    Why.PHONE: (
        "eine Telefonnummer, die die XRechnung verlangt (BR-DE-6); bitte agency.phone setzen",
        "a telephone number, as XRechnung wants it (BR-DE-6); set agency.phone",
    ),
    Why.OWN_MAIL: (
        "eine E-Mail-Adresse, die die XRechnung verlangt (BR-DE-7); bitte agency.email setzen",
        "a mail address, as XRechnung wants it (BR-DE-7); set agency.email",
    ),
    Why.BUYER_MAIL: (
        "eine E-Mail-Adresse des Kunden, die die XRechnung annimmt; „maildesk customer billing"
        " {customer} --email rechnung@amt.example“",
        "a mail address of the customer that XRechnung takes; `maildesk customer billing"
        " {customer} --email rechnung@amt.example`",
    ),
}
_LEFT = {
    Why.MISSING: ("es fehlt {what}", "missing is {what}"),
    Why.LATER: (
        "an {ticket} wurde nach dem {day} gearbeitet: Es wird mit dem nächsten Lauf als Ganzes"
        " berechnet",
        "{ticket} was worked on after {day}: it is billed as a whole with the next run",
    ),
    Why.BEYOND: (
        "{ticket}: {minutes} min über die freigegebenen {limit} min hinaus werden nicht berechnet",
        "{ticket}: {minutes} minutes beyond the approved {limit} are not charged",
    ),
    Why.UNCOUNTABLE: (
        "die Rechnung lässt sich nicht berechnen: „{error}“; es wurde nichts erstellt",
        "it cannot be billed: {error}; nothing was made",
    ),
    Why.BELOW_ZERO: (
        "die Rechnung ergäbe {gross}: Die Pauschalen ziehen mehr ab, als zu zahlen ist; es wurde"
        " nichts erstellt. Siehe „maildesk item list“",
        "it comes to {gross}: the flat items take off more than there is to pay; nothing was made."
        " See `maildesk item list`",
    ),
    Why.PAID_MORE: (
        "{before} wurden schon angezahlt, und die Rechnung ergäbe {gross}; es wurde nichts"
        " erstellt. Rechnen Sie hier höchstens {gross} als Anzahlung an und den Rest auf der"
        " nächsten: erst „maildesk item list“, dann „maildesk item remove“ und „maildesk item add"
        " --paid-before“",
        "{before} were paid before and it comes to {gross}; nothing was made. Let a smaller down"
        " payment count on this one, at most {gross}, and the rest on the next: see `maildesk item"
        " list`, then `maildesk item remove` and `maildesk item add --paid-before`",
    ),
    Why.ON_HOLD: (
        "der Kunde ist zurückgestellt; „maildesk customer billing {customer} --no-hold“ gibt ihn"
        " wieder frei",
        "he is on hold; `maildesk customer billing {customer} --no-hold` lets him be billed",
    ),
    Why.OF_NOBODY: (
        "gehört zu keinem Kunden und kann daher niemandem berechnet werden",
        "it belongs to no customer, so nobody can be billed for it",
    ),
    Why.HAS_INVOICE: (
        "die Rechnung für {month} gibt es schon; was seither dazukam, wird mit dem nächsten Monat"
        " berechnet oder jetzt mit „maildesk invoice issue“",
        "has the invoice for {month} already; what came since is billed with the next month, or"
        " now by `maildesk invoice issue`",
    ),
    Why.TICKETS_CHANGE: (
        "die Tickets haben sich währenddessen immer wieder geändert; bitte noch einmal starten",
        "his tickets changed again and again meanwhile; start it once more",
    ),
    Why.FREE_CHANGED: (
        "die Tickets, für die nichts zu zahlen ist, haben sich währenddessen geändert; bitte noch"
        " einmal starten",
        "his tickets, for which nothing is to be paid, changed meanwhile; start it once more",
    ),
}
_BEFORE_THE_NUMBER = {
    Why.REFUSED: (
        "es ging etwas schief: „{error}“; es wurde nichts ausgestellt",
        "{error}",
    ),
    Why.FAILED: (
        "es ging etwas schief: „{error}“; es wurde nichts ausgestellt",
        "it went wrong: {error}; nothing was issued",
    ),
    Why.REDRAFT: (
        "die Grundlage hat sich seit dem Entwurf geändert; bitte neu entwerfen",
        "what it bills has changed since it was drafted; draft it anew",
    ),
    Why.TAKEN: (
        "{ticket} steht schon auf {number}; es wurde nichts ausgestellt",
        "{ticket} is on {number} already; nothing was issued",
    ),
    Why.TAKEN_ENTRY: (
        "der Zeiteintrag {id} steht schon auf {number}; es wurde nichts ausgestellt",
        "entry {id} is on {number} already; nothing was issued",
    ),
    Why.TAKEN_ITEM: (
        "die Pauschale {id} steht schon auf {number}; es wurde nichts ausgestellt",
        "item {id} is on {number} already; nothing was issued",
    ),
    Why.SUMS: (
        "die Summen dieser {kind} stimmen nicht: „{error}“; es wurde nichts ausgestellt",
        "the sums of this {kind} are not right: {error}; nothing was issued",
    ),
    Why.STILL_WANTS: (
        "der E-Rechnung zu dieser {kind} fehlt noch etwas: „{error}“; es wurde nichts ausgestellt",
        "the e-invoice of this {kind} still wants {error}; nothing was issued",
    ),
    Why.XML_WRONG: (
        "die E-Rechnung zu dieser {kind} stimmt nicht: „{error}“; es wurde nichts ausgestellt",
        "the e-invoice of this {kind} is not right: {error}; nothing was issued",
    ),
    Why.NOT_READY: (
        "Logo oder Vorlage sind so nicht zu gebrauchen: „{error}“; es wurde nichts ausgestellt",
        "{error}; nothing was issued",
    ),
    Why.DAY_BEFORE: (
        "das Rechnungsdatum {day} läge vor dem der letzten {kind} ({last}); es wurde nichts"
        " ausgestellt. Bitte die Uhr dieses Rechners stellen",
        "an issue date of {day} would be before that of the last {kind} ({last}), and nothing was"
        " issued; set this machine's clock right",
    ),
    Why.NUMBER_TAKEN: (
        "die nächste Nummer des Kreises trägt schon ein anderes Dokument; es wurde nichts"
        " ausgestellt. Bitte geben Sie billing.number und billing.cancellation eigene"
        " Buchstaben",
        "the next number of the range is on another document already, and nothing was issued; let"
        " `billing.number` and `billing.cancellation` have letters of their own",
    ),
}
_AFTER_THE_NUMBER = {
    Why.UNFINISHED: (
        "die Rechnung ist nicht fertig: „{error}“; der nächste Lauf macht weiter",
        "it is not finished: {error}; the next run goes on",
    ),
    Why.WAITING: (
        "{number} hat eine Nummer, aber noch keine Dokumente: „{error}“; der nächste Lauf versucht"
        " es wieder",
        "{number} has its number but no documents yet: {error}; the next run tries again",
    ),
    Why.NUMBERED_SUMS: (
        "die Summen von {number} stimmen nicht: {error}",
        "the sums of {number} are not right: {error}",
    ),
    Why.NUMBERED_XML: (
        "das XML von {number} entspricht nicht dem Inhalt",
        "the XML of {number} is not that of its content",
    ),
    Why.NOT_MAILED: (
        "{number} ging nicht per E-Mail hinaus: Der Kunde hat keine Adresse für Rechnungen",
        "{number} was not mailed: the customer has no address for invoices",
    ),
    Why.PAY_BACK: (
        "{paid} wurden für {number} gezahlt: bitte zurückzahlen",
        "{paid} were paid for {number}: pay them back",
    ),
    Why.ELSEWHERE: (
        "nicht neu berechnet, weil anders erledigt: {tickets}",
        "not billed anew, because they went another way: {tickets}",
    ),
}
SENTENCES: Mapping[Why, tuple[str, str]] = MappingProxyType(
    _OF_THE_AGENCY
    | _OF_THE_CUSTOMER
    | _OF_XRECHNUNG
    | _LEFT
    | _BEFORE_THE_NUMBER
    | _AFTER_THE_NUMBER
)
