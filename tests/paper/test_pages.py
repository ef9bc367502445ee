"""The pages of an invoice: what stands on them, that they are PDF/A-3b, that they harm nobody."""

import io
import re
import subprocess
import sys
from base64 import b64decode
from dataclasses import replace
from decimal import Decimal
from functools import cache
from pathlib import Path

import pikepdf
import pypdf
import pytest
import segno

from maildesk.paper import girocode
from maildesk.paper.look import Look
from maildesk.paper.pages import html, to_pdf
from maildesk.paper.press import Unprintable
from maildesk.paper.words import Speech, clean
from maildesk.rules.girocode import payload
from maildesk.rules.invoice.content import InvoiceContent
from tests.paper import made

SVG = b"""<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"
 viewBox="0 0 120 30"><rect width="30" height="30" fill="#1f4e79"/>
 <image xlink:href="file:///etc/passwd" width="9" height="9"/>
 <image xlink:href="http://127.0.0.1:9/x.png" width="9" height="9"/></svg>"""
pytestmark = pytest.mark.peer("pango")
ROW = re.compile(r"Artikelimport (\d+):")


def said(content: InvoiceContent, look: Look | None = None) -> list[str]:
    """Return the text of each page, with ordinary blanks."""
    pdf = pypdf.PdfReader(io.BytesIO(to_pdf(content, look or Look())))
    return [" ".join(page.extract_text().split()) for page in pdf.pages]


@cache
def printed(name: str) -> bytes:
    """Return the PDF of a content of `made`, made once."""
    return to_pdf(made.EVERY[name](), Look())


def whole(name: str) -> str:
    """Return all text of a content of `made`."""
    pdf = pypdf.PdfReader(io.BytesIO(printed(name)))
    return " ".join(" ".join(page.extract_text() for page in pdf.pages).split())


@pytest.mark.parametrize("name", made.EVERY)
def test_every_document_says_its_number_its_sum_and_each_line(name: str) -> None:
    content = made.EVERY[name]()
    say = Speech(content.language, content.currency)
    text = whole(name)

    def blank(words: str) -> str:
        return " ".join(words.split())

    assert content.number in text
    assert say.day(content.issued_on).replace("\u00a0", " ") in text
    amounts = [line.net for line in content.lines] + [content.gross, content.payable]
    amounts += [row.vat for row in content.vat_lines if row.rate]
    assert [each for each in amounts if blank(say.money(each)) not in text] == []
    assert [line.ticket for line in content.lines if line.ticket not in text] == []
    seller = content.seller
    assert (seller.vat_id or seller.tax_number) in text  # § 14 (4) no. 2 UStG
    assert seller.postcode in text
    assert content.buyer.postcode in text


@pytest.mark.parametrize("name", made.EVERY)
def test_every_document_is_pdf_a_3b(name: str, tmp_path: Path) -> None:
    path = tmp_path / "invoice.pdf"
    path.write_bytes(printed(name))
    checked = subprocess.run(["qpdf", "--check", path], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    content = made.EVERY[name]()
    with pikepdf.open(path) as pdf:
        meta = pdf.open_metadata()
        assert (meta["pdfaid:part"], meta["pdfaid:conformance"]) == ("3", "B")
        assert content.number in str(meta["dc:title"])
        assert list(meta["dc:creator"]) == [content.seller.name]
        assert str(pdf.Root.Lang) == content.language
        (intent,) = pdf.Root.OutputIntents
        assert intent.S == "/GTS_PDFA1"
        assert len(intent.DestOutputProfile.read_bytes()) > 300
        assert pdf.trailer.ID
        names, fonts = set(), []
        for each in pdf.objects:
            if isinstance(each, pikepdf.Dictionary | pikepdf.Stream):
                names |= set(each.keys())
                if each.get("/Type") == "/FontDescriptor":
                    fonts.append(each)
        assert fonts
        assert all(any(key.startswith("/FontFile") for key in font) for font in fonts)
        # Nothing that acts or points elsewhere, and no encryption.
        assert not names & {"/JavaScript", "/JS", "/URI", "/Launch", "/OpenAction", "/AA"}
        assert not pdf.is_encrypted


@pytest.mark.parametrize("name", ["ordinary", "cancellation", "far_names"])
def test_the_same_content_gives_the_same_octets_in_another_process(name: str) -> None:
    program = (
        "import hashlib; from maildesk.paper.look import Look;"
        "from maildesk.paper.pages import to_pdf; from tests.paper import made;"
        f"print(hashlib.sha256(to_pdf(made.EVERY[{name!r}](), Look())).hexdigest())"
    )
    found = set()
    for seed in ("1", "2"):
        ran = subprocess.run(
            [sys.executable, "-c", program],
            cwd=Path(__file__).parents[2],
            env={"PYTHONHASHSEED": seed, "PATH": "/usr/bin:/bin", "TZ": f"UTC{seed}"},
            capture_output=True,
            text=True,
            check=True,
        )
        found.add(ran.stdout)
    assert len(found) == 1


@pytest.mark.parametrize(
    ("name", "has", "why"),
    [
        ("ordinary", True, "something is to be paid"),
        ("down_payment", True, "the rest is"),
        ("reverse_charge", True, "in euros, from anywhere in SEPA"),
        ("cancellation", False, "nobody pays a cancellation"),
        ("paid_before", False, "nothing is left to pay"),
    ],
)
def test_a_girocode_only_where_somebody_has_to_pay(name: str, has: bool, why: str) -> None:
    content = made.EVERY[name]()
    assert ('alt="Girocode"' in html(content, Look())) is has, why
    assert 'alt="Girocode"' not in html(replace(content, girocode=False), Look())
    assert 'alt="Girocode"' not in html(replace(content, number=""), Look())
    assert 'alt="Girocode"' not in html(replace(content, currency="CHF"), Look())


def test_the_girocode_is_the_code_of_the_payload() -> None:
    content = made.down_payment()
    bank = content.bank
    words = payload(bank.holder, bank.iban, content.payable, content.number)
    assert "EUR81.89" in words
    code = girocode.code(words)
    assert (code.error, code.version <= 13) == ("M", True)
    assert code.matrix == segno.make_qr(words, error="m", boost_error=False).matrix
    picture = girocode.data_url(words)
    assert picture in html(content, Look())
    svg = b64decode(picture.partition(",")[2]).decode()
    size = code.symbol_size(border=4)[0]
    assert f'viewBox="0 0 {size} {size}"' in svg
    with pytest.raises(ValueError, match="too much"):
        girocode.code("x" * 4000)


def test_sums_never_stand_alone_and_headings_come_again() -> None:
    lines = list(made.long().lines)
    for number in range(6, 13):
        content = made.invoice(lines[:number])
        for at, page in enumerate(said(content), 1):
            if "Rechnungsbetrag" in page:
                assert ROW.findall(page)[-1] == str(number), f"{number} lines, page {at}"
            if ROW.search(page):
                assert "Einzelpreis" in page, f"{number} lines, page {at}"
            assert f"Seite {at} von" in page


def test_a_cancellation_names_what_it_cancels() -> None:
    text = whole("cancellation")
    assert "Stornorechnung ST-2026-00007 zur Rechnung RE-2026-00042" in text
    assert "vom 23.11.2026 vollständig auf. Grund: Die Anschrift war falsch." in text
    assert "\u2212456,83 €" in text
    assert "Zahlbar bis" not in text
    assert "IBAN" not in text


def test_the_time_sheet_says_what_was_free_and_why() -> None:
    (_, sheet) = said(made.ordinary())
    assert "Leistungsnachweis zur Rechnung RE-2026-00042" in sheet
    assert sheet.count("ohne Berechnung: Wartungsvertrag") == 2
    assert "Zeit gesamt 3:40 h davon ohne Berechnung 1:10 h" in sheet
    assert "DD-104336 Versand nach Österreich und in die Schweiz 1:45 h" in sheet
    (_, english) = said(made.reverse_charge())
    assert "Time sheet for invoice RE-2026-00045" in english
    assert "not charged: our own mistake" in english


def test_what_the_law_wants_is_said() -> None:
    assert "Steuerschuldnerschaft des Leistungsempfängers" in whole("reverse_charge")
    assert "NL004495445B01" in whole("reverse_charge")
    assert "§ 19 UStG" in whole("small_business")
    assert "Umsatzsteuer 19 % auf 45,12 € 8,57 €" in whole("two_rates")
    assert "Umsatzsteuer 16 % auf 45,12 € 7,22 €" in whole("two_rates")
    assert "bereits gezahlt \u221250,00 € Zu zahlen 81,89 €" in whole("down_payment")
    assert "Bitte überweisen Sie nichts." in whole("paid_before")
    assert "04011000-1234512345-06" in whole("xrechnung")
    assert "XML-Datei (XRechnung)" in whole("xrechnung")


def test_a_draft_says_so_and_asks_for_no_money_by_a_code() -> None:
    first, sheet = said(made.draft())
    assert "Rechnungsentwurf" in first
    assert "Rechnungsnummer" not in first
    assert "Entwurf" in sheet.replace("Rechnungsentwurf", "")


def test_the_tax_number_is_on_the_paper_whatever_the_footer_says() -> None:
    (page,) = said(made.one_line(), Look(footer=(("Lindenhof", "Köln"), ("Montags zu",))))
    assert "Montags zu" in page
    assert "DE123456788" in page
    (page,) = said(made.one_line(), Look(footer=(("Lindenhof", "USt-IdNr. DE123456788"),)))
    assert page.count("DE123456788") == 1


def test_hostile_words_stay_words(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr("socket.create_connection", lambda *each, **more: asked.append(str(each)))
    monkeypatch.setattr("urllib.request.FileHandler.file_open", lambda *each: asked.append("file"))
    content = made.hostile()
    page = html(content, Look(logo=SVG, logo_type="image/svg+xml", accent="red;} body{x:y"))
    assert "<script" not in page
    assert "<img src=file" not in page
    assert page.count("</style>") == 2
    assert "red;}" not in page
    assert not set(page) & set("\x00\x07\x1b\u202e\u202c\ud800\ufffe")
    pdf = to_pdf(content, Look(logo=SVG, logo_type="image/svg+xml"))
    assert asked == []
    text = " ".join(each.extract_text() for each in pypdf.PdfReader(io.BytesIO(pdf)).pages)
    assert "{{ 7*7 }}" in text
    with pikepdf.open(io.BytesIO(pdf)) as read:
        keys = {
            key for each in read.objects if isinstance(each, pikepdf.Dictionary) for key in each
        }
    assert not keys & {"/JavaScript", "/JS", "/URI", "/EmbeddedFiles"}


def test_characters_that_no_font_has_become_squares() -> None:
    text = " ".join(said(replace(made.one_line(), intro="Tee: \U0001317f\U0001317f.")))
    assert "Tee: \u25a1\u25a1." in text


def test_without_pango_one_sentence_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "weasyprint.py").write_text("raise OSError('cannot load libpango-1.0-0')")
    program = (
        "from maildesk.paper.look import Look; from maildesk.paper.pages import to_pdf;"
        "from tests.paper import made; to_pdf(made.one_line(), Look())"
    )
    here = Path(__file__).parents[2]
    ran = subprocess.run(
        [sys.executable, "-c", program],
        cwd=here,
        env={"PYTHONPATH": f"{tmp_path}:{here}"},
        capture_output=True,
        text=True,
    )
    assert "Unprintable: Pango" in ran.stderr
    assert "apt install libpango-1.0-0" in ran.stderr


def test_a_logo_takes_the_place_of_the_name() -> None:
    look = Look(logo=SVG, logo_type="image/svg+xml", accent="#7a1f3d")
    page = html(made.one_line(), look)
    assert "data:image/svg+xml;base64," in page
    assert '<p class="name' not in page
    assert "--accent: #7a1f3d" in page
    assert '<p class="name' in html(made.one_line(), Look(logo=SVG, logo_type="text/html"))


def test_a_sites_own_templates_come_first(tmp_path: Path) -> None:
    folder = tmp_path / "paper"
    folder.mkdir()
    (folder / "invoice.css").write_text("body { color: #123456 }")
    assert "#123456" in html(made.one_line(), Look(templates=str(tmp_path)))
    (folder / "invoice.html.j2").write_text("<p>{{ invoice.nothing }}</p>")
    other = tmp_path / "other"
    folder.rename(other)
    (tmp_path / "site").mkdir()
    other.rename(tmp_path / "site" / "paper")
    with pytest.raises(Unprintable, match="cannot be rendered"):
        html(made.one_line(), Look(templates=str(tmp_path / "site")))


@pytest.mark.parametrize(
    ("german", "english", "says", "why"),
    [
        ("1.234,50 €", "€1,234.50", lambda say: say.money(123450), "an amount"),
        ("\u22120,01 €", "\u2212€0.01", lambda say: say.money(-1), "below zero, a real minus"),
        ("0:05 h", "0:05 h", lambda say: say.hours(5), "less than an hour"),
        ("\u22121:30 h", "\u22121:30 h", lambda say: say.hours(-90), "of a cancellation"),
        ("7,5 %", "7.5%", lambda say: say.percent(Decimal("7.50")), "no zeros at the end"),
        ("23.11.2026", "23 Nov 2026", lambda say: say.days(made.ISSUED, made.ISSUED), "a day"),
        (
            "02.–23.11.2026",
            "2–23 Nov 2026",
            lambda say: say.days(made.ISSUED.replace(day=2), made.ISSUED),
            "days of a month",
        ),
        (
            "30.10.–23.11.2026",
            "30 Oct–23 Nov 2026",
            lambda say: say.days(made.ISSUED.replace(month=10, day=30), made.ISSUED),
            "days of two months",
        ),
        (
            "31.12.2025–23.11.2026",
            "31 Dec 2025–23 Nov 2026",
            lambda say: say.days(made.ISSUED.replace(2025, 12, 31), made.ISSUED),
            "days of two years",
        ),
        (
            "134,925 € / h",
            "€134.925 / h",
            lambda say: say.price(made.line("x", "20", "134.925")),
            "a unit price is not rounded",
        ),
        ("0,5", "0.5", lambda say: say.quantity(made.line("x", "0.5", "1", piece=True)), "half"),
    ],
)
def test_values_are_written_as_people_write_them(german, english, says, why) -> None:
    assert says(Speech("de", "EUR")).replace("\u00a0", " ") == german, why
    assert says(Speech("en", "EUR")).replace("\u00a0", " ") == english, why


def test_cleaned_text_keeps_its_lines_and_loses_what_is_not_seen() -> None:
    assert clean("Grüße\r\n茶\u202e\u200b \x00x") == "Grüße\n茶  x"
    assert clean("a\u00adb") == "a\u00adb"
