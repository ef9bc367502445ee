"""Thunderbird (format=flowed, a citation prefix of its own) and K-9 Mail."""

from html import escape

from tests.mails.replies.written import SUPPORT, Written, html_lines, message, notice_html, quoted

_WROTE = "Am 23.11.26 um 10:00 schrieb Support:"
_FLOWED = "; format=flowed"
_AGENT = "User-Agent: Mozilla Thunderbird\nContent-Language: de-DE\n"


def above(written: Written) -> bytes:
    """The answer above the quote, the signature below it, as it is set by default."""
    parts = (_flow(written.words), f"{_WROTE}\n{quoted(written.between)}\n")
    text = "\n\n".join(part for part in parts if part)
    if written.signature:
        text += f"\n-- \n{written.signature}\n"
    html = (
        f"{_head()}    {_paragraphs(written.words)}{_cited(written)}"
        f"{_signature(written.signature)}</body>\n</html>\n"
    )
    return _sent(written, text, html)


def below(written: Written) -> bytes:
    """The answer below the quote, and the signature below the answer."""
    parts = (f"{_WROTE}\n{quoted(written.between)}", _flow(written.words))
    text = "\n\n".join(part for part in parts if part) + "\n"
    if written.signature:
        text += f"\n-- \n{written.signature}\n"
    html = (
        f"{_head()}{_cited(written)}    {_paragraphs(written.words)}"
        f"{_signature(written.signature)}</body>\n</html>\n"
    )
    return _sent(written, text, html)


def k9(written: Written) -> bytes:
    """K-9 Mail: its signature above the quote, which it marks without a blank."""
    wrote = f"Am 23. November 2026 10:00:00 MEZ schrieb {SUPPORT}:"
    footer = "-- \nDiese Nachricht wurde von meinem Android-Gerät mit K-9 Mail gesendet."
    parts = (written.words, footer, f"{wrote}\n{quoted(written.between, '>')}")
    text = "\n".join(part for part in parts if part)
    quote = notice_html(written.between, "</blockquote>", '<blockquote class="gmail_quote">')
    html = (
        '<!DOCTYPE html><html><body><div dir="auto">'
        f"{'<br>'.join(html_lines(written.words))}<br><br>"
        "<div class='k9mail-signature'>-- <br>Diese Nachricht wurde von meinem Android-Ger&auml;t "
        f'mit K-9 Mail gesendet.</div></div><br><br><div class="gmail_quote"><div dir="auto">'
        f'{escape(wrote)}</div><blockquote class="gmail_quote" style="margin: 0pt 0pt 0pt '
        f'0.8ex; border-left: 1px solid rgb(204, 204, 204); padding-left: 1ex;">\n{quote}'
        "</blockquote></div></body></html>"
    )
    return message(
        written,
        text,
        html,
        encoding="quoted-printable",
        fields="User-Agent: K-9 Mail for Android\n",
    )


def _sent(written: Written, text: str, html: str) -> bytes:
    return message(
        written, text, html, encoding="8bit", text_extra=_FLOWED, prefix="Re", fields=_AGENT
    )


def _head() -> str:
    return (
        '<!DOCTYPE html>\n<html>\n  <head>\n    <meta http-equiv="Content-Type" '
        'content="text/html; charset=UTF-8">\n  </head>\n  <body>\n'
    )


def _cited(written: Written) -> str:
    again = '<blockquote type="cite" cite="mid:mid.a.10004@desk.example">'
    quote = notice_html(written.between, "</blockquote>", again)
    return (
        f'    <div class="moz-cite-prefix">{escape(_WROTE)}<br>\n    </div>\n'
        f"    {again}\n{quote}</blockquote>\n"
    )


def _paragraphs(words: str) -> str:
    return "".join(f"<p>{'<br>'.join(html_lines(p))}</p>\n    " for p in words.split("\n\n"))


def _signature(signature: str) -> str:
    if not signature:
        return ""
    lines = "\n".join(html_lines(signature))
    return f'    <pre class="moz-signature" cols="72">-- \n{lines}</pre>\n'


def _flow(words: str) -> str:
    """Lines over 72 columns broken softly: the break is a blank at the end (RFC 3676)."""
    out: list[str] = []
    for whole in words.split("\n"):
        line = f" {whole}" if whole.startswith((">", " ", "From ")) else whole
        while len(line) > 72 and " " in line[:72]:
            cut = line.rindex(" ", 0, 72) + 1
            out.append(line[:cut])
            line = line[cut:]
        out.append(line)
    return "\n".join(out)
