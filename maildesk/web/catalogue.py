"""The German words of the pages: gettext catalogues, read as they are written (.po).

The templates say everything in English, which is its own catalogue. templates/web/locale/de holds
one file for each part of the pages; a site may lay its own beside them, for either language. They
are compiled in memory at the start, so nobody has to remember to.
"""

import gettext
import io
from functools import cache
from itertools import pairwise
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po


@cache
def catalogue(folders: tuple[Path, ...], lang: str) -> gettext.NullTranslations:
    """Return the words of a language; what the first of the folders says counts.

    Raises babel.messages.pofile.PoFileError for a file that is none.
    """
    found: list[Catalog] = []
    for folder in folders:
        for file in sorted((folder / "locale" / lang).glob("*.po")):
            with file.open("rb") as opened:
                found.append(read_po(opened, locale=lang, abort_invalid=True))
    if not found:
        return gettext.NullTranslations()
    compiled = [_compiled(each) for each in found]
    for one, after in pairwise(compiled):
        one.add_fallback(after)
    return compiled[0]


def _compiled(words: Catalog) -> gettext.GNUTranslations:
    octets = io.BytesIO()
    write_mo(octets, words)
    octets.seek(0)
    return gettext.GNUTranslations(octets)
