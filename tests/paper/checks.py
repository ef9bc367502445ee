"""All that is checked of a finished invoice, in one place for every test that makes one.

    check((content, document), ...)     raises AssertionError that names every fault

The public rules (schema, schematron), our own exact ones, and the form of the PDF. What is not
run here: KoSIT's own rules of XRechnung and veraPDF, which are in no package registry.
"""

import io
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path

import facturx
import pikepdf

from maildesk.paper.document import Document
from maildesk.paper.einvoice import PROFILES
from maildesk.paper.same import differs
from maildesk.paper.schema import misshapen
from maildesk.rules.invoice.content import Format, InvoiceContent
from maildesk.rules.invoice.exact import wrong
from maildesk.rules.invoice.xrechnung import missing
from tests.peers.pages import qpdf

ROOT = Path(__file__).parents[2]
FACTURX = "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#"
PDFA = "http://www.aiim.org/pdfa/ns/id/"
FEWEST_RULES = 40  # fewer fired rules than that: the schematron did not look at the invoice
Made = tuple[InvoiceContent, Document]


def check(*made: Made) -> None:
    """Check contents and their documents: everything but what takes other machines."""
    faults = [
        f"{content.number}: {fault}"
        for content, document in made
        for fault in faults_of(content, document)
    ]
    answers = schematron([document.xml for _, document in made])
    for (content, _), failed in zip(made, answers, strict=True):
        faults += [f"{content.number}: {fault}" for fault in failed]
    assert not faults, "\n".join(faults)


def faults_of(content: InvoiceContent, document: Document) -> Iterator[str]:
    """Yield what is wrong with one document, without the schematron."""
    yield from filter(None, [wrong(content), differs(content, document.xml)])
    yield from missing(content)
    yield from filter(None, [misshapen(document.xml)])
    if broken := _broken_pdf(document.pdf):
        yield broken
        return
    with pikepdf.open(io.BytesIO(document.pdf)) as pdf:
        yield from _not_pdfa(pdf)
        yield from _fonts(pdf)
        if content.format is Format.ZUGFERD:
            yield from _not_hybrid(pdf, document)
        elif "/AF" in pdf.Root or pdf.attachments:
            yield "a copy of an XRechnung has a file inside"


def schematron(xmls: Iterable[bytes]) -> list[list[str]]:
    """Return the failures of EN 16931's business rules for each e-invoice, in their order.

    XRechnung is looked at under the name of EN 16931, whose rules it must follow as well.
    """
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for at, xml in enumerate(xmls):
            paths.append(Path(folder) / f"{at}.xml")
            paths[-1].write_bytes(xml.replace(*(PROFILES[each].encode() for each in (
                Format.XRECHNUNG, Format.ZUGFERD
            ))))  # fmt: skip
        command = [sys.executable, "-m", "tests.paper.schematron", *map(str, paths)]
        ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    answers = json.loads(ended.stdout)
    return [
        answer["failed"] + ["it was hardly looked at"] * (answer["fired"] < FEWEST_RULES)
        for answer in answers
    ]


def extracted(pdf: bytes) -> bytes:
    """Return the XML that a reader finds in a PDF."""
    name, xml = facturx.get_xml_from_pdf(pdf, check_xsd=False, check_schematron=False)
    assert name == "factur-x.xml"
    return bytes(xml)


def _broken_pdf(pdf: bytes) -> str:
    program = qpdf()
    with tempfile.NamedTemporaryFile(suffix=".pdf") as file:
        file.write(pdf)
        file.flush()
        ended = subprocess.run([program, "--check", file.name], capture_output=True, text=True)
    return f"qpdf: {ended.stdout}{ended.stderr}" if ended.returncode else ""


def _not_pdfa(pdf: pikepdf.Pdf) -> Iterator[str]:
    """Yield what PDF/A-3b wants (ISO 19005-3) and can be seen from outside."""
    intents = pdf.Root.get("/OutputIntents", pikepdf.Array())
    if not any(
        intent.get("/S") == "/GTS_PDFA1" and "/DestOutputProfile" in intent for intent in intents
    ):
        yield "no output intent with a colour profile"
    metadata = pdf.open_metadata()
    if (metadata.get(f"{{{PDFA}}}part"), metadata.get(f"{{{PDFA}}}conformance")) != ("3", "B"):
        yield "its XMP does not say PDF/A-3b"
    if "/ID" not in pdf.trailer:
        yield "no file identifier"
    if pdf.is_encrypted:
        yield "it is encrypted"
    for name in ("/OpenAction", "/AA"):
        if name in pdf.Root:
            yield f"{name} is not allowed"
    if "/JavaScript" in pdf.Root.get("/Names", {}):
        yield "a script is not allowed"
    if not pdf.docinfo.get("/Title"):
        yield "no title"


def _fonts(pdf: pikepdf.Pdf) -> Iterator[str]:
    for page in pdf.pages:
        for name, font in (page.resources.get("/Font") or {}).items():
            for each in font.get("/DescendantFonts", [font]):
                described = each.get("/FontDescriptor", {})
                if not described.keys() & {"/FontFile", "/FontFile2", "/FontFile3"}:
                    yield f"page {page.index + 1}: the font {name} is not embedded"


def _not_hybrid(pdf: pikepdf.Pdf, document: Document) -> Iterator[str]:
    files = list(pdf.Root.get("/AF", []))
    if len(files) != 1:
        return (yield f"{len(files)} associated files")
    names = pdf.Root.Names.EmbeddedFiles.Names
    if len(names) != 2 or str(names[0]) != "factur-x.xml" or names[1].objgen != files[0].objgen:
        yield "the embedded file is not factur-x.xml alone"
    spec = files[0]
    if spec.AFRelationship not in ("/Data", "/Alternative"):
        yield f"AFRelationship is {spec.AFRelationship}"
    if spec.EF.F.get("/Subtype") != "/text/xml" or not spec.EF.F.Params.get("/ModDate"):
        yield "the embedded file does not say its type and moment"
    if spec.EF.F.read_bytes() != document.xml or extracted(document.pdf) != document.xml:
        yield "the XML inside is another than the one beside it"
    xmp = pdf.open_metadata()
    wanted = {
        "DocumentType": "INVOICE",
        "DocumentFileName": "factur-x.xml",
        "ConformanceLevel": "EN 16931",
    }
    said = {name: xmp.get(f"{{{FACTURX}}}{name}") for name in wanted}
    if said != wanted or not Decimal(xmp.get(f"{{{FACTURX}}}Version", "0")):
        yield f"the XMP of Factur-X says {said}"
    if not re.search(rb"pdfaExtension:schemas", pdf.Root.Metadata.read_bytes()):
        yield "the XMP does not describe its Factur-X properties"
