"""Getting into an IMAP server: STARTTLS, the login, and what to do when it will not have us."""

import ssl
from typing import Any

from imapclient.exceptions import IMAPClientAbortError, LoginError

from maildesk.config import Imap

_TEMPORARY = ("[UNAVAILABLE]", "[INUSE]", "[SERVERBUG]", "[LIMIT]")  # RFC 5530


class Refused(Exception):
    """The server will not have us; only a person can mend it. The text says how."""


class Lost(Exception):
    """The connection is of no use any more; a new one may be."""


def plain(text: str) -> str:
    """Return the text if it may go on the wire as it is.

    Raises ValueError on control characters: IMAPClient writes CR LF as it comes, and what
    follows would be a command of its own.
    """
    if any(ord(c) < 32 or ord(c) == 127 for c in text):
        raise ValueError(f"{text!r} holds control characters; take them out of the configuration")
    return text


def start_tls(connection: Any, account: Imap, context: ssl.SSLContext) -> None:
    """Switch to TLS; raises Refused where the server cannot, or is not the one it should be."""
    if not connection.has_capability("STARTTLS"):
        raise Refused(f'{account.host} offers no STARTTLS; set tls = "tls"')
    try:
        connection.starttls(context)
    except ssl.SSLCertVerificationError as error:
        raise untrusted(account, error) from error


def untrusted(account: Imap, error: ssl.SSLCertVerificationError) -> Refused:
    """Return what to say about a certificate that nobody vouches for."""
    return Refused(
        f"the certificate of {account.host} is not trusted ({error.verify_message}); "
        "set ca_file, or write the name that stands in it as host"
    )


def log_in(connection: Any, account: Imap) -> None:
    """Log in; raises Refused for a wrong password, Lost for a server in trouble (RFC 5530).

    imaplib quotes the password, but not the name, and LOGIN carries only ASCII.
    """
    name, password = account.user, account.password.get_secret_value()
    try:
        plain(name + password)
    except ValueError:  # its text would show the password
        raise Refused("user or password holds control characters; set them anew") from None
    try:
        if (name + password).isascii():
            quoted = name.replace("\\", "\\\\").replace('"', '\\"')
            connection.login(f'"{quoted}"', password)
        else:
            connection.plain_login(name, password)
    except LoginError as error:
        said = words(LoginError(str(error).replace(password or "***", "***")))
        # IMAPClient calls a connection that broke a refused login, too.
        cut = isinstance(error.__context__, IMAPClientAbortError)
        if cut or any(code in said for code in _TEMPORARY):
            raise Lost(f"the server broke off the login: {said}") from None
        raise Refused(
            f"{account.host} refused the login of {account.user} ({said}); "
            "set user and password of this account"
        ) from None


def words(error: BaseException) -> str:
    """Return what an exception says, in one short line without control characters."""
    said = " ".join("".join(c if c.isprintable() else " " for c in str(error)).split())
    return said[:200] or type(error).__name__
