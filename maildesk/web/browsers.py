"""What a browser carries of ours, and how we know that it is ours.

    maildesk-browser   128 random bits; a form's token is bound to them and to its page
    maildesk-session   256 random bits: who is signed in (desk.portal.sessions)
    maildesk-known     expiry "." kid "." mac: whoever sits there has typed this address before

The mac is an HMAC-SHA-256 by a key of the desk's keyring over the use, the browser and what is
meant; the addresses themselves are in no cookie. Only sessions are kept on our side.
"""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import Response

from maildesk.rules.signed import Keyring

KNOWN_LASTS = timedelta(days=90)
_BROWSER = re.compile(r"[A-Za-z0-9_-]{22}")
_KNOWN = re.compile(r"([0-9]{1,12})\.([a-z2-7]{1,2})\.([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Cookies:
    """Reads and writes our cookies. `secure` where the pages are reached by https."""

    secure: bool

    def _name(self, name: str) -> str:
        # A browser takes a __Host- cookie only over https, from us alone and for all paths
        # (RFC 6265bis section 4.1.3.2): no neighbour under our domain can plant one.
        return f"__Host-maildesk-{name}" if self.secure else f"maildesk-{name}"

    def browser(self, request: Request) -> str:
        """Return the browser's own random word, "" if it carries none."""
        found = request.cookies.get(self._name("browser"), "")
        return found if _BROWSER.fullmatch(found) else ""

    def knows(self, request: Request, keyring: Keyring, address: str, now: datetime) -> bool:
        """Tell whether this browser has answered a page of the same address, not too long ago."""
        browser = self.browser(request)
        found = _KNOWN.fullmatch(request.cookies.get(self._name("known"), ""))
        if not found or not browser or int(found[1]) <= now.timestamp():
            return False
        return _is_signed(keyring, found[2], found[3], "known", browser, address.lower(), found[1])

    def remember(
        self, response: Response, keyring: Keyring, browser: str, address: str, now: datetime
    ) -> None:
        """Let a browser that typed an address carry the proof of it."""
        expires = str(int((now + KNOWN_LASTS).timestamp()))
        mac = _mac(keyring.keys[keyring.current], "known", browser, address.lower(), expires)
        self._set(response, "known", f"{expires}.{keyring.current}.{mac}", KNOWN_LASTS)

    def session(self, request: Request) -> str:
        """Return the secret of a session, "" if the browser carries none."""
        return request.cookies.get(self._name("session"), "")

    def sign_in(self, response: Response, secret: str, lasts: timedelta) -> None:
        """Have a browser carry a session's secret."""
        self._set(response, "session", secret, lasts)

    def sign_out(self, response: Response) -> None:
        """Have a browser forget it."""
        self._set(response, "session", "", timedelta(0))

    def mark(self, response: Response, browser: str) -> None:
        """Have a browser carry its word."""
        self._set(response, "browser", browser, KNOWN_LASTS)

    def _set(self, response: Response, name: str, value: str, lasts: timedelta) -> None:
        response.set_cookie(
            self._name(name), value, max_age=int(lasts.total_seconds()), path="/",
            secure=self.secure, httponly=True, samesite="lax",
        )  # fmt: skip


def new_browser() -> str:
    """Return a random word for a browser that has none."""
    return secrets.token_urlsafe(16)


def form_token(keyring: Keyring, browser: str, page: str) -> str:
    """Return what a form has to bring back: it comes from our page, in this very browser."""
    kid = keyring.current
    return f"{kid}.{_mac(keyring.keys[kid], 'form', browser, page)}"


def is_form_token(keyring: Keyring, token: str, browser: str, page: str) -> bool:
    """Tell whether a form's token was made for this browser and this page."""
    kid, _, mac = token.partition(".")
    return bool(browser) and _is_signed(keyring, kid, mac, "form", browser, page)


def _is_signed(keyring: Keyring, kid: str, mac: str, *said: str) -> bool:
    key = keyring.keys.get(kid)
    return key is not None and hmac.compare_digest(mac.encode(), _mac(key, *said).encode())


def _mac(key: bytes, *said: str) -> str:
    # "web" keeps these apart from what the same key signs in mail (rules.signed).
    text = "\0".join(("web", *said))
    return hmac.new(key, text.encode("utf-8"), hashlib.sha256).hexdigest()
