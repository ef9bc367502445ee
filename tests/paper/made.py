"""Contents of invoices for the tests of paper, summed up by hand: exact decimals, half up.

Every function returns a whole InvoiceContent; `EVERY` names them all.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from maildesk.rules.billing.values import Vat
from maildesk.rules.invoice.content import (
    Bank,
    DocumentKind,
    Format,
    InvoiceContent,
    InvoiceLine,
    Party,
    Reference,
    SheetRow,
    Unit,
    VatLine,
)

ISSUED = date(2026, 11, 23)
CREDITS = ("Guthaben Wartungspaket: noch 3 Stunden 15 Minuten, gültig bis 31.12.2026.",)
SELLER = Party(
    name="Lindenhof Digital GmbH",
    line2="Agentur für Onlineshops",
    street="Lindenstraße 12",
    postcode="50674",
    city="Köln",
    vat_id="DE123456788",
    tax_number="215/5800/1234",
    register="HRB 86421, Amtsgericht Köln",
    email="rechnung@lindenhof.example",
    contact="Lena Hartmann",
    phone="+49 221 5550123",
)
BUYER = Party(
    name="Teehaus Brückner OHG",
    line2="z. Hd. Frau Anna Brückner",
    street="Am Alten Markt 3",
    postcode="48143",
    city="Münster",
    vat_id="DE136695976",
    email="buchhaltung@teehaus.example",
    number="10017",
    order_number="B-2026-118",
)
BANK = Bank(
    "Lindenhof Digital GmbH", "DE02120300000000202051", "BYLADEM1001", "Deutsche Kreditbank"
)
DOMESTIC = Decimal(19)
FREE = "ohne Berechnung: Wartungsvertrag"
INTRO = "Vielen Dank für Ihren Auftrag. Wir berechnen Ihnen die folgenden Leistungen."
OUTRO = "Fragen zur Rechnung? Schreiben Sie uns einfach – das kostet nichts."


def half_up(amount: Decimal) -> int:
    """Return minor units as a whole number, half away from zero."""
    return int(amount.to_integral_value(ROUND_HALF_UP))


def line(
    words: str,
    quantity: str,
    price: str,
    *,
    piece: bool = False,
    percent: str = "0",
    rate: Decimal = DOMESTIC,
    **more: Any,
) -> InvoiceLine:
    """Return a line: minutes and the price of an hour, or pieces and the price of one."""
    base = 1 if piece else 60
    full = half_up(Decimal(quantity) * Decimal(price) * 100 / base)
    discount = half_up(Decimal(full) * Decimal(percent) / 100)
    return InvoiceLine(
        position=0,
        words=words,
        quantity=Decimal(quantity),
        unit=Unit.PIECE if piece else Unit.MINUTE,
        price=Decimal(price),
        price_base=base,
        net=full - discount,
        vat_rate=rate,
        discount=discount,
        discount_percent=Decimal(percent),
        **more,
    )


def invoice(lines: list[InvoiceLine], *, percent: str = "0", **more: Any) -> InvoiceContent:
    """Return an invoice of these lines: positions, VAT rows, sums and days are filled in."""
    nets: dict[Decimal, int] = defaultdict(int)
    for each in lines:
        nets[each.vat_rate] += each.net
    rows = []
    for rate in sorted(nets, reverse=True):
        discount = half_up(Decimal(nets[rate]) * Decimal(percent) / 100)
        net = nets[rate] - discount
        rows.append(VatLine(rate, net, half_up(Decimal(net) * rate / 100), discount))
    net, vat = sum(row.net for row in rows), sum(row.vat for row in rows)
    down_payment = more.get("down_payment", 0)
    values: dict[str, Any] = {
        "kind": DocumentKind.INVOICE,
        "format": Format.ZUGFERD,
        "language": "de",
        "currency": "EUR",
        "number": "RE-2026-00042",
        "issued_on": ISSUED,
        "due_on": ISSUED + timedelta(days=14),
        "first_day": min(each.first_day or date(2026, 11, 2) for each in lines),
        "last_day": max(each.last_day or date(2026, 11, 20) for each in lines),
        "seller": SELLER,
        "buyer": BUYER,
        "bank": BANK,
        "vat_case": Vat.DOMESTIC,
        "lines": tuple(replace(each, position=at) for at, each in enumerate(lines, 1)),
        "vat_lines": tuple(rows),
        "net": net,
        "vat": vat,
        "gross": net + vat,
        "payable": net + vat - down_payment,
        "discount_percent": Decimal(percent),
        "tickets": tuple(dict.fromkeys(each.ticket for each in lines if each.ticket)),
        "intro": INTRO,
        "outro": OUTRO,
    }
    return InvoiceContent(**(values | more))


def cart(**more: Any) -> InvoiceLine:
    """Return the line of a quick ticket that took more than a day."""
    return line(
        "Fehler im Warenkorb behoben: Gutscheine wurden doppelt abgezogen",
        "35",
        "190",
        ticket="DD-104295",
        detail="Quickticket hoch, Faktor 2",
        first_day=date(2026, 11, 9),
        last_day=date(2026, 11, 10),
        **more,
    )


def ordinary() -> InvoiceContent:
    """Return a German invoice: kinds, factors, discounts, flat items, work under contract."""
    lines = [
        cart(),
        line(
            "Neue Versandarten für Österreich und die Schweiz eingerichtet, mit Testbestellungen",
            "95",
            "95",
            ticket="DD-104336",
            detail="Normales Ticket",
            percent="10",
            first_day=date(2026, 11, 3),
            last_day=date(2026, 11, 12),
        ),
        line(
            "Zertifikat des Testsystems erneuert",
            "20",
            "134.925",
            ticket="DD-104387",
            detail="Quickticket, Faktor 1,5 auf 89,95 €",
            first_day=date(2026, 11, 16),
            last_day=date(2026, 11, 16),
        ),
        line("Lizenz „Merkzettel Pro“, 1 Jahr", "2", "49", piece=True),
        line("Domain teehaus-brueckner.example, 12 Monate", "1", "14.90", piece=True),
    ]
    return invoice(lines, percent="5", credits=CREDITS, sheet=rows())


def rows() -> tuple[SheetRow, ...]:
    """Return a time sheet of four tickets, one of which was free."""
    cart, ship, cert = "DD-104295", "DD-104336", "DD-104387"
    two = Decimal(2)
    title = "Gutschein wird doppelt abgezogen"
    abroad = "Versand nach Österreich und in die Schweiz"
    return (
        SheetRow(cart, title, date(2026, 11, 9), 20, two, "Fehler nachgestellt", "Lena Hartmann"),
        SheetRow(cart, title, date(2026, 11, 10), 15, two, "Behoben und geprüft", "Murat Aydın"),
        SheetRow(ship, abroad, date(2026, 11, 3), 60, words="Versandarten angelegt"),
        SheetRow(ship, abroad, date(2026, 11, 12), 35, words="Testbestellungen, Texte angepasst"),
        SheetRow(
            ship, abroad, date(2026, 11, 13), 10, words="Schreibfehler im Text berichtigt",
            free="ohne Berechnung: Nachbesserung",
        ),
        SheetRow(
            cert, "Testshop meldet Zertifikatsfehler", date(2026, 11, 16), 20, Decimal("1.5"),
            "Zertifikat erneuert, Erneuerung überwacht",
        ),
        SheetRow(
            "DD-104401", "Monatliche Aktualisierungen", date(2026, 11, 18), 45,
            words="Shopware und Erweiterungen aktualisiert", free=FREE,
        ),
        SheetRow(
            "DD-104401", "Monatliche Aktualisierungen", date(2026, 11, 19), 15,
            words="Bestellablauf geprüft", free=FREE,
        ),
    )  # fmt: skip


def one_line() -> InvoiceContent:
    """Return the smallest invoice: no intro, no time sheet."""
    return invoice([cart()], number="RE-2026-00043", intro="", outro="")


def long() -> InvoiceContent:
    """Return one of 60 lines with a time sheet of 120 rows: several pages of each."""
    lines, sheet = [], []
    for at in range(60):
        ticket, day = f"DD-{20_000 + 7 * at}", date(2026, 11, 2) + timedelta(days=at % 19)
        words = f"Artikelimport {at + 1}: Zuordnung der Eigenschaften geprüft und berichtigt"
        lines.append(
            line(
                words,
                str(10 + at),
                "95",
                ticket=ticket,
                detail="Normales Ticket",
                first_day=day,
                last_day=day + timedelta(days=1),
            )
        )
        first = SheetRow(ticket, f"Artikelimport {at + 1}", day, 10, words="Daten geprüft")
        last = SheetRow(ticket, f"Artikelimport {at + 1}", day + timedelta(days=1), at)
        sheet += [first, replace(last, words="Zuordnung berichtigt")] if at else [first]
    return invoice(lines, number="RE-2026-00044", sheet=tuple(sheet))


def cancelled(content: InvoiceContent, number: str = "ST-2026-00007") -> InvoiceContent:
    """Return the cancellation of an invoice: its exact negative."""
    return replace(
        content,
        kind=DocumentKind.CANCELLATION,
        number=number,
        issued_on=date(2026, 11, 25),
        due_on=date(2026, 11, 25),
        cancels=Reference(content.number, content.issued_on, "Die Anschrift war falsch."),
        lines=tuple(
            replace(each, quantity=-each.quantity, net=-each.net, discount=-each.discount)
            for each in content.lines
        ),
        vat_lines=tuple(
            replace(row, net=-row.net, vat=-row.vat, discount=-row.discount)
            for row in content.vat_lines
        ),
        net=-content.net,
        vat=-content.vat,
        gross=-content.gross,
        down_payment=-content.down_payment,
        payable=-content.payable,
        intro="",
        outro="",
        credits=(),
        sheet=(),
    )


def cancellation() -> InvoiceContent:
    """Return the cancellation of the ordinary invoice."""
    return cancelled(ordinary())


def english(**more: Any) -> dict[str, Any]:
    """Return what an English invoice has in other words."""
    return {
        "language": "en",
        "intro": "Thank you for your order. We charge you for the following work.",
        "outro": "Questions? Just write to us – asking costs nothing.",
    } | more


def english_lines(rate: Decimal = Decimal(0)) -> list[InvoiceLine]:
    """Return three lines in English."""
    return [
        line(
            "Checkout repaired: the last step stayed empty in Safari",
            "85",
            "142.5",
            rate=rate,
            ticket="DD-104424",
            detail="Quick ticket, factor 1.5",
            first_day=date(2026, 11, 4),
            last_day=date(2026, 11, 5),
        ),
        line(
            "Product feed for the price comparison set up",
            "1260",
            "95",
            rate=rate,
            ticket="DD-104466",
            detail="Normal ticket",
            first_day=date(2026, 11, 10),
            last_day=date(2026, 11, 19),
        ),
        line("Licence “Wish List Pro”, 1 year", "1", "49", piece=True, rate=rate),
    ]


def reverse_charge() -> InvoiceContent:
    """Return an English invoice to a business of the EU: it owes the tax itself."""
    buyer = Party(
        name="Theehuis Van den Berg B.V.",
        street="Prinsengracht 263",
        postcode="1016 GV",
        city="Amsterdam",
        country="NL",
        vat_id="NL004495445B01",
        email="invoices@theehuis.example",
        number="10023",
        order_number="PO 4711",
    )
    sheet = (
        SheetRow(
            "DD-104424", "Checkout stays empty", date(2026, 11, 4), 85, Decimal("1.5"),
            "Found and repaired", "Lena Hartmann",
        ),
        SheetRow(
            "DD-104466", "Feed for price comparison", date(2026, 11, 10), 1260,
            words="Feed written and tested",
        ),
        SheetRow(
            "DD-104471", "Typing error in the imprint", date(2026, 11, 11), 5,
            words="Corrected", free="not charged: our own mistake",
        ),
    )  # fmt: skip
    return invoice(
        english_lines(),
        **english(number="RE-2026-00045", buyer=buyer, vat_case=Vat.REVERSE, sheet=sheet),
        notes=("Reverse charge: the recipient is liable for VAT (Steuerschuldnerschaft des Leistungsempfängers).",),
    )  # fmt: skip


def outside_eu() -> InvoiceContent:
    """Return an English invoice to a business outside the EU, in US dollars' neighbour: euros."""
    buyer = Party(
        name="Alpine Tea Trading Ltd",
        street="Bahnhofstrasse 40",
        postcode="8001",
        city="Zürich",
        country="CH",
        email="ap@alpinetea.example",
        number="10031",
    )
    return invoice(
        english_lines(),
        **english(number="RE-2026-00046", buyer=buyer, vat_case=Vat.OUTSIDE),
        notes=("Not subject to German VAT, § 3a (2) UStG (nicht steuerbar).",),
    )


def small_business() -> InvoiceContent:
    """Return an invoice of a Kleinunternehmer: no VAT, a tax number and no VAT id."""
    seller = replace(SELLER, name="Lena Hartmann Webdesign", line2="", vat_id="")
    return invoice(
        [replace(cart(), vat_rate=Decimal(0))],
        number="RE-2026-00047",
        seller=seller,
        bank=replace(BANK, holder="Lena Hartmann"),
        vat_case=Vat.SMALL,
        notes=("Gemäß § 19 UStG wird keine Umsatzsteuer berechnet.",),
    )


def two_rates() -> InvoiceContent:
    """Return work of June 2020 at 19 percent billed with work of July 2020 at 16."""
    june, july = date(2020, 6, 30), date(2020, 7, 1)
    lines = [
        line("Kategorien sortiert", "30", "95", first_day=june, last_day=june, ticket="DD-9018"),
        line(
            "Preise auf 16 % Umsatzsteuer umgestellt",
            "30",
            "95",
            rate=Decimal(16),
            first_day=july,
            last_day=july,
            ticket="DD-9023",
        ),
    ]
    days = {"issued_on": date(2020, 7, 31), "due_on": date(2020, 8, 14)}
    return invoice(lines, number="RE-2020-00311", percent="5", **days)


def down_payment() -> InvoiceContent:
    """Return an invoice of which 50.00 was paid before."""
    return invoice([cart()], number="RE-2026-00048", down_payment=5000)


def paid_before() -> InvoiceContent:
    """Return an invoice that was paid before as a whole: nothing is left to pay."""
    gross = invoice([cart()]).gross
    return invoice([cart()], number="RE-2026-00049", down_payment=gross)


def xrechnung() -> InvoiceContent:
    """Return an invoice for a public customer with a Leitweg-ID."""
    buyer = Party(
        name="Stadt Musterhausen",
        line2="Amt für Digitales, Rechnungsstelle",
        street="Rathausplatz 1",
        postcode="40213",
        city="Musterhausen",
        email="rechnung@musterhausen.example",
        number="10040",
        buyer_reference="04011000-1234512345-06",
        order_number="4500-2026-881",
    )
    return invoice([cart()], number="RE-2026-00050", format=Format.XRECHNUNG, buyer=buyer)


def long_names() -> InvoiceContent:
    """Return one whose names have 120 characters, one of them in a single word."""
    name = (
        "Vereinigte Norddeutsche Teehandels- und Gewürzverarbeitungsgesellschaft vormals "
        "Brückner, Söhne und Enkel mbH & Co. KG a"
    )
    buyer = replace(BUYER, name=name, line2="Rechnungswesen" * 8 + "Abteilung")
    seller = replace(SELLER, name=name.replace("Teehandels", "Onlinehandel"))
    words = "Donaudampfschifffahrtsgesellschaft" * 4 + " in der Suche gefunden " + "ü " * 200
    lines = [replace(cart(), words=words.strip()), cart()]
    return invoice(lines, number="RE-2026-00051", buyer=buyer, seller=seller, sheet=rows())


def far_names() -> InvoiceContent:
    """Return one whose buyer writes from right to left, and in Chinese."""
    buyer = Party(
        name="شركة الشاي الذهبي ذ.م.م",
        line2="茶叶贸易有限公司",
        street="شارع الملك فهد 12",
        postcode="12345",
        city="الرياض",
        country="SA",
        email="ap@goldentea.example",
        number="10055",
    )
    return invoice(
        english_lines(),
        **english(number="RE-2026-00052", buyer=buyer, vat_case=Vat.OUTSIDE),
        notes=("Not subject to German VAT, § 3a (2) UStG (nicht steuerbar).",),
    )


def hostile() -> InvoiceContent:
    """Return one full of markup, control characters and signs that turn the direction."""
    bad = (
        "<script>alert(1)</script><img src=file:///etc/passwd><img src=http://127.0.0.1:9/x>"
        "\u202egnp.exe\u202c\x00\x07\x1b[31m {{ 7*7 }} {% raw %} </style> &amp; \ud800 \ufffe ]]>"
    )
    buyer = replace(BUYER, name="GmbH " + bad, line2=bad, street=bad, city=bad, order_number=bad)
    lines = [replace(cart(), words=bad, detail=bad, ticket=bad)]
    sheet = (SheetRow(bad, bad, ISSUED, 5, words=bad, agent=bad, free=bad),)
    return invoice(
        lines, number="RE-2026-00053", buyer=buyer, sheet=sheet, intro=bad, notes=(bad,)
    )  # fmt: skip


def draft() -> InvoiceContent:
    """Return the ordinary invoice before it has a number."""
    return replace(ordinary(), number="")


# All that could be issued; `draft` and `hostile` could not.
EVERY: dict[str, Callable[[], InvoiceContent]] = {
    each.__name__: each
    for each in (
        ordinary, one_line, long, cancellation, reverse_charge, outside_eu, small_business,
        two_rates, down_payment, paid_before, xrechnung, long_names, far_names,
    )
}  # fmt: skip
