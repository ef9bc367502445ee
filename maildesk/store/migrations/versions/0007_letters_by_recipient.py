"""Letters are found by their recipient.

Why: how many confirmations a known contact got in an hour is asked for each of his new tickets.

Going back: that question becomes slow.
"""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_index("outbound_to", "outbound", ["rcpt_to", "queued_at"])


def downgrade() -> None:
    op.drop_index("outbound_to", "outbound")
