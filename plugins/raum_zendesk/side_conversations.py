"""Side conversations: mails and chats that an agent has with others about a ticket, each with an audience of its own.

https://developer.zendesk.com/api-reference/ticketing/side_conversation/side_conversation/
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final, LiteralString

from raum.api import Audience, TicketText, side_conversation
from raum_zendesk.comment_html import body_text
from raum_zendesk.documents import Document, Malformed, listing, mapping, text

_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


def texts(conversations: Iterable[Document]) -> Iterator[TicketText]:
    """What is said in them, in order. Raises Malformed."""
    for conversation in conversations:
        identifier = token(conversation.get("id"), "a side conversation's 'id'")
        key, audience = f"side:{identifier}", side_conversation(identifier)
        subject = text(conversation.get("subject"), "a side conversation's 'subject'")
        yield TicketText(f"{key}:subject", "Side conversation", subject, audience)
        for position, event in enumerate(listing(conversation.get("events"), "'events'"), start=1):
            yield from _message(event, f"{key}:{position}", audience)


def participants(conversations: Iterable[Document]) -> Iterator[Document]:
    """Everybody in them. Raises Malformed."""
    for conversation in conversations:
        yield from listing(conversation.get("participants"), "'participants'")
        for event in listing(conversation.get("events"), "'events'"):
            message = mapping(event.get("message"), "'message'")
            yield mapping(event.get("actor"), "'actor'")
            yield mapping(message.get("from"), "'message.from'")
            yield from listing(message.get("to"), "'message.to'")


def token(value: object, name: LiteralString) -> str:
    """An id that may stand in a path."""
    if not isinstance(value, str) or not _TOKEN.fullmatch(value):
        raise Malformed(f"{name} must be a short token")
    return value


def _message(event: Document, key: str, audience: Audience) -> Iterator[TicketText]:
    message = mapping(event.get("message"), "'message'")
    sender = mapping(message.get("from") or event.get("actor"), "'message.from'")
    name = text(sender.get("name") or sender.get("email"), "a participant's 'name'")
    yield TicketText(f"{key}:author", "Side conversation message by", name, audience)
    said = body_text(message) or text(message.get("preview_text"), "'preview_text'")
    yield TicketText(key, "Side conversation message", said, audience)
    for position, file in enumerate(listing(message.get("attachments"), "'attachments'"), start=1):
        name = text(file.get("file_name") or file.get("name"), "an attachment's 'file_name'")
        yield TicketText(f"{key}:file:{position}", "Attachment, not read (of a side conversation)", name, audience)
