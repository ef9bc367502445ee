"""The numbers that other desks gave to our tickets.

Why: a desk that answers with nothing but its own number is led back to the ticket.

Going back: such mails open new tickets again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "foreign_number",
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"]),
        sa.PrimaryKeyConstraint("domain", "number", "ticket_id"),
    )
    op.create_index("ix_foreign_number_ticket_id", "foreign_number", ["ticket_id"])


def downgrade() -> None:
    op.drop_table("foreign_number")
