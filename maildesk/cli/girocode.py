"""`maildesk girocode`: what stands in the QR code of a credit transfer, for who wants to check it.

Needs no configuration and no database.
"""

import json
import sys
from typing import Any

import typer

from maildesk.cli.filled import refuse


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("girocode")(girocode)


def girocode() -> None:
    """Say what Girocodes hold (EPC069-12): JSON in, the same JSON with its answers out.

    Standard input is a list of objects or one object a line. Each has "input": name, iban, amount
    ("84.79") and text; if wanted bic, purpose and reference (or "structured"). Filled in are
    "payload" and "bytes", or "error", which names what is in the way. Other members stay as they
    are.
    """
    try:
        given = sys.stdin.buffer.read().decode().removeprefix("\ufeff")
    except UnicodeDecodeError:
        refuse(ValueError("standard input is not written in UTF-8; nothing is answered"))
    if given.lstrip().startswith("["):
        _answer_list(given)
        return
    for line in given.split("\n"):
        if line.strip():
            _write(json.dumps(_read(line), ensure_ascii=False) + "\n")


def _answer_list(given: str) -> None:
    """Answer a whole list in the form of its file: one blank deep, with or without a last line end."""
    try:
        listed = json.loads(given)
    except (ValueError, RecursionError) as error:
        refuse(ValueError(f"standard input is not JSON: {error}; nothing is answered"))
    whole = json.dumps([_answered(each) for each in listed], ensure_ascii=False, indent=1)
    _write(whole + "\n" * given.endswith("\n"))


def _read(line: str) -> dict[str, Any]:
    try:
        return _answered(json.loads(line))
    except (ValueError, RecursionError):
        return {"error": "json"}


def _answered(given: object) -> dict[str, Any]:
    from maildesk.cli.written import minor
    from maildesk.rules.girocode import GirocodeError, Wrong, payload

    if not isinstance(given, dict) or not isinstance(given.get("input"), dict):
        return (given if isinstance(given, dict) else {}) | {"error": "input"}
    kept = {name: each for name, each in given.items() if name not in ("payload", "bytes", "error")}
    wanted = given["input"]
    texts: dict[str, str] = {}
    for name in ("name", "iban", "text", "bic", "purpose", "reference"):
        value = wanted.get(name)
        if name == "reference" and value is None:
            value = wanted.get("structured")  # what the standard calls it
        if not isinstance(value, str | None):
            return kept | {"error": name}
        texts[name] = value or ""
    try:
        amount = minor(wanted.get("amount"), "amount")
    except ValueError:
        return kept | {"error": Wrong.AMOUNT.value}
    try:
        found = payload(amount=amount, **texts)
    except GirocodeError as problem:
        return kept | {"error": problem.wrong.value}
    return kept | {"payload": found, "bytes": len(found.encode())}


def _write(text: str) -> None:
    """Write in UTF-8 whatever the terminal speaks; half a character (a lone surrogate) as "?"."""
    sys.stdout.buffer.write(text.encode(errors="replace"))
    sys.stdout.buffer.flush()
