"""Gmail on the web and on Android, and GMX on the web."""

from html import escape

from tests.mails.replies.written import (
    SUBJECT,
    SUPPORT,
    Written,
    html_lines,
    message,
    notice_html,
    quoted,
)

_WROTE = (
    "Am Mo., 23. Nov. 2026 um 10:00\u202fUhr schrieb Support <\nsupport+ra.10004.mk@desk.example>:"
)
_LEFT = "margin:0px 0px 0px 0.8ex;border-left:1px solid rgb(204,204,204);padding-left:1ex"


def gmail(written: Written) -> bytes:
    """Gmail on the web: the signature has a prefix of its own, the line before the quote wraps."""
    parts = (
        written.words,
        f"-- \n{written.signature}" if written.signature else "",
        f"{_WROTE}\n\n{quoted(written.between)}\n",
    )
    text = "\n\n".join(part for part in parts if part)
    own = "".join(f"<div>{line or '<br>'}</div>" for line in html_lines(written.words))
    signature = (
        '<div><br clear="all"></div><span class="gmail_signature_prefix">-- </span><br><div dir="ltr" '
        f'class="gmail_signature">{"<br>".join(html_lines(written.signature))}</div>'
        if written.signature
        else ""
    )
    html = f'<div dir="ltr">{own}{signature}</div><br>{_cited(written, "gmail_quote_container")}'
    return message(written, text, html, prefix="Re")


def gmail_android(written: Written) -> bytes:
    """Gmail on Android: all of it in base64, the body is a div that knows no direction."""
    text = "\n\n".join(
        part for part in (written.words, f"{_WROTE}\n\n{quoted(written.between)}\n") if part
    )
    own = "".join(f'<div dir="auto">{line or "<br>"}</div>' for line in html_lines(written.words))
    html = f'<div dir="auto">{own}</div><br>{_cited(written, "gmail_quote_container")}'
    return message(written, text, html, encoding="base64", prefix="Re")


def gmx(written: Written) -> bytes:
    """GMX on the web sends HTML alone; date and sender stand in the quote."""
    own = "".join(f"<div>{line or '&nbsp;'}</div>\n" for line in html_lines(written.words))
    if written.signature:
        lines = "<br/>\n".join(html_lines(written.signature))
        own += f'<div class="signature">--<br/>\n{lines}</div>\n'
    block = "<br/>\n".join(
        f"<b>{name}:</b>&nbsp;{escape(value)}"
        for name, value in (
            ("Gesendet", "Montag, 23. November 2026 um 10:00 Uhr"),
            ("Von", SUPPORT),
            ("An", "mk@desk.example"),
            ("Betreff", SUBJECT),
        )
    )
    html = (
        '<html><head></head><body><div style="font-family: Verdana;font-size: 12.0px;">'
        f'<div>{own}<div>&nbsp;\n<div name="quote" style="margin:10px 5px 5px 10px; padding: 10px 0 '
        '10px 10px; border-left:2px solid #C3D9E5; word-wrap: break-word;">\n'
        f'<div style="margin:0 0 10px 0;">{block}</div>\n<div name="quoted-content">'
        f"{notice_html(written.between)}</div>\n</div>\n</div>\n</div></div></body></html>\n"
    )
    return message(written, "", html, encoding="base64", fields="X-Priority: 3\n")


def _cited(written: Written, name: str) -> str:
    again = f'<blockquote class="gmail_quote" style="{_LEFT}">'
    quote = notice_html(written.between, "</blockquote>", again)
    return (
        f'<div class="gmail_quote {name}"><div dir="ltr" class="gmail_attr">{escape(_WROTE)}'
        f"<br></div>{again}{quote}</blockquote></div>\n"
    )
