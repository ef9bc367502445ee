"""Maker processes make documents; one that dies or hangs costs its one document, and no other."""

import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import CancelledError, Future
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from maildesk.config import ConfigError, Site
from maildesk.config import Desk as DeskSection
from maildesk.config.billing import Agency
from maildesk.desk.invoices.makers import MakerLimits, Makers, NotMade, look_of
from maildesk.paper.document import Document, build
from maildesk.paper.look import Look
from maildesk.paper.maker import NICE
from maildesk.rules.invoice.canonical import octets
from tests.paper.checks import check
from tests.paper.made import EVERY, long, one_line, ordinary

LOOK = Look(footer=(("Lindenhof Digital GmbH", "50674 Köln"),))
pytestmark = pytest.mark.peer("pango")
PATIENCE = 60.0


@pytest.fixture(scope="module")
def makers() -> Iterator[Makers]:
    with Makers(2) as running:
        yield running


def children() -> list[psutil.Process]:
    """Return the maker processes that are there."""
    return [
        child
        for child in psutil.Process().children()
        if any("maildesk.paper.maker" in part for part in child.cmdline())
    ]


def gone(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def test_every_document_comes_back_as_it_would_be_made_here(makers: Makers) -> None:
    waiting: dict[str, Future[Document]] = {
        name: makers.make(octets(made()), LOOK) for name, made in EVERY.items()
    }
    documents = {name: future.result(PATIENCE) for name, future in waiting.items()}
    assert documents["ordinary"] == build(ordinary(), LOOK)
    check(*((EVERY[name](), document) for name, document in documents.items()))


def test_makers_are_started_when_they_are_needed_know_nothing_of_us_and_end_with_us(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MAILDESK_RELAY__PASSWORD", "secret")
    monkeypatch.setenv("PGPASSWORD", "secret")
    before = {child.pid for child in children()}
    with Makers(3) as few:
        assert {child.pid for child in children()} == before
        few.make(octets(one_line()), LOOK).result(PATIENCE)
        (maker,) = (child for child in children() if child.pid not in before)
        assert maker.nice() == psutil.Process().nice() + NICE
        assert not [name for name in maker.environ() if name.startswith(("MAILDESK_", "PG"))]
        opened = Path(f"/proc/{maker.pid}/fd").iterdir()
        kinds = [str(each.readlink()) for each in opened if int(each.name) > 2]
        assert len([kind for kind in kinds if kind.startswith("socket:")]) == 1
        assert not maker.net_connections()
    assert gone(maker)


def test_after_so_many_documents_another_maker_takes_its_place() -> None:
    before = {child.pid for child in children()}
    seen, documents = [], []
    with Makers(1, MakerLimits(documents=2)) as one:
        for _ in range(3):
            documents.append(one.make(octets(one_line()), LOOK).result(PATIENCE))
            seen += [{child.pid for child in children()} - before]
    assert seen[0] == seen[1] != seen[2]
    assert len(seen[2]) == 1
    assert documents[0] == documents[1] == documents[2]


BAD = [
    # octets                                                        sentence             why
    (b"{}", "other fields than InvoiceContent", "no content"),
    (b"\xff", "not the content", "no text"),
    (octets(replace(ordinary(), gross=1)), "RE-2026-00042 does not add up: gross", "a wrong sum"),
    (octets(replace(ordinary(), number="")), "BT-1", "a draft"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "sentence", "why"), BAD)
def test_a_content_that_cannot_be_made_is_refused_in_a_sentence(
    makers: Makers, content: bytes, sentence: str, why: str
) -> None:
    with pytest.raises(NotMade, match=sentence):
        makers.make(content, LOOK).result(PATIENCE)
    assert makers.make(octets(one_line()), LOOK).result(PATIENCE), why


def test_a_broken_template_of_the_site_is_named(makers: Makers, tmp_path: Path) -> None:
    (tmp_path / "paper").mkdir()
    (tmp_path / "paper" / "invoice.html.j2").write_text("{{ nonsense }}")
    with pytest.raises(NotMade, match=r"invoice\.html\.j2"):
        makers.make(octets(one_line()), Look(templates=str(tmp_path))).result(PATIENCE)


def test_a_maker_that_is_killed_costs_one_document_and_is_replaced() -> None:
    before = {child.pid for child in children()}
    with Makers(1) as few:
        few.make(octets(one_line()), LOOK).result(PATIENCE)
        (maker,) = (child for child in children() if child.pid not in before)
        maker.suspend()  # it gets the next one, and does not answer
        lost = few.make(octets(one_line()), LOOK)
        kept = few.make(octets(one_line()), LOOK)
        while not lost.running():
            time.sleep(0.01)
        maker.kill()
        with pytest.raises(NotMade, match="it was killed"):
            lost.result(PATIENCE)
        assert kept.result(PATIENCE) == build(one_line(), LOOK)


def test_a_maker_that_hangs_is_killed_when_its_time_is_over() -> None:
    """Also while it does not even take what it is sent: a pipe holds less than this logo."""
    before = {child.pid for child in children()}
    with Makers(1) as few:
        few.make(octets(one_line()), LOOK).result(PATIENCE)
        (maker,) = (child for child in children() if child.pid not in before)
        maker.suspend()
        usual, few._limits = few._limits, MakerLimits(wall=1.0)  # for this one: they are nice,
        began = time.monotonic()  # and where others are busy, the document before takes longer
        with pytest.raises(NotMade, match=r"took more than 1 s"):
            few.make(octets(one_line()), Look(logo=b"x" * 2**20)).result(PATIENCE)
        assert time.monotonic() - began < 20
        assert gone(maker)
        few._limits = usual
        assert few.make(octets(one_line()), LOOK).result(PATIENCE)


def test_a_maker_over_its_cpu_limit_says_so() -> None:
    with Makers(1, MakerLimits(cpu=2)) as few:
        with pytest.raises(NotMade, match="CPU limit"):
            few.make(octets(replace(long(), sheet=long().sheet * 20)), LOOK).result(PATIENCE)
        assert few.make(octets(one_line()), LOOK).result(PATIENCE)


def test_a_maker_over_its_memory_limit_says_so_and_is_replaced() -> None:
    with Makers(1, MakerLimits(memory=450 * 2**20)) as few:
        with pytest.raises(NotMade, match="more than 450 MiB"):
            few.make(b'"' + b"x" * (160 * 2**20) + b'"', LOOK).result(PATIENCE)
        assert few.make(octets(one_line()), LOOK).result(PATIENCE)


def test_a_maker_that_cannot_start_is_an_error_of_its_document(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    causes = (("/nowhere/python", "No such file"), ("/bin/false", "it ended with exit code 1"))
    with Makers(1) as few:
        for program, words in causes:
            with monkeypatch.context() as patch:
                patch.setattr("sys.executable", program)
                with pytest.raises(NotMade, match=f"no maker could be started: {words}"):
                    few.make(octets(one_line()), LOOK).result(PATIENCE)
        assert few.make(octets(one_line()), LOOK).result(PATIENCE)


def test_closing_cancels_what_nobody_has_begun() -> None:
    few = Makers(1)
    waiting = [few.make(octets(one_line()), LOOK) for _ in range(20)]
    while not waiting[0].running() and not waiting[0].done():
        time.sleep(0.01)
    few.close()
    assert waiting[0].result(0)
    with pytest.raises(CancelledError):
        waiting[-1].result(0)
    assert not [each for each in threading.enumerate() if each in few._threads]


def test_ctrl_c_in_the_terminal_does_not_reach_a_maker(makers: Makers) -> None:
    makers.make(octets(one_line()), LOOK).result(PATIENCE)
    running = children()
    assert running
    for maker in running:
        maker.send_signal(signal.SIGINT)
    assert makers.make(octets(one_line()), LOOK).result(PATIENCE)
    assert not any(gone(maker) for maker in running)


def site(**agency: object) -> Site:
    return Site(
        desk=DeskSection(address="support@desk.example"), agency=Agency.model_validate(agency)
    )


def test_the_look_is_the_agencys(tmp_path: Path) -> None:
    logo = tmp_path / "logo.SVG"
    logo.write_bytes(b"<svg xmlns='http://www.w3.org/2000/svg'/>")
    look = look_of(
        site(
            name="Lindenhof Digital GmbH", city="Köln", postcode="50674", accent="#8a1538",
            logo=logo, managers="Geschäftsführung: Lena Hartmann", website="lindenhof.example",
            iban="DE02 1203 0000 0000 2020 51",
        )
    )  # fmt: skip
    assert look.logo == logo.read_bytes()
    assert look.logo_type == "image/svg+xml"
    assert look.accent == "#8a1538"
    assert look.footer[0][-1] == "Geschäftsführung: Lena Hartmann"
    assert look.footer[1] == ("lindenhof.example",)
    assert look.footer[2][0].split("\u00a0") == ["DE02", "1203", "0000", "0000", "2020", "51"]


def test_without_managers_and_website_the_pages_make_the_footer() -> None:
    assert look_of(site(name="Lindenhof Digital GmbH")) == Look()


@pytest.mark.parametrize(
    ("name", "octets_", "sentence"),
    [
        ("missing.png", None, "cannot be read"),
        ("logo.gif", b"GIF89a", "neither a .png nor an .svg"),
        ("large.png", b"x" * (2 * 2**20 + 1), "use one of at most 2048 KiB"),
    ],
)
def test_a_logo_that_cannot_be_used_is_named(
    tmp_path: Path, name: str, octets_: bytes | None, sentence: str
) -> None:
    path = tmp_path / name
    if octets_ is not None:
        path.write_bytes(octets_)
    with pytest.raises(ConfigError, match=sentence) as caught:
        look_of(site(logo=path))
    assert str(path) in str(caught.value)
