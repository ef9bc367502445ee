"""The letters about the service area: a link to sign in, that it is open, or not yet."""

from maildesk.desk.samples.own import Made, Own, Values

_AREA = "https://support.agentur.example/sign-in"
_ADDRESS: Values = {"ticket": None, "address": "maria@kunde.example"}


def _sign_in(_locale: str) -> Own:
    values = _ADDRESS | {"link": f"{_AREA}/abcdefghijklmnopqrstuvwxyz"}
    return Own(full=values, bare=values)


def _not_yet(_locale: str) -> Own:
    return Own(full=_ADDRESS, bare=_ADDRESS)


def _invited(_locale: str) -> Own:
    values = _ADDRESS | {"link": _AREA}
    return Own(full=values, bare=values)


def _confirm_form(_locale: str) -> Own:
    link = "https://support.agentur.example/request/abcdefghijklmnopqrstuvwxyz"
    values: Values = {"ticket": None, "mail": None, "link": link, "hours": 48}
    return Own(full=values, bare=values)


LETTERS: dict[str, Made] = {
    "confirm_form": _confirm_form,
    "sign_in": _sign_in,
    "portal_not_yet": _not_yet,
    "portal_invited": _invited,
}
