"""Tickets by the one that they were merged into.

Why: work on a merged ticket counts in its target, which has to be found quickly.

Going back: nothing is lost.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

_MERGED = "merged_into IS NOT NULL"


def upgrade() -> None:
    op.create_index(
        "ticket_merged", "ticket", ["merged_into"], sqlite_where=sa.text(_MERGED),
        postgresql_where=sa.text(_MERGED),
    )  # fmt: skip


def downgrade() -> None:
    op.drop_index("ticket_merged", "ticket")
