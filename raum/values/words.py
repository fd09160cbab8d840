"""Word lists about names, from `words.toml` beside this file."""

import tomllib
from importlib.resources import files
from typing import Final

_LISTS: Final = tomllib.loads((files("raum.values") / "words.toml").read_text(encoding="utf-8"))


def _words(name: str) -> frozenset[str]:
    return frozenset(_LISTS[name].split())


TITLES: Final = _words("titles")
"""Go with a name and are no part of it."""

ORDINARY: Final = _words("ordinary")
"""Parts of names that are ordinary words too: alone, they are a name only where capitalised."""

NOBODY: Final = _words("nobody")
"""Stand in the names of people and of shared mailboxes, and are nobody's name alone."""

MAILBOXES: Final = NOBODY | _words("mailboxes")
"""Stand in the addresses of shared mailboxes, and are nobody's user name."""
