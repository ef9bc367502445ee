"""The attacks as they come in: `mails/*.eml`, each named after the promise that it tries to break.

What a test has to fill in stands between `@@` and `@@` there: an address that the desk signed, or
a word whose number is the attack.
"""

from pathlib import Path

FOLDER = Path(__file__).parent


def load(name: str, /, **places: str | bytes) -> bytes:
    """Return the bytes of `name`.eml with its places filled in; every place must be named."""
    raw = (FOLDER / f"{name}.eml").read_bytes()
    for place, value in places.items():
        octets = value.encode() if isinstance(value, str) else value
        raw = raw.replace(b"@@" + place.encode() + b"@@", octets)
    assert b"@@" not in raw, f"{name}: a place was not filled in"
    return raw


def names(beginning: str) -> list[str]:
    """Return the names of the mails that begin so, in order."""
    return sorted(file.stem for file in FOLDER.glob(f"{beginning}*.eml"))
