"""What pages are set with and looked at: Pango is a library, the others are programs."""

import os
from collections.abc import Callable
from functools import cache

import pytest

from tests.peers import require


@cache
def _no_pango() -> str:
    """Return why no page can be set, "" if one can."""
    try:
        import weasyprint  # noqa: F401 - it loads Pango
    except OSError as error:
        words = str(error).strip().splitlines()[0]
        return f"Pango is not installed (Debian package libpango-1.0-0; `make peers` installs it): {words}"
    return ""


def pango() -> None:
    """Skip the test on a machine that cannot set pages; in CI it fails."""
    if reason := _no_pango():
        if os.environ.get("MAILDESK_REQUIRE_PEERS") == "1":
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)


def qpdf() -> str:
    """Return the program that checks the form of a PDF; without it the test is skipped."""
    return str(require("qpdf", "qpdf"))


def pdftotext() -> str:
    """Return the program that reads the text of a PDF; without it the test is skipped."""
    return str(require("pdftotext", "poppler-utils"))


# Asked for by mark alone, before any fixture of a test: @pytest.mark.peer("pango").
MARKED: dict[str, Callable[[], object]] = {"pango": pango, "qpdf": qpdf, "pdftotext": pdftotext}
