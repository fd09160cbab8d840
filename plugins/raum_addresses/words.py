"""The built-in words, read from `words.toml` beside this file."""

import tomllib
from functools import cache
from importlib import resources


@cache
def words(name: str) -> tuple[str, ...]:
    """The lists of one name, those of all languages together."""
    document = tomllib.loads(resources.files(__package__).joinpath("words.toml").read_text(encoding="utf-8"))
    return tuple(dict.fromkeys(word for lists in document.values() for word in lists.get(name, ())))
