"""A secret that cannot be shown by accident."""

import re
from typing import Final, NoReturn

# A key of which four characters say nothing about the rest; not one in a document of several.
_SHOWN: Final = re.compile(r"[!-z]{12,}([A-Za-z0-9_=+/.-]{4})")


class Secret:
    """Holds a key, token or password. Only `reveal` gives it away; `repr`, `str` and pickling do not."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The secret itself, for the one call that needs it."""
        return self._value

    @property
    def last_four(self) -> str:
        """The last four characters, by which people tell keys apart; empty for a secret that is short or no key."""
        shown = _SHOWN.fullmatch(self._value)
        return shown[1] if shown else ""

    def __repr__(self) -> str:
        return "Secret(***)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is not pickled")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._value == other._value

    __hash__ = None  # type: ignore[assignment]  # a secret is no dictionary key: hashes end up in places
