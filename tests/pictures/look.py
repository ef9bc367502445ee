"""What stands on a picture: a mail as a mail program shows it, a terminal, pages of a PDF."""

import io
import subprocess
import tempfile
from collections.abc import Sequence
from html import escape
from math import ceil
from pathlib import Path

from PIL import Image

from maildesk.cli import picture
from maildesk.mail.to_html import html_of
from tests.desk.office import Sent
from tests.stories.agency import Said

SCALE = 2  # pixels of a picture for each of a page: sharp on good screens too
MAIL_WIDTH = 660
LETTER = 13  # pixels high: of a terminal's letters, which are all of one width
LETTER_WIDTH = 0.602 * LETTER
COLOURS = 48
DPI = 110  # of a PDF's pages

_HEAD = (
    '<div style="font:15px/1.5 system-ui,Helvetica,Arial,sans-serif;padding:0 0 12px;'
    'margin:0 0 16px;border-bottom:1px solid #c9ced6">'
    '<div style="font-size:18px;font-weight:600;padding:0 0 6px">{subject}</div>{rows}</div>'
)
_ROW = (
    '<div style="display:flex"><span style="color:#5b6472;width:72px">{name}</span>'
    "<span>{value}</span></div>"
)
_FILE = (
    '<span style="display:inline-block;border:1px solid #c9ced6;border-radius:6px;'
    'padding:1px 8px;font-size:14px">{name}</span>'
)
_TERMINAL = (
    '<!DOCTYPE html><html><head><meta charset="utf-8"></head><body style="margin:0;background:#1d2330">'
    '<pre style="margin:0;padding:18px 20px;color:#dfe4ee;'
    "font:{size}px/1.45 'DejaVu Sans Mono',monospace\">{text}</pre></body></html>"
)


class Album:
    """A folder of pictures. Each of these writes one or more of a name, and says so."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def letter(self, name: str, letter: Sent) -> None:
        """Picture a mail that the desk wrote: its HTML part below its head."""
        message = letter.message
        page = message.get_body(("html",))
        assert page
        sender = message["From"].addresses[0]
        files = [str(part.get_filename()) for part in message.iter_attachments()]
        head = _head(
            str(message["Subject"]), f"{sender.display_name} <{sender.addr_spec}>",
            letter.rcpt_to, files,
        )  # fmt: skip
        self._mail(name, page.get_content(), head)

    def mail(self, name: str, sender: str, to: str, subject: str, text: str) -> None:
        """Picture a mail that somebody wrote to the desk."""
        self._mail(name, html_of(text, "de", subject), _head(subject, sender, to, ()))

    def terminal(self, name: str, *said: Said, columns: int = 118) -> None:
        """Picture commands and what they said; lines are cut at `columns` characters."""
        parts = []
        for each in said:
            shown = "\n".join(
                line if len(line) <= columns else f"{line[: columns - 1]}…"
                for line in _lines(each.out)
            )
            prompt = f'<span style="color:#8fd19e">$ {escape(each.typed)}</span>'
            parts.append(f"{prompt}\n{escape(shown)}")
        page = _TERMINAL.format(text="\n\n".join(parts), size=LETTER)
        self._take(name, page, ceil(columns * LETTER_WIDTH) + 40)

    def pages(self, name: str, pdf: bytes) -> None:
        """Picture each page of a PDF: name-1, name-2 and so on."""
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(
                ["pdftoppm", "-r", str(DPI), "-png", "-", f"{folder}/page"], input=pdf, check=True
            )
            for number, file in enumerate(sorted(Path(folder).iterdir()), 1):
                with Image.open(file) as page:
                    self._keep(f"{name}-{number}", page)

    def screen(self, name: str, found: Image.Image) -> None:
        """Keep the picture of a page as it stood in a browser.

        Its grounds keep their exact colours, however pale, and the others cover what letters need:
        a red word is not turned grey because there is one only.
        """
        plain = found.convert("RGB")
        counted = sorted(plain.getcolors(plain.width * plain.height) or (), reverse=True)
        grounds = [part for _, colour in counted[:COLOURS] for part in colour]
        letters = plain.quantize(COLOURS, Image.Quantize.MAXCOVERAGE).getpalette() or []
        palette = Image.new("P", (1, 1))
        palette.putpalette(grounds + letters[: 3 * COLOURS])
        self._write(name, plain.quantize(palette=palette, dither=Image.Dither.NONE))

    def _mail(self, name: str, page: str, head: str) -> None:
        before, body, after = page.partition("<body")
        style, end, rest = after.partition(">")
        self._take(name, f"{before}{body}{style}{end}\n{head}{rest}", MAIL_WIDTH)

    def _take(self, name: str, page: str, width: int) -> None:
        """Take a picture of a page at SCALE; `width` in the page's own pixels."""
        larger = f"<style>html{{zoom:{SCALE};background:#fff}}</style></head>"
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "page.png"
            picture.take(page.replace("</head>", larger, 1), file, width * SCALE)
            with Image.open(file) as found:
                self._keep(name, found)

    def _keep(self, name: str, found: Image.Image) -> None:
        self._write(name, found.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE))

    def _write(self, name: str, small: Image.Image) -> None:
        octets = io.BytesIO()
        small.save(octets, "PNG", optimize=True)
        file = self.folder / f"{name}.png"
        file.write_bytes(octets.getvalue())
        print(f"{file.name}: {small.width} x {small.height}, {len(octets.getvalue()):,} octets")


def _lines(out: str) -> list[str]:
    """Return the lines of what a command said, with one empty line where there are more."""
    lines = [line.rstrip() for line in out.strip("\n").splitlines()]
    return [line for at, line in enumerate(lines) if line or (at and lines[at - 1])]


def _head(subject: str, sender: str, to: str, files: Sequence[str]) -> str:
    rows = [("Von", escape(sender)), ("An", escape(to))]
    if files:
        rows.append(("Anlage", " ".join(_FILE.format(name=escape(each)) for each in files)))
    shown = "".join(_ROW.format(name=name, value=value) for name, value in rows)
    return _HEAD.format(subject=escape(subject), rows=shown)
