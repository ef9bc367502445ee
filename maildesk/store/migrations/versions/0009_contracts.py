"""The contracts of customers.

Why: what a contract covers is free, and how much of it is left is computed from the time booked.

Going back: contracts are lost; time that was covered stays free and names a contract that is
no more.
"""

import sqlalchemy as sa
from alembic import op

from maildesk.store.columns import Moment

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "contract",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("categories", sa.Text(), nullable=False, server_default=""),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("carry", sa.Integer(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("covers_surcharge", sa.Boolean(), nullable=False),
        sa.Column("ended", sa.Boolean(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.CheckConstraint("kind IN ('flat', 'included', 'block')"),
        sa.CheckConstraint("minutes >= 0 AND carry >= 0"),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_contract_customer_id", "contract", ["customer_id"])
    op.create_index(
        "time_entry_contract",
        "time_entry",
        ["contract_id"],
        sqlite_where=sa.text("contract_id IS NOT NULL"),
        postgresql_where=sa.text("contract_id IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("time_entry_contract", "time_entry")
    op.drop_table("contract")
