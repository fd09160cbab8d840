"""The people of a ticket: which names are the same person's."""

import re
from collections.abc import Iterable, Iterator
from itertools import permutations

from raum.model import Person
from raum.values.folding import words_only
from raum.values.words import MAILBOXES, ORDINARY, TITLES

Name = tuple[str, ...]

_SHORTEST_HANDLE = 5
_SHORTEST_USER = 4
_WITHOUT_BLANKS = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_APOSTROPHES = re.compile(r"(?<=\w)['\u2018\u2019\u02bc](?=\w)")
_JOINTS = re.compile(r"(?<=\w)['\u2018\u2019\u02bc\u2010\u2011-](?=\w)")
# Nobody has more, and what grows with their square stays small.
_MOST_WORDS = 8


def without_blanks(text: str) -> bool:
    """Whether a text is in a script that puts no blanks between words: Chinese, Japanese, Korean, Thai."""
    return not text.isascii() and _WITHOUT_BLANKS.search(text) is not None


def name_tokens(name: str) -> Name:
    """The folded words of a name, without titles."""
    tokens = tuple(words_only(name).split())
    return tuple(token for token in tokens if token not in TITLES) or tokens


def name_forms(name: str) -> set[Name]:
    """The words of a name, and those of the name as user names and addresses have it: `oconnor`, `jeanluc`."""
    forms = {name_tokens(name)}
    if _JOINTS.search(name):
        apart = _APOSTROPHES.sub("", name)
        forms |= {name_tokens(apart), name_tokens(_JOINTS.sub("", apart))}
    return forms - {()}


def handles(name: Name) -> frozenset[str]:
    """What a full name becomes in a user name or an address: `janedoe`, `doejane`, `jdoe`, `janed`."""
    if len(name) < 2 or any(map(without_blanks, name)):
        return frozenset()
    first, last = name[0], name[-1]
    glued = first + last, last + first, first[0] + last, first + last[0]
    return frozenset([handle for handle in glued if len(handle) >= _SHORTEST_HANDLE])


def user_name(email: str) -> str:
    """What stands before the at sign, folded and without marks; empty if that is short, a word or a shared mailbox."""
    words = words_only(email.partition("@")[0].partition("+")[0]).split()
    user = "".join(words)
    if len(user) < (_SHORTEST_HANDLE if user.isalpha() else _SHORTEST_USER) or user.isdecimal():
        return ""
    return "" if user in ORDINARY or user in MAILBOXES or MAILBOXES.issuperset(words) else user


def name_keys(values: Iterable[str], persons: Iterable[Person]) -> dict[str, str]:
    """Names grouped by person: a part of a full name belongs to that person when no other fits."""
    written = {value: name_tokens(value) for value in dict.fromkeys(values)}
    people = _People()
    for person in persons:
        people.add({form for name in person.names for form in name_forms(name)})
    full = {tokens for tokens in written.values() if len(tokens) > 1}
    for tokens in sorted(full, key=lambda tokens: (-len(tokens), -sum(map(len, tokens)), tokens)):
        people.add_full_name(tokens)
    keys = {}
    for value, tokens in written.items():
        who = people.called(tokens) or people.fitting(tokens)
        keys[value] = f"#{who[0]}" if len(who) == 1 else " ".join(sorted(tokens)) or value
    return keys


class _People:
    """The distinct people of a ticket, each with the names that are theirs; looked up by the words of a name."""

    def __init__(self) -> None:
        self._names: list[set[Name]] = []
        self._by_name: dict[Name, set[int]] = {}
        self._by_word: dict[str, set[int]] = {}
        self._by_pair: dict[Name, set[int]] = {}

    def add(self, names: set[Name]) -> None:
        """A person on record; nobody new if one of the names is somebody's already."""
        if names and not any(self.called(name) for name in names):
            self._names.append(set())
            for name in names:
                self._call(len(self._names) - 1, name)

    def add_full_name(self, name: Name) -> None:
        """A full name in a text: a fuller name of the one person that it fits, or else somebody's of their own."""
        if self._by_word.keys().isdisjoint(_stems(name)):
            self.add({name})
            return
        fitting = self.fitting(name)
        if len(fitting) == 1:
            return
        shorter = [] if fitting else [who for who in self._shorter(name) if self._has_part(who, name)]
        if len(shorter) == 1:
            self._call(shorter[0], name)
        else:
            self.add({name})

    def called(self, name: Name) -> list[int]:
        """Who has exactly this name."""
        return sorted(self._by_name.get(name, ()))

    def fitting(self, name: Name) -> list[int]:
        """Whose name this is, or is a part of."""
        fuller = self._fuller(name)
        # Who has the only word of a name is found by it, or by a handle; a word of several may be an initial.
        if len(name) != 1 or without_blanks(name[0]):
            fuller = {who for who in fuller if any(_is_part(name, full) for full in self._names[who])}
        return sorted(fuller)

    def _has_part(self, who: int, name: Name) -> bool:
        return any(len(part) > 1 and _is_part(part, name) for part in self._names[who])

    def _call(self, who: int, name: Name) -> None:
        self._names[who].add(name)
        self._by_name.setdefault(name, set()).add(who)
        for word in (*_stems(name), *handles(name)):
            self._by_word.setdefault(word, set()).add(who)
        if len(name) > 1:
            pair = sorted(name, key=len, reverse=True)[:2]
            self._by_pair.setdefault(tuple(pair), set()).add(who)

    def _fuller(self, name: Name) -> set[int]:
        """Who may have a name of which this one is a part: has all its words, but for initials."""
        if any(map(without_blanks, name)):
            return self._near(name)
        words = [word for word in name if len(word) > 1] or name
        return (
            set.intersection(*sorted((self._by_word.get(word, set()) for word in words), key=len)) if words else set()
        )

    def _shorter(self, name: Name) -> set[int]:
        """Who may have a name that is a part of this one: one whose two longest words, or the initial, are in it."""
        if any(map(without_blanks, name)):
            return self._near(name)
        if len(name) > _MOST_WORDS:
            return set()
        pairs = {pair for one, other in permutations(name, 2) for pair in ((one, other), (one, other[0]))}
        return {who for pair in pairs for who in self._by_pair.get(pair, ())}

    def _near(self, name: Name) -> set[int]:
        """Who shares a word with the name."""
        return {who for word in _stems(name) for who in self._by_word.get(word, ())}


def _stems(name: Name) -> Iterator[str]:
    """The words of a name; where no blanks are written, the first character stands for the word."""
    return (word[0] if without_blanks(word) else word for word in name)


def _is_part(tokens: Name, full: Name) -> bool:
    """Whether every word of a name is a word of the full name, or, beside at least one such word, its initial."""
    if tokens == full:
        return True
    if any(map(without_blanks, tokens)):
        return "".join(tokens) in "".join(full)
    if len(tokens) == 1:
        return tokens[0] in full or tokens[0] in handles(full)
    left = list(full)
    initials = []
    for token in tokens:
        if token in left:
            left.remove(token)
        elif len(token) > 1:
            return False
        else:
            initials.append(token)
    return len(initials) < len(tokens) and _are_initials(initials, left)


def _are_initials(initials: Iterable[str], words: list[str]) -> bool:
    """Whether each is the initial of another one of the words."""
    for initial in initials:
        word = next((word for word in words if word.startswith(initial)), None)
        if word is None:
            return False
        words.remove(word)
    return True
