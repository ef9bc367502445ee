"""Alembic's way in: one migration in one transaction, on the database that was handed over."""

from alembic import context

from maildesk.store import (  # noqa: F401 - their tables
    contracts,
    digest,
    invoice_tables,
    web_tables,
    work_tables,
)
from maildesk.store.db import Database
from maildesk.store.foreign_numbers import ForeignNumberRow


def run() -> None:
    """Run the migrations that `store.migrate` asked for."""
    db: Database = context.config.attributes["database"]
    with db.engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=ForeignNumberRow.metadata,
            render_as_batch=db.is_sqlite,
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()


run()
