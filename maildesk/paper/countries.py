"""Countries by their codes (ISO 3166-1 alpha-2), as they are called on an envelope.

The names are Babel's, of Unicode's CLDR.
"""

import re
from collections.abc import Mapping
from functools import cache

_CODE = re.compile(r"[A-Z]{2}")
# CLDR has names for these too: reserved or made-up codes, islands, unions and tests.
_NO_COUNTRIES = frozenset(
    ("AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "XK", "ZZ")
)
_CITY_FIRST = frozenset(("AU", "CA", "GB", "IE", "IN", "NZ", "SG", "US"))


def is_country(code: str) -> bool:
    """Tell whether a code is one that ISO 3166-1 has given to a country or a territory."""
    found = _CODE.fullmatch(code) is not None and code not in _NO_COUNTRIES
    return found and code in _names("en")


def country_words(code: str, *, german: bool) -> str:
    """Return the name of a country, or its code where there is no such country."""
    return _names("de" if german else "en")[code] if is_country(code) else code


@cache
def _names(language: str) -> Mapping[str, str]:
    from babel import Locale  # the daemon names no country and spares its memory

    found: Mapping[str, str] = Locale(language).territories
    return found


def city_words(postcode: str, city: str, code: str) -> str:
    """Return postcode and city in the order of a country."""
    order = (city, postcode) if code in _CITY_FIRST else (postcode, city)
    return " ".join(part for part in order if part)
