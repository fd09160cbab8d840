"""Ways into a database of raum: as a store, and without one."""

from contextlib import asynccontextmanager

import asyncpg

import raum_postgres
from raum.api import Secret
from raum_postgres import PostgresOptions


def store_at(url, **options):
    (part,) = raum_postgres.raum_stores()
    return part.build(PostgresOptions(Secret(url), **options))


@asynccontextmanager
async def connected(url, **settings):
    connection = await asyncpg.connect(url, server_settings=settings)
    try:
        yield connection
    finally:
        await connection.close()


@asynccontextmanager
async def reaching(url, reach):
    """A connection in a transaction of this reach, of which nothing stays."""
    async with connected(url) as connection:
        transaction = connection.transaction()
        await transaction.start()
        if reach.name:
            await connection.execute("SELECT set_config($1, $2, true)", reach.name, reach.value)
        yield connection
        await transaction.rollback()
