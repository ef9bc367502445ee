"""Where mail templates lie: a site's folder before ours, and what each file uses."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import jinja2
from jinja2 import meta, nodes

from maildesk import render
from maildesk.desk.samples.variants import CONFIRMS, Sample, always_given, samples
from maildesk.render import Renderer

OURS = render.shipped() / "mail"
LANGUAGES = ("de", "en")
_COMMENT = re.compile(r"\A\s*\{#-?(.*?)-?#\}", re.DOTALL)
_LIKE = "confirm_kind"  # what a confirmation of a site's own kind has the values of


@dataclass(frozen=True, slots=True)
class Uses:
    """What a template uses, with all that it includes. Raised errors are those of Jinja.

    `values` are the names that must come from outside, `fields` what it looks at in them, `blocks`
    its own blocks, `files` itself and its parts.
    """

    files: tuple[Path, ...]
    values: frozenset[str]
    fields: frozenset[str]
    blocks: frozenset[str]


class Shelf:
    """The mail templates of a site: those in `folder` (its mail/<locale>/), then the shipped ones."""

    def __init__(self, folder: Path | None = None) -> None:
        self.own = folder / "mail" if folder else None
        self.renderer = Renderer(folder)
        self._environment = render.environment([self.own, OURS] if self.own else [OURS])
        self._found: dict[str, Uses] = {}

    @cached_property
    def letters(self) -> tuple[str, ...]:
        """The names of all letters that there is a file of, sorted."""
        places = [OURS / language for language in LANGUAGES]
        if self.own:
            places += [self.own / locale for locale in self.locales]
        names = {file.stem for place in places for file in place.glob("[!_]*.j2")}
        return tuple(sorted(names))

    @cached_property
    def locales(self) -> tuple[str, ...]:
        """The folders of the site itself, sorted; also those that no letter is looked for in."""
        if self.own is None:
            return ()
        return tuple(sorted({file.parent.name for file in self.own.glob("*/*.j2")}))

    def locales_of(self, letter: str) -> tuple[str, ...]:
        """Return the locales that have a file of a letter of their own."""
        found = [at for at in (*LANGUAGES, *self.locales) if self.file(letter, at) is not None]
        return tuple(dict.fromkeys(found))

    def file(self, letter: str, locale: str) -> Path | None:
        """Return the file of a letter in exactly this locale, the site's own before ours."""
        for place in filter(None, (self.own, OURS)):
            file = place / locale / f"{letter}.j2"
            if file.is_file():
                return file
        return None

    def is_own(self, letter: str) -> bool:
        """Tell whether the site has words of its own for a letter, in any language."""
        return bool(self.own and any(self.own.glob(f"*/{letter}.j2")))

    def samples(self, letter: str, locale: str) -> Iterator[Sample]:
        """Give the variants of a letter: of the values that it is given, those that it shows."""
        uses = self.uses(f"{locale}/{letter}.j2")
        return samples(letter, locale, given(letter), uses.fields | {*uses.values})

    def part(self, name: str, values: Mapping[str, Any]) -> str:
        """Render a part ("de/_reply.j2") by itself. Raises one of render.BROKEN."""
        return self._environment.get_template(name).render(values)

    def uses(self, name: str) -> Uses:
        """Return what a template file ("de/closing.j2") and its parts use.

        Raises jinja2.TemplateError or OSError for one that cannot be read, UnicodeDecodeError for
        one that is not in UTF-8.
        """
        if name not in self._found:
            self._found[name] = _uses(self._environment, name)
        return self._found[name]


@lru_cache(maxsize=256)
def given(letter: str) -> frozenset[str]:
    """Return the names of the values that the desk gives to a letter, as ours of that name use."""
    shelf = Shelf()
    like = letter if shelf.locales_of(letter) or not letter.startswith(CONFIRMS) else _LIKE
    used = [shelf.uses(f"{at}/{like}.j2").values for at in shelf.locales_of(like)]
    return always_given(letter) | frozenset().union(*used)


def purpose(file: Path) -> str:
    """Return what a template is for: the first sentence of the comment at its head, or ""."""
    try:
        found = _COMMENT.match(file.read_text("utf-8"))
    except UnicodeDecodeError:
        return ""
    said = " ".join(found[1].split()) if found else ""
    said = re.split(r"\.(?= )| (?=Werte:|Values:)", said, maxsplit=1)[0]
    return said.strip().rstrip(".")


@dataclass(frozen=True, slots=True)
class _Facts:
    """What one source uses: names from outside, names it sets, fields, blocks, other templates."""

    values: frozenset[str]
    sets: frozenset[str]
    fields: frozenset[str]
    blocks: frozenset[str]
    includes: tuple[str, ...]


def _uses(environment: jinja2.Environment, name: str) -> Uses:
    facts: dict[str, _Facts] = {}
    files: list[Path] = []
    ahead = [name]
    while ahead:
        at = ahead.pop()
        if at in facts:
            continue
        source, file = _source(environment, at)
        facts[at] = _facts(environment, source, at, file)
        files.append(Path(file))
        ahead += facts[at].includes
    top = facts.pop(name)
    parts: set[str] = set().union(*(part.values for part in facts.values()))
    return Uses(
        files=tuple(files),
        # A part sees what the template around it has set; that does not come from outside.
        values=top.values | (parts - top.sets),
        fields=top.fields.union(*(part.fields for part in facts.values())),
        blocks=top.blocks,
    )


_KNOWN: dict[tuple[str, str], _Facts] = {}  # parsing is slow, and most sources are the shipped ones


def _facts(environment: jinja2.Environment, source: str, name: str, file: str) -> _Facts:
    found = _KNOWN.get((file, source))
    if found is None:
        tree = environment.parse(source, name, file)
        found = _KNOWN[file, source] = _Facts(
            values=frozenset(meta.find_undeclared_variables(tree)),
            sets=frozenset(each.name for each in tree.find_all(nodes.Name) if each.ctx == "store"),
            fields=frozenset(each.attr for each in tree.find_all(nodes.Getattr)),
            blocks=frozenset(block.name for block in tree.find_all(nodes.Block)),
            includes=tuple(filter(None, meta.find_referenced_templates(tree))),
        )
    return found


def _source(environment: jinja2.Environment, name: str) -> tuple[str, str]:
    if environment.loader is None:
        raise jinja2.TemplateNotFound(name)
    source, file, _ = environment.loader.get_source(environment, name)
    return source, file or name
