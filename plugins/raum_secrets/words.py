"""The built-in words, read from `words.toml` beside this file."""

import tomllib
from collections.abc import Iterable
from functools import cache
from importlib import resources

import re2  # type: ignore[import-untyped]


@cache
def words(name: str) -> tuple[str, ...]:
    """The lists of one name, those of all languages together."""
    document = tomllib.loads(resources.files(__package__).joinpath("words.toml").read_text(encoding="utf-8"))
    return tuple(dict.fromkeys(word for lists in document.values() for word in lists[name]))


def any_of(phrases: Iterable[str], blank: str = r"[\s_-]?") -> str:
    """An RE2 expression for the longest of the phrases that fits; `blank` is what a blank in one stands for."""
    ordered = sorted({phrase.strip() for phrase in phrases} - {""}, key=len, reverse=True)
    return "|".join(blank.join(map(re2.escape, phrase.split())) for phrase in ordered)
