"""What agents do by mail: time, timers, plans, and what can be taken back.

Why: an agent books, plans, waits and closes with commands in his mails.

Going back: booked time, running timers and plans are lost.
"""

import sqlalchemy as sa
from alembic import op

from maildesk.store.columns import Moment

revision = "0003"
down_revision = "0002"

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("ticket", sa.Column("planned_at", Moment(), nullable=True))
    op.add_column("ticket", sa.Column("wake_at", Moment(), nullable=True))
    op.add_column("ticket", sa.Column("paused_at", Moment(), nullable=True))
    op.add_column("ticket", sa.Column("category", sa.Text(), nullable=False, server_default=""))
    op.create_index(
        "ticket_wake", "ticket", ["wake_at"],
        sqlite_where=sa.text("wake_at IS NOT NULL"),
        postgresql_where=sa.text("wake_at IS NOT NULL"),
    )  # fmt: skip
    op.add_column("inbound", sa.Column("released_by", sa.BigInteger(), nullable=True))
    op.create_table(
        "time_entry",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("agent_id", sa.BigInteger(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("booked_at", Moment(), nullable=False),
        sa.Column("inbound_id", sa.BigInteger(), nullable=True),
        sa.Column("words", sa.Text(), nullable=False, server_default=""),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"]),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"]),
        sa.ForeignKeyConstraint(["inbound_id"], ["inbound.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_time_entry_ticket_id", "time_entry", ["ticket_id"])
    op.create_table(
        "timer",
        sa.Column("agent_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("started_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"]),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"]),
        sa.PrimaryKeyConstraint("agent_id"),
    )
    op.create_table(
        "deed",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("inbound_id", sa.BigInteger(), nullable=False),
        sa.Column("agent_id", sa.BigInteger(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("done_at", Moment(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False, server_default=""),
        sa.Column("before", sa.Text(), nullable=False, server_default=""),
        sa.Column("undone_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["inbound_id"], ["inbound.id"]),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"]),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("inbound_id"),
    )
    op.create_index("ix_deed_agent_id", "deed", ["agent_id"])
    op.create_index("ix_deed_ticket_id", "deed", ["ticket_id"])


def downgrade() -> None:
    op.drop_table("deed")
    op.drop_table("timer")
    op.drop_table("time_entry")
    op.drop_index("ticket_wake", "ticket")
    op.drop_column("inbound", "released_by")
    op.drop_column("ticket", "category")
    op.drop_column("ticket", "paused_at")
    op.drop_column("ticket", "wake_at")
    op.drop_column("ticket", "planned_at")
