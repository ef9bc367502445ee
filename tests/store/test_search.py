"""What is in the texts is found, however it is typed; the index follows what changes."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, text, update

from maildesk.rules.looking import marked, wanted
from maildesk.store import migrate, search, search_index
from maildesk.store.db import Database
from maildesk.store.tables import AttachmentRow, CustomerRow, MessageRow, TicketRow
from tests.peers.tables import with_tables

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


class Desk:
    """A database with tickets of one message each, and its index."""

    def __init__(self, url: str) -> None:
        self.db = Database(with_tables(url))

    def add(self, number: int, body: str, title: str = "Frage", **more: object) -> None:
        """Write a ticket with a message of the same number; or a message into a `ticket_id`."""
        message = {
            "id": number, "ticket_id": number, "standing": "participant", "text": body,
            "author": "bert@firm.example", "author_name": "Bert", "subject": title,
            "filed_at": NOW + timedelta(minutes=number),
        } | more  # fmt: skip
        ticket = {
            "id": number, "title": title, "state": "new", "kind": "normal", "opened_at": NOW,
            "clock_started_at": NOW, "requester": "anna@firm.example", "requester_name": "Anna",
        }  # fmt: skip
        with self.db.engine.begin() as connection:
            if message["ticket_id"] == number:
                connection.execute(insert(TicketRow), ticket)
            connection.execute(insert(MessageRow), message)

    def do(self, statement, *values) -> None:
        with self.db.engine.begin() as connection:
            connection.execute(statement, *values)

    def catch_up(self, limit: int = 1000, sweep: bool = True) -> int:
        """Index what is lacking; return how many messages that were."""
        done = 0
        while True:
            with self.db.read() as session:
                batch = search_index.waiting(session, limit, sweep)
                complete = search_index.is_complete(session)
            assert self.db.change(lambda session, made=batch: search_index.write(session, made))
            done += len(batch.documents)
            if not batch.documents and (complete or not sweep):
                return done

    def find(self, typed: str, **more) -> list[int]:
        with self.db.read() as session:
            customers = more.pop("customers", ())
            asked = search.query(session, wanted(typed, "DD"), customers)
            return [hit.message_id for hit in search.search(session, asked, **more)]

    def index(self) -> tuple[list[object], list[object]]:
        """Return all that the index holds: the words of each message, and all words."""
        texts = (
            "SELECT id, c0 FROM search_text_content ORDER BY id" if self.db.is_sqlite
            else "SELECT message_id, words::text FROM search_text ORDER BY message_id"
        )  # fmt: skip
        with self.db.read() as session:
            if self.db.is_sqlite:
                for table in ("search_text", "search_part"):
                    check = f"INSERT INTO {table} ({table}) VALUES ('integrity-check')"
                    self.do(text(check))
            found = [tuple(row) for row in session.execute(text(texts))]
            words = session.scalars(text("SELECT word FROM search_word")).all()
            return found, sorted(words)

    def forget(self) -> None:
        """Begin a fresh index."""
        for statement in (
            "DELETE FROM search_text", "DELETE FROM search_word", "DELETE FROM search_stale",
            "UPDATE search_state SET value = 0",
        ):  # fmt: skip
            self.do(text(statement))
        if self.db.is_sqlite:
            self.do(text("INSERT INTO search_part (search_part) VALUES ('rebuild')"))


@pytest.fixture
def desk(database_url):
    opened = Desk(database_url)
    yield opened
    opened.db.close()


TEXTS = {
    1: ("Der Netzwerkdrucker im 2. Stock druckt nicht.", "Drucker im Büro"),
    2: ("Bitte an Herrn Müller in der Hauptstraße 5 liefern.", "Adresse"),
    3: ("Frau Mueller aus der Bahnhofstrasse fragt nach der Kameraeinstellung.", "Kamera"),
    4: ("The shop is empty. Papierstau im Drucker, Toner fehlt.", "Cart empty"),
    5: ("Rechnung RE-2026-00057 an x.y@tea.example", "IT"),
    6: ("", "Nur ein Titel über Zahlungsverzug"),
    7: ("<script>alert(1)</script> OR 1=1; NEAR(a b)", "DROP TABLE"),
    8: ("Größe der Gerätschaften: 3 m²", "Maße"),
}

FOUND = [
    # typed                    messages    why
    ("drucker",                [4, 1],     "a word, the newest first"),
    ("DRUCKER",                [4, 1],     "in large letters"),
    ("netzwerk",               [1],        "the beginning of a word"),
    ("werkdruck",              [1],        "the middle of a word"),
    ("einstellung",            [3],        "the end, where folding closed a seam"),
    ("muller",                 [3, 2],     "without the dots"),
    ("mueller",                [3, 2],     "spelled out"),
    ("Müller",                 [3, 2],     "as it is written"),
    ("strasse",                [3, 2],     "sharp s, and a part"),
    ("Straße",                 [3, 2],     "the other way round"),
    ("groesse",                [8],        "both"),
    ("drucker papier",         [4],        "all of the words"),
    ("papier drucker",         [4],        "in any order"),
    ("drucker -toner",         [1],        "without a word"),
    ("drucker -tone",          [1],        "without a part of a word"),
    ("-drucker",               [],         "nothing but a word that is not meant"),
    ('"im Drucker"',           [4],        "words in a row"),
    ('"Drucker im"',           [1],        "in this order"),
    ('"drucker der"',          [],         "and no others between them"),
    ('"buro anna"',            [],         "no row goes from the title into a name"),
    ('"druck"',                [],         "in quotes no part of a word"),
    ("„im Drucker“",           [4],        "German quotes"),
    ('"im drucker',            [4],        "a quote that never ends"),
    ("re-2026-00057",          [5],        "a number in parts"),
    ("00057",                  [5],        "the end of a number"),
    ("x.y@tea.example",        [5],        "an address"),
    ("x.y@tea",                [5],        "the beginning of an address"),
    ("anna@firm.example",      [8, 7, 6, 5, 4, 3, 2, 1], "who asked"),
    ("bert",                   [8, 7, 6, 5, 4, 3, 2, 1], "who wrote"),
    ("zahlungsverzug",         [6],        "in a title"),
    ("verzug",                 [6],        "a part of a word in a title"),
    ("zeichnung.pdf",          [2],        "the name of a file"),
    ("it",                     [5],        "two letters: a word of its own"),
    ("m",                      [],         "one letter, which is no word here"),
    ("5",                      [2],        "one digit"),
    ("",                       [],         "nothing"),
    ("* ( ) \" ' : ^ - + %",   [],         "nothing but marks"),
    ("NEAR(a",                 [7],        "no command to the database"),
    ("nichts OR druckt",       [],         "OR is a word"),
    ("1=1",                    [7],        "nor is this one"),
    ("shop_empty",             [],         "marks between words are none"),
    ("shop empty nowhere",     [],         "one word is nowhere"),
    ("zz' | !b & <-> :*",      [],         "nor is this a command"),
]  # fmt: skip


@pytest.fixture
def filled(desk):
    for number, (body, title) in TEXTS.items():
        desk.add(number, body, title)
    file = {"message_id": 2, "path": "1", "name": "Zeichnung.pdf", "type": "a/b", "size": 1}
    desk.do(insert(AttachmentRow), file)
    desk.catch_up()
    return desk


def test_what_is_looked_for_is_found(filled):
    for typed, numbers, why in FOUND:
        assert filled.find(typed) == numbers, f"{typed}: {why}"


def test_without_trigrams_parts_are_found_too(filled):
    if filled.db.is_sqlite:
        pytest.skip("SQLite brings them along")
    filled.do(text("DROP EXTENSION pg_trgm CASCADE"))
    assert filled.find("werkdruck") == [1]


def test_pages_of_hits_and_customers(filled):
    filled.do(insert(CustomerRow), {"id": 7, "name": "Käsehaus", "created_at": NOW})
    filled.do(update(TicketRow).where(TicketRow.id.in_((1, 2))).values(customer_id=7))
    filled.catch_up()
    assert filled.find("bert", limit=3) == [8, 7, 6]
    assert filled.find("bert", limit=3, before=6) == [5, 4, 3]
    assert filled.find("bert", customers=(7,)) == [2, 1]
    assert filled.find("bert", customers=(8,)) == []
    assert filled.find("kaese") == [2, 1]
    with filled.db.read() as session:
        asked = search.query(session, wanted("drucker", "DD"))
        assert search.newer(session, asked, 2, [1, 2, 4]) == {4}
    filled.do(update(CustomerRow).values(name="Brotladen"))
    filled.catch_up(sweep=False)
    assert filled.find("kaese") == []
    assert filled.find("Brot drucker") == [1]


def test_what_is_new_is_indexed_without_a_sweep_and_what_came_late_too(desk):
    desk.add(1000, "alt")
    desk.catch_up()
    desk.add(1010, "neu")
    assert desk.catch_up(sweep=False) == 1
    desk.add(1005, "verspätet")  # its number was given out before that of the other one
    assert desk.catch_up(sweep=False) == 1
    assert desk.find("verspaetet") == [1005]
    desk.add(3, "Ein Nachzügler")
    desk.catch_up()
    desk.catch_up()  # the sweep goes by once more
    assert desk.find("Nachzuegler") == [3]


def test_a_large_desk_is_indexed_in_steps_the_newest_first(desk):
    for number in range(1, 31):
        desk.add(number * 1000, f"Text {number:03}")
    assert desk.find("text") == []
    with desk.db.read() as session:
        first = search_index.waiting(session, 7)
    assert [each.message_id // 1000 for each in first.documents] == [30, 29, 28, 27, 26, 25, 24]
    assert desk.catch_up(limit=7, sweep=False) == 7
    with desk.db.read() as session:
        assert not search_index.is_complete(session)
    assert desk.catch_up(limit=7) == 23
    with desk.db.read() as session:
        assert search_index.is_complete(session)
    assert desk.find("001") == [1000]
    for number in range(31, 60):
        desk.add(number * 1000, f"Text {number:03}")
    assert desk.catch_up(limit=7) == 29
    assert desk.find("052") == [52_000]


def test_two_at_once_do_not_write_the_same(desk):
    desk.add(1, "alt")
    with desk.db.read() as session:
        one = search_index.waiting(session, 10, sweep=True)
        other = search_index.waiting(session, 10, sweep=True)
    assert desk.db.change(lambda session: search_index.write(session, one))
    assert not desk.db.change(lambda session: search_index.write(session, other))


def test_a_long_text_is_indexed_up_to_a_bound(desk):
    desk.add(1, "anfang " + "wort " * 10_000 + " dasende")
    desk.catch_up()
    assert (desk.find("anfang"), desk.find("dasende")) == ([1], [])


def test_what_was_erased_is_in_no_table_of_the_index(filled):
    filled.do(update(MessageRow).where(MessageRow.id == 2).values(text="x", author="weg"))
    filled.do(delete(MessageRow).where(MessageRow.id == 3))
    filled.do(update(MessageRow).where(MessageRow.id == 4).values(standing="spam"))
    filled.catch_up(sweep=False)
    assert filled.find("mueller") == filled.find("toner") == []
    held = str(filled.index())
    for word in ("muller", "hauptstrasse", "bahnhofstrasse", "papierstau"):
        assert word not in held


def test_the_way_back_of_the_index(desk):
    desk.add(1, "Drucker")
    desk.catch_up()
    migrate.downgrade(desk.db, "0013")
    migrate.upgrade(desk.db)
    desk.catch_up()
    assert desk.find("druck") == [1]


def test_after_anything_that_changes_the_index_is_as_a_fresh_one(desk):
    chance = random.Random(7)
    nouns = ["Drucker", "Netzwerk", "Größe", "Straße", "toner", "neu", "Müller", "über", "42"]

    def said() -> str:
        return " ".join(chance.choices(nouns, k=chance.randint(0, 5)))

    desk.do(
        insert(CustomerRow), [{"id": n, "name": f"Kunde {n}", "created_at": NOW} for n in (1, 2)]
    )
    there: list[int] = []
    for number in range(1, 161):
        kind = chance.choice(["add", "add", "into", "text", "title", "spam", "customer", "gone",
                              "name", "file", "late"])  # fmt: skip
        one = chance.choice(there) if there else 0
        of = MessageRow.id == one
        if kind == "add" or not there:
            desk.add(number + 1000, said(), said())
            there.append(number + 1000)
        elif kind == "into":
            desk.add(number + 1000, said(), ticket_id=there[0])
        elif kind == "late":
            desk.add(number, said())
        elif kind == "text":
            desk.do(update(MessageRow).where(of).values(text=said()))
        elif kind == "title":
            desk.do(update(TicketRow).where(TicketRow.id == one).values(title=said()))
        elif kind == "spam":
            standing = chance.choice(["spam", "participant"])
            desk.do(update(MessageRow).where(of).values(standing=standing))
        elif kind == "customer":
            desk.do(update(TicketRow).where(TicketRow.id == one).values(customer_id=1))
        elif kind == "gone":
            desk.do(delete(AttachmentRow).where(AttachmentRow.message_id == one))
            desk.do(delete(MessageRow).where(of))
        elif kind == "name":
            desk.do(update(CustomerRow).where(CustomerRow.id == 1).values(name=f"Kunde {number}"))
        else:
            with desk.db.read() as session:
                exists = session.get(MessageRow, one)
            if exists:
                desk.do(insert(AttachmentRow), {"message_id": one, "path": "1", "name": "a.pdf",
                                                "type": "a/b", "size": 1})  # fmt: skip
                # Files come with their message; one that is added later changes its text too.
                desk.do(update(MessageRow).where(of).values(text=said()))
        if number % 5 == 0:
            desk.catch_up(limit=chance.randint(1, 20), sweep=chance.random() < 0.7)
    desk.catch_up()
    desk.catch_up()
    kept = desk.index()
    desk.forget()
    desk.catch_up()
    assert kept == desk.index()
    assert kept[0]


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.text(max_size=60) | st.text(alphabet="\"-*():^+& |!<>\\'a0Ää\ue000\x00", max_size=40))
def test_whatever_is_typed_is_answered(filled, typed):
    found = filled.find(typed)
    assert found == sorted(found, reverse=True)
    marked(typed, wanted(typed, "DD").terms)
