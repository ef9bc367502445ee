"""`maildesk parse`: what we read out of a mail, without any desk.

maildesk parse FILE        one mail; "-" is standard input
maildesk parse --stream    file names on standard input, a line of JSON for each, at once
"""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from maildesk.cli import show


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("parse")(parse)


def parse(
    file: Annotated[str, typer.Argument(help='A mail (.eml); "-" for standard input.')] = "-",
    stream: Annotated[
        bool, typer.Option("--stream", help="Read file names, one a line; answer each at once.")
    ] = False,
) -> None:
    """Print what a mail says, as JSON."""
    if stream:
        _answer_each_line()
        return
    raw = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    show.as_json(_read(raw))


def _answer_each_line() -> None:
    """Answer each line with one line, so that who asks never waits for an answer in vain."""
    for line in sys.stdin.buffer:
        name = os.fsdecode(line.rstrip(b"\r\n"))
        if not name:
            continue
        try:
            answer = _read(Path(name).read_bytes())
        except BrokenPipeError:
            raise
        except Exception as error:  # noqa: BLE001 - the next mail is read whatever this one was
            answer = {"error": f"{type(error).__name__}: {error}"}
        show.as_json(answer)


def _read(raw: bytes) -> dict[str, Any]:
    from maildesk.mail import corpus_form, reading
    from maildesk.mail.smtp import Envelope

    # A file has no envelope: what the last hop wrote into Return-Path is read with the header.
    envelope = Envelope(return_path="", rcpt_to=(), via="file", received_at=datetime.now(UTC))
    return corpus_form.as_dict(reading.read(raw, envelope))
