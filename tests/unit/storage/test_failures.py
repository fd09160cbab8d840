import sqlite3
import traceback

import pytest
from sqlalchemy.exc import DataError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from raum.api import OperatorError
from raum.storage.failures import failing_safely, refusing


def shown(error):
    return "".join(traceback.format_exception(error))


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (
            IntegrityError("INSERT INTO jobs", {"id": "SEVEN-LEMONS"}, sqlite3.IntegrityError("SEVEN-LEMONS")),
            "the store refused a change that contradicts what it holds",
        ),
        (
            OperationalError("SELECT 'SEVEN-LEMONS'", {}, sqlite3.OperationalError("SEVEN-LEMONS")),
            "the store failed: OperationalError",
        ),
        (DataError("SELECT", {"id": "SEVEN-LEMONS"}, Exception("SEVEN-LEMONS")), "the store failed: DataError"),
        (PoolTimeout("SEVEN-LEMONS"), "the store failed: TimeoutError"),
        (ConnectionRefusedError(111, "SEVEN-LEMONS"), "the store failed: ConnectionRefusedError"),
        (UnicodeEncodeError("utf-8", "SEVEN-LEMONS", 0, 1, "bad"), "the store failed: UnicodeEncodeError"),
    ],
)
def test_an_error_of_the_database_says_its_kind_and_nothing_of_the_data(error, message):
    with pytest.raises(OperatorError) as failure, failing_safely():
        raise error
    assert str(failure.value) == message
    assert "SEVEN-LEMONS" not in shown(failure.value)


def test_an_error_that_is_not_the_databases_passes():
    with pytest.raises(ZeroDivisionError), failing_safely():
        raise ZeroDivisionError


def test_a_constraint_gets_the_reason_that_was_given_for_it():
    with pytest.raises(OperatorError) as refusal, refusing("the name is taken"):
        raise IntegrityError("INSERT", {}, Exception("SEVEN-LEMONS"))
    assert str(refusal.value) == "the name is taken"
    assert "SEVEN-LEMONS" not in shown(refusal.value)


async def test_a_refused_change_shows_neither_its_values_nor_its_sql(store, make_entry):
    first = make_entry(content="SEVEN-LEMONS")
    await store.append(first)
    with pytest.raises(OperatorError) as refusal:
        await store.append(first)
    assert str(refusal.value) == "the store refused a change that contradicts what it holds"
    text = shown(refusal.value)
    assert "SEVEN-LEMONS" not in text
    assert "INSERT INTO" not in text


async def test_text_that_cannot_be_encoded_is_refused_without_showing_it(store, make_entry):
    with pytest.raises(OperatorError) as refusal:
        await store.append(make_entry(content="SEVEN-LEMONS \ud800"))
    assert str(refusal.value) == "the store failed: UnicodeEncodeError"
    assert len(await store.entries("acme")) == 1


async def test_a_number_beyond_the_column_is_refused(queue, make_job):
    with pytest.raises(OperatorError) as refusal:
        await queue.accept(make_job(ticket_id=2**70))
    assert str(refusal.value) == "the store failed: OverflowError"
