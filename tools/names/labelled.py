"""The texts that were written for the name model: `texts/*.txt`, one a line, each name as {NAME|name}."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tools.names.corpora import Document

TEXTS: Final = Path(__file__).with_name("texts")
"""The folder that holds them."""

_NAME: Final = re.compile(r"\{NAME\|([^{}|]+)\}")


def labelled_texts(folder: Path = TEXTS) -> Iterator[Document]:
    """Every text of the folder, in the order of the files. In a file `\\n` is the end of a line of a text."""
    for path in sorted(folder.glob("*.txt")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if not line.startswith("# "):
                yield _document(f"{path.stem}-{number}", line.replace(r"\n", "\n"))


def _document(name: str, line: str) -> Document:
    text, names, last = "", [], 0
    for match in _NAME.finditer(line):
        text += line[last : match.start()]
        names.append((len(text), len(text) + len(match[1])))
        text, last = text + match[1], match.end()
    return Document(name, "labelled", text + line[last:], tuple(names))
