"""Tables of separated values: each row as lines of `heading: value`, so that a value stands beside what it is."""

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Final

from raum.api import Unreadable, Withheld
from raum_documents.plain import decoded, is_text

_DELIMITERS: Final = ",;\t|"
_SAMPLE: Final = 16_384
_LONGEST_CELL: Final = 1_000_000


class Table:
    """CSV files (RFC 4180), and those with semicolons, tabs or bars."""

    def reads(self, name: str, head: bytes) -> bool:
        """Whether the name says so, and it is text."""
        return name.lower().endswith((".csv", ".tsv")) and is_text(head)

    def extract(self, content: bytes) -> str:
        """The rows; the first is the headings unless it holds a value."""
        text = decoded(content)
        csv.field_size_limit(_LONGEST_CELL)
        try:
            rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text[:_SAMPLE])))
        except csv.Error:
            raise Unreadable(Withheld.BROKEN) from None
        rows = [row for row in rows if any(cell.strip() for cell in row)]
        if rows and _are_headings(rows[0]):
            return "\n\n".join("\n".join(_paired(rows[0], row)) for row in rows[1:]) or ", ".join(rows[0])
        return "\n".join(", ".join(row) for row in rows)


def _delimiter(sample: str) -> str:
    first = sample.splitlines()[0] if sample.strip() else ""
    return max(_DELIMITERS, key=first.count)


def _are_headings(row: Sequence[str]) -> bool:
    """Short different words without digits and without @ are what columns are called."""
    cells = [cell.strip() for cell in row]
    return len(cells) > 1 and len(set(cells)) == len(cells) and all(_is_heading(cell) for cell in cells)


def _is_heading(cell: str) -> bool:
    return 0 < len(cell) <= 40 and "@" not in cell and not any(map(str.isdigit, cell))


def _paired(headings: Sequence[str], row: Sequence[str]) -> Iterator[str]:
    for position, cell in enumerate(row):
        if cell.strip():
            yield f"{headings[position].strip()}: {cell.strip()}" if position < len(headings) else cell.strip()
