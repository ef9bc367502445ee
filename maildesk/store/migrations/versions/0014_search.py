"""What is looked for is found: an index of the words of all messages.

Why: a search through all texts reads every one of them. The index is filled afterwards by
`desk.search`, the newest first, so that the start of a large desk does not wait for it, and an
incoming mail does not either. Triggers note only what changes later: a title, a name, a text,
whose ticket a message is. They do nothing for new rows.

PostgreSQL: parts of words are looked up with the extension pg_trgm, which the owner of the
database may make himself (it is trusted). Where it is not installed, parts of words are still
found, more slowly.

Going back: nothing is lost but the index. pg_trgm stays; others may use it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

_OF_TICKET = "SELECT id FROM message WHERE ticket_id = NEW.id"
_OF_CUSTOMER = (
    "SELECT message.id FROM message JOIN ticket ON ticket.id = message.ticket_id"
    " WHERE ticket.customer_id = NEW.id"
)
# (name, table, change, columns, whose messages are read again). Never at an INSERT: what is new
# is found without, and no incoming mail pays for this.
_CHANGES = (
    ("ticket", "ticket", "UPDATE", "title, customer_id, requester, requester_name", _OF_TICKET),
    ("customer", "customer", "UPDATE", "name", _OF_CUSTOMER),
    (
        "message", "message", "UPDATE",
        "ticket_id, standing, author, author_name, subject, text", "SELECT NEW.id",
    ),
    ("message_gone", "message", "DELETE", "", "SELECT OLD.id"),
    ("file", "attachment", "UPDATE", "name", "SELECT NEW.message_id"),
    ("file_gone", "attachment", "DELETE", "", "SELECT OLD.message_id"),
)  # fmt: skip


def upgrade() -> None:
    op.create_table(
        "search_state",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("value", sa.BigInteger, nullable=False),
    )
    op.execute(
        "INSERT INTO search_state VALUES ('turn', 0), ('top', 0), ('below', 0), ('filled', 0)"
    )
    op.create_table(
        "search_stale",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True,
            autoincrement=True,
        ),
        sa.Column("message_id", sa.BigInteger, nullable=False),
    )  # fmt: skip
    if op.get_bind().dialect.name == "sqlite":
        _sqlite()
    else:
        _postgresql()


def downgrade() -> None:
    for name, table, *_ in _CHANGES:
        on = "" if op.get_bind().dialect.name == "sqlite" else f" ON {table}"
        op.execute(f"DROP TRIGGER search_{name}{on}")
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE search_part")
        op.execute("DROP TABLE search_text")
    else:
        for name, *_ in _CHANGES:
            op.execute(f"DROP FUNCTION search_{name}()")
        op.drop_table("search_text")
    for table in ("search_word", "search_stale", "search_state"):
        op.drop_table(table)


def _sqlite() -> None:
    # Texts come folded and fall into words at blanks, so the simplest tokenizer is the right one.
    op.execute("CREATE VIRTUAL TABLE search_text USING fts5(words, tokenize='ascii', columnsize=0)")
    op.execute(
        "CREATE TABLE search_word (id INTEGER PRIMARY KEY, word TEXT NOT NULL UNIQUE,"
        " forms TEXT NOT NULL)"
    )
    op.execute(
        "CREATE VIRTUAL TABLE search_part USING fts5(forms, content='search_word',"
        " content_rowid='id', tokenize='trigram case_sensitive 1', columnsize=0)"
    )
    for name, table, change, columns, whose in _CHANGES:
        of = f" OF {columns}" if columns else ""
        op.execute(
            f"CREATE TRIGGER search_{name} AFTER {change}{of} ON {table}"
            f" BEGIN INSERT INTO search_stale (message_id) {whose}; END"
        )


def _postgresql() -> None:
    op.execute("CREATE TABLE search_text (message_id bigint PRIMARY KEY, words tsvector NOT NULL)")
    # What is added waits in a list that every search reads: a short one.
    op.execute(
        "CREATE INDEX search_text_words ON search_text USING gin (words)"
        " WITH (gin_pending_list_limit = 512)"
    )
    op.execute("CREATE TABLE search_word (word text PRIMARY KEY, forms text NOT NULL)")
    # Without the extension, or the right to make it, all of this goes on.
    op.execute(
        "DO $$ BEGIN CREATE EXTENSION IF NOT EXISTS pg_trgm;"
        " CREATE INDEX search_word_parts ON search_word USING gin (forms gin_trgm_ops);"
        " EXCEPTION WHEN insufficient_privilege OR feature_not_supported OR undefined_file"
        " OR undefined_object THEN NULL; END $$"
    )
    schema = op.get_bind().execute(sa.text("SELECT quote_ident(current_schema())")).scalar()
    for name, table, change, columns, whose in _CHANGES:
        of = f" OF {columns}" if columns else ""
        op.execute(
            f"CREATE FUNCTION search_{name}() RETURNS trigger LANGUAGE plpgsql"
            f" SET search_path = {schema}, pg_temp AS"
            f" $$ BEGIN INSERT INTO search_stale (message_id) {whose}; RETURN NULL; END $$"
        )
        op.execute(
            f"CREATE TRIGGER search_{name} AFTER {change}{of} ON {table}"
            f" FOR EACH ROW EXECUTE FUNCTION search_{name}()"
        )
