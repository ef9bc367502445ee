"""How an agency's paper looks: its logo, its one colour, the facts at the foot of each page."""

from dataclasses import dataclass

ACCENT = "#1f4e79"


@dataclass(frozen=True, slots=True)
class Look:
    """What a document shows of its agency beside the content itself.

    `logo` are the octets of a picture and `logo_type` its media type, image/png or image/svg+xml;
    without one the agency's name is set in type. `accent` is the one colour, "#rgb" or "#rrggbb".
    `footer` are columns of lines. `templates` is the site's own folder of templates, as ours:
    paper/invoice.html.j2 and paper/invoice.css in it come before the shipped ones; "" is none.
    """

    logo: bytes = b""
    logo_type: str = ""
    accent: str = ACCENT
    footer: tuple[tuple[str, ...], ...] = ()
    templates: str = ""
