"""Settings of an account as one document with a version, the count of its requests, and the ends of its credentials."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Put the settings, and how an account replies, into one document for each account that chose something."""
    documents = _documents()
    op.drop_table("settings")
    made = op.create_table(
        "settings",
        sa.Column("account_id", sa.String(63), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("document", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("account_id", name="pk_settings"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_settings_account_id"),
    )
    op.create_table(
        "rates",
        sa.Column("account_id", sa.String(63), nullable=False),
        sa.Column("minute", sa.BigInteger, nullable=False),
        sa.Column("requests", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("account_id", name="pk_rates"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_rates_account_id"),
    )
    op.bulk_insert(made, [{"account_id": key, "version": 1, "document": each} for key, each in documents.items()])
    op.drop_column("accounts", "reply_as")
    op.drop_column("accounts", "owners_impersonate")
    op.add_column("credentials", sa.Column("last_four", sa.String(4)))


def _documents() -> dict[str, dict[str, object]]:
    connection = op.get_bind()
    documents: dict[str, dict[str, object]] = {}
    for account_id, name, value in connection.execute(sa.text("SELECT account_id, name, value FROM settings")):
        _put(documents.setdefault(account_id, {}), *name.split("."), value=value)
    public = sa.text("SELECT id FROM accounts WHERE reply_as = 'public'")
    for (account_id,) in connection.execute(public):
        documents.setdefault(account_id, {})["reply_as"] = "public"
    for (account_id,) in connection.execute(sa.text("SELECT id FROM accounts WHERE owners_impersonate")):
        documents.setdefault(account_id, {})["impersonation"] = True
    return documents


def _put(document: dict[str, object], kind: str, *rest: str, value: str) -> None:
    """A setting as it was, by a name of up to three words, in the place where it is from now on."""
    match kind:
        case "providers":
            document["providers"] = value.split(",")
        case "fallback":
            document["fallback"] = value == "on"
        case "max_output_tokens":
            document["max_output_tokens"] = int(value)
        case "model":
            _table(document, "models", rest[0])[rest[1] if len(rest) > 1 else "default"] = value
        case "temperature" | "top_p":
            _table(document, "sampling", rest[0])[kind] = float(value)


def _table(document: dict[str, object], key: str, provider: str) -> dict[str, object]:
    tables = document.setdefault(key, {})
    assert isinstance(tables, dict)  # noqa: S101 -- nothing else is put there
    table: dict[str, object] = tables.setdefault(provider, {})
    return table
