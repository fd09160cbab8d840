"""Invented tickets in ten languages, filled from `templates.toml` with names of the lists and with made-up ones."""

import hashlib
import re
import tomllib
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from raum_patterns.namelists import words_by_kind
from tools.names.corpora import Document

_COPIES: Final = 2
_SLOT: Final = re.compile(r"\{([a-z_]+)\}")
_NAMES: Final = frozenset(
    {"given", "family", "full", "initial", "reversed", "plain"}
    | {"small_given", "small_full", "large_given", "large_family", "large_full"}
)


class Dice:
    """Choices that look random and are always the same."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._throws = 0

    def below(self, limit: int) -> int:
        """A number from 0 to one below the limit."""
        self._throws += 1
        return int.from_bytes(hashlib.sha256(f"{self._seed}:{self._throws}".encode()).digest()[:6]) % limit

    def choose(self, options: Sequence[str]) -> str:
        """One of the options."""
        return options[self.below(len(options))]


class _People:
    """Draws names: half of them common ones, some that no list has, made of the halves of two others."""

    def __init__(self) -> None:
        kinds = words_by_kind()
        self._given = [_listed(kinds, "G"), _listed(kinds, "g")]
        self._family = [_listed(kinds, "F"), _listed(kinds, "f")]

    def given(self, dice: Dice) -> str:
        return self._draw(self._given, dice)

    def family(self, dice: Dice) -> str:
        name = self._draw(self._family, dice)
        rare = dice.below(16)
        if rare == 0:
            return f"{dice.choose(('van der', 'de', 'von', 'da', 'di', 'van', 'dos'))} {name}"
        return f"{name}-{self._draw(self._family, dice)}" if rare == 1 else name

    def full(self, dice: Dice) -> str:
        middle = f" {dice.choose('ABCDEFGHJKLMNPRSTW')}." if dice.below(10) == 0 else ""
        return f"{self.given(dice)}{middle} {self.family(dice)}"

    def _draw(self, lists: Sequence[Sequence[str]], dice: Dice) -> str:
        listed = lists[dice.below(2)]
        name = dice.choose(listed)
        if dice.below(4) == 0:
            other = dice.choose(listed)
            name = name[: (len(name) + 1) // 2] + other[len(other) // 2 :]
        return name[0].upper() + name[1:]


def invented() -> list[Document]:
    """Every template, filled several times."""
    templates = tomllib.loads(Path(__file__).with_name("templates.toml").read_text(encoding="utf-8"))
    people = _People()
    slots: dict[str, Callable[[Dice], str]] = {
        "given": people.given,
        "family": people.family,
        "full": people.full,
        "initial": lambda dice: f"{people.given(dice)[0]}. {people.family(dice)}",
        "reversed": lambda dice: f"{people.family(dice)}, {people.given(dice)}",
        "plain": lambda dice: dice.choose(templates["plains"]),
        "small_given": lambda dice: people.given(dice).lower(),
        "small_full": lambda dice: people.full(dice).lower(),
        "large_given": lambda dice: people.given(dice).upper(),
        "large_family": lambda dice: people.family(dice).upper(),
        "large_full": lambda dice: people.full(dice).upper(),
        "thing": lambda dice: dice.choose(templates["things"]),
        "place": lambda dice: dice.choose(templates["places"]),
        "noun": lambda dice: dice.choose(templates["nouns"]),
        "team": lambda dice: dice.choose(templates["teams"]),
    }
    inner = dict(slots)
    for slot in ("firm", "street", "memorial"):
        slots[slot] = partial(_composed, templates[f"{slot}s"], inner)
    return [
        _filled(f"invented-{number}-{copy}", template, slots)
        for number, template in enumerate(templates["texts"])
        for copy in range(_COPIES)
    ]


def _composed(patterns: Sequence[str], slots: dict[str, Callable[[Dice], str]], dice: Dice) -> str:
    """One of the patterns, filled: what has a name in it and is none."""
    return _SLOT.sub(lambda slot: slots[slot[1]](dice), dice.choose(patterns))


def _filled(name: str, template: str, slots: dict[str, Callable[[Dice], str]]) -> Document:
    dice = Dice(name)
    text, names, last = "", [], 0
    for slot in _SLOT.finditer(template):
        text += template[last : slot.start()]
        value = slots[slot[1]](dice)
        if slot[1] in _NAMES:
            names.append((len(text), len(text) + len(value)))
        text, last = text + value, slot.end()
    return Document(name, "invented", text + template[last:], tuple(names))


def _listed(kinds: dict[str, tuple[str, ...]], letter: str) -> list[str]:
    """The words of a kind that are hardly ever ordinary ones."""
    return sorted(
        word
        for kind, words in kinds.items()
        if letter in (of := kind.partition("/")[0]) and "0" in of
        for word in words
    )
