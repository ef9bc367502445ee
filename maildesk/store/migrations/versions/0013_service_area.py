"""The service area and the staff board: who may sign in, sessions, what was sent from a page.

Why: the pages know people by a mailed link, and what they send has to happen once.

Going back: nobody is signed in any more, and forms that nobody confirmed are lost.
"""

import sqlalchemy as sa
from alembic import op

from maildesk.store.columns import Moment

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.add_column("contact", sa.Column("portal_at", Moment, nullable=True))
    op.add_column("contact", sa.Column("portal_by", sa.Text, nullable=False, server_default=""))
    op.add_column(
        "contact",
        sa.Column("sees_company", sa.Boolean, nullable=False, server_default=sa.false()),
    )
    op.add_column("inbound", sa.Column("ordered", sa.Text, nullable=False, server_default=""))
    # Whose tickets: addresses are compared in lower case, and nobody looks for one as it is written.
    op.drop_index("ix_participant_address", "participant")
    op.create_index("participant_of", "participant", [sa.text("lower(address)"), "ticket_id"])
    # Who did what, and when; and the letters that somebody has to see to.
    op.create_index("event_at", "event", ["at", "id"])
    op.create_index("event_by", "event", ["actor", "id"])
    is_bill, is_done = sa.text("state = 'billing'"), sa.text("closed")
    is_done_sqlite = sa.text("closed = 1")
    op.create_index(
        "ticket_billing", "ticket", ["id"], sqlite_where=is_bill, postgresql_where=is_bill
    )
    op.create_index(
        "ticket_to_bill", "ticket", ["customer_id"], sqlite_where=is_bill, postgresql_where=is_bill
    )
    for name, column in (("ticket_done_by", "assignee_id"), ("ticket_done_kind", "kind")):
        op.create_index(
            name, "ticket", [column, "id"], sqlite_where=is_done_sqlite, postgresql_where=is_done
        )
    for state in ("failed", "held"):
        where = sa.text(f"state = '{state}'")
        op.create_index(
            f"outbound_{state}", "outbound", ["id"], sqlite_where=where, postgresql_where=where
        )
    _mails_that_need_a_look()
    for name, table, columns, former in _LISTS:
        op.create_index(name, table, columns)
        if former:
            op.drop_index(former, table)
    op.create_table(
        "sign_in",
        sa.Column("token_sha256", sa.Text, primary_key=True),
        sa.Column("address", sa.String, nullable=False),
        sa.Column("browser_sha256", sa.String, nullable=False),
        sa.Column("leads_to", sa.String, nullable=False),
        sa.Column("made_at", Moment, nullable=False),
        sa.Column("expires_at", Moment, nullable=False),
        sa.Column("used_at", Moment, nullable=True),
    )
    op.create_index("sign_in_of", "sign_in", ["address", "made_at"])
    op.create_index("sign_in_ends", "sign_in", ["expires_at"])
    op.create_table(
        "web_session",
        sa.Column("id_sha256", sa.Text, primary_key=True),
        sa.Column("address", sa.String, nullable=False),
        sa.Column("agent_id", sa.BigInteger, sa.ForeignKey("agent.id"), nullable=True),
        sa.Column("made_at", Moment, nullable=False),
        sa.Column("seen_at", Moment, nullable=False),
        sa.Column("expires_at", Moment, nullable=False),
    )
    op.create_index("web_session_of", "web_session", ["address"])
    op.create_index("web_session_ends", "web_session", ["expires_at"])
    op.create_table(
        "web_form",
        sa.Column("token_sha256", sa.Text, primary_key=True),
        sa.Column("address", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("subject", sa.String, nullable=False),
        sa.Column("words", sa.Text, nullable=False, server_default=""),
        sa.Column("language", sa.String, nullable=False),
        sa.Column("made_at", Moment, nullable=False),
        sa.Column("expires_at", Moment, nullable=False),
        sa.Column("used_at", Moment, nullable=True),
        sa.Column("inbound_id", sa.BigInteger, sa.ForeignKey("inbound.id"), nullable=True),
    )
    op.create_index("web_form_of", "web_form", ["address", "made_at"])
    op.create_index("web_form_ends", "web_form", ["expires_at"])
    op.create_table(
        "web_post",
        sa.Column("once", sa.Text, primary_key=True),
        sa.Column("inbound_id", sa.BigInteger, sa.ForeignKey("inbound.id"), nullable=True),
        sa.Column("by", sa.String, nullable=False),
        sa.Column("posted_at", Moment, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False, server_default=""),
        sa.Column("refused", sa.Boolean, nullable=False),
    )
    op.create_index(
        "web_post_mail", "web_post", ["inbound_id"], unique=True,
        sqlite_where=sa.text("inbound_id IS NOT NULL"),
        postgresql_where=sa.text("inbound_id IS NOT NULL"),
    )  # fmt: skip


# What pages list, the newest first: (index, table, columns, the index that it takes the place of).
_LISTS = (
    ("ticket_of_customer", "ticket", ["customer_id", "closed", "id"], "ix_ticket_customer_id"),
    ("time_booked", "time_entry", ["booked_at"], ""),
    ("invoice_by_day", "invoice", ["issued_on", "id"], ""),
    ("invoice_of_month", "invoice", ["month", "issued_on", "id"], ""),
    ("invoice_listed", "invoice", ["state", "kind", "issued_on", "id"], ""),
    (
        "invoice_of_customer", "invoice", ["customer_id", "issued_on", "id"],
        "ix_invoice_customer_id",
    ),
)  # fmt: skip


def _mails_that_need_a_look() -> None:
    """Index what became of a mail, and the few mails that lie apart: their pages ask for them."""
    op.create_index("message_of_mail", "message", ["inbound_id"])
    for table in ("event", "outbound"):
        _create_partial(f"{table}_of_mail", table, ["inbound_id"], "inbound_id IS NOT NULL")
    apart = "standing IN ('unverified', 'spam')"
    _create_partial("message_apart", "message", ["standing", "ticket_id", "inbound_id"], apart)
    _create_partial("ticket_spam", "ticket", ["id"], "state = 'spam'")


def _create_partial(name: str, table: str, columns: list[str], where: str) -> None:
    only = sa.text(where)
    op.create_index(name, table, columns, sqlite_where=only, postgresql_where=only)


def downgrade() -> None:
    for name, table, columns, former in reversed(_LISTS):
        if former:
            op.create_index(former, table, columns[:1])
        op.drop_index(name, table)
    for name, of in (
        ("ticket_spam", "ticket"), ("message_apart", "message"), ("outbound_of_mail", "outbound"),
        ("event_of_mail", "event"), ("message_of_mail", "message"),
    ):  # fmt: skip
        op.drop_index(name, of)
    for table in ("web_post", "web_form", "web_session", "sign_in"):
        op.drop_table(table)
    for index, table in (("outbound_held", "outbound"), ("outbound_failed", "outbound"),
                         ("event_by", "event"), ("event_at", "event"),
                         ("ticket_done_kind", "ticket"), ("ticket_done_by", "ticket"),
                         ("ticket_to_bill", "ticket"), ("ticket_billing", "ticket")):  # fmt: skip
        op.drop_index(index, table)
    op.drop_index("participant_of", "participant")
    op.create_index("ix_participant_address", "participant", ["address"])
    op.drop_column("inbound", "ordered")
    for column in ("sees_company", "portal_by", "portal_at"):
        op.drop_column("contact", column)
