"""Which schema a database has, and how it is brought up to date: Alembic, set up here instead of by a file on disk."""

import enum
from functools import cache

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection


class SchemaState(enum.Enum):
    """How the schema of a database compares with the one that this version of raum needs."""

    CURRENT = enum.auto()
    OLDER = enum.auto()
    NEWER = enum.auto()


def schema_state(connection: Connection) -> SchemaState:
    """The state of the schema; an empty database is older. A revision unknown here was made by a newer raum."""
    newest, known = _revisions()
    applied = set(MigrationContext.configure(connection).get_current_heads())
    if applied == newest:
        return SchemaState.CURRENT
    return SchemaState.OLDER if applied <= known else SchemaState.NEWER


@cache
def _revisions() -> tuple[frozenset[str], frozenset[str]]:
    """The newest revision, and all: read once, since whoever asks whether a host is ready does so all the time."""
    scripts = ScriptDirectory.from_config(_config())
    return frozenset(scripts.get_heads()), frozenset(script.revision for script in scripts.walk_revisions())


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Apply the missing migrations up to a revision, in the transaction that the connection is in."""
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "raum.storage:migrations")
    return config
