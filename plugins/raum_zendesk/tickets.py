"""Zendesk's documents of a ticket, put together as a raum `Ticket`.

Shapes: https://developer.zendesk.com/api-reference/ticketing/tickets/tickets/ and .../ticket_comments/.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from attrs import evolve

from raum.api import PRIVATE, PUBLIC, Attachment, Audience, InvalidTicket, Ticket, TicketText, Withheld
from raum_zendesk import files, side_conversations
from raum_zendesk.comment_html import body_text
from raum_zendesk.documents import Document, Malformed, flag, listing, mapping, number, scrub, text
from raum_zendesk.persons import Persons

UNANSWERABLE: Final = frozenset({"closed", "deleted", "archived", "scrubbed"})
"""The statuses in which a ticket takes no comment any more."""


def from_request(document: Document) -> Ticket:
    """A ticket whose comments and users are written into it. Ids may be missing. Raises InvalidTicket."""
    try:
        comments = listing(document.get("comments"), "'comments'")
        users = listing(document.get("users"), "'users'")
        ticket = assemble(document, comments, persons_of(document, comments, users))
    except Malformed as malformed:
        raise InvalidTicket(f"the ticket cannot be read: {malformed}") from None
    # Whoever hands a ticket over does not get to say from where files are fetched with the account's token.
    handed_over = (evolve(attachment, withheld=Withheld.NO_CONTENT) for attachment in ticket.attachments)
    return evolve(ticket, attachments=tuple(handed_over))


def persons_of(
    ticket: Document, comments: Sequence[Document], users: Iterable[Document], conversations: Sequence[Document] = ()
) -> Persons:
    """Everybody whom the ticket, its comments, the user documents and the side conversations name. Raises Malformed."""
    persons = Persons()
    for user in users:
        persons.add_user(user)
    persons.add_requester(mapping(ticket.get("requester"), "'requester'"))
    own_address = text(ticket.get("recipient"), "'recipient'").strip()
    for document in (ticket, *comments):
        persons.add_channel(document.get("via"), own_address)
    for comment in comments:
        persons.add_call(comment.get("data"))
    for participant in side_conversations.participants(conversations):
        persons.add_participant(participant)
    return persons


def assemble(
    ticket: Document, comments: Sequence[Document], persons: Persons, conversations: Sequence[Document] = ()
) -> Ticket:
    """The ticket with all its texts in reading order. Raises Malformed."""
    texts = [*_head(ticket, persons), *_fields(ticket)]
    for position, comment in enumerate(comments, start=1):
        texts += _comment(comment, position, persons)
    if not comments:
        texts.append(_description(ticket))
    texts += [*_satisfaction(ticket), *side_conversations.texts(conversations)]
    return Ticket(
        id=number(ticket["id"], "'id'") if ticket.get("id") is not None else 0,
        texts=tuple(part for part in texts if part.text.strip()),
        persons=persons.everybody(),
        version=text(ticket.get("updated_at"), "'updated_at'") or None,
        attachments=tuple(
            attachment
            for position, comment in enumerate(comments, start=1)
            for attachment in _attachments(comment, _comment_key(comment, position))
        ),
        takes_replies=text(ticket.get("status"), "'status'").lower() not in UNANSWERABLE,
    )


def _head(ticket: Document, persons: Persons) -> Iterator[TicketText]:
    yield TicketText("subject", "Subject", text(ticket.get("subject"), "'subject'"))
    inlined = mapping(ticket.get("requester"), "'requester'")
    name = text(inlined.get("name"), "'requester.name'") or persons.name_of(ticket.get("requester_id"))
    yield TicketText("requester", "Requester", name)
    for organization in listing(ticket.get("organizations"), "'organizations'"):
        key = f"organization:{number(organization.get('id'), 'an id')}"
        yield TicketText(key, "Organization", text(organization.get("name"), "an organization's 'name'"), PRIVATE)


def _fields(ticket: Document) -> Iterator[TicketText]:
    # `fields` says again what `custom_fields` says. Whether the customer sees a field is not in the ticket.
    values: dict[int, object] = {}
    for key in ("custom_fields", "fields"):
        for document in listing(ticket.get(key), "'custom_fields'"):
            values.setdefault(number(document.get("id"), "a custom field's 'id'"), document.get("value"))
    for field_id, value in values.items():
        yield TicketText(f"field:{field_id}", "Custom field", _field_text(value), PRIVATE)


def _field_text(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(filter(None, (_scalar_text(item) for item in value)))
    return _scalar_text(value)


def _scalar_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, str):
        return scrub(value)
    raise Malformed("a custom field's 'value' must be a string, a number, true, false, or a list of these")


def _comment(comment: Document, position: int, persons: Persons) -> Iterator[TicketText]:
    key = _comment_key(comment, position)
    is_public = comment.get("public") is not None and flag(comment["public"], "a comment's 'public'")
    kind, audience = ("Public comment", PUBLIC) if is_public else ("Internal note", PRIVATE)
    yield TicketText(f"{key}:author", f"{kind} by", persons.name_of(comment.get("author_id")), audience)
    yield TicketText(key, kind, body_text(comment), audience)
    call = mapping(comment.get("data"), "a comment's 'data'")
    yield TicketText(f"{key}:call", "Transcript of the call", text(call.get("transcription_text"), "a call"), audience)
    yield from _files(comment, key, audience)


def _comment_key(comment: Document, position: int) -> str:
    return f"comment:{_id_or(position, comment)}"


def _files(comment: Document, key: str, audience: Audience) -> Iterator[TicketText]:
    for attachment in _attachments(comment, key):
        yield TicketText(attachment.key, "Attachment", attachment.name, audience)


def _attachments(comment: Document, key: str) -> Iterator[Attachment]:
    for position, file in enumerate(listing(comment.get("attachments"), "a comment's 'attachments'"), start=1):
        yield files.attachment(file, f"{key}:file:{_id_or(position, file)}")


def _satisfaction(ticket: Document) -> Iterator[TicketText]:
    rating = mapping(ticket.get("satisfaction_rating"), "'satisfaction_rating'")
    for key in ("comment", "reason"):
        words = text(rating.get(key), "a rating's words")
        yield TicketText(f"satisfaction:{key}", "Customer about the support", words, PRIVATE)


def _description(ticket: Document) -> TicketText:
    audience = PRIVATE if ticket.get("is_public") is False else PUBLIC
    return TicketText("description", "Description", text(ticket.get("description"), "'description'").strip(), audience)


def _id_or(position: int, document: Document) -> int:
    return position if document.get("id") is None else number(document["id"], "an 'id'")
