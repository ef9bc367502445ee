"""Pages and mail as two services beside each other, `serve --only web` and `serve --only mail`.

Anna and Lena with Chromium -- serve --only web -- one database -- serve --only mail -- relay
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.peers import free_port
from tests.peers.chromium import PHONE, Chromium
from tests.peers.relay import RelayPeer
from tests.stories import loaded
from tests.stories.daemon import AGENT, RunningDesk, opened, until
from tests.stories.service_area import ANNA, Agent, Customer, Town, said, settle_in, web
from tests.stories.test_agents import written


@pytest.mark.peer("chromium")
@pytest.mark.timeout(240)  # two services start, and one more each
def test_pages_and_mail_as_two_services(
    database_url: str,
    tmp_path: Path,
    chromium: Chromium,
    record_property: Callable[[str, object], None],
) -> None:
    """On a phone and without JavaScript: what is not live needs none."""
    port, url = free_port(), database_url
    pages_at = web(port, activation="everyone")
    with (
        opened(url) as books,
        RelayPeer() as relay,
        RunningDesk(tmp_path / "mail", url, relay.port, pages_at, only="mail") as mail,
        RunningDesk(tmp_path / "pages", url, relay.port, pages_at, only="web") as pages,
        chromium.tab(PHONE, scripts=False) as hers,
        chromium.tab(scripts=False) as ours,
    ):
        settle_in(books)
        town = Town(books, relay, mail, f"http://127.0.0.1:{port}")
        anna, lena = Customer(town, hers), Agent(town, ours)
        for each in (lena, anna):
            each.asks_for_a_link()
        for each in (lena, anna):
            each.opens_the_link()
        tag = anna.asks_for("Adresse ändern", "Wir ziehen um.")
        took = anna.writes("Ab Dezember.")
        record_property("from one service to the other", f"{took:.2f} s")
        assert anna.page.url.endswith("?done=sent#end"), "it was filed while the page waited"
        decides_what_she_is_asked(anna, lena, tag)
        writes_while_no_mail_is_handled(anna, tag, mail)
        is_answered_while_there_are_no_pages(anna, tag, pages)
        until(books.all_is_done, f"everything is done\n{mail.log}")
        assert not books.ledger().unaccounted
        assert [row.via for row in books.inbound()].count("page") == 5
        assert "Traceback" not in mail.log + pages.log


def decides_what_she_is_asked(anna: Customer, lena: Agent, tag: str) -> None:
    """Lena answers and asks for more time; Anna gets both by mail, and approves on the page."""
    lena.opens_ticket(tag)
    lena.fills_in("reply", text="Auch im Impressum?")
    anna.town.mail(ANNA, "Auch im Impressum?")
    anna.reloads_until("Auch im Impressum?")
    lena.fills_in("ask", total="2h", text="Es sind vier Seiten.")
    anna.town.mail(ANNA, "Es sind vier Seiten.")
    anna.page.reload()
    anna.decides("yes")
    anna.sees("Freigegeben")


def writes_while_no_mail_is_handled(anna: Customer, tag: str, mail: RunningDesk) -> None:
    """What she sends while that service is away is kept, she is told so, and it is done later."""
    mail.stop()
    anna.page.fill("#text", "Ja, auch dort.")
    anna.presses("form[enctype] button.first")
    assert anna.page.url.endswith("?done=arrived")
    assert "Ja, auch dort." not in anna.reads()
    mail.start()
    anna.reloads_until("Ja, auch dort.")
    told = [each for each in anna.town.mails(AGENT) if "Ja, auch dort." in said(each)]
    assert len(told) <= 1


def is_answered_while_there_are_no_pages(anna: Customer, tag: str, pages: RunningDesk) -> None:
    """A mail that comes while the pages are away stands there later; she is still signed in."""
    pages.stop()
    anna.town.posts(ANNA, written(ANNA, f"[{tag}] Impressum", 9, "Ab dem ersten Dezember."))
    until(lambda: anna.town.books.inbound()[-1].state == "filed", "it is filed")
    pages.start()
    anna.opens("/tickets")
    anna.sees("Adresse ändern")
    anna.opens(f"/tickets/{tag}")
    anna.sees("Ab dem ersten Dezember.")
    anna.signs_out()


def test_pages_alone_need_to_know_where_they_are(tmp_path: Path) -> None:
    config = tmp_path / "maildesk.toml"
    config.write_text(
        f'[desk]\naddress = "support@desk.example"\n[database]\nurl = "sqlite:///{tmp_path}/d.db"\n'
        f'[keys]\nfile = "{tmp_path}/keys.json"\n[relay]\nhost = "127.0.0.1"\n'
    )
    ended = loaded.run(["--config", str(config), "serve", "--only", "web"])
    assert (ended.returncode, ended.stdout) == (2, b"")
    (line,) = ended.stderr.decode().splitlines()
    assert line.startswith("maildesk: [web] base_url: ")
    assert not (tmp_path / "d.db").exists()
