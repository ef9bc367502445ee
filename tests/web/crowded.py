"""Very much, and awkward: a thousand tickets, long words, names that run from right to left."""

from typing import Any

from sqlalchemy import Connection, insert, select, update
from sqlmodel import col

from maildesk.store.tables import (
    AgentRow,
    ContactRow,
    CustomerRow,
    EventRow,
    InboundRow,
    MessageRow,
    OutboundRow,
    ParticipantRow,
    TicketRow,
)
from maildesk.store.work_tables import TimeRow
from tests.desk.office import mail
from tests.stories.agency import ANNA, Agency

LONG = "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichenverleihungsurkundenmappe"
AWKWARD = (
    "שלום, העגלה ריקה אחרי הכניסה לאתר (DD-10043) ואי אפשר להזמין שום דבר",
    "السلة فارغة بعد تسجيل الدخول ولا يمكن طلب أي شيء منذ صباح اليوم",
    f"{LONG}{LONG}"[:120],
    "Newsletter: Die Anmeldung wird doppelt bestätigt, und dieser Betreff ist so lang, weil Menschen"
    " alles in die Zeile tippen",
    "https://shop.firm.example/katalog/gestecke?seite=2&sortierung=preis&ansicht=liste&filter=advent2026",
)
NAMES = ("יעל בן־דוד", "عبد الرحمن الخطيب", f"{LONG}{LONG}"[:120],
         "Dr. Maria-Magdalena von der Heydebrand-Lichterfelde zu Hohenschönhausen-Nord")  # fmt: skip


def crowd(agency: Agency, tickets: int = 1000) -> None:
    """Add what is much and awkward: long words, names from right to left, so many tickets.

    What is there already gets such names, too, and the ticket at the top a long conversation.
    """
    agency.at("2026-11-25", "10:40")
    for at, text in enumerate(AWKWARD):
        raw = mail(f"{NAMES[at % len(NAMES)]} <{ANNA}>", f"Wunsch {at}", text * 3)
        agency.receive(raw, return_path=ANNA)
    with agency.desk.db.engine.begin() as connection:
        rows = connection.execute(select(TicketRow)).mappings().all()
        newest = max(row["id"] for row in rows)
        copies = [
            {**rows[at % len(rows)], "id": newest + 1 + at, "title": AWKWARD[at % len(AWKWARD)],
             "requester_name": NAMES[at % len(NAMES)]}
            for at in range(tickets)
        ]  # fmt: skip
        connection.execute(insert(TicketRow), copies)
        people = connection.execute(select(ParticipantRow)).mappings().all()
        last = max(row["id"] for row in people)
        first = {row["ticket_id"]: dict(row) for row in people}
        taking = [
            {**first[rows[at % len(rows)]["id"]], "id": last + 1 + at, "ticket_id": newest + 1 + at}
            for at in range(tickets) if rows[at % len(rows)]["id"] in first
        ]  # fmt: skip
        connection.execute(insert(ParticipantRow), taking)
        _many(connection, MessageRow, 60, content_key="x{}", text=AWKWARD[2], reply=AWKWARD[0],
              author_name=NAMES[1])  # fmt: skip
        _many(connection, OutboundRow, 120, handle="h{}", once_key="o{}", message_id="m{}@x",
              rcpt_to=f"{LONG}@firm.example", last_reply=f"550 {LONG} {LONG}", state="failed")  # fmt: skip
        _many(
            connection,
            InboundRow,
            120,
            rcpt_key="k{}",
            subject=AWKWARD[0],
            sender=f"{LONG}@firm.example",
        )
        _many(connection, EventRow, 120, detail=f"{LONG} {LONG}")
        _many(connection, TimeRow, 60, words=LONG)
        _many(connection, CustomerRow, 300, name=AWKWARD[2] + "{}")
        _many(connection, ContactRow, 60, address="{}" + f"{LONG}@firm.example", name=NAMES[2])
        for table, column, value in (
            (TicketRow, "title", AWKWARD[2]), (TicketRow, "requester_name", NAMES[2]),
            (CustomerRow, "name", None), (ContactRow, "name", NAMES[0]),
            (MessageRow, "author_name", NAMES[2]), (MessageRow, "reply", f"{AWKWARD[0]}\n{LONG * 3}"),
        ):  # fmt: skip
            if value is None:
                connection.execute(update(table).where(table.id == 1).values(name=NAMES[2]))
            else:
                newest_only = update(table).where(col(table.id) <= newest)
                connection.execute(newest_only.values({column: value}))
        connection.execute(update(AgentRow).where(col(AgentRow.id) == 2).values(name=NAMES[0]))


def _many(connection: Connection, table: type[Any], count: int, **changed: str) -> None:
    """Copy the rows of a table until there are so many more, each with other values."""
    rows = connection.execute(select(table).order_by(table.id)).mappings().all()
    copies = [
        {**rows[at % len(rows)], "id": rows[-1]["id"] + 1 + at}
        | {name: value.replace("{}", str(at)) for name, value in changed.items()}
        for at in range(count)
    ]
    connection.execute(insert(table), copies)
