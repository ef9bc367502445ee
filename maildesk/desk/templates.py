"""Are the words of a site's letters in order: each rendered in each language and variant.

Renders as the desk does, with sample values; sends nothing and looks at no ticket.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path

import jinja2

from maildesk import render
from maildesk.desk.samples.variants import CONFIRMS, STAFF, Sample
from maildesk.desk.template_faults import Fault, faults, line_of, missing_first_line
from maildesk.desk.template_shelf import LANGUAGES, OURS, Shelf, given, purpose
from maildesk.mail.letter import Words


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about a template. `wrong`: a letter fails with it; else it only reads badly.

    `line` is 0 where it is about the whole file, `variant` "" where it is about any; `more` is
    the number of other variants with the same fault.
    """

    file: str
    line: int
    letter: str
    locale: str
    variant: str
    words: str
    wrong: bool
    more: int = 0


@dataclass(frozen=True, slots=True)
class Listed:
    """A letter on the list: what it is for, its locales, and those with words of the site's own."""

    letter: str
    purpose: str
    locales: tuple[str, ...]
    own: tuple[str, ...]


class NoSuchTemplate(ValueError):
    """There is no letter, language or variant of that name; the words name the nearest."""


def listed(folder: Path | None) -> tuple[Listed, ...]:
    """Return all letters of a site; `folder` is its own or None. Their purpose is in English."""
    shelf = Shelf(folder)
    return tuple(_listed(shelf, letter) for letter in shelf.letters)


def check(
    folder: Path | None, letters: Sequence[str] = (), kinds: Sequence[str] | None = None
) -> Iterator[Finding]:
    """Give what is wrong with a site's templates, the shipped ones it falls back to included.

    `letters` are those to look at, () for all. `kinds` are the names of the kinds of ticket that
    the site has, None if not known. Raises NoSuchTemplate for a letter that there is not.
    """
    shelf = Shelf(folder)
    for letter in letters:
        _must_exist(shelf, letter)
    for letter in letters or shelf.letters:
        yield from _names(shelf, letter, kinds)
        for locale in shelf.locales_of(letter):
            yield from _merged(_letter(shelf, letter, locale))
    if not letters:
        yield from _strays(shelf)


def preview(folder: Path | None, letter: str, locale: str, variant: str = "full") -> Words:
    """Return a letter with sample values.

    Raises NoSuchTemplate where there is none, ValueError with one line for a template that fails.
    """
    shelf = Shelf(folder)
    at = _must_exist(shelf, letter, locale)
    try:
        found = {sample.name: sample for sample in shelf.samples(letter, at)}
        if variant not in found:
            raise NoSuchTemplate(_nearest("variant", variant, list(found), f"; {letter} has "))
        return shelf.renderer.exact(letter, locale, **found[variant].values)
    except render.BROKEN as error:
        if isinstance(error, NoSuchTemplate):
            raise
        raise ValueError(render.explain(error)) from error


def variants(folder: Path | None, letter: str, locale: str) -> tuple[str, ...]:
    """Return the names of a letter's variants, the full one first. Raises as `preview` does."""
    shelf = Shelf(folder)
    return tuple(each.name for each in shelf.samples(letter, _must_exist(shelf, letter, locale)))


def _listed(shelf: Shelf, letter: str) -> Listed:
    locales = shelf.locales_of(letter)
    told = next((at for at in ("en", *locales) if at in locales), "en")
    file = shelf.file(letter, told)
    own = tuple(at for at in locales if shelf.own and (shelf.own / at / f"{letter}.j2").is_file())
    return Listed(letter, purpose(file) if file else "", locales, own)


def _must_exist(shelf: Shelf, letter: str, locale: str = "") -> str:
    """Return the locale whose file is used for a locale; raises NoSuchTemplate."""
    if letter not in shelf.letters:
        raise NoSuchTemplate(_nearest("template", letter, list(shelf.letters)))
    there = shelf.locales_of(letter)
    wanted = render.fallbacks(locale or there[0])
    found = next((at for at in wanted if at in there), "")
    if not found:
        raise NoSuchTemplate(f"{letter} is not there in {wanted[0]}; there is {', '.join(there)}")
    return found


def _nearest(what: str, name: str, names: Sequence[str], others: str = "") -> str:
    near = get_close_matches(name, names, 1, 0.5)
    hint = f"; did you mean {near[0]}?" if near else ""
    if not hint and others:
        hint = others + ", ".join(names)
    return f"there is no {what} {name}{hint}"


def _letter(shelf: Shelf, letter: str, locale: str) -> Iterator[Finding]:
    file = shelf.file(letter, locale)
    base = Finding(str(file), 0, letter, locale, "", "", wrong=True)
    try:
        uses = shelf.uses(f"{locale}/{letter}.j2")
    except render.BROKEN as error:
        yield _failed(base, error)
        return
    for block in sorted({"subject", "text"} - uses.blocks):
        yield replace(base, words=f"it has no block “{block}”; every letter has subject and text")
    if {"subject", "text"} - uses.blocks:
        return
    for sample in shelf.samples(letter, locale):
        yield from _variant(shelf, replace(base, variant=sample.name), sample, uses.files)


def _variant(
    shelf: Shelf, base: Finding, sample: Sample, files: Sequence[Path]
) -> Iterator[Finding]:
    letter, locale = base.letter, base.locale
    try:
        words = shelf.renderer.exact(letter, locale, **sample.values)
    except render.BROKEN as error:
        yield _failed(base, error)
        return
    if letter.startswith(STAFF) and missing_first_line(words, _first_lines(shelf, locale, sample)):
        said = "it does not begin with the line that says what a reply does (_reply.j2)"
        yield replace(base, words=said, wrong=False)
    for fault in faults(words, sample.values):
        yield _placed(base, fault, files)


def _failed(base: Finding, error: BaseException) -> Finding:
    place, line = render.place_of(error)
    words = str(getattr(error, "message", None) or error)
    if isinstance(error, jinja2.TemplateNotFound):
        words = f"it includes {error.name}, which is not there"
        line = line or _names_it(Path(base.file), str(error.name or ""))
    elif isinstance(error, jinja2.UndefinedError):
        words = f"{words}; this letter has {', '.join(sorted(given(base.letter)))}"
    elif isinstance(error, UnicodeDecodeError):
        words = "it is not written in UTF-8"
    elif not isinstance(error, jinja2.TemplateError | ValueError):
        words = f"{type(error).__name__}: {words}"
    return replace(base, file=place or base.file, line=line, words=" ".join(words.split()))


def _names_it(file: Path, name: str) -> int:
    """Return the line of a file that names another, 0 where it stands in one of its parts."""
    lines = file.read_text("utf-8").split("\n")
    return next((number for number, line in enumerate(lines, 1) if name in line), 0)


def _placed(base: Finding, fault: Fault, files: Sequence[Path]) -> Finding:
    file, line = line_of(files, fault.at)
    return replace(base, file=str(file), line=line, words=fault.words, wrong=fault.wrong)


def _first_lines(shelf: Shelf, locale: str, sample: Sample) -> Iterator[str]:
    """Give what the parts about replying say with these values; a site may have changed them."""
    for at in render.fallbacks(locale):
        for part in ("_reply", "_ok"):
            try:
                yield shelf.part(f"{at}/{part}.j2", sample.values)
            except render.BROKEN:
                continue  # the letters that include it are found to fail


def _merged(found: Iterator[Finding]) -> Iterator[Finding]:
    """Give each fault once, with its first variant and the number of the others."""
    first: dict[tuple[str, int, str], Finding] = {}
    for each in found:
        key = (each.file, each.line, each.words if each.line == 0 else each.words[:24])
        known = first.get(key)
        first[key] = replace(known, more=known.more + 1) if known else each
    yield from first.values()


def _names(shelf: Shelf, letter: str, kinds: Sequence[str] | None) -> Iterator[Finding]:
    """Give what is wrong with the name of a letter: no letter uses it, or one language lacks it."""
    there = shelf.locales_of(letter)
    base = Finding(str(shelf.file(letter, there[0])), 0, letter, there[0], "", "", wrong=False)
    ours = sorted({file.stem for file in OURS.glob("*/[!_]*.j2")})
    if letter not in ours:
        confirmed = [CONFIRMS + kind.replace("-", "_") for kind in kinds or ()]
        if letter not in confirmed and not (kinds is None and letter.startswith(CONFIRMS)):
            words = _nearest("letter", letter, [*ours, *confirmed])
            yield replace(base, words=f"{words} The file is never used")
            return
    missing = [language for language in LANGUAGES if language not in there]
    if missing:
        yield replace(base, words=f"it is there in {', '.join(there)}, but not in {missing[0]}")


def _strays(shelf: Shelf) -> Iterator[Finding]:
    """Give the site's parts that no template includes, and folders that no letter is looked for in."""
    used: set[Path] = set()
    for letter in shelf.letters:
        for locale in shelf.locales_of(letter):
            try:
                used.update(shelf.uses(f"{locale}/{letter}.j2").files)
            except render.BROKEN:
                continue  # said of the letter itself
    for locale in shelf.locales:
        place = (shelf.own or OURS) / locale
        if render.fallbacks(locale)[0] != locale:
            words = "no letter is looked for in this folder; name it de, en, de_AT or the like"
            yield Finding(str(place), 0, "", locale, "", words, wrong=False)
            continue
        for file in sorted(place.glob("_*.j2")):
            if file not in used:
                parts = [each.stem for each in (OURS / locale).glob("_*.j2")]
                words = f"no template includes it: {_nearest('part', file.stem, parts)}"
                yield Finding(str(file), 0, file.stem, locale, "", words, wrong=False)
