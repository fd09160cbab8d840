"""A TOML file with the line on which each key stands.

`tomllib` checks a document and gives its values without positions. The scanner gives the positions alone: it may rely
on the text being valid, so it only has to tell strings, brackets and names apart. Grammar: https://toml.io/en/v1.0.0
"""

import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from attrs import field, frozen

from raum.errors import ConfigurationError

KeyPath = tuple[str | int, ...]
"""The way to a value: the names of tables and keys, and the indices of array elements, counted from 0."""


@frozen
class Fault:
    """Something wrong at one place of a configuration file."""

    file: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.text}"


@frozen
class Document:
    """A configuration file as it was read, with the lines of its keys. `name` is how messages call it."""

    name: str
    folder: Path
    tree: Mapping[str, Any] = field(repr=False)
    lines: Mapping[KeyPath, int] = field(repr=False)

    def line(self, path: KeyPath) -> int:
        """The line of a key or, if it is not there, of what it would be in."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def fault(self, path: KeyPath, text: str) -> Fault:
        """A fault at a key."""
        return Fault(self.name, self.line(path), f"{_dotted(path)}: {text}")

    def strings(self, *path: str) -> list[tuple[KeyPath, str]]:
        """The strings at a key, which holds one or an array of them, whatever else is wrong with the file."""
        value: Any = self.tree
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
        found: list[tuple[KeyPath, Any]] = [(path, value)]
        if isinstance(value, list):
            found = [((*path, index), element) for index, element in enumerate(value)]
        return [(where, element) for where, element in found if isinstance(element, str)]


def read(path: Path) -> Document:
    """Read a configuration file. Raises ConfigurationError if it cannot be read or is not valid TOML 1.0."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigurationError([f"{path}: cannot be read: {error.strerror}"]) from None
    try:
        text = content.decode().replace("\r\n", "\n")
        tree = tomllib.loads(text)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigurationError([f"{path}:{line}: not valid TOML: not in UTF-8"]) from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError([_syntax_fault(path, text, str(error))]) from None
    return Document(str(path), path.parent, tree, line_numbers(text))


def _syntax_fault(path: Path, text: str, message: str) -> str:
    what, _, where = message.rpartition(" (at ")
    position = re.match(r"line (\d+), column (\d+)", where)
    if position is None:
        last_line = text.rstrip().count("\n") + 1
        return f"{path}:{last_line}: not valid TOML: {what} (at the end of the file)"
    return f"{path}:{position[1]}: not valid TOML: {what} (column {position[2]})"


def _dotted(path: KeyPath) -> str:
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            name = part if re.fullmatch(r"[A-Za-z0-9_-]+", part) else json.dumps(part)
            text += f".{name}" if text else name
    return text


_TOKEN = re.compile(
    r"""
      (?P<blank> [ \t\r]+ | \#[^\n]* )
    | (?P<newline> \n )
    | (?P<string> \"{3} (?: [^"\\] | \\[\s\S] | "(?!"") )* "{3,5}
                | '{3} (?: [^'] | '(?!'') )* '{3,5}
                | " (?: [^"\\\n] | \\. )* "
                | ' [^'\n]* ' )
    | (?P<mark> [\[\]{}=,.] )
    | (?P<bare> [^\s\#"'\[\]{}=,.]+ )
    """,
    re.VERBOSE,
)


class _Token(NamedTuple):
    kind: str
    text: str
    line: int


_END = _Token("end", "", 0)


def line_numbers(text: str) -> dict[KeyPath, int]:
    """The line, counted from 1, of every table, key and array element of a valid TOML text.

    A table stands where its header is, or else where it is first mentioned.
    """
    scanner = _Scanner(text)
    scanner.document()
    return scanner.lines


class _Scanner:
    def __init__(self, text: str) -> None:
        self.lines: dict[KeyPath, int] = {}
        self._arrays: dict[KeyPath, int] = {}  # the index of the newest table of each array of tables
        self._tokens = _tokens(text)
        self._position = 0

    def document(self) -> None:
        table: KeyPath = ()
        while (token := self._peek()) is not _END:
            if token.kind == "newline":
                self._next()
            elif token.text == "[":
                table = self._header()
            else:
                self._pair(table)

    def _header(self) -> KeyPath:
        line = self._next().line
        is_array = self._skip("[")
        path = self._in_newest_tables(self._key())
        self._skip("]")
        if is_array:
            self._skip("]")
            self.lines.setdefault(path, line)
            self._arrays[path] = self._arrays.get(path, -1) + 1
            path = (*path, self._arrays[path])
        self._mark(path, line)
        return path

    def _in_newest_tables(self, key: KeyPath) -> KeyPath:
        path: KeyPath = ()
        for name in key[:-1]:
            path = (*path, name)
            if path in self._arrays:
                path = (*path, self._arrays[path])
        return (*path, key[-1])

    def _pair(self, table: KeyPath) -> None:
        line = self._peek().line
        path = table + self._key()
        self._mark(path, line)
        self._skip("=")
        self._value(path)

    def _key(self) -> KeyPath:
        names = [_name(self._next())]
        while self._skip("."):
            names.append(_name(self._next()))
        return tuple(names)

    def _value(self, path: KeyPath) -> None:
        if self._skip("["):
            self._array(path)
        elif self._skip("{"):
            self._inline_table(path)
        else:
            while self._peek().kind in ("bare", "string") or self._peek().text == ".":
                self._next()

    def _array(self, path: KeyPath) -> None:
        index = 0
        while not self._skip("]"):
            if self._peek().text == "," or self._peek().kind == "newline":
                self._next()
                continue
            self._mark((*path, index), self._peek().line)
            self._value((*path, index))
            index += 1

    def _inline_table(self, path: KeyPath) -> None:
        while not self._skip("}"):
            self._pair(path)
            self._skip(",")

    def _mark(self, path: KeyPath, line: int) -> None:
        for length in range(1, len(path)):
            self.lines.setdefault(path[:length], line)
        self.lines[path] = line

    def _peek(self) -> _Token:
        return self._tokens[self._position]

    def _next(self) -> _Token:
        token = self._tokens[self._position]
        self._position += 1
        return token

    def _skip(self, mark: str) -> bool:
        token = self._peek()
        if token.kind != "mark" or token.text != mark:
            return False
        self._position += 1
        return True


def _tokens(text: str) -> list[_Token]:
    tokens, line = [], 1
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or ""
        if kind != "blank":
            tokens.append(_Token(kind, match.group(), line))
        line += match.group().count("\n")
    return [*tokens, _END]


def _name(token: _Token) -> str:
    if token.kind != "string":
        return token.text
    name: str = tomllib.loads(f"name = {token.text}")["name"]
    return name
