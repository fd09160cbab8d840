"""The built-in word lists, read from `words.toml` beside this file."""

import tomllib
from importlib import resources


def word_lists(section: str) -> dict[str, tuple[str, ...]]:
    """The lists of one section, such as `phone` or `name`."""
    document = tomllib.loads(resources.files(__package__).joinpath("words.toml").read_text(encoding="utf-8"))
    return {name: tuple(words) for name, words in document[section].items()}
