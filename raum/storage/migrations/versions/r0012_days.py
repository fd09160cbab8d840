"""On PostgreSQL, the audit log in partitions by day. The table of before becomes the partition of all up to a day.

Old hosts go on: what takes long (indexes, the proof that no entry is from after that day) is done beside them, and the
exchange of the tables is a matter of milliseconds. SQLite stays as it is.
"""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from alembic import op

from raum.storage.partitions import DAYS_AHEAD, DEFAULT, before_name, bound, closed
from raum.storage.upgrading import LOCK_TIMEOUT, patiently

revision = "0012"
down_revision = "0011"

_NEW = "entries_by_day"  # the name of the new table before the exchange
_UNIQUE = {
    "pk_entries": "(seq, time)",
    "uq_entries_id_time": "(id, time)",
    "ix_entries_account_id_position_time": "(account_id, position, time)",
}
_BOUND = re.compile(r"entries_end_(\d{4})(\d\d)(\d\d)")

# A unique index is of each partition by itself, so that an entry written again at another time takes a look into the
# partitions around; into all of them would take longer than the rest of a write. That no other is even planned for, the
# times are variables, and the plan is made for their values: a plan for all days takes a millisecond for fifteen of
# them, again in each connection whenever one day comes or goes. Two who write the same id at the same moment wait for
# each other. Row-level security is not to hide the entry of another account.
_ONE_ENTRY = """
CREATE OR REPLACE FUNCTION raum_one_entry() RETURNS trigger LANGUAGE plpgsql
SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    reach text := coalesce(current_setting('raum.every_account', true), '');
    since timestamptz := NEW.time - interval '1 day';
    until timestamptz := NEW.time + interval '1 day';
    is_there boolean;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(NEW.id, 0));
    PERFORM set_config('raum.every_account', 'on', true);
    is_there := EXISTS (SELECT FROM entries WHERE id = NEW.id AND time > since AND time < until);
    PERFORM set_config('raum.every_account', reach, true);
    IF is_there THEN
        RAISE unique_violation USING MESSAGE = 'there is an entry with this id already';
    END IF;
    RETURN NEW;
END $$
"""


def upgrade() -> None:
    """Prepare beside the hosts, then exchange the tables."""
    if op.get_bind().dialect.name != "postgresql":
        return
    with op.get_context().autocommit_block():
        _make_table()
        end = _prepared_end() or _prepare()
    try:
        patiently(op.get_bind(), lambda: _exchange(end))
    except Exception:
        with op.get_context().autocommit_block():
            _drop_bound()
        raise


def _rows(statement: str, **values: Any) -> Sequence[Any]:
    return op.get_bind().execute(sa.text(statement), values).all()


def _make_table() -> None:
    """The new table, empty, with all that it needs but a partition for the entries that are there."""
    statements = [
        f"DROP TABLE IF EXISTS {_NEW}",
        f"CREATE TABLE {_NEW} (LIKE entries INCLUDING DEFAULTS) PARTITION BY RANGE (time)",
        f"CREATE TABLE {DEFAULT} PARTITION OF {_NEW} DEFAULT",
        *closed(DEFAULT),
        f"ALTER TABLE {_NEW} ADD CONSTRAINT new_pk_entries PRIMARY KEY {_UNIQUE['pk_entries']}",
        *(f"CREATE UNIQUE INDEX new_{name} ON {_NEW} {of}" for name, of in list(_UNIQUE.items())[1:]),
        f"CREATE INDEX new_ix_entries_account_id_time ON {_NEW} (account_id, time)",
        _ONE_ENTRY,
        f"CREATE TRIGGER raum_one_entry BEFORE INSERT ON {_NEW} FOR EACH ROW EXECUTE FUNCTION raum_one_entry()",
        *_policies(),
        *_grants(),
    ]
    for statement in statements:
        op.get_bind().exec_driver_sql(statement)


def _policies() -> Sequence[str]:
    """Row-level security as the table of before has it."""
    flags = "SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE oid = to_regclass('entries')"
    ((is_enabled, is_forced),) = _rows(flags)
    found = _rows("SELECT * FROM pg_policies WHERE schemaname = current_schema() AND tablename = 'entries'")
    return [
        *([f"ALTER TABLE {_NEW} ENABLE ROW LEVEL SECURITY"] if is_enabled else []),
        *([f"ALTER TABLE {_NEW} FORCE ROW LEVEL SECURITY"] if is_forced else []),
        *(
            f"CREATE POLICY {each.policyname} ON {_NEW} AS {each.permissive} FOR {each.cmd} TO {', '.join(each.roles)}"
            + (f" USING ({each.qual})" if each.qual else "")
            + (f" WITH CHECK ({each.with_check})" if each.with_check else "")
            for each in found
        ),
    ]


def _grants() -> Sequence[str]:
    """Who else may use the table: where hosts have a role of their own."""
    query = (
        "SELECT DISTINCT quote_ident(r.rolname) AS role, privilege_type AS privilege"
        " FROM pg_class, aclexplode(relacl) JOIN pg_roles r ON r.oid = grantee"
        " WHERE pg_class.oid = to_regclass('entries') AND grantee <> relowner"
    )
    return [f"GRANT {each.privilege} ON {_NEW} TO {each.role}" for each in _rows(query)]


def _prepared_end() -> date | None:
    """The end of the old table, if an attempt before got so far."""
    query = (
        "SELECT conname FROM pg_constraint WHERE conrelid = to_regclass('entries') AND contype = 'c' AND convalidated"
    )
    found = (_BOUND.fullmatch(each.conname) for each in _rows(query))
    return next((date(*map(int, match.groups())) for match in found if match), None)


def _prepare() -> date:
    """What takes long: nobody has to wait for it. The end of the old table.

    It is far enough ahead for hosts whose clocks are fast, and for a migration that was killed to be run again: from
    that day on the old table takes no entries.
    """
    op.execute("SET lock_timeout = 0")
    for name, of in _UNIQUE.items():
        op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS old_{name}")  # what a broken-off attempt left is of no use
        op.execute(f"CREATE UNIQUE INDEX CONCURRENTLY old_{name} ON entries {of}")
    op.execute(f"SET lock_timeout = '{LOCK_TIMEOUT}'")
    _drop_bound()
    ((newest,),) = _rows("SELECT max(time) FROM entries")
    now = datetime.now(UTC)
    end = (max(newest or now, now) + timedelta(days=DAYS_AHEAD)).astimezone(UTC).date()
    check = f"ALTER TABLE entries ADD CONSTRAINT entries_end_{end:%Y%m%d} CHECK (time < {bound(end)}) NOT VALID"
    patiently(op.get_bind(), lambda: op.execute(check))
    op.execute(f"ALTER TABLE entries VALIDATE CONSTRAINT entries_end_{end:%Y%m%d}")
    return end


def _drop_bound() -> None:
    query = "SELECT conname FROM pg_constraint WHERE conrelid = to_regclass('entries') AND contype = 'c'"
    for each in _rows(query):
        if _BOUND.fullmatch(each.conname):
            drop = f"ALTER TABLE entries DROP CONSTRAINT {each.conname}"
            patiently(op.get_bind(), lambda drop=drop: op.execute(drop))  # type: ignore[misc]


def _exchange(end: date) -> None:
    """Give the new table the place of the old one, which becomes a partition, unless it is empty."""
    old = before_name(end)
    with op.get_bind().begin_nested():
        op.execute("LOCK TABLE entries IN ACCESS EXCLUSIVE MODE")
        op.execute(f"ALTER SEQUENCE entries_seq_seq OWNED BY {_NEW}.seq")
        ((is_empty,),) = _rows("SELECT NOT EXISTS (SELECT FROM entries)")
        if is_empty:
            statements = ["DROP TABLE entries", *_named()]
        else:
            statements = [
                f"ALTER TABLE entries RENAME TO {old}",
                f"ALTER TABLE {old} DROP CONSTRAINT pk_entries, DROP CONSTRAINT uq_entries_id",
                "DROP INDEX ix_entries_account_id_position",
                f"ALTER TABLE {old} ADD CONSTRAINT old_pk_entries PRIMARY KEY USING INDEX old_pk_entries",
                "ALTER INDEX ix_entries_account_id_time RENAME TO old_ix_entries_account_id_time",
                *_named(),
                f"ALTER TABLE entries ATTACH PARTITION {old} FOR VALUES FROM (MINVALUE) TO ({bound(end)})",
                f"ALTER TABLE {old} DROP CONSTRAINT entries_end_{end:%Y%m%d}",
                *closed(old),
            ]
        for statement in statements:
            op.execute(sa.text(statement))


def _named() -> Sequence[str]:
    names = [*_UNIQUE, "ix_entries_account_id_time"]
    return [
        f"ALTER TABLE {_NEW} RENAME TO entries",
        *(f"ALTER INDEX new_{name} RENAME TO {name}" for name in names),
    ]
