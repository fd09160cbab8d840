"""Reading a ticket over the REST API: which documents make it up, and in which order they are asked for."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from attrs import frozen

from raum.api import HelpdeskFailed, Ticket, TicketNotFound
from raum_zendesk import side_conversations, tickets
from raum_zendesk.client import Client, shape
from raum_zendesk.documents import Document, Malformed, listing, mapping, number

_MAX_IDENTITIES: Final = 1_000
_MAX_SIDE_CONVERSATIONS: Final = 1_000
_USERS_AT_ONCE: Final = 100
_LISTS_OF_USERS: Final = ("collaborator_ids", "follower_ids", "email_cc_ids")


@frozen
class Reader:
    """Reads tickets of one account. `max_comments` is the most that is read, as Zendesk has a limit of its own."""

    client: Client
    max_comments: int

    async def ticket(self, ticket_id: int) -> Ticket:
        """The ticket, all its comments and side conversations, and everybody involved.

        Raises HelpdeskFailed and TicketNotFound. The ticket is read before its comments: a comment that is added in
        between makes the version an older one, so that Zendesk refuses a reply that does not know the comment.
        """
        what = "reading the ticket"
        found = await self.client.get(f"tickets/{ticket_id}.json", what, include="users,organizations")
        comments, users = await self._comments(ticket_id)
        conversations = [item async for item in self._side_conversations(ticket_id)]
        with shape("reading the ticket"):
            ticket = {**mapping(found.get("ticket"), "'ticket'"), "id": ticket_id}
            users = [*listing(found.get("users"), "'users'"), *users]
            users += await self._missing(_mentioned(ticket, comments), users)
            persons = tickets.persons_of(ticket, comments, users, conversations)
            for identity in await self._identities(persons.end_users()):
                persons.add_identity(identity)
            organizations = listing(found.get("organizations"), "'organizations'")
            return tickets.assemble({**ticket, "organizations": organizations}, comments, persons, conversations)

    async def _comments(self, ticket_id: int) -> tuple[list[Document], list[Document]]:
        comments: list[Document] = []
        users: list[Document] = []
        path, what = f"tickets/{ticket_id}/comments.json", "reading the comments"
        params = {"include": "users", "include_inline_images": "true"}
        async for page in self.client.pages(path, "comments", "reading the comments", self.max_comments, **params):
            with shape(what):
                comments += listing(page.get("comments"), "'comments'")
                users += listing(page.get("users"), "'users'")
        return comments, users

    async def _side_conversations(self, ticket_id: int) -> Any:
        """Each with its messages under `events`. An account without the feature has none."""
        what, path = "reading the side conversations", f"tickets/{ticket_id}/side_conversations"
        most = _MAX_SIDE_CONVERSATIONS
        try:
            found = await self.client.listed(
                f"{path}.json", "side_conversations", "reading the side conversations", most
            )
        except HelpdeskFailed as failure:
            if isinstance(failure, TicketNotFound) or failure.code == "helpdesk_unauthorized":
                return
            raise
        for conversation in found:
            with shape(what):
                identifier = side_conversations.token(conversation.get("id"), "a side conversation's 'id'")
            events = await self.client.listed(f"{path}/{identifier}/events.json", "events", what, self.max_comments)
            yield {**conversation, "events": events}

    async def _missing(self, mentioned: Iterable[int], users: Sequence[Document]) -> list[Document]:
        """Users whom the ticket mentions by their number alone."""
        known = {user.get("id") for user in users}
        wanted = [user_id for user_id in dict.fromkeys(mentioned) if user_id not in known]
        found: list[Document] = []
        for start in range(0, len(wanted), _USERS_AT_ONCE):
            ids = ",".join(map(str, wanted[start : start + _USERS_AT_ONCE]))
            answer = await self.client.get("users/show_many.json", "reading the users", ids=ids)
            found += listing(answer.get("users"), "'users'")
        return found

    async def _identities(self, user_ids: Iterable[int]) -> list[Document]:
        found: list[Document] = []
        for user_id in user_ids:
            path, most = f"users/{user_id}/identities.json", _MAX_IDENTITIES
            try:
                found += await self.client.listed(path, "identities", "reading a user's identities", most)
            except TicketNotFound:  # the user was deleted for good; the comments stay
                continue
        return found


def _mentioned(ticket: Document, comments: Sequence[Document]) -> Iterator[int]:
    """The numbers of everybody on the ticket; the system has none."""
    ids = [ticket.get(key) for key in ("requester_id", "submitter_id", "assignee_id")]
    for key in _LISTS_OF_USERS:
        if not isinstance(listed := ticket.get(key) or [], list):
            raise Malformed("the lists of a ticket's users must be lists")
        ids += listed
    ids += [comment.get("author_id") for comment in comments]
    for user_id in ids:
        if user_id is not None and user_id != -1:
            yield number(user_id, "a user's id")
