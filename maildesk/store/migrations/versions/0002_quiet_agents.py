"""Whether an agent gets a mail for each new ticket.

Why: who works from the list, or only answers what is his, has no use for them.

Going back: everybody gets them again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column(
        "agent",
        sa.Column("told_of_new", sa.Boolean(), nullable=False, server_default=sa.true()),
    )


def downgrade() -> None:
    op.drop_column("agent", "told_of_new")
