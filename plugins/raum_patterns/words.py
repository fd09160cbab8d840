"""The built-in word lists: `words.toml` beside this file for names, and a file by language for each other detector."""

import tomllib
from collections import defaultdict
from importlib import resources
from typing import Any


def word_lists(section: str) -> dict[str, tuple[str, ...]]:
    """The lists of one section of `words.toml`, such as `name`."""
    return {name: tuple(words) for name, words in _read("words.toml")[section].items()}


def words_by_language(detector: str) -> dict[str, dict[str, tuple[str, ...]]]:
    """The lists of a detector's own file, such as `phone.toml`, by language."""
    return {
        language: {name: tuple(words) for name, words in lists.items()}
        for language, lists in _read(f"{detector}.toml").items()
    }


def words_of_all_languages(detector: str) -> dict[str, tuple[str, ...]]:
    """The same lists with those of all languages put together."""
    together: dict[str, dict[str, None]] = defaultdict(dict)
    for lists in words_by_language(detector).values():
        for name, words in lists.items():
            together[name].update(dict.fromkeys(words))
    return {name: tuple(words) for name, words in together.items()}


def _read(file: str) -> Any:
    return tomllib.loads(resources.files(__package__).joinpath(file).read_text(encoding="utf-8"))
