"""What Zendesk says about how a ticket went (https://developer.zendesk.com/api-reference/ticketing/tickets/ticket_metrics/)."""

from typing import Final, LiteralString

from raum.api import Measures
from raum_zendesk.documents import Document, mapping, text

_SCORES: Final = ("good", "bad")


def measures_of(metrics: Document, ticket: object) -> Measures:
    """The measures in a ticket's metrics and its rating. Raises Malformed."""
    rating = mapping(mapping(ticket, "'ticket'").get("satisfaction_rating"), "'satisfaction_rating'")
    # There are good_with_comment and bad_with_comment too; the comment is not read.
    score = text(rating.get("score"), "a rating's 'score'").lower().partition("_")[0]
    return Measures(
        first_reply_minutes=_minutes(metrics, "reply_time_in_minutes"),
        first_resolution_minutes=_minutes(metrics, "first_resolution_time_in_minutes"),
        full_resolution_minutes=_minutes(metrics, "full_resolution_time_in_minutes"),
        score=score if score in _SCORES else None,
    )


def _minutes(metrics: Document, key: LiteralString) -> int | None:
    minutes = mapping(metrics.get(key), "a metric").get("calendar")
    return minutes if isinstance(minutes, int) and not isinstance(minutes, bool) and minutes >= 0 else None
