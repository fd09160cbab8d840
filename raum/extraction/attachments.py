"""What is read of a ticket's attachments, and what is said about those that are not."""

from collections.abc import Iterable
from typing import Final

from attrs import evolve, frozen

from raum.api import Helpdesk, Login
from raum.errors import Unreadable
from raum.extraction.reader import Reader, Session
from raum.model import Account, Attachment, Ticket, TicketText, Withheld

READ_LABEL: Final = "Attachment"
CONTENT_LABEL: Final = "Content of the attachment"

_UNREAD_TYPES: Final = {"image": Withheld.IMAGE, "audio": Withheld.AUDIO, "video": Withheld.AUDIO}


@frozen
class Attachments:
    """Reads attachments: at most so many files of a ticket, each of at most so many bytes. Bytes stay in memory."""

    helpdesk: Helpdesk
    reader: Reader
    most_files: int
    most_bytes: int

    async def read(self, account: Account, login: Login, ticket: Ticket) -> Ticket:
        """The ticket with the texts of its attachments; one that is not read is named with the reason why.

        Raises HelpdeskFailed if the helpdesk fails in a way that may pass.
        """
        if not ticket.attachments:
            return ticket
        contents: dict[str, str | Withheld] = {}
        async with self.reader.session() as session:
            for position, attachment in enumerate(ticket.attachments):
                contents[attachment.key] = (
                    await self._content(account, login, session, attachment)
                    if position < self.most_files
                    else Withheld.TOO_MANY
                )
        texts = [each for text in ticket.texts for each in _with_content(text, contents.get(text.key))]
        return evolve(ticket, texts=tuple(texts), attachments=())

    async def _content(
        self, account: Account, login: Login, session: Session, attachment: Attachment
    ) -> str | Withheld:
        unread = attachment.withheld or _UNREAD_TYPES.get(attachment.content_type.partition("/")[0].lower())
        if unread is not None:
            return unread
        if attachment.size > self.most_bytes:
            return Withheld.TOO_LARGE
        try:
            content = await self.helpdesk.download(account, login, attachment, self.most_bytes)
            return await session.text(attachment.name, content)
        except Unreadable as unreadable:
            return unreadable.withheld


def _with_content(text: TicketText, content: str | Withheld | None) -> Iterable[TicketText]:
    """The file's name, and after it what is in the file. The label is the host's own, so it may say why it is not."""
    if content is None:
        return (text,)
    if isinstance(content, Withheld):
        return (evolve(text, label=f"{READ_LABEL}, not read ({content})"),)
    return (text, TicketText(f"{text.key}:content", CONTENT_LABEL, content, text.audience))
