"""What hosts use of the tables, and what a change of it would ask of hosts that do not know of it."""

from collections.abc import Iterator

from attrs import frozen
from sqlalchemy import Connection, inspect


@frozen
class Column:
    """Of what type it is, whether it may be null, and whether the server fills it."""

    type: str
    nullable: bool
    filled: bool


@frozen
class Shape:
    """A table: its columns, what must be unique, and what must refer to something."""

    columns: dict[str, Column]
    unique: list[set[str]]
    keys: set[tuple[str, ...]]


def shape(connection: Connection) -> dict[str, Shape]:
    """All tables but partitions."""
    inspector = inspect(connection)
    names = (name for name in inspector.get_table_names() if not name.startswith("entries_"))
    return {name: _shape(inspector, name) for name in names}


def _shape(inspector, table: str) -> Shape:
    columns = {
        each["name"]: Column(str(each["type"]), each["nullable"], each["default"] is not None)
        for each in inspector.get_columns(table)
    }
    unique = [each["column_names"] for each in inspector.get_indexes(table) if each["unique"]]
    unique += [each["column_names"] for each in inspector.get_unique_constraints(table)]
    unique += [inspector.get_pk_constraint(table)["constrained_columns"]]
    keys = {tuple(each["constrained_columns"]) for each in inspector.get_foreign_keys(table)}
    return Shape(columns, [set(each) for each in unique if each], keys)


def demands(before: dict[str, Shape], after: dict[str, Shape], contracts=frozenset()) -> Iterator[str]:
    """What a migration asks of hosts of the version before, which it must not: it may add, and loosen."""
    for table, was in before.items():
        if now := after.get(table):
            yield from _of_columns(table, was, now, contracts)
            yield from _of_rows(table, was, now)
        elif table not in contracts:
            yield f"{table} is gone"


def _of_columns(table: str, was: Shape, now: Shape, contracts) -> Iterator[str]:
    for name, column in was.columns.items():
        new = now.columns.get(name)
        if new is None:
            yield from () if f"{table}.{name}" in contracts else [f"{table}.{name} is gone"]
        elif new.type != column.type:
            yield f"{table}.{name} has another type"
        elif column.nullable and not new.nullable:
            yield f"{table}.{name} must not be null any more"
        elif column.filled and not new.filled:
            yield f"{table}.{name} has lost its default"


def _of_rows(table: str, was: Shape, now: Shape) -> Iterator[str]:
    for name in sorted(set(now.columns) - set(was.columns)):
        if not now.columns[name].nullable and not now.columns[name].filled:
            yield f"{table}.{name} is new and must be given"
    for columns in now.unique:
        if not any(old <= columns for old in was.unique):
            yield f"{table}: {sorted(columns)} must be unique"
    for columns in sorted(now.keys - was.keys):
        yield f"{table}: {columns} must refer to something"
