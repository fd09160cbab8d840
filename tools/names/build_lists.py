"""Writes `namelists.txt`: which words are names, places or ordinary words.

    python -m tools.names.build_lists CORPORA OUTPUT

Names and places come from the lists of the package `faker` (MIT), and how many people have a name from the census of
the United States (1990, public domain) in the package `names` (MIT); only this script needs the two. How often a word
is an ordinary one comes from the training documents, where it is written small outside of every name, and from faker's
words for meaningless texts.
"""

import re
import sys
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module, resources
from pathlib import Path
from pkgutil import iter_modules
from typing import Any, Final

from tools.names.corpora import Document, documents

_WORD: Final = re.compile(r"[^\W\d_]+")
_GIVEN: Final = re.compile(r"first_(?:names|romanized_names)")
_FAMILY: Final = re.compile(r"last_(?:names|romanized_names)")
_PLACES: Final = re.compile(r"(?:cities|city_names?|states|countries|counties|provinces|regions|cantons|districts)\Z")
_GLUE_BEFORE: Final = re.compile(r"[@_/\\#=\d]\Z|\w[.-]\Z")
_GLUE_AFTER: Final = re.compile(r"[@_/\\=\d]|[.-]\w")
_LANGUAGES: Final = ("da_DK", "de_DE", "en_US", "es_ES", "fr_FR", "it_IT", "nl_NL", "pl_PL")
_SCRIPTS: Final = ("LATIN", "CYRILLIC", "GREEK")

# A word is written small so many times before it counts as seldom, or as often, an ordinary one.
_SELDOM: Final = 2
_OFTEN: Final = 12
_WIDESPREAD: Final = 3
# A word listed in so many locales, or in one that is widely read, is a common name or place.
_IN_MANY: Final = 3
_WIDELY_READ: Final = frozenset({"en_US", "en_GB"})
# The ranks in the census up to which a name is one of very many people, of many, and of some.
_CENSUS_RANKS: Final = (500, 5_000, 20_000)
# A longer table is a gazetteer of every village, half of which are ordinary words.
_LONGEST_TABLE: Final = 6000


def main() -> None:
    """Read the corpora, write the lists."""
    corpora, output = map(Path, sys.argv[1:])
    training = [document for document in documents(corpora) if document.is_for_training]
    lists = {"g": _faker("person", _GIVEN), "f": _faker("person", _FAMILY), "p": _faker("address", _PLACES)}
    ordinary = _ordinary_words(training)
    names = set().union(*lists.values())
    ordinary.update({word: _WIDESPREAD for word in _lorem_words() if word not in names})
    family, given = _census("dist.all.last"), _census("dist.female.first", "dist.male.first")
    lines: dict[str, set[str]] = defaultdict(set)
    widespread = {word for word, count in ordinary.items() if count >= _WIDESPREAD}
    for word in widespread.union(*lists.values(), family, given):
        lines[f"{_kind(word, lists, ordinary)}/{family[word]}{given[word]}"].add(word)
    output.write_text("".join(f"{kind} {' '.join(sorted(words))}\n" for kind, words in sorted(lines.items())), "utf-8")


def _kind(word: str, lists: Mapping[str, Counter[str]], ordinary: Counter[str]) -> str:
    """Letters for what a word can be (g, f or p, large if in many languages), and how often it is an ordinary word."""
    count = ordinary[word]
    kind = "".join(
        letter.upper() if listed[word] >= _IN_MANY else letter for letter, listed in lists.items() if word in listed
    )
    if not kind:
        return f"o{1 + (count >= _OFTEN)}" if count >= _WIDESPREAD else "u0"
    return f"{kind}{(count >= _SELDOM) + (count >= _OFTEN)}"


def _faker(provider: str, wanted: "re.Pattern[str]") -> Counter[str]:
    """In how many of its locales a word is listed; one that is widely read counts for many."""
    package = import_module(f"faker.providers.{provider}")
    counts: Counter[str] = Counter()
    for locale in sorted(module.name for module in iter_modules(package.__path__)):
        tables = vars(import_module(f"{package.__name__}.{locale}").Provider)
        entries = [list(_entries(table)) for name, table in sorted(tables.items()) if wanted.match(name)]
        words = {word for table in entries if len(table) < _LONGEST_TABLE for entry in table for word in _words(entry)}
        weight = _IN_MANY if locale in _WIDELY_READ else 1
        counts.update(dict.fromkeys(words, weight))
    return counts


def _census(*tables: str) -> Counter[str]:
    """How many people have a name, from 1 for some to 3 for very many."""
    counts: Counter[str] = Counter()
    for table in tables:
        for line in resources.files("names").joinpath(table).read_text(encoding="ascii").splitlines():
            name, _, _, rank = line.split()
            grade = sum(int(rank) <= least for least in _CENSUS_RANKS)
            if grade:
                counts[name.lower()] = max(counts[name.lower()], grade)
    return counts


def _entries(table: Any) -> Iterator[str]:
    """The strings of a list, of the keys of a mapping, or of pairs."""
    for entry in table if isinstance(table, Iterable) else ():
        if isinstance(entry, str):
            yield entry
        elif isinstance(entry, tuple | list):
            yield from (part for part in entry if isinstance(part, str) and len(part) > 3)


def _words(entry: str) -> Iterator[str]:
    """The words of a name, small, also without their accents."""
    for word in _WORD.findall(unicodedata.normalize("NFC", entry)):
        if len(word) > 1 and word[0].isupper() and unicodedata.name(word[0], "").startswith(_SCRIPTS):
            small = word.lower()
            yield small
            yield "".join(part for part in unicodedata.normalize("NFD", small) if not unicodedata.combining(part))


def _lorem_words() -> Iterator[str]:
    """The words from which faker makes meaningless texts: frequent ones of a few languages."""
    for locale in _LANGUAGES:
        for word in import_module(f"faker.providers.lorem.{locale}").Provider.word_list:
            if word.isalpha() and len(word) > 1:
                yield word.lower()


def _ordinary_words(training: Iterable[Document]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for document in training:
        for match in _WORD.finditer(document.text):
            is_named = any(start < match.end() and match.start() < end for start, end in document.names)
            if match[0].islower() and len(match[0]) > 1 and not is_named and _stands_alone(document.text, match):
                counts[match[0]] += 1
    return counts


def _stands_alone(text: str, word: "re.Match[str]") -> bool:
    """Whether the word is no piece of an address, a hashtag or an identifier."""
    before, after = text[max(0, word.start() - 2) : word.start()], text[word.end() : word.end() + 2]
    return not (_GLUE_BEFORE.search(before) or _GLUE_AFTER.match(after))


if __name__ == "__main__":
    main()
