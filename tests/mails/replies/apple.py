"""Apple: a cited blockquote; the iPhone puts the line that introduces it inside."""

from html import escape

from tests.mails.replies.written import SUPPORT, Written, html_lines, message, notice_html, quoted

_WROTE = f"Am 23.11.2026 um 10:00 schrieb {SUPPORT}:"
_FONT = "caret-color: rgb(0, 0, 0); font-family: Helvetica; font-size: 12px;"


def mail(written: Written) -> bytes:
    """Mail on a Mac, German; the words are divs, the line before the quote is cited too."""
    parts = (written.words, written.signature, f"{_WROTE}\n\n{quoted(written.between)}\n")
    text = "\n\n".join(part for part in parts if part)
    own = "".join(f"<div>{line or '<br>'}</div>" for line in html_lines(written.words) or ["<br>"])
    signature = "<br>".join(html_lines(written.signature))
    if signature:
        signature = f'<br><div><div style="{_FONT}">{signature}</div></div>'
    quote = notice_html(written.between, "</div></blockquote>", '<blockquote type="cite"><div>')
    html = (
        '<html><head><meta http-equiv="content-type" content="text/html; charset=utf-8"></head>'
        '<body style="overflow-wrap: break-word; -webkit-nbsp-mode: space; line-break: '
        f'after-white-space;">{own}{signature}<div><br><blockquote type="cite"><div>'
        f'{escape(_WROTE)}</div><br class="Apple-interchange-newline"><div><div>{quote}</div></div>'
        "</blockquote></div><br></body></html>"
    )
    return message(written, text, html, fields="X-Mailer: Apple Mail (2.3864.100.1.1.5)\n")


def iphone(written: Written) -> bytes:
    """The iPhone, German: a footer of its own, and the line before the quote is quoted."""
    footer = "Von meinem iPhone gesendet"
    words = f"{written.words}\n\n" if written.words else ""
    introduced = quoted(written.between)
    text = f"{words}{footer}\n\n> {_WROTE}\n> \n> \ufeff{introduced.removeprefix('> ')}\n"
    own = "".join(f"<div>{line or '<br>'}</div>" for line in html_lines(written.words))
    quote = notice_html(
        written.between, "</div></blockquote>", '<blockquote type="cite"><div dir="ltr">'
    )
    html = (
        '<html><head><meta http-equiv="content-type" content="text/html; charset=utf-8"></head>'
        f'<body dir="auto">{own}<br id="lineBreakAtBeginningOfSignature"><div dir="ltr">{footer}</div>'
        '<div dir="ltr"><br><blockquote type="cite">'
        f'{escape(_WROTE)}<br><br></blockquote></div><blockquote type="cite"><div dir="ltr">'
        f"\ufeff{quote}</div></blockquote></body></html>"
    )
    return message(written, text, html, encoding="base64", fields="X-Mailer: iPhone Mail (22G86)\n")
