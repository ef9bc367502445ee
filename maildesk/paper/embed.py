"""An e-invoice put into its pages: Factur-X / ZUGFeRD in PDF/A-3, always the same octets.

The XML and the XMP that names it are added while the pages are written, so the file is written
once, as PDF 1.7, on which PDF/A-3 is based (ISO 19005-3). All moments are those of the day of
issue, never of the clock: a document can be made again to the octet.
"""

from datetime import UTC, datetime, time
from hashlib import md5
from typing import Any
from xml.sax.saxutils import escape

from maildesk.paper.press import Finish
from maildesk.paper.words import clean
from maildesk.rules.invoice.content import DocumentKind, InvoiceContent
from maildesk.rules.letters import is_german

NAME = "factur-x.xml"
MAKER = "maildesk"
_DESCRIPTION = "Factur-X XML file"
_TITLES = {
    DocumentKind.INVOICE: ("Rechnung", "Invoice"),
    DocumentKind.CANCELLATION: ("Stornorechnung", "Cancellation invoice"),
}


def embedding(xml: bytes, content: InvoiceContent) -> Finish:
    """Return what puts the XML into pages that are about to be written, as factur-x.xml.

    The XML is an alternative form of what the pages show, as ZUGFeRD wants it in Germany for
    the profile EN 16931. Moments are midnight UTC of the day of issue.
    """
    moment = datetime.combine(content.issued_on, time(), UTC)

    def embed(pdf: Any) -> None:
        said = _said(content)
        _attach(pdf, xml, moment)
        _describe(pdf, said, moment)
        # The stream was written without Factur-X; one RDF must say everything (ISO 16684-1).
        _set_xmp(pdf, _xmp(said, pdf.info["Producer"].string, moment))

    return embed


def _said(content: InvoiceContent) -> dict[str, str]:
    kind = _TITLES[content.kind][0 if is_german(content.language) else 1]
    title = f"{kind} {clean(content.number)}"
    seller = clean(content.seller.name)
    return {
        "Title": title,
        "Author": seller,
        "Subject": f"{seller}: {title}, {content.issued_on.isoformat()}",
        "Keywords": f"{kind}, Factur-X, ZUGFeRD",
        "Creator": MAKER,
    }


def _attach(pdf: Any, xml: bytes, moment: datetime) -> None:
    """Add the file, its name and what it is of the document (ISO 32000-1 section 7.11.4)."""
    from weasyprint.pdf import pydyf  # the writer of PDF that WeasyPrint itself has

    about = {
        # ISO 32000-1 table 46 asks for MD5: it finds errors, it guards against nobody.
        "CheckSum": f"<{md5(xml, usedforsecurity=False).hexdigest()}>",
        "Size": len(xml),
        "CreationDate": pydyf.String(_stamp(moment)),
        "ModDate": pydyf.String(_stamp(moment)),
    }
    file = pydyf.Stream(
        [xml],
        {"Type": "/EmbeddedFile", "Subtype": "/text#2fxml", "Params": pydyf.Dictionary(about)},
        compress=True,
    )
    pdf.add_object(file)
    spec = pydyf.Dictionary({
        "Type": "/Filespec",
        "F": pydyf.String(NAME),
        "UF": pydyf.String(NAME),
        "Desc": pydyf.String(_DESCRIPTION),
        "AFRelationship": "/Alternative",
        "EF": pydyf.Dictionary({"F": file.reference, "UF": file.reference}),
    })  # fmt: skip
    pdf.add_object(spec)
    names = pydyf.Dictionary({"Names": pydyf.Array([pydyf.String(NAME), spec.reference])})
    pdf.catalog.setdefault("Names", pydyf.Dictionary())["EmbeddedFiles"] = names
    pdf.catalog["AF"] = pydyf.Array([spec.reference])
    # Readers would open with a list of attachments beside the page; most people want the page.
    pdf.catalog["PageMode"] = "/UseNone"


def _describe(pdf: Any, said: dict[str, str], moment: datetime) -> None:
    from weasyprint.pdf import pydyf

    moments = {"CreationDate": _stamp(moment), "ModDate": _stamp(moment)}
    pdf.info.update({name: pydyf.String(text) for name, text in (said | moments).items()})


def _set_xmp(pdf: Any, xmp: bytes) -> None:
    """Replace the metadata; plain, so that whoever only searches the file finds it."""
    from weasyprint.pdf import pydyf

    (at,) = (at for at, each in enumerate(pdf.objects) if each.reference == pdf.catalog["Metadata"])
    stream = pydyf.Stream([xmp], {"Type": "/Metadata", "Subtype": "/XML"})
    stream.number = pdf.objects[at].number
    pdf.objects[at] = stream


def _stamp(moment: datetime) -> str:
    return f"{moment:D:%Y%m%d%H%M%S}+00'00'"


def _xmp(said: dict[str, str], producer: str, moment: datetime) -> bytes:
    values = {name.lower(): escape(text) for name, text in said.items()}
    return _XMP.format(
        **values,
        producer=escape(producer),
        moment=f"{moment:%Y-%m-%dT%H:%M:%S}+00:00",
        name=NAME,
        properties="".join(
            _PROPERTY.format(name=name, words=words) for name, words in _PROPERTIES.items()
        ),
    ).encode()


# What Factur-X adds to XMP must be described in it (ISO 19005-3 section 6.6.2.3, Factur-X 1.0
# section 6.3).
_PROPERTIES = {
    "DocumentFileName": "The name of the embedded XML document",
    "DocumentType": "The type of the hybrid document in capital letters, e.g. INVOICE or ORDER",
    "Version": "The actual version of the standard applying to the embedded XML document",
    "ConformanceLevel": "The conformance level of the embedded XML document",
}
_PROPERTY = """
       <rdf:li rdf:parseType="Resource">
        <pdfaProperty:name>{name}</pdfaProperty:name>
        <pdfaProperty:valueType>Text</pdfaProperty:valueType>
        <pdfaProperty:category>external</pdfaProperty:category>
        <pdfaProperty:description>{words}</pdfaProperty:description>
       </rdf:li>"""
_XMP = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
 <rdf:Description rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/">
  <pdfaid:part>3</pdfaid:part>
  <pdfaid:conformance>B</pdfaid:conformance>
 </rdf:Description>
 <rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/">
  <dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
  <dc:creator><rdf:Seq><rdf:li>{author}</rdf:li></rdf:Seq></dc:creator>
  <dc:description><rdf:Alt><rdf:li xml:lang="x-default">{subject}</rdf:li></rdf:Alt></dc:description>
 </rdf:Description>
 <rdf:Description rdf:about="" xmlns:pdf="http://ns.adobe.com/pdf/1.3/">
  <pdf:Producer>{producer}</pdf:Producer>
  <pdf:Keywords>{keywords}</pdf:Keywords>
 </rdf:Description>
 <rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/">
  <xmp:CreatorTool>{creator}</xmp:CreatorTool>
  <xmp:CreateDate>{moment}</xmp:CreateDate>
  <xmp:ModifyDate>{moment}</xmp:ModifyDate>
 </rdf:Description>
 <rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
  xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#"
  xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
  <pdfaExtension:schemas>
   <rdf:Bag>
    <rdf:li rdf:parseType="Resource">
     <pdfaSchema:schema>Factur-X PDFA Extension Schema</pdfaSchema:schema>
     <pdfaSchema:namespaceURI>urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#</pdfaSchema:namespaceURI>
     <pdfaSchema:prefix>fx</pdfaSchema:prefix>
     <pdfaSchema:property>
      <rdf:Seq>{properties}
      </rdf:Seq>
     </pdfaSchema:property>
    </rdf:li>
   </rdf:Bag>
  </pdfaExtension:schemas>
 </rdf:Description>
 <rdf:Description rdf:about="" xmlns:fx="urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#">
  <fx:DocumentType>INVOICE</fx:DocumentType>
  <fx:DocumentFileName>{name}</fx:DocumentFileName>
  <fx:Version>1.0</fx:Version>
  <fx:ConformanceLevel>EN 16931</fx:ConformanceLevel>
 </rdf:Description>
</rdf:RDF>
</x:xmpmeta>
<?xpacket end="r"?>
"""
