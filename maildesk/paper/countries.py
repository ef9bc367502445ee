"""What countries are called on an envelope, in German and in English."""

# ISO 3166-1; others are written as their code.
_NAMES = {
    "AE": ("Vereinigte Arabische Emirate", "United Arab Emirates"),
    "AT": ("Österreich", "Austria"),
    "AU": ("Australien", "Australia"),
    "BE": ("Belgien", "Belgium"),
    "BG": ("Bulgarien", "Bulgaria"),
    "BR": ("Brasilien", "Brazil"),
    "CA": ("Kanada", "Canada"),
    "CH": ("Schweiz", "Switzerland"),
    "CN": ("China", "China"),
    "CY": ("Zypern", "Cyprus"),
    "CZ": ("Tschechien", "Czechia"),
    "DE": ("Deutschland", "Germany"),
    "DK": ("Dänemark", "Denmark"),
    "EE": ("Estland", "Estonia"),
    "ES": ("Spanien", "Spain"),
    "FI": ("Finnland", "Finland"),
    "FR": ("Frankreich", "France"),
    "GB": ("Vereinigtes Königreich", "United Kingdom"),
    "GR": ("Griechenland", "Greece"),
    "HR": ("Kroatien", "Croatia"),
    "HU": ("Ungarn", "Hungary"),
    "IE": ("Irland", "Ireland"),
    "IL": ("Israel", "Israel"),
    "IN": ("Indien", "India"),
    "IS": ("Island", "Iceland"),
    "IT": ("Italien", "Italy"),
    "JP": ("Japan", "Japan"),
    "KR": ("Südkorea", "South Korea"),
    "LI": ("Liechtenstein", "Liechtenstein"),
    "LT": ("Litauen", "Lithuania"),
    "LU": ("Luxemburg", "Luxembourg"),
    "LV": ("Lettland", "Latvia"),
    "MC": ("Monaco", "Monaco"),
    "MT": ("Malta", "Malta"),
    "MX": ("Mexiko", "Mexico"),
    "NL": ("Niederlande", "Netherlands"),
    "NO": ("Norwegen", "Norway"),
    "NZ": ("Neuseeland", "New Zealand"),
    "PL": ("Polen", "Poland"),
    "PT": ("Portugal", "Portugal"),
    "RO": ("Rumänien", "Romania"),
    "RS": ("Serbien", "Serbia"),
    "SA": ("Saudi-Arabien", "Saudi Arabia"),
    "SE": ("Schweden", "Sweden"),
    "SG": ("Singapur", "Singapore"),
    "SI": ("Slowenien", "Slovenia"),
    "SK": ("Slowakei", "Slovakia"),
    "TR": ("Türkei", "Türkiye"),
    "TW": ("Taiwan", "Taiwan"),
    "UA": ("Ukraine", "Ukraine"),
    "US": ("Vereinigte Staaten", "United States"),
    "ZA": ("Südafrika", "South Africa"),
}
_CITY_FIRST = frozenset(("AU", "CA", "GB", "IE", "IN", "NZ", "SG", "US"))


def country_words(code: str, *, german: bool) -> str:
    """Return the name of a country, or its code where we know no name."""
    names = _NAMES.get(code)
    return names[not german] if names else code


def city_words(postcode: str, city: str, code: str) -> str:
    """Return postcode and city in the order of a country."""
    order = (city, postcode) if code in _CITY_FIRST else (postcode, city)
    return " ".join(part for part in order if part)
