"""Template, locale and values -> Words. What letters look like is in templates/mail/<locale>.

A site's own folder comes before what we ship, template by template. One that fails never holds
up a mail: the shipped one is used, and `on_broken` tells whoever can mend it.
"""

import re
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment

from maildesk.mail.letter import Words
from maildesk.mail.safe import header_value, stranger_subject

WRAP = 76
LINE_MAX = 78  # RFC 5322 section 2.1.1
SUBJECT_MAX = 200

# Everything that a template of somebody else's can raise while it is read or rendered.
BROKEN = (
    jinja2.TemplateError, ArithmeticError, AttributeError, LookupError, OSError, RuntimeError,
    TypeError, ValueError,
)  # fmt: skip
_LOCALE = re.compile(r"([a-z]{2,3})(?:[_-]([A-Za-z]{2}))?")
_TEMPLATE = re.compile(r"[a-z][a-z0-9_]*")
_HANGING = re.compile(r"- |[0-9]{1,3}\. |[^\W\d_][\w .&/-]{0,28}: +\S")
_LOOKS_LIKE_A_ROW = re.compile(r"^([^\W\d_][\w .&/-]{0,28}:) +(?=\S)", re.MULTILINE)
_FAREWELLS = frozenset(
    (
        "beste grüße", "freundliche grüße", "gruß", "grüße", "herzliche grüße", "lg", "liebe grüße", "mfg",
        "mit besten grüßen", "mit freundlichen grüßen", "schöne grüße", "vg", "viele grüße",
        "all the best", "best", "best regards", "kind regards", "many thanks", "regards", "thanks",
    )
)  # fmt: skip
_HERE = Path(__file__).parent

OnBroken = Callable[[str, str, str], None]


def shipped() -> Path:
    """Return the folder of the templates that came with the program."""
    beside = _HERE / "templates"
    return beside if beside.is_dir() else _HERE.parent / "templates"


def _silent(template: str, locale: str, words: str) -> None:
    """Tell nobody: for desks without templates of their own."""


class Renderer:
    """Renders mails. `folder` is the site's own (as ours: mail/<locale>/<template>.j2) or None.

    `on_broken(template, locale, words)` is told each time that a site's template failed, in
    words that name the file and the line. Templates are read once; a new Renderer reads anew.
    Safe to use from several threads.
    """

    def __init__(self, folder: Path | None = None, on_broken: OnBroken = _silent) -> None:
        ours = shipped() / "mail"
        self._shipped = _of_ours(ours)
        self._site = environment([folder / "mail", ours]) if folder else None
        self._on_broken = on_broken
        self._found: dict[tuple[bool, str, str], jinja2.Template] = {}

    def words(self, template: str, locale: str, **values: object) -> Words:
        """Render the `subject` and `text` blocks of one mail template.

        Looks for de_AT, then de, then en. The subject is one line, safe in a header; prose over
        78 columns is wrapped at 76. Raises jinja2.TemplateNotFound if none has it and
        jinja2.UndefinedError if a value is missing: both are our mistakes, so the message they
        belong to is set aside, not half answered.
        """
        if self._site is None:
            return self._render(self._shipped, template, locale, values)
        try:
            return self._render(self._site, template, locale, values)
        except BROKEN as error:
            words = self._render(self._shipped, template, locale, values)
            self._on_broken(template, locale, explain(error))
            return words

    def exact(self, template: str, locale: str, **values: object) -> Words:
        """Render as `words` does, but never fall back: raises one of BROKEN; `explain` says it."""
        return self._render(self._site or self._shipped, template, locale, values)

    def knows(self, template: str, locale: str) -> bool:
        """Tell whether there is such a template, in this locale or one that it falls back to."""
        try:
            self._find(self._site or self._shipped, template, locale)
        except jinja2.TemplateNotFound:
            return False
        except jinja2.TemplateError:
            return True
        return True

    def _find(self, environment: jinja2.Environment, template: str, locale: str) -> jinja2.Template:
        key = (environment is self._site, template, locale)
        found = self._found.get(key)
        if found is None:
            if not _TEMPLATE.fullmatch(template):
                raise jinja2.TemplateNotFound(template)
            names = [f"{name}/{template}.j2" for name in fallbacks(locale)]
            found = self._found[key] = environment.select_template(names)
        return found

    def _render(
        self, environment: jinja2.Environment, template: str, locale: str, values: dict[str, Any]
    ) -> Words:
        # Blocks are rendered one by one, which does not follow {% extends %}: share text
        # with {% include %}.
        found = self._find(environment, template, locale)
        context = found.new_context(values)
        subject = header_value("".join(found.blocks["subject"](context)), SUBJECT_MAX)
        text = _tidy("".join(found.blocks["text"](context)))
        if not subject or not text:
            raise ValueError(f"{found.name} renders an empty {'text' if subject else 'subject'}")
        return Words(subject, text)


_FIELDS: dict[type, frozenset[str]] = {}


def _fields(kind: type) -> frozenset[str]:
    """Return the public fields of a dataclass; none of any other class."""
    known = _FIELDS.get(kind)
    if known is None:
        names = (field.name for field in fields(kind)) if is_dataclass(kind) else ()
        known = _FIELDS[kind] = frozenset(name for name in names if not name.startswith("_"))
    return known


class _Sandbox(ImmutableSandboxedEnvironment):
    """The sandbox of Jinja, with a short way to the fields of our values (half of the time)."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        if attribute in _fields(type(obj)):
            return getattr(obj, attribute)
        return super().getattr(obj, attribute)


@cache
def _of_ours(folder: Path) -> jinja2.Environment:
    """Return what renders the shipped templates, once: they never change while the program runs."""
    return environment([folder])


def environment(folders: list[Path]) -> jinja2.Environment:
    """Return what reads and renders mail templates, from the first folder that has one."""
    environment = _Sandbox(
        loader=jinja2.FileSystemLoader(folders),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # the result is plain text; mail.to_html escapes it
        auto_reload=False,
        keep_trailing_newline=True,  # so that an {% include %} ends its own line
    )
    environment.filters["quote"] = quote
    environment.filters["line"] = line
    environment.filters["stranger"] = stranger_subject
    environment.filters["plain"] = plain
    environment.filters["unsigned"] = unsigned
    return environment


def quote(text: str) -> str:
    """Return a text as quoted lines, "> " before each: another's words never look like ours."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").strip("\n").split("\n")
    return "\n".join(f"> {line}".rstrip() for line in lines)


def line(text: str) -> str:
    """Return a text as one line of at most 200 characters: no value can add rows of its own."""
    return header_value(text, SUBJECT_MAX)


def plain(text: str) -> str:
    """Return what an agent wrote so that a line with a colon in it stays prose, no row of ours."""
    return _LOOKS_LIKE_A_ROW.sub("\\1\u00a0", text)


def unsigned(text: str, agent: str, desk: str) -> str:
    """Return an agent's words without his farewell at their end: the letter goes on, and signs.

    `agent` and `desk` are the names that the letter signs with; words that are nothing but a
    name stay.
    """
    names = {desk.lower(), agent.lower(), *agent.lower().split()}
    lines = text.rstrip().split("\n")
    while lines and (not (last := lines[-1].strip(" \t\r,.!").lower()) or last in names):
        lines.pop()
    if lines and lines[-1].strip(" \t\r,.!").lower() in _FAREWELLS:
        lines.pop()
    return "\n".join(lines).rstrip() or text


def fallbacks(locale: str) -> list[str]:
    """Return the locales that are tried in turn: de_AT, de, en."""
    found = _LOCALE.fullmatch(locale)
    if not found:
        return ["en"]
    language, region = found.groups()
    names = [f"{language}_{region.upper()}"] if region else []
    return list(dict.fromkeys([*names, language, "en"]))


def _tidy(text: str) -> str:
    """Return a text without blanks at line ends or double empty lines, its prose wrapped."""
    lines: list[str] = []
    for line in text.strip().split("\n"):
        line = line if line == "-- " else line.rstrip()
        if len(line) > LINE_MAX and not line.startswith((">", " ")):
            lines += _wrap(line)
        elif line or (lines and lines[-1]):
            lines.append(line)
    return "\n".join(lines) + "\n" if lines else ""


@lru_cache(maxsize=1024)
def _wrap(line: str) -> tuple[str, ...]:
    """Break a line at blanks; rows ("Label: value") and items, numbered too, go on set in by two."""
    hanging = "  " if _HANGING.match(line) else ""
    lines, current = [], ""
    for word in line.split(" "):
        if current and len(current) + 1 + len(word) > WRAP:
            lines.append(current)
            current = hanging + word
        else:
            current = f"{current} {word}" if current else word
    return (*lines, current)


def explain(error: BaseException) -> str:
    """Return what is wrong with a template, in one line, with file and line where they are known."""
    file, number = place_of(error)
    place = f"{file}, line {number}: " if file else ""
    message = error.message if isinstance(error, jinja2.TemplateError) else str(error)
    return header_value(f"{place}{type(error).__name__}: {message}", 500)


def place_of(error: BaseException) -> tuple[str, int]:
    """Return the file and line of a template that an error comes from; ("", 0) if not known."""
    if isinstance(error, jinja2.TemplateSyntaxError):
        return error.filename or error.name or "", error.lineno
    place, trace = ("", 0), error.__traceback__
    while trace is not None:
        template = trace.tb_frame.f_globals.get("__jinja_template__")
        if isinstance(template, jinja2.Template):
            # What runs is Python made of the template; its lines are others.
            place = template.filename or "", template.get_corresponding_lineno(trace.tb_lineno)
        trace = trace.tb_next
    return place
