"""Outlook: no quote marks at all, the answered message stands below a block of its fields."""

from html import escape

from tests.mails.replies.written import (
    SUBJECT,
    SUPPORT,
    Written,
    html_lines,
    message,
    notice_html,
    plain_notice,
)

_BLOCK = (
    ("Von", SUPPORT),
    ("Gesendet", "Montag, 23. November 2026 10:00"),
    ("An", "Martin Koch <mk@desk.example>"),
    ("Betreff", SUBJECT),
)
_BLOCK_TEXT = "".join(f"{name}: {value} \n" for name, value in _BLOCK)
_RULE = "_" * 32
_EXCHANGE = (
    "Thread-Topic: [DD-10004] Shop offline\nAccept-Language: de-DE, en-US\nX-MS-Has-Attach:\n"
)


def desktop(written: Written) -> bytes:
    """Outlook for Windows, German: the block is set off by a border, nothing has an id."""
    text = "\n\n".join(
        part
        for part in (written.words, written.signature, f"{_BLOCK_TEXT}\n{_notice(written)}")
        if part
    )
    own = _normal(written.words)
    if written.signature:
        first, _, rest = written.signature.partition("\n")
        name = f"<a name=\"_MailAutoSig\"><span style='mso-fareast-language:DE'>{first}</span></a>"
        own += f"<p class=MsoNormal>{name}<o:p></o:p></p>\n" + _normal(rest)
    block = "<br>\n".join(f"<b>{name}:</b> {escape(value)}" for name, value in _BLOCK)
    quote = "".join(
        f"<p class=MsoNormal>{line or '&nbsp;'}<o:p></o:p></p>\n"
        for line in html_lines(_notice(written))
    )
    html = (
        '<html xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
        'xmlns:w="urn:schemas-microsoft-com:office:word" xmlns="http://www.w3.org/TR/REC-html40">\n'
        '<head><meta name=Generator content="Microsoft Word 15 (filtered medium)">\n<style><!--\n'
        "p.MsoNormal, li.MsoNormal, div.MsoNormal\n\t{margin:0cm; font-size:11.0pt; "
        'font-family:"Calibri",sans-serif;}\n--></style></head>\n'
        '<body lang=DE link="#0563C1" vlink="#954F72" style=\'word-wrap:break-word\'>\n'
        f"<div class=WordSection1>\n{own}<div>\n<div style='border:none;border-top:solid #E1E1E1 1.0pt;"
        f"padding:3.0pt 0cm 0cm 0cm'>\n<p class=MsoNormal>{block}<o:p></o:p></p>\n</div>\n</div>\n"
        f"<p class=MsoNormal><o:p>&nbsp;</o:p></p>\n{quote}</div>\n</body>\n</html>\n"
    )
    return message(
        written,
        text,
        html,
        charset="windows-1252",
        fields="X-Mailer: Microsoft Outlook 16.0\nThread-Index: AQHb\nContent-Language: de\n",
    )


def _normal(words: str) -> str:
    lines = [*html_lines(words), ""] if words else []
    return "".join(f"<p class=MsoNormal>{line or '&nbsp;'}<o:p></o:p></p>\n" for line in lines)


def on_the_web(written: Written) -> bytes:
    """Outlook on the web: a rule above the block, and ids in the HTML."""
    return _exchange(written, written.signature, _divs(written.signature), "elementToProof")


def for_ios(written: Written) -> bytes:
    """Outlook for iOS in English, which says what it is and links to it."""
    footer = "Get Outlook for iOS<https://aka.ms/o0ukef>"
    link = (
        '<div id="ms-outlook-mobile-signature" dir="ltr"><div></div><div>Get '
        '<a href="https://aka.ms/o0ukef">Outlook for iOS</a></div></div>'
    )
    return _exchange(written, footer, link, "ms-outlook-mobile-body")


def for_android(written: Written) -> bytes:
    """Outlook for Android in German."""
    footer = "Gesendet von Outlook für Android<https://aka.ms/AAb9ysg>"
    link = (
        '<div id="ms-outlook-mobile-signature">Gesendet von '
        '<a href="https://aka.ms/AAb9ysg">Outlook für Android</a></div>'
    )
    return _exchange(written, footer, link, "ms-outlook-mobile-body")


def _exchange(written: Written, signature: str, signature_html: str, name: str) -> bytes:
    text = "\n\n".join(
        part
        for part in (written.words, signature, f"{_RULE}\n{_BLOCK_TEXT}\n{_notice(written)}")
        if part
    )
    block = "<br>\n".join(f"<b>{label}:</b> {escape(value)}" for label, value in _BLOCK)
    html = (
        '<html>\n<head>\n<meta http-equiv="Content-Type" content="text/html; charset=Windows-1252">\n'
        '<style type="text/css" style="display:none;"> P {margin-top:0;margin-bottom:0;} </style>\n'
        f'</head>\n<body dir="ltr">\n<div class="{name}" style="font-family: Aptos, Calibri; '
        f'font-size: 12pt;">{_divs(written.words)}</div>\n<div class="{name}"><br></div>\n'
        f'<div id="Signature">{signature_html}</div>\n<div id="appendonsend"></div>\n'
        '<hr style="display:inline-block;width:98%" tabindex="-1">\n'
        '<div id="divRplyFwdMsg" dir="ltr"><font face="Calibri, sans-serif" style="font-size:11pt" '
        f'color="#000000">{block}</font>\n<div>&nbsp;</div>\n</div>\n'
        f"<div>{notice_html(written.between)}</div>\n</body>\n</html>\n"
    )
    return message(written, text, html, charset="windows-1252", fields=_EXCHANGE)


def _divs(text: str) -> str:
    return "".join(f"<div>{line or '<br>'}</div>\n" for line in html_lines(text))


def _notice(written: Written) -> str:
    notice = plain_notice()
    for question, answer in zip(("offline.", "wieder?"), written.between or (), strict=False):
        notice = notice.replace(question, f"{question}\n{answer}", 1)
    return notice
