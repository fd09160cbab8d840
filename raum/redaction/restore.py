"""Putting the values back into a completion, in one pass, for whole texts and for streams alike.

A whole text is a stream of one piece: there is one implementation, so both give the same result.
"""

import re
from collections.abc import Iterator

from attrs import field, frozen

from raum.model import Audience
from raum.redaction.originals import Originals
from raum.redaction.placeholders import finished_length, spellings


@frozen
class Restored:
    """The text with its values, and everything in it that looks like a placeholder but got none."""

    text: str = field(repr=False)
    unresolved: tuple[str, ...]


class Restorer:
    """Restores one completion for one audience, piece by piece.

    `familiar` is the redacted ticket: what a completion quotes from it is not taken for a broken placeholder.
    """

    def __init__(self, originals: Originals, audience: Audience, familiar: str = "") -> None:
        self._originals = originals
        self._audience = audience
        self._familiar = familiar
        self._pending = ""
        self._context = 0  # how many characters at the start of _pending are already out and only lend context
        self._left_over: list[str] = []  # the completion without its restored spellings, to look for broken ones
        self._unresolved: list[str] = []

    def feed(self, piece: str) -> str:
        """Take in the next piece of the completion; returns what can be given out by now."""
        self._pending += piece
        return self._restore_up_to(finished_length(self._pending))

    def finish(self) -> str:
        """The rest, once the completion has ended."""
        return self._restore_up_to(len(self._pending))

    @property
    def unresolved(self) -> tuple[str, ...]:
        """What looks like a placeholder and was not restored; complete after `finish`."""
        broken = (text for text in _broken("".join(self._left_over)) if text not in self._familiar)
        return tuple(dict.fromkeys((*self._unresolved, *broken)))

    def _restore_up_to(self, limit: int) -> str:
        done = self._context
        if limit <= done:
            return ""
        out: list[str] = []
        for spelling in spellings(self._pending, done):
            if spelling.start >= limit:
                break
            value = self._originals.value(spelling.placeholder, self._audience)
            self._keep(self._pending[done : spelling.start], out)
            self._left_over.append("\0")
            written = self._pending[spelling.start : spelling.end]
            if value is None:
                self._unresolved.append(written)
            out.append(written if value is None else value)
            done = spelling.end
        self._keep(self._pending[done:limit], out)
        done = max(done, limit)
        self._pending = self._pending[done - 1 :]
        self._context = 1
        return "".join(out)

    def _keep(self, text: str, out: list[str]) -> None:
        out.append(text)
        self._left_over.append(text)


def restore(completion: str, originals: Originals, audience: Audience, familiar: str = "") -> Restored:
    """The completion with every placeholder replaced by the value that this audience may read.

    A placeholder restores to the fullest form that the audience has seen in the ticket. One that was never issued, or
    whose value the audience never saw, stays as it is and is listed as unresolved.
    """
    restorer = Restorer(originals, audience, familiar)
    text = restorer.feed(completion) + restorer.finish()
    return Restored(text, restorer.unresolved)


_BROKEN = re.compile(
    # REDACTED in capitals, cut or glued in some way, or followed by something that joins it to a type
    r"(?:REDACT|(?i:redacted)[_\\-])[\w\\-]*"
    # [Something in square brackets], unless it is the text or the label of a Markdown link
    r"|(?<![\]!])\[[ ]?[^\W\d_][^\[\]\n]{1,60}\](?![\[(:])"
    # one in other brackets that is written like a constant: {NOMBRE_1}
    r"|[{<【［〔「⟦⟨‹«]{1,2}[ ]?[^\W_]+(?:[_-][^\W_]+){1,4}[ ]?[}>】］〕」⟧⟩›»]{1,2}"
    # a half: an opener with the beginning of the word, or a closer behind a constant
    r"|\[RED?A?C?T?E?D?(?![\w\]])|\b\w{0,40}_\w{1,40}\]"
    # GESCHWÄRZT_NAME_1, NAME_2: a constant
    r"|(?<!\w)[^\W\d_]+(?:_[^\W_]+)+(?!\w)"
)


def _broken(text: str) -> Iterator[str]:
    for match in _BROKEN.finditer(text):
        found = match[0]
        is_constant = "_" in found and found[0].isalpha()
        if not is_constant or found == found.upper() or "redact" in found.casefold():
            yield found
