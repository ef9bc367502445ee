"""Rows by a list of values, in bounded pieces: the way every question of a batch is asked."""

from collections.abc import Collection, Iterable, Iterator
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, select
from sqlmodel import Session, SQLModel

CHUNK = 500  # values in one IN list


def rows_where(
    session: Session, kind: type[SQLModel], key: str, values: Iterable[Any]
) -> Iterator[Any]:
    """Give the rows, not objects of `kind`: those would cost more than all the rest."""
    for chunk in chunks(set(values)):
        yield from session.connection().execute(_where_in(kind, key), {"values": chunk})


@cache
def _where_in(kind: type[SQLModel], key: str) -> Select[Any]:
    table = SQLModel.metadata.tables[str(kind.__tablename__)]
    return select(table).where(table.c[key].in_(bindparam("values", expanding=True)))


def chunks(values: Collection[Any]) -> Iterator[list[Any]]:
    """Give the values sorted, at most CHUNK at a time."""
    listed = sorted(values)
    for start in range(0, len(listed), CHUNK):
        yield listed[start : start + CHUNK]
