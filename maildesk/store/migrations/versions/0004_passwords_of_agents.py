"""The hash of the password with which an agent logs in at our own listener.

Why: a login proves who sends a mail, whatever stands in its header.

Going back: all passwords are lost; new ones must be given.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("agent", sa.Column("password", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("agent", "password")
