"""Columns that the tables are made of: keys, moments, links, words."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Integer,
    Text,
    TypeDecorator,
)
from sqlmodel import Field


class Moment(TypeDecorator[datetime]):
    """An aware moment, kept and given back in UTC. Raises ValueError for one without a zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a moment without a time zone: {value!r}")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def key() -> Any:
    """Return a key that the database counts up."""
    # BIGINT on PostgreSQL; SQLite counts up only in a column that says INTEGER.
    return Field(
        default=None,
        sa_column=Column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    )


def given_key() -> Any:
    """Return a key that is given before the row is written (`desk.numbers`)."""
    return Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))


def moment(nullable: bool = False, **more: Any) -> Any:
    """Return a column for an aware moment."""
    return Field(default=None, sa_column=Column(Moment, nullable=nullable, **more))


def link(target: str, nullable: bool = False, **more: Any) -> Any:
    """Return a column that names a row of another table, such as "ticket.id"."""
    return Field(
        default=None, sa_column=Column(BigInteger, ForeignKey(target), nullable=nullable, **more)
    )


def long_text(**more: Any) -> Any:
    """Return a column for a text of any length, "" by default."""
    return Field(default="", sa_column=Column(Text, nullable=False, server_default="", **more))
