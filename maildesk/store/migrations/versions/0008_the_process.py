"""The process: requests to customers, what work is charged, promises by cycle.

Why: customers order, approve and accept; work is limited; promises are watched.

Going back: requests, their pages, and what is known of each time entry besides its minutes are
lost.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from maildesk.store.columns import Moment

revision = "0008"
down_revision = "0007"

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _words(name: str, default: str = "") -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False, server_default=default)


def _no(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false())


def _added() -> dict[str, tuple[sa.Column[Any], ...]]:
    """Return the columns that come to each table, new ones each time: a column joins one table."""
    return {
        "ticket": (
            sa.Column("cycle", sa.Integer(), nullable=False, server_default=sa.text("1")),
            sa.Column("alert_at", Moment(), nullable=True),
            sa.Column("met_at", Moment(), nullable=True),
            sa.Column("breached_at", Moment(), nullable=True),
            sa.Column("responded_at", Moment(), nullable=True),
            _words("waits_for"),
            sa.Column("limit_minutes", sa.Integer(), nullable=True),
            _no("limit_open"),
            _words("free"),
        ),
        "time_entry": (
            _words("type", "work"),
            _words("kind"),
            _words("factor", "1"),
            sa.Column("rate_minor", sa.Integer(), nullable=True),
            _words("free"),
            sa.Column("contract_id", sa.BigInteger(), nullable=True),
            sa.Column("began_at", Moment(), nullable=True),
        ),
        "customer": (_words("terms_accepted_how"), _words("price_list")),
        "contact": (sa.Column("approve_up_to", sa.Integer(), nullable=True),),
        "event": (_words("row"),),
    }


def upgrade() -> None:
    for table, columns in _added().items():
        for column in columns:
            op.add_column(table, column)
    for name, over, where in (
        ("ticket_alert", "alert_at", "alert_at IS NOT NULL"),
        ("ticket_resolved", "resolved_at", "state = 'resolved'"),
    ):
        op.create_index(
            name, "ticket", [over], sqlite_where=sa.text(where), postgresql_where=sa.text(where)
        )
    # Promises that run already, and questions to customers, are looked at once.
    op.execute(
        "UPDATE ticket SET alert_at = clock_started_at"
        " WHERE state = 'waiting_customer' OR (due_at IS NOT NULL AND NOT closed)"
    )
    _requests()
    _links()


def _requests() -> None:
    op.create_table(
        "request",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("about", sa.String(), nullable=False),
        sa.Column("asked_at", Moment(), nullable=False),
        sa.Column("asked_by", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=True),
        _no("limit_open"),
        sa.Column("amount_minor", sa.Integer(), nullable=True),
        sa.Column("currency", sa.String(), nullable=False),
        _words("words"),
        _words("url"),
        sa.Column("before", sa.String(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("decided_at", Moment(), nullable=True),
        sa.Column("decided_by", sa.String(), nullable=False),
        sa.Column("how", sa.String(), nullable=False),
        _no("deemed"),
        sa.Column("inbound_id", sa.BigInteger(), nullable=True),
        sa.Column("reminders", sa.Integer(), nullable=False),
        sa.Column("remind_at", Moment(), nullable=True),
        _no("bounced"),
        sa.CheckConstraint("about IN ('order', 'overrun', 'quote', 'acceptance')"),
        sa.CheckConstraint("(verdict = 'open') = (decided_at IS NULL)"),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"]),
        sa.ForeignKeyConstraint(["asked_by"], ["agent.id"]),
        sa.ForeignKeyConstraint(["inbound_id"], ["inbound.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("ticket_id", "number"),
    )
    for name, over, where, unique in (
        ("request_open", "ticket_id", "verdict = 'open'", True),
        ("request_remind", "remind_at", "remind_at IS NOT NULL", False),
    ):
        op.create_index(
            name, "request", [over], unique=unique, sqlite_where=sa.text(where),
            postgresql_where=sa.text(where),
        )  # fmt: skip


def _links() -> None:
    op.create_table(
        "link",
        sa.Column("token_sha256", sa.Text(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("made_at", Moment(), nullable=False),
        sa.Column("expires_at", Moment(), nullable=False),
        sa.Column("used_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"]),
        sa.PrimaryKeyConstraint("token_sha256"),
    )
    op.create_index("ix_link_ticket_id", "link", ["ticket_id"])


def downgrade() -> None:
    op.drop_table("link")
    op.drop_table("request")
    op.drop_index("ticket_resolved", "ticket")
    op.drop_index("ticket_alert", "ticket")
    for table, columns in _added().items():
        for column in reversed(columns):
            op.drop_column(table, column.name)
