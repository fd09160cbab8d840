"""How errors of the database become OperatorErrors that hold no SQL and no parameters."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError

from raum.errors import OperatorError

# Besides SQLAlchemy's own errors: a host or file that cannot be reached, and values that a driver cannot encode.
_FROM_OUTSIDE = (SQLAlchemyError, OSError, UnicodeError, OverflowError)


@contextmanager
def failing_safely() -> Iterator[None]:
    """Raise every error of the database as OperatorError, and say nothing but its kind."""
    try:
        yield
    except IntegrityError:
        raise OperatorError("the store refused a change that contradicts what it holds") from None
    except _FROM_OUTSIDE as error:
        raise OperatorError(f"the store failed: {_kind(error)}") from None


@contextmanager
def refusing(reason: str) -> Iterator[None]:
    """Raise OperatorError with this reason if the database refuses a change because of a constraint."""
    try:
        yield
    except IntegrityError:
        raise OperatorError(reason) from None


def _kind(error: Exception) -> str:
    """The error's class, and the database's name for it: SQLITE_FULL, or an SQLSTATE."""
    cause = error.orig if isinstance(error, DBAPIError) else None
    name = getattr(cause, "sqlite_errorname", None) or getattr(cause, "sqlstate", None)
    return f"{type(error).__name__} ({name})" if name else type(error).__name__
