"""Which tickets were erased, so that a run which began before leaves nothing of them either."""

from collections.abc import Callable, Sequence

from sqlalchemy import Table, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from raum.ids import utc_now
from raum.model import Entry
from raum.storage.tables import accounts, erasures

Insert = Callable[[Table], sqlite.Insert | postgresql.Insert]


async def mark_erased(connection: AsyncConnection, insert: Insert, account_id: str, ticket_ids: Sequence[int]) -> None:
    """Note that nothing is kept any more of what is said on these tickets."""
    now = utc_now()
    marks = [{"account_id": account_id, "ticket_id": number, "erased_at": now} for number in dict.fromkeys(ticket_ids)]
    statement = insert(erasures)
    again = statement.on_conflict_do_update(
        index_elements=["account_id", "ticket_id"], set_={"erased_at": statement.excluded.erased_at}
    )
    await connection.execute(again, marks)


async def is_erased(connection: AsyncConnection, entry: Entry) -> bool:
    """Whether the ticket of an entry was erased."""
    if entry.ticket_id is None:
        return False
    await hold(connection, entry.account_id, for_share=True)
    mark = select(erasures.c.ticket_id).filter_by(account_id=entry.account_id, ticket_id=entry.ticket_id)
    return (await connection.execute(mark)).first() is not None


async def hold(connection: AsyncConnection, account_id: str, *, for_share: bool) -> None:
    """Keep erasures of an account and new entries of it apart until the transaction ends; entries go side by side.

    The lock is the account's row, weak enough to let new jobs refer to it. SQLite has one writer at a time anyway.
    """
    row = select(accounts.c.id).where(accounts.c.id == account_id)
    await connection.execute(row.with_for_update(read=for_share, key_share=not for_share))
