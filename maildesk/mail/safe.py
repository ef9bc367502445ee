"""Values of strangers, made safe for the headers of our own mail.

Reading decodes first, so a line break may stand in any decoded value, however harmless the
bytes looked ("=?utf-8?q?a=0D=0ABcc:...?="). Whatever enters a header goes through here.
"""

import re
import unicodedata

STRANGER_SUBJECT_MAX = 80

# Not seen, and able to hide or turn around what is seen (Unicode UAX #9, UTS #39).
_UNSEEN = re.compile(
    "[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]+"
)
# What breaks lines somewhere, other controls, and halves of surrogate pairs.
_BREAKS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")

_DOTS = str.maketrans("\u3002\uff0e\uff61", "...")  # full stops to IDNA (RFC 3490 section 3.1)
_LINKISH = re.compile(
    r"://|@|\\\\|^\W*(?:www\.|mailto:|tel:|javascript:|data:)"
    r"|[^\W_]\.(?:xn--|[^\W\d_]{2,})"  # a name of DNS, or a file that looks like one
    r"|\d\.\d{1,3}\.\d{1,3}\.\d",  # an IPv4 address
    re.IGNORECASE,
)


def header_value(text: str, limit: int) -> str:
    """Return a text as one line that is safe in a header: at most `limit` characters.

    Every CR, LF, NUL, other control, U+2028, U+2029, U+0085 and lone surrogate becomes a space,
    invisible and direction-turning characters go, spaces are collapsed (SECURITY.md section 1,
    fact 1). A longer text ends with an ellipsis. Raises ValueError if `limit` is below 1.
    """
    if limit < 1:
        raise ValueError(f"a header value of at most {limit} characters says nothing")
    if not text.isprintable():
        text = _UNSEEN.sub("", _BREAKS.sub(" ", text))
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def stranger_subject(subject: str) -> str:
    """Return what of a stranger's subject may be repeated to him; "" where nothing is left.

    At most 80 characters; each word that holds a link, a domain name, an address of any kind or
    a file name goes as a whole (SECURITY.md P7), so that we never carry anybody's invitation.
    Look-alike characters are folded before looking (NFKC, full stops of IDNA).
    """
    seen = "".join(
        char
        for char in unicodedata.normalize("NFKC", subject).translate(_DOTS)
        if unicodedata.category(char) != "Cf"
    )
    words = [word for word in header_value(seen, 500).split(" ") if not _LINKISH.search(word)]
    return header_value(" ".join(words), STRANGER_SUBJECT_MAX)
