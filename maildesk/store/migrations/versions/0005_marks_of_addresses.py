"""Senders that are blocked, addresses that letters came back from, spam that was none.

Why: spam is hidden and can be restored; nothing automatic is sent to a dead mailbox.

Going back: nobody is blocked any more, and letters go to dead mailboxes again.
"""

import sqlalchemy as sa
from alembic import op

from maildesk.store.columns import Moment

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column(
        "inbound", sa.Column("cleared", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.create_table(
        "address_mark",
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("since", Moment(), nullable=False),
        sa.Column("until", Moment(), nullable=True),
        sa.Column("last", Moment(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("hard", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False, server_default=""),
        sa.Column("said_by", sa.String(), nullable=False),
        sa.CheckConstraint("kind IN ('blocked', 'unreachable')"),
        sa.PrimaryKeyConstraint("address", "kind"),
    )


def downgrade() -> None:
    op.drop_table("address_mark")
    op.drop_column("inbound", "cleared")
