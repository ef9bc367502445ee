"""Mails to staff by the clock, and mails of agents that work on several tickets.

Why: the numbers of a digest have to be known when it is answered, each agent gets one a day, and
such an answer leaves a deed in each of its tickets.

Going back: answers to digests that were sent can no longer be understood; of a mail that worked
on several tickets only what it did to the first of them can still be taken back.
"""

import sqlalchemy as sa
from alembic import op

from maildesk.store.columns import Moment

revision = "0010"
down_revision = "0009"

_NAMES = {"uq": "%(table_name)s_%(column_0_N_name)s_key"}  # as PostgreSQL calls them
_ONE, _SEVERAL = ["inbound_id"], ["inbound_id", "ticket_id"]


def upgrade() -> None:
    op.create_table(
        "digest",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("agent_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("made_at", Moment(), nullable=False),
        sa.Column("tickets", sa.Text(), nullable=False, server_default=""),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("day", "agent_id", "kind"),
    )
    _unique_deeds(_ONE, _SEVERAL)


def downgrade() -> None:
    op.execute("DELETE FROM deed WHERE id NOT IN (SELECT min(id) FROM deed GROUP BY inbound_id)")
    _unique_deeds(_SEVERAL, _ONE)
    op.drop_table("digest")


def _unique_deeds(before: list[str], after: list[str]) -> None:
    with op.batch_alter_table("deed", naming_convention=_NAMES) as deed:
        deed.drop_constraint(f"deed_{'_'.join(before)}_key", type_="unique")
        deed.create_unique_constraint(f"deed_{'_'.join(after)}_key", after)
