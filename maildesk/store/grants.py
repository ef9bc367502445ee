"""What an ordinary role of PostgreSQL may do to a desk's tables, and no more.

Whoever owns a table may take its triggers away. So the daemon works under a role that owns
none: it may add to the journals and to what was issued, and neither change nor delete it.
"""

from sqlalchemy import Connection, inspect, text

from maildesk.store.db import Database

_ADD_ONLY = frozenset({"event", "invoice_line", "invoice_document", "invoice_event", "payment"})
_RIGHTS = {
    # Triggers say which of these rows may be changed or deleted, and how.
    "invoice_claim": "SELECT, INSERT, UPDATE",
    "alembic_version": "SELECT",
}
_ORDINARY = "SELECT, INSERT, UPDATE, DELETE"


_ROLE = text(
    "SELECT rolsuper, rolcreaterole, EXISTS (SELECT 1 FROM pg_class WHERE relkind = 'r'"
    " AND relnamespace = current_schema()::regnamespace"
    " AND pg_has_role(pg_roles.oid, relowner, 'MEMBER')) AS owns"
    " FROM pg_roles WHERE rolname = :role"
)


class CannotGrant(Exception):
    """Nothing was granted; the text says why and what to do instead."""


def grant(db: Database, role: str) -> int:
    """Let a role run a desk on these tables, take all else from it, and return how many they are.

    Needs the owner of the tables. May be said again, and must be after each change of the tables.
    Raises CannotGrant for SQLite, a role that is not there, and one that could do more anyway.
    """
    if db.is_sqlite:
        raise CannotGrant("SQLite has no roles; they are for PostgreSQL only")
    with db.engine.begin() as connection:
        _check(connection, role)
        quoted = connection.dialect.identifier_preparer.quote_identifier(role)
        schema = str(connection.execute(text("SELECT quote_ident(current_schema())")).scalar())
        tables = sorted(inspect(connection).get_table_names())
        if "invoice_event" not in tables:
            raise CannotGrant("the database has no tables yet; say `maildesk migrate` first")
        for statement in _statements(connection, quoted, schema, tables):
            connection.exec_driver_sql(statement)
    return len(tables)


def _check(connection: Connection, role: str) -> None:
    """Raise CannotGrant for a role that triggers would not hold back."""
    found = connection.execute(_ROLE, {"role": role}).one_or_none()
    if found is None:
        raise CannotGrant(f"there is no role {role}; make it with `createuser {role}`")
    if found.rolsuper or found.rolcreaterole:
        raise CannotGrant(
            f"{role} is a superuser or may make roles, so nothing holds it; take an ordinary role"
        )
    if found.owns:
        raise CannotGrant(
            f"{role} owns tables of the desk, or belongs to who does, and may take the triggers"
            " away; take another role"
        )


def _statements(connection: Connection, role: str, schema: str, tables: list[str]) -> list[str]:
    quote = connection.dialect.identifier_preparer.quote_identifier
    said = [
        f"REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM {role}",
        f"REVOKE CREATE ON SCHEMA {schema} FROM {role}",
        f"REVOKE CREATE ON SCHEMA {schema} FROM PUBLIC",  # the rule since PostgreSQL 15
        f"GRANT USAGE ON SCHEMA {schema} TO {role}",
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {role}",
    ]
    for table in tables:
        rights = "SELECT, INSERT" if table in _ADD_ONLY else _RIGHTS.get(table, _ORDINARY)
        said.append(f"GRANT {rights} ON {schema}.{quote(table)} TO {role}")
    return said
