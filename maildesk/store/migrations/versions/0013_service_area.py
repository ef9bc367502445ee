"""The service area and the staff board: who may sign in, sessions, what was sent from a page.

Why: the pages know people by a mailed link, and what they send has to happen once.

Going back: nobody is signed in any more, and forms that nobody confirmed are lost.
"""

import sqlalchemy as sa
from alembic import op

from maildesk.store.columns import Moment

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.add_column("contact", sa.Column("portal_at", Moment, nullable=True))
    op.add_column("contact", sa.Column("portal_by", sa.Text, nullable=False, server_default=""))
    op.add_column(
        "contact",
        sa.Column("sees_company", sa.Boolean, nullable=False, server_default=sa.false()),
    )
    op.add_column("inbound", sa.Column("ordered", sa.Text, nullable=False, server_default=""))
    # Whose tickets: addresses are compared in lower case, and nobody looks for one as it is written.
    op.drop_index("ix_participant_address", "participant")
    op.create_index("participant_of", "participant", [sa.text("lower(address)"), "ticket_id"])
    op.create_table(
        "sign_in",
        sa.Column("token_sha256", sa.Text, primary_key=True),
        sa.Column("address", sa.String, nullable=False),
        sa.Column("browser_sha256", sa.String, nullable=False),
        sa.Column("made_at", Moment, nullable=False),
        sa.Column("expires_at", Moment, nullable=False),
        sa.Column("used_at", Moment, nullable=True),
    )
    op.create_index("sign_in_of", "sign_in", ["address", "made_at"])
    op.create_table(
        "web_session",
        sa.Column("id_sha256", sa.Text, primary_key=True),
        sa.Column("address", sa.String, nullable=False),
        sa.Column("agent_id", sa.BigInteger, sa.ForeignKey("agent.id"), nullable=True),
        sa.Column("made_at", Moment, nullable=False),
        sa.Column("seen_at", Moment, nullable=False),
        sa.Column("expires_at", Moment, nullable=False),
    )
    op.create_index("web_session_of", "web_session", ["address"])
    op.create_index("web_session_ends", "web_session", ["expires_at"])
    op.create_table(
        "web_form",
        sa.Column("token_sha256", sa.Text, primary_key=True),
        sa.Column("address", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("subject", sa.String, nullable=False),
        sa.Column("words", sa.Text, nullable=False, server_default=""),
        sa.Column("language", sa.String, nullable=False),
        sa.Column("made_at", Moment, nullable=False),
        sa.Column("expires_at", Moment, nullable=False),
        sa.Column("used_at", Moment, nullable=True),
        sa.Column("inbound_id", sa.BigInteger, sa.ForeignKey("inbound.id"), nullable=True),
    )
    op.create_index("web_form_of", "web_form", ["address", "made_at"])
    op.create_index("web_form_ends", "web_form", ["expires_at"])
    op.create_table(
        "web_post",
        sa.Column("once", sa.Text, primary_key=True),
        sa.Column("inbound_id", sa.BigInteger, sa.ForeignKey("inbound.id"), nullable=True),
        sa.Column("by", sa.String, nullable=False),
        sa.Column("posted_at", Moment, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False, server_default=""),
        sa.Column("refused", sa.Boolean, nullable=False),
    )
    op.create_index(
        "web_post_mail", "web_post", ["inbound_id"], unique=True,
        sqlite_where=sa.text("inbound_id IS NOT NULL"),
        postgresql_where=sa.text("inbound_id IS NOT NULL"),
    )  # fmt: skip


def downgrade() -> None:
    for table in ("web_post", "web_form", "web_session", "sign_in"):
        op.drop_table(table)
    op.drop_index("participant_of", "participant")
    op.create_index("ix_participant_address", "participant", ["address"])
    op.drop_column("inbound", "ordered")
    for column in ("sees_company", "portal_by", "portal_at"):
        op.drop_column("contact", column)
