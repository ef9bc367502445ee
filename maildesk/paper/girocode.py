"""The Girocode (EPC069-12): a QR code that a banking app reads, as a picture in a data URL."""

from base64 import b64encode
from io import BytesIO

import segno

QUIET = 4  # modules of white around the code (ISO/IEC 18004 section 6.3.8)


def code(payload: str) -> segno.QRCode:
    """Return the QR code of an EPC payload: UTF-8, error level M, at most version 13.

    Raises ValueError for a payload that does not fit (EPC069-12 section 2.1).
    """
    try:
        return segno.make_qr(payload, error="m", version=None, encoding="utf-8", boost_error=False)
    except segno.DataOverflowError as error:
        raise ValueError(f"too much for a Girocode: {len(payload)} characters") from error


def data_url(payload: str) -> str:
    """Return the code as an SVG in a data URL, with its quiet zone. Raises ValueError as `code`."""
    picture = BytesIO()
    code(payload).save(
        picture, kind="svg", border=QUIET, omitsize=True, xmldecl=False, svgns=True, nl=False
    )
    return "data:image/svg+xml;base64," + b64encode(picture.getvalue()).decode("ascii")
