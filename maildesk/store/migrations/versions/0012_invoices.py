"""Invoices, and what they are made of.

Why: what was issued may not be changed any more, by anybody (GoBD, § 146 (4) AO; PROCESS.md section
3.5), so the database itself refuses it. Where the daemon's role owns no table (PostgreSQL), it
cannot take the triggers away either.

Going back: every invoice is lost. Keep a copy of the database for eight years (§ 14b UStG).
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

_NEVER = "what was issued is never changed"
_FIXED = (
    "kind", "run_key", "customer_id", "month", "number", "series", "serial", "issued_on", "due_on",
    "cancels_id", "currency", "gross_minor", "payable_minor", "content", "basis",
    "made_at", "made_by",
)  # fmt: skip
_STEPS = (
    ("draft", "draft"), ("draft", "issuing"), ("issuing", "issued"), ("issued", "paid"),
    ("paid", "issued"), ("issued", "cancelled"), ("paid", "cancelled"),
)  # fmt: skip
_STATE_OF = "(SELECT state FROM invoice WHERE id = NEW.invoice_id)"
_CLAIMED = (
    "EXISTS (SELECT 1 FROM invoice_claim WHERE what = '{}' AND ref = OLD.id"
    " AND released_at IS NULL)"
)
_CLAIMABLE = (("time_entry", "entry"), ("flat_item", "item"))


def _refused() -> list[tuple[str, str, str]]:
    """Return (table, what is done to it, when that is refused), in SQL of both databases."""
    other = "IS NOT" if op.get_bind().dialect.name == "sqlite" else "IS DISTINCT FROM"
    steps = " OR ".join(f"(OLD.state = '{a}' AND NEW.state = '{b}')" for a, b in _STEPS)
    changed = " OR ".join(f"OLD.{name} {other} NEW.{name}" for name in ("id", *_FIXED))
    return [
        ("invoice", "INSERT", "NEW.state <> 'draft'"),
        ("invoice", "UPDATE", f"NOT ({steps}) OR (OLD.state <> 'draft' AND ({changed}))"),
        ("invoice", "DELETE", "OLD.state <> 'draft'"),
        ("invoice_line", "INSERT", f"{_STATE_OF} <> 'issuing'"),
        ("invoice_document", "INSERT", f"{_STATE_OF} <> 'issuing'"),
        ("invoice_claim", "INSERT", f"{_STATE_OF} <> 'issuing'"),
        (
            "invoice_claim",
            "UPDATE",
            "OLD.released_at IS NOT NULL OR NEW.released_at IS NULL OR OLD.id <> NEW.id"
            " OR OLD.invoice_id <> NEW.invoice_id OR OLD.what <> NEW.what OR OLD.ref <> NEW.ref",
        ),
        ("invoice_claim", "DELETE", "TRUE"),
        *(
            (table, change, "TRUE")
            for table in ("invoice_line", "invoice_document", "payment", "invoice_event")
            for change in ("UPDATE", "DELETE")
        ),
        *(
            (table, change, _CLAIMED.format(what))
            for table, what in _CLAIMABLE
            for change in ("UPDATE", "DELETE")
        ),
    ]


def upgrade() -> None:
    _tables()
    if op.get_bind().dialect.name == "sqlite":
        for table, change, when in _refused():
            op.execute(
                f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table}"
                f" WHEN {when} BEGIN SELECT RAISE(ABORT, '{_NEVER}'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION invoice_refuse() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN RAISE EXCEPTION '{_NEVER}'; END $$"
    )
    # Else a temporary table of the same name, which any role may make, would be asked instead.
    schema = op.get_bind().execute(sa.text("SELECT quote_ident(current_schema())")).scalar()
    for table, change, when in _refused():
        # A condition may not ask other tables there, but a function may.
        op.execute(
            f"CREATE FUNCTION {table}_no_{change.lower()}() RETURNS trigger LANGUAGE plpgsql"
            f" SET search_path = {schema}, pg_temp AS"
            f" $$ BEGIN IF {when} THEN RAISE EXCEPTION '{_NEVER}'; END IF;"
            f" RETURN {'OLD' if change == 'DELETE' else 'NEW'}; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table}"
            f" FOR EACH ROW EXECUTE FUNCTION {table}_no_{change.lower()}()"
        )
    for table in _KEPT:
        op.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION invoice_refuse()"
        )
    for column in ("pdf", "xml"):
        op.execute(f"ALTER TABLE invoice_document ALTER COLUMN {column} SET STORAGE EXTERNAL")


_KEPT = (
    "invoice", "invoice_line", "invoice_document", "invoice_claim", "invoice_event", "payment",
)  # fmt: skip


def _tables() -> None:
    op.create_table(
        "invoice_run",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("month", sa.String(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("began_after", sa.BigInteger(), nullable=False),
        sa.Column("left_out", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_table(
        "customer_billing",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("line2", sa.String(), nullable=False),
        sa.Column("street", sa.String(), nullable=False),
        sa.Column("postcode", sa.String(), nullable=False),
        sa.Column("city", sa.String(), nullable=False),
        sa.Column("country", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("is_business", sa.Boolean(), nullable=False),
        sa.Column("vat_id", sa.String(), nullable=False),
        sa.Column("vat_id_checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("vat_id_answer", sa.Text(), server_default="", nullable=False),
        sa.Column("leitweg_id", sa.String(), nullable=False),
        sa.Column("buyer_reference", sa.String(), nullable=False),
        sa.Column("order_number", sa.String(), nullable=False),
        sa.Column("xml_apart", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("payment_days", sa.Integer(), nullable=True),
        sa.Column("increment", sa.Integer(), nullable=True),
        sa.Column("round_scope", sa.String(), nullable=False),
        sa.Column("minimum", sa.Integer(), nullable=True),
        sa.Column("discount", sa.String(), nullable=False),
        sa.Column("total_discount", sa.String(), nullable=False),
        sa.Column("on_hold", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.CheckConstraint("round_scope IN ('', 'ticket', 'ticket_day', 'entry')"),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customer.id"],
        ),
        sa.PrimaryKeyConstraint("customer_id"),
    )
    op.create_table(
        "invoice",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("run_key", sa.String(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("month", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=True),
        sa.Column("series", sa.String(), nullable=True),
        sa.Column("serial", sa.Integer(), nullable=True),
        sa.Column("issued_on", sa.Date(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("cancels_id", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("gross_minor", sa.BigInteger(), nullable=False),
        sa.Column("payable_minor", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("basis", sa.Text(), server_default="", nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.CheckConstraint("(state = 'draft') = (number IS NULL)"),
        sa.CheckConstraint("kind IN ('invoice', 'cancellation')"),
        sa.CheckConstraint("state IN ('draft', 'issuing', 'issued', 'paid', 'cancelled')"),
        sa.ForeignKeyConstraint(
            ["cancels_id"],
            ["invoice.id"],
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customer.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("number"),
        sa.UniqueConstraint("run_key"),
        sa.UniqueConstraint("series", "serial"),
    )
    op.create_index(
        "invoice_cancels",
        "invoice",
        ["cancels_id"],
        unique=True,
        sqlite_where=sa.text("cancels_id IS NOT NULL"),
        postgresql_where=sa.text("cancels_id IS NOT NULL"),
    )
    op.create_index(
        "invoice_open",
        "invoice",
        ["state", "due_on"],
        unique=False,
        sqlite_where=sa.text("state <> 'paid'"),
        postgresql_where=sa.text("state <> 'paid'"),
    )
    op.create_index(op.f("ix_invoice_customer_id"), "invoice", ["customer_id"], unique=False)
    op.create_table(
        "flat_item",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=True),
        sa.Column("words", sa.Text(), server_default="", nullable=False),
        sa.Column("quantity", sa.String(), nullable=False),
        sa.Column("price", sa.String(), nullable=False),
        sa.Column("discount", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("is_paid_before", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("added_by", sa.String(), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customer.id"],
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"],
            ["ticket.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_flat_item_customer_id"), "flat_item", ["customer_id"], unique=False)
    op.create_table(
        "invoice_claim",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("invoice_id", sa.BigInteger(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("ref", sa.BigInteger(), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("what IN ('ticket', 'entry', 'item')"),
        sa.ForeignKeyConstraint(
            ["invoice_id"],
            ["invoice.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "invoice_claim_live",
        "invoice_claim",
        ["what", "ref"],
        unique=True,
        sqlite_where=sa.text("released_at IS NULL"),
        postgresql_where=sa.text("released_at IS NULL"),
    )
    op.create_index(
        op.f("ix_invoice_claim_invoice_id"), "invoice_claim", ["invoice_id"], unique=False
    )
    op.create_table(
        "invoice_document",
        sa.Column("invoice_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("pdf", sa.LargeBinary(), nullable=False),
        sa.Column("xml", sa.LargeBinary(), nullable=False),
        sa.Column("frozen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["invoice_id"],
            ["invoice.id"],
        ),
        sa.PrimaryKeyConstraint("invoice_id"),
    )
    op.create_table(
        "invoice_event",
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("invoice_id", sa.BigInteger(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("before_sha256", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["invoice_id"],
            ["invoice.id"],
        ),
        sa.PrimaryKeyConstraint("position"),
        sa.UniqueConstraint("sha256"),
    )
    op.create_index(
        op.f("ix_invoice_event_invoice_id"), "invoice_event", ["invoice_id"], unique=False
    )
    op.create_table(
        "invoice_line",
        sa.Column("invoice_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("words", sa.Text(), server_default="", nullable=False),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.Column("ticket", sa.String(), nullable=False),
        sa.Column("quantity", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("price", sa.String(), nullable=False),
        sa.Column("price_base", sa.Integer(), nullable=False),
        sa.Column("discount_minor", sa.BigInteger(), nullable=False),
        sa.Column("net_minor", sa.BigInteger(), nullable=False),
        sa.Column("vat_rate", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["invoice_id"],
            ["invoice.id"],
        ),
        sa.PrimaryKeyConstraint("invoice_id", "position"),
    )
    op.create_table(
        "payment",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("invoice_id", sa.BigInteger(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=False),
        sa.Column("words", sa.Text(), server_default="", nullable=False),
        sa.Column("booked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("booked_by", sa.String(), nullable=False),
        sa.Column("once_key", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["invoice_id"],
            ["invoice.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("once_key"),
    )
    op.create_index(op.f("ix_payment_invoice_id"), "payment", ["invoice_id"], unique=False)

    op.bulk_insert(
        sa.table("counter", sa.column("name", sa.Text()), sa.column("value", sa.BigInteger())),
        [{"name": "invoice_event", "value": 0}],
    )


def downgrade() -> None:
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    for change in ("update", "delete"):
        where = "" if on_sqlite else " ON time_entry"
        op.execute(f"DROP TRIGGER time_entry_no_{change}{where}")
    functions = [] if on_sqlite else [f"{t}_no_{c.lower()}" for t, c, _ in _refused()]
    for table in (
        "payment", "invoice_line", "invoice_event", "invoice_document", "invoice_claim",
        "flat_item", "invoice", "customer_billing", "invoice_run",
    ):  # fmt: skip
        op.drop_table(table)
    for name in (*functions, *([] if on_sqlite else ["invoice_refuse"])):
        op.execute(f"DROP FUNCTION {name}()")
    op.execute("DELETE FROM counter WHERE name LIKE 'invoice%'")
