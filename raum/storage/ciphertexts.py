"""What the store keeps encrypted, wherever that is: the columns of the type `Ciphertext`, in all tables."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, Final, NamedTuple, Protocol

from attrs import frozen
from sqlalchemy import ColumnElement, Table, false, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from raum.audit.actions import HOST
from raum.model import Entry
from raum.storage.reach import Reach, only
from raum.storage.tables import Ciphertext, metadata


class Place(NamedTuple):
    """Where a ciphertext is kept; that of a credential, unless something else is said."""

    account_id: str
    row: str
    table: str = "credentials"
    field: str = "ciphertext"

    @property
    def name(self) -> str:
        """The place for people, as its account has it."""
        return self.row if self.table == "credentials" else f"{self.table}/{self.row}"

    @property
    def context(self) -> Mapping[str, str]:
        """What the ciphertext is bound to: one that is copied to another place does not decrypt."""
        return {
            "app": "raum",
            "account": self.account_id,
            "table": self.table,
            "row": self.row,
            "field": self.field,
        }


class CiphertextStore(Protocol):
    """What a store does for whoever changes the key of all that is encrypted.

    What belongs to an account is asked for by its id, what belongs to the host itself by `_host`.
    """

    async def ciphertexts(self, account_id: str) -> Mapping[Place, bytes]:
        """All that is kept encrypted for an account, or for the host itself, by place."""

    async def ciphertext(self, place: Place) -> bytes | None:
        """What is kept there now."""

    async def swap_ciphertext(self, place: Place, old: bytes, new: bytes, entry: Entry) -> bool:
        """Put a ciphertext in the place of another, with the entry; False, changing nothing, if that is not there."""


@frozen
class _Column:
    """A column of ciphertexts. A row is named by its key, besides the account if the table has one."""

    table: Table
    field: str

    @property
    def key(self) -> ColumnElement[str]:
        (key,) = (column for column in self.table.primary_key if column.name != "account_id")
        return key

    @property
    def value(self) -> ColumnElement[bytes]:
        return self.table.c[self.field]

    def of(self, account_id: str) -> ColumnElement[bool]:
        """The rows of an account; a table without accounts is the host's."""
        if "account_id" in self.table.c:
            return self.table.c.account_id == account_id
        return true() if account_id == HOST else false()

    def at(self, place: Place) -> ColumnElement[bool]:
        return self.of(place.account_id) & (self.key == place.row)


COLUMNS: Final[Mapping[tuple[str, str], _Column]] = {
    (table.name, column.name): _Column(table, column.name)
    for table in metadata.sorted_tables
    for column in table.columns
    if isinstance(column.type, Ciphertext)
}
"""Every column of ciphertexts, by table and field."""


class SqlCiphertexts:
    """That part of an SqlStore."""

    reading: Callable[[Reach], AbstractAsyncContextManager[AsyncConnection]]
    writing: Callable[[Reach], AbstractAsyncContextManager[AsyncConnection]]
    add_entry: Callable[[AsyncConnection, Entry], Any]

    async def ciphertexts(self, account_id: str) -> Mapping[Place, bytes]:
        """All that is kept encrypted for an account, or for the host itself, by place."""
        found = {}
        async with self.reading(only(account_id)) as connection:
            for (table, field), column in COLUMNS.items():
                query = select(column.key, column.value).where(column.of(account_id)).order_by(column.key)
                for row, ciphertext in await connection.execute(query):
                    found[Place(account_id, row, table, field)] = bytes(ciphertext)
        return found

    async def ciphertext(self, place: Place) -> bytes | None:
        """What is kept there now."""
        column = COLUMNS[place.table, place.field]
        async with self.reading(only(place.account_id)) as connection:
            found = await connection.execute(select(column.value).where(column.at(place)))
            return found.scalar_one_or_none()

    async def swap_ciphertext(self, place: Place, old: bytes, new: bytes, entry: Entry) -> bool:
        """Put a ciphertext in the place of another, with the entry; False, changing nothing, if that is not there."""
        column = COLUMNS[place.table, place.field]
        swap = update(column.table).where(column.at(place), column.value == old).values({place.field: new})
        async with self.writing(only(place.account_id)) as connection:
            swapped = (await connection.execute(swap)).rowcount == 1
            if swapped:
                await self.add_entry(connection, entry)
        return swapped
