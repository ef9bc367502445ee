"""`maildesk template`: are the words of the letters in order, and how does each of them look."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from maildesk.cli import show
from maildesk.cli.options import Config, Json

if TYPE_CHECKING:
    from maildesk.desk.templates import Finding

WRONG = 1
WIDTHS = (200, 2000)  # pixels of a picture

Folder = Annotated[
    Path | None,
    typer.Option(help="The site's templates (with mail/<language>/ in it), not templates.folder."),
]


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    noun = typer.Typer(rich_markup_mode=None)
    noun.command("list")(list_)
    noun.command("check")(check)
    noun.command("preview")(preview)
    app.add_typer(noun, name="template", help="The words of the letters: check and preview them.")


def list_(config: Config = None, folder: Folder = None, json: Json = False) -> None:
    """List all letters: what each is for, its languages, and which of them are your own."""
    from maildesk.desk import templates

    found = templates.listed(_site(config, folder)[0])
    if json:
        show.as_json(found)
        return
    show.table(
        ("template", "languages", "your own", "what it is"),
        [
            (each.letter, ", ".join(each.locales), ", ".join(each.own), each.purpose)
            for each in found
        ],
    )


def check(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", help="Templates, as in `list`.")
    ] = None,
    config: Config = None,
    folder: Folder = None,
    json: Json = False,
) -> None:
    """Render each template in each language with sample data, present and absent; exit 1 if any fails.

    Yours come first, and the shipped ones where you have none. Nothing is sent.
    """
    from maildesk.desk import templates

    place, kinds = _site(config, folder)
    try:
        found = tuple(templates.check(place, names or (), kinds))
    except templates.NoSuchTemplate as error:
        raise typer.BadParameter(f"{error}; `maildesk template list` shows all") from None
    failed = any(each.wrong for each in found)
    if json:
        show.as_json({"ok": not failed, "findings": found})
    else:
        for each in found:
            show.words(_said(each))
        show.words(_sum(place, names or (), found))
    raise typer.Exit(WRONG if failed else 0)


def preview(
    name: Annotated[str, typer.Argument(help="The template, as in `maildesk template list`.")],
    language: Annotated[
        str, typer.Option(help="de, en, or a folder of your own like de_AT.")
    ] = "de",
    variant: Annotated[
        str, typer.Option(help="full, bare, or another one; a wrong name lists them.")
    ] = "full",
    html: Annotated[Path | None, typer.Option(help="Write the HTML part to this file.")] = None,
    picture: Annotated[
        Path | None, typer.Option(help="Write a picture (PNG) of the HTML part; needs Chromium.")
    ] = None,
    width: Annotated[
        int, typer.Option(min=WIDTHS[0], max=WIDTHS[1], help="Width of the picture, in pixels.")
    ] = 390,
    config: Config = None,
    folder: Folder = None,
) -> None:
    """Show a letter with sample data: subject and text here, its HTML part as file or picture."""
    from maildesk.config import ConfigError
    from maildesk.desk import templates
    from maildesk.mail.to_html import html_of

    place, _ = _site(config, folder)
    try:
        words = templates.preview(place, name, language, variant)
    except templates.NoSuchTemplate as error:
        raise typer.BadParameter(str(error)) from None
    except ValueError as error:
        raise ConfigError(f"{error}; mend it, `maildesk template check {name}` says more") from None
    show.words(words.subject)
    show.words("")
    text = words.text.removesuffix("\n").replace("\u00a0", " ")  # a blank that breaks no line
    typer.echo(show.encodable(show.block(text)))
    page = html_of(words.text, language.replace("_", "-"), words.subject)
    if html is not None:
        html.write_text(page, "utf-8")
    if picture is not None:
        from maildesk.cli.picture import take

        take(page, picture, width)


def _site(config: Path | None, folder: Path | None) -> tuple[Path | None, tuple[str, ...] | None]:
    """Return the site's template folder and the names of its kinds; (None, None) without a site.

    A configuration that is named must be there; the one at the usual place may be missing.
    """
    import os

    from maildesk.config import ConfigError, default_path, load

    kinds: tuple[str, ...] | None = None
    place = folder
    if config or os.environ.get("MAILDESK_CONFIG") or default_path().exists():
        site = load(config)
        kinds = tuple(kind.name for kind in site.kinds)
        place = folder or site.templates.folder
    if place is not None and not place.is_dir():
        raise ConfigError(f"there is no folder {place}; nothing was checked or shown")
    if place is not None and not (place / "mail").is_dir():
        raise ConfigError(
            f"{place} has no folder mail; templates are {place}/mail/<language>/<name>.j2"
        )
    return place, kinds


def _said(each: "Finding") -> str:
    place = f"{each.file}, line {each.line}" if each.line else each.file
    mark = "wrong  " if each.wrong else "warning"
    if not each.variant:
        return f"{mark}  {place}: {each.words}"
    more = f" and {each.more} more" if each.more else ""
    variants = "variants" if each.more else "variant"
    return f"{mark}  {place}: {each.words} ({each.letter}, {each.locale}, {variants} {each.variant}{more})"


def _sum(
    place: Path | None, names: list[str] | tuple[str, ...], found: tuple["Finding", ...]
) -> str:
    whose = f"the templates in {place} and the shipped ones" if place else "the shipped templates"
    what = ", ".join(names) if names else whose
    wrong = sum(each.wrong for each in found)
    if not found:
        return f"ok       {what}: every variant renders and reads well"
    warned = len(found) - wrong
    return f"{what}: {wrong} wrong, {warned} {'warning' if warned == 1 else 'warnings'}"
