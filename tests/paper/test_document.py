"""Finished documents: every one passes every check, and comes out the same to the octet."""

import hashlib
import io
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pikepdf
import pytest

from maildesk.paper.document import Document, build
from maildesk.paper.look import Look
from maildesk.rules.invoice.canonical import octets
from maildesk.rules.invoice.content import Format
from tests.paper.checks import ROOT, check, extracted, faults_of
from tests.paper.made import EVERY, cancelled, draft, ordinary, xrechnung

pytestmark = pytest.mark.peer("pango")
LOOK = Look(accent="#8a1538")


@pytest.fixture(scope="module")
def documents() -> dict[str, Document]:
    """Every document, made once."""
    return {name: build(made(), LOOK) for name, made in EVERY.items()}


def test_every_document_passes_every_check(documents: dict[str, Document]) -> None:
    check(*((EVERY[name](), document) for name, document in documents.items()))


def test_the_same_content_gives_the_same_octets(documents: dict[str, Document]) -> None:
    for name in ("ordinary", "cancellation", "xrechnung"):
        assert build(EVERY[name](), LOOK) == documents[name], name


def test_what_was_made_before_shows_nowhere(documents: dict[str, Document], tmp_path: Path) -> None:
    """Fonts and style sheets are kept from one document to the next."""
    names = ["far_names", "reverse_charge", "ordinary", "long_names", "far_names", "ordinary"]
    for name in names:
        assert build(EVERY[name](), LOOK) == documents[name], name
    (tmp_path / "paper").mkdir()
    (tmp_path / "paper" / "invoice.css").write_text(
        "@counter-style decimal { system: cyclic; symbols: X } h1 { color: red }"
    )
    own = Look(accent=LOOK.accent, templates=str(tmp_path))
    other = build(ordinary(), own)
    assert other != documents["ordinary"]
    assert build(ordinary(), LOOK) == documents["ordinary"]
    assert build(ordinary(), own) == other


def test_another_process_and_another_day_make_the_same_octets(
    documents: dict[str, Document], tmp_path: Path
) -> None:
    """Hashes of texts differ from process to process, and the clock moves on."""
    (tmp_path / "content.json").write_bytes(octets(ordinary()))
    program = (
        "import sys, hashlib; from maildesk.paper.document import build;"
        "from maildesk.paper.look import Look;"
        "from maildesk.rules.invoice.canonical import content_of;"
        "made = build(content_of(open(sys.argv[1], 'rb').read()), Look(accent='#8a1538'));"
        "print(hashlib.sha256(made.pdf).hexdigest(), hashlib.sha256(made.xml).hexdigest())"
    )
    ours = documents["ordinary"]
    expected = f"{hashlib.sha256(ours.pdf).hexdigest()} {hashlib.sha256(ours.xml).hexdigest()}\n"
    for zone in ("Pacific/Kiritimati", "America/Los_Angeles"):
        command = [sys.executable, "-c", program, str(tmp_path / "content.json")]
        environment = {"TZ": zone, "PATH": "/usr/bin:/bin"}
        ended = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True
        )
        assert ended.stdout == expected, zone
        assert ended.stderr == "", "nothing is said while all goes well"


def test_a_document_is_dated_by_its_issue(documents: dict[str, Document]) -> None:
    with pikepdf.open(io.BytesIO(documents["ordinary"].pdf)) as pdf:
        assert str(pdf.docinfo.CreationDate) == "D:20261123000000+00'00'"
        assert str(pdf.docinfo.ModDate) == "D:20261123000000+00'00'"
        assert str(pdf.docinfo.Title) == "Rechnung RE-2026-00042"
        attached = pdf.Root.AF[0].EF.F.Params
        assert "20261123000000" in str(attached.ModDate)
        xmp = pdf.open_metadata()
        assert xmp["xmp:CreateDate"] == xmp["xmp:ModifyDate"] == "2026-11-23T00:00:00+00:00"
        assert pdf.Root.get("/PageMode") == "/UseNone"
        assert str(pdf.Root.Lang) == "de"
    assert documents["ordinary"].pdf.startswith(b"%PDF-1.7\n"), "PDF/A-3 is based on it"
    today = datetime.now(UTC).strftime("%Y%m%d%H").encode()
    assert today not in documents["ordinary"].pdf


def test_the_copy_of_an_xrechnung_has_nothing_inside() -> None:
    made = build(xrechnung(), LOOK)
    assert b"xrechnung_3.0" in made.xml
    with pikepdf.open(io.BytesIO(made.pdf)) as pdf:
        assert not pdf.attachments


def test_the_xml_inside_is_the_one_beside_it(documents: dict[str, Document]) -> None:
    assert extracted(documents["ordinary"].pdf) == documents["ordinary"].xml


def test_what_does_not_add_up_is_not_made() -> None:
    content = ordinary()
    with pytest.raises(ValueError, match="RE-2026-00042 does not add up: gross in all is"):
        build(replace(content, gross=content.gross + 1), LOOK)
    with pytest.raises(ValueError, match="BT-1"):
        build(draft(), LOOK)


def test_the_checks_themselves_find_what_is_broken(documents: dict[str, Document]) -> None:
    content, good = ordinary(), documents["ordinary"]
    other = documents["one_line"]
    assert not list(faults_of(content, good))
    swapped = list(faults_of(content, Document(good.pdf, other.xml)))
    assert any("number" in fault for fault in swapped)
    assert any("another than the one beside it" in fault for fault in swapped)
    plain = build(replace(content, format=Format.XRECHNUNG), LOOK)
    assert "0 associated files" in list(faults_of(content, Document(plain.pdf, good.xml)))
    assert any("qpdf" in fault for fault in _cut(good))
    with pytest.raises(AssertionError, match="is wanted"):
        check((cancelled(content), good))


def _cut(document: Document) -> list[str]:
    """Return the faults of a PDF of which some octets in the middle were changed."""
    middle = document.pdf.index(b"xref\n")
    broken = document.pdf[:middle] + b"xrxf\n" + document.pdf[middle + 5 :]
    return list(faults_of(ordinary(), Document(broken, document.xml)))
