"""`maildesk template`: every letter listed, checked and shown, shipped or a site's own."""

import importlib
import json
import re
import struct
import sys

import pytest
import typer

from maildesk.cli import picture
from maildesk.cli.main import app, run
from maildesk.desk import templates
from maildesk.desk.template_shelf import OURS, Shelf, given
from maildesk.rules.commands.words import row_of
from tests.peers import require

HEAD = (
    "{#- Für Tests. -#}\n{% block subject %}[{{ ticket.tag }}] {{ ticket.title }}{% endblock %}\n"
)
LOAD = importlib.import_module("maildesk.config.load")
LETTERS = Shelf().letters


@pytest.fixture
def alone(monkeypatch, tmp_path, capfdbinary):
    """Run a command without a configuration file; return its exit code, stdout and stderr."""

    def command(*arguments):
        monkeypatch.setattr(sys, "argv", ["maildesk", "template", *map(str, arguments)])
        monkeypatch.delenv("MAILDESK_CONFIG", raising=False)
        monkeypatch.setattr(LOAD, "DEFAULT_PATH", tmp_path / "none.toml")
        with pytest.raises(SystemExit) as end:
            run()
        out, trouble = capfdbinary.readouterr()
        return end.value.code or 0, out.decode(), trouble.decode()

    return command


@pytest.fixture
def folder(tmp_path):
    """Return a function that writes one of a site's own templates, and gives their folder."""

    def write(name, text):
        file = tmp_path / "own" / "mail" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
        return tmp_path / "own"

    return write


def test_all_shipped_templates_are_in_order(alone):
    code, out, trouble = alone("check")
    assert (code, trouble) == (0, ""), out
    assert out == "ok       the shipped templates: every variant renders and reads well\n"


@pytest.mark.parametrize("letter", LETTERS)
def test_every_value_of_every_letter_has_a_sample(letter):
    shelf = Shelf()
    for locale in ("de", "en"):
        found = {name for sample in shelf.samples(letter, locale) for name in sample.values}
        assert given(letter) <= found, "add it to maildesk/desk/samples"


def _text(name, body, head=HEAD):
    return name, head + "{% block text %}\n" + body + "\n{% endblock %}\n"


BROKEN = [
    # file                                                      line  wrong  words
    (*_text("de/closing.j2", "a\n\n{{ nix }}"),                   6, True, "'nix' is undefined; this letter has agent, "),
    (*_text("de/closing.j2", "{% if words %}{{ day }}{% endif %}"), 4, True, "'day' is undefined"),
    (*_text("de/closing.j2", "a\n{% if %}"),                      5, True, "Expected an expression"),
    (*_text("de/closing.j2", "{% include 'de/gone.j2' %}"),       4, True, "it includes de/gone.j2, which is not there"),
    (*_text("de/closing.j2", "{{ ticket.nix }}"),                 4, True, "has no attribute 'nix'"),
    (*_text("de/closing.j2", "{{ 1 // 0 }}"),                     4, True, "ZeroDivisionError"),
    (*_text("de_AT/closing.j2", "Servus {{ nix }}"),              4, True, "'nix' is undefined"),
    (*_text("de/closing.j2", " "),                                0, True, "renders an empty text"),
    ("de/closing.j2", "{% block subject %}x{% endblock %}",       0, True, "it has no block “text”"),
    (*_text("de/closing.j2", "Bis {{ ticket.due or None }} Uhr."), 4, True, "“None” stands in the text"),
    (*_text("de/closing.j2", "Es kostet {{{{ time }}}}."),        4, True, "expected token"),
    (*_text("de/closing.j2", "Guten Tag\nIhre Zeit war {{ time }} ."), 5, False, "“ .” is spaced"),
    (*_text("de/closing.j2", "x", "{% block subject %}Fertig{% endblock %}\n\n"), 1, False, "mail programs begin a new thread"),
    (*_text("de/closing.j2", "Hallo\n    " + "Zeit " * 20),       5, False, "a line of 103 columns"),
    (*_text("de/staff_wake.j2", "Das Ticket {{ ticket.tag }} ist wach."), 0, False, "what a reply does"),
    (*_text("de/closed.j2", "x"),                                 0, False, "there is no letter closed; did you mean closing? The file is never used"),
    (*_text("de/confirm_prio.j2", "x"),                           0, False, "it is there in de, but not in en"),
    (*_text("german/closing.j2", "x"),                            0, False, "no letter is looked for in this folder"),
    ("de/_ende.j2", "Gruß",                                       0, False, "no template includes it: there is no part _ende; did you mean _end?"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "line", "wrong", "words"), BROKEN)
def test_what_is_wrong_with_a_template_is_found(folder, name, text, line, wrong, words):
    letter = name.partition("/")[2].removesuffix(".j2")
    only = (letter,) if letter in LETTERS and "no letter" not in words else ()
    found = list(templates.check(folder(name, text), only))
    mine = [each for each in found if each.file.endswith(name.removesuffix("/closing.j2"))]
    mine += [each for each in found if each.file.endswith(f"mail/{name}")]
    assert found, "something is found"
    assert {each.file for each in found} == {each.file for each in mine}, "and nothing else"
    best = next((each for each in mine if words in each.words), mine[0])
    assert words in best.words
    assert (best.line, best.wrong) == (line, wrong)


def test_a_part_of_a_site_is_checked_in_every_letter_that_includes_it(folder):
    place = folder("de/_end.j2", "\nGruß\n{{ desk.nme }}\n")
    found = list(templates.check(place))
    assert {each.line for each in found} == {3}
    assert {each.letter for each in found} >= {"confirm_normal", "followup_ticket"}
    assert {each.locale for each in found} == {"de"}


def test_a_fault_is_named_with_its_file_line_and_variant(alone, folder):
    place = folder(
        *_text("de/closing.j2", "Hallo\n{{ words }}\n{% if not words %}{{ agnt }}{% endif %}")
    )
    code, out, _ = alone("check", "--folder", place)
    assert code == 1
    said, total = out.splitlines()
    assert f"{place}/mail/de/closing.j2, line 6: 'agnt' is undefined" in said
    assert re.search(r"\(closing, de, variants bare and \d+ more\)$", said)
    assert said.startswith("wrong    ")
    assert total.endswith("and the shipped ones: 1 wrong, 0 warnings")
    code, out, _ = alone("check", "closing", "--folder", place)
    assert (code, out.splitlines()[-1]) == (1, "closing: 1 wrong, 0 warnings")
    assert alone("check", "answer", "--folder", place)[0] == 0


def test_a_sites_kinds_and_folder_come_from_its_configuration(alone, folder, tmp_path):
    place = folder(*_text("de/confirm_prio.j2", "{% include 'de/_number.j2' %}"))
    folder(*_text("en/confirm_prio.j2", "{% include 'en/_number.j2' %}"))
    file = tmp_path / "maildesk.toml"
    desk = f'[desk]\naddress = "support@desk.example"\n[templates]\nfolder = "{place}"\n'
    file.write_text(desk)
    code, out, _ = alone("check", "--config", file)
    assert code == 0, "it only reads badly"
    assert "there is no letter confirm_prio" in out
    file.write_text(
        desk + '[[kinds]]\nname = "normal"\n[[kinds]]\nname = "prio"\ntags = ["Prio"]\n'
    )
    code, out, _ = alone("check", "confirm_prio", "--config", file)
    assert (code, out) == (0, "ok       confirm_prio: every variant renders and reads well\n")
    rows = json.loads(alone("list", "--config", file, "--json")[1])
    listed = {each["letter"]: each for each in rows}
    assert listed["confirm_prio"]["own"] == ["de", "en"]
    assert listed["closing"] == {
        "letter": "closing", "purpose": "To the customer: his request is closed",
        "locales": ["de", "en"], "own": [],
    }  # fmt: skip
    assert "DD-10429" in alone("preview", "confirm_prio", "--config", file)[1]


def test_the_list_names_each_letter_and_says_what_it_is(alone):
    code, out, _ = alone("list")
    assert code == 0
    for letter in LETTERS:
        line = next(line for line in out.splitlines() if f" {letter} " in line)
        assert re.search(r"de, en +\S.{10}", line)


def test_a_letter_is_shown_as_it_goes_out(alone, tmp_path):
    html = tmp_path / "letter.html"
    code, out, _ = alone("preview", "confirm_quick", "--variant", "bare", "--html", html)
    assert code == 0
    assert out.startswith("[DD-10429] Warenkorb leer\n\nGuten Tag,\n\nvielen Dank")
    assert 'lang="de"' in html.read_text()
    assert "<title>[DD-10429] Warenkorb leer</title>" in html.read_text()
    assert alone("preview", "confirm_quick", "--language", "en")[1].count("Hello,") == 1
    assert "Guten Tag" in alone("preview", "confirm_quick", "--language", "de_AT")[1]


@pytest.mark.parametrize(("arguments", "words"), [
    (("preview", "closng"), "there is no template closng; did you mean closing?"),
    (("preview", "closing", "--variant", "without wrds"), "did you mean without words?"),
    (("preview", "closing", "--variant", "zzz"), "there is no variant zzz; closing has full, bare, "),
    (("check", "closng"), "did you mean closing?; `maildesk template list` shows all"),
    (("check", "--folder", "/nowhere"), "there is no folder /nowhere; nothing was checked or shown"),
    (("preview", "closing", "--width", "20"), "'--width'"),
])  # fmt: skip
def test_what_cannot_be_done_is_said_in_one_line(alone, arguments, words):
    code, out, trouble = alone(*arguments)
    assert (code, out, trouble.count("\n")) == (2, "", 1)
    assert words in trouble


def test_a_broken_template_is_not_shown(alone, folder):
    place = folder(*_text("de/closing.j2", "{{ nix }}"))
    code, out, trouble = alone("preview", "closing", "--folder", place)
    assert (code, out) == (2, "")
    assert (
        f"{place}/mail/de/closing.j2, line 4: UndefinedError: 'nix' is undefined; mend it"
        in trouble
    )


@pytest.mark.peer("chromium")
@pytest.mark.parametrize("width", [390, 900])
def test_a_picture_is_as_wide_as_wished_and_as_high_as_the_letter(alone, tmp_path, width):
    require("chromium", "chromium")
    place = tmp_path / "letter.png"
    code, _, trouble = alone("preview", "confirm_quick_high", "--picture", place, "--width", width)
    assert (code, trouble) == (0, "")
    octets = place.read_bytes()
    assert octets.startswith(b"\x89PNG\r\n")
    wide, high = struct.unpack(">II", octets[16:24])
    assert wide == width
    assert 500 < high < 2500
    assert len(octets) > 15_000


def test_without_a_browser_there_is_a_sentence_and_no_picture(alone, tmp_path, monkeypatch):
    monkeypatch.setattr(picture.shutil, "which", lambda name: None)
    place = tmp_path / "letter.png"
    code, _, trouble = alone("preview", "closing", "--picture", place)
    assert code == 2
    assert "neither chromium nor google-chrome is installed" in trouble
    assert not place.exists()


def test_templates_name_only_commands_that_exist():
    nouns = typer.main.get_command(app).commands
    for file in OURS.glob("*/*.j2"):
        text = re.sub(r"\{#.*?#\}", "", file.read_text(), flags=re.DOTALL)
        for noun, verb in re.findall(r"[„`(]maildesk ([a-z]+)(?: ([a-z]+))?", text):
            assert noun in nouns, f"{file.name}: maildesk {noun}"
            if hasattr(nouns[noun], "commands"):
                assert not verb or verb in nouns[noun].commands, (
                    f"{file.name}: maildesk {noun} {verb}"
                )


def test_templates_name_only_orders_that_exist():
    for file in OURS.glob("*/*.j2"):
        text = re.sub(r"\{#.*?#\}", "", file.read_text(), flags=re.DOTALL)
        for word in re.findall(r"(?<![&\w])#([a-zäöü]+)", text):
            assert row_of(f"#{word}") is not None, f"{file.name}: #{word}"
