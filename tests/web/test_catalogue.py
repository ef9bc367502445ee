"""Every sentence of the pages is there in German too, once, and none is left over."""

from pathlib import Path

from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

WEB = Path(__file__).parents[2] / "templates" / "web"
OPTIONS = {"**.html": {"trimmed": "true", "trim_blocks": "true", "lstrip_blocks": "true"}}
FOUND = "jinja2.ext.babel_extract"


def _of_the_templates() -> dict[str, str]:
    found: dict[str, str] = {}
    for file, _, message, _, _ in extract_from_dir(WEB, [("**.html", FOUND)], OPTIONS):
        one = message[0] if isinstance(message, tuple) else message
        found.setdefault(one, file)
    return found


def _of_the_catalogues() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for file in sorted((WEB / "locale" / "de").glob("*.po")):
        with file.open("rb") as opened:
            words = read_po(opened, locale="de", abort_invalid=True)
        for message in words:
            if not message.id:
                continue
            one = message.id[0] if isinstance(message.id, tuple) else message.id
            said = message.string if isinstance(message.string, tuple) else (message.string,)
            assert all(said), f"{file.name}: {one!r} has no German words"
            assert not message.fuzzy, f"{file.name}: {one!r} is a guess"
            assert not list(message.check()), f"{file.name}: {one!r}"
            found.setdefault(one, []).append(file.name)
    return found


def test_every_sentence_is_said_in_german_once():
    wanted, there = _of_the_templates(), _of_the_catalogues()
    assert {one: file for one, file in wanted.items() if one not in there} == {}
    assert {one: files for one, files in there.items() if len(files) > 1} == {}
    assert [one for one in there if one not in wanted] == []
