"""What the stand-in knows: users, identities, tickets, comments and audits, as Zendesk's own documents.

A document holds no address of its own (`url`, `content_url`): these depend on where the stand-in is reached and are
put in when it is shown.
"""

import itertools
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from attrs import field, frozen

from raum.api import html_to_text
from raum_zendesk.comment_html import from_text

Document = dict[str, Any]

FIRST_ID = 9_120_100_000_001
"""Ids are larger than 32 bits, as Zendesk's are."""


@frozen
class File:
    """A file to attach. `malware` is Zendesk's word on it: malware_found, malware_not_found, not_scanned..."""

    name: str
    content: bytes = field(default=b"", repr=False)
    content_type: str = "application/octet-stream"
    malware: str = "malware_not_found"
    inline: bool = False


class Conflict(Exception):
    """A safe update names a state of the ticket that is not the last one."""


class Closed(Exception):
    """A closed ticket takes no update."""


class State:
    """The records of one Zendesk account."""

    def __init__(self) -> None:
        self._ids = itertools.count(FIRST_ID, 128)
        self._ticket_ids = itertools.count(35_501)
        self.users: dict[int, Document] = {}
        self.identities: dict[int, list[Document]] = {}
        self.tickets: dict[int, Document] = {}
        self.comments: dict[int, list[Document]] = {}
        self.audits: dict[int, list[Document]] = {}
        self.organizations: dict[int, Document] = {}
        self.side_conversations: dict[int, list[Document]] = {}
        self.minutes: dict[int, dict[str, int]] = {}
        self.contents: dict[int, bytes] = {}
        self.uploads: dict[str, Document] = {}

    def add_user(self, name: str, email: str | None, phone: str | None, role: str, alias: str) -> int:
        """A user with an identity for the mail address and one for the telephone number."""
        user_id, now = next(self._ids), _now()
        self.users[user_id] = {
            "id": user_id, "name": name, "email": email, "phone": phone, "role": role, "alias": alias,
            "created_at": now, "updated_at": now, "time_zone": "UTC", "iana_time_zone": "Etc/UTC",
            "shared_phone_number": None, "photo": None, "locale_id": 1, "locale": "en-US", "organization_id": None,
            "verified": True, "external_id": None, "tags": [], "active": True, "shared": False, "shared_agent": False,
            "last_login_at": None, "two_factor_auth_enabled": None, "signature": None, "details": "", "notes": "",
            "role_type": None, "custom_role_id": None, "moderator": role != "end-user", "ticket_restriction": None,
            "only_private_comments": False, "restricted_agent": role == "end-user", "suspended": False,
            "default_group_id": None, "report_csv": False, "user_fields": {},
        }  # fmt: skip
        self.identities[user_id] = []
        for kind, value in (("email", email), ("phone_number", phone)):
            if value:
                self.add_identity(user_id, kind, value)
        return user_id

    def add_identity(self, user_id: int, kind: str, value: str) -> int:
        """A further address or number of a user; the first of its kind is the primary one."""
        identity_id, now = next(self._ids), _now()
        primary = all(identity["type"] != kind for identity in self.identities[user_id])
        self.identities[user_id].append({
            "id": identity_id, "user_id": user_id, "type": kind, "value": value, "verified": primary,
            "primary": primary, "created_at": now, "updated_at": now,
        })  # fmt: skip
        return identity_id

    def add_ticket(self, subject: str, requester_id: int, channel: str, **fields: Any) -> int:
        """A ticket without comments."""
        ticket_id, now = next(self._ticket_ids), _now()
        self.tickets[ticket_id] = {
            "id": ticket_id, "external_id": None, "via": self._via(channel, requester_id), "created_at": now,
            "updated_at": now, "generated_timestamp": int(_time(now).timestamp()), "type": None, "subject": subject,
            "raw_subject": subject, "description": "", "priority": None, "status": "new", "recipient": None,
            "requester_id": requester_id, "submitter_id": requester_id, "assignee_id": None, "organization_id": None,
            "group_id": None, "collaborator_ids": [], "follower_ids": [], "email_cc_ids": [], "forum_topic_id": None,
            "problem_id": None, "has_incidents": False, "is_public": False, "due_at": None, "tags": [],
            "custom_fields": [], "satisfaction_rating": None, "sharing_agreement_ids": [], "custom_status_id": None,
            "followup_ids": [], "ticket_form_id": None, "brand_id": None, "allow_channelback": False,
            "allow_attachments": True, "from_messaging_channel": channel == "native_messaging", **fields,
        }  # fmt: skip
        self.comments[ticket_id], self.audits[ticket_id] = [], []
        return ticket_id

    def add_comment(
        self, ticket_id: int, author_id: int, html_body: str, *, public: bool, channel: str,
        files: Sequence[str | File] = (), custom: Mapping[str, Any] | None = None, data: Document | None = None,
    ) -> Document:  # fmt: skip
        """A comment and the audit that it belongs to. Returns the audit."""
        ticket = self.tickets[ticket_id]
        audit_id, comment_id, now = next(self._ids), next(self._ids), self._touch(ticket)
        plain = html_to_text(html_body)
        via = self._via(channel, author_id)
        metadata = {"system": {"client": "stand-in", "ip_address": "192.0.2.44"}, "custom": dict(custom or {})}
        comment = {
            "id": comment_id, "type": "Comment", "author_id": author_id, "body": plain,
            "html_body": f'<div class="zd-comment" dir="auto">{html_body}</div>', "plain_body": plain,
            "public": public, "attachments": [self._attachment(file) for file in files], "audit_id": audit_id,
            "via": via, "created_at": now, "metadata": metadata,
        }  # fmt: skip
        if data is not None:
            comment |= {"type": "VoiceComment", "data": data}
        hidden = ("via", "created_at", "metadata", "data")
        event = {**{key: value for key, value in comment.items() if key not in hidden}, "type": "Comment"}
        audit = {
            "id": audit_id, "ticket_id": ticket_id, "created_at": now, "author_id": author_id, "metadata": metadata,
            "events": [event], "via": via,
        }  # fmt: skip
        self.comments[ticket_id].append(comment)
        self.audits[ticket_id].append(audit)
        ticket["description"] = ticket["description"] or plain
        ticket["is_public"] = ticket["is_public"] or public
        return audit

    def update(self, ticket_id: int, author_id: int, changes: Mapping[str, Any]) -> Document:
        """What `PUT /tickets/{id}` does. Returns the audit. Raises Closed and Conflict, changing nothing.

        https://developer.zendesk.com/api-reference/ticketing/tickets/tickets/#update-ticket
        """
        ticket = self.tickets[ticket_id]
        if ticket["status"] == "closed":
            raise Closed
        if changes.get("safe_update") and changes.get("updated_stamp") != ticket["updated_at"]:
            raise Conflict
        changed = {key: changes[key] for key in ("status", "tags", "subject", "priority") if key in changes}
        ticket.update(changed)
        audit = self._commented(ticket, author_id, changes.get("comment"), changes.get("metadata") or {})
        for key, value in changed.items():
            audit["events"].append({"id": next(self._ids), "type": "Change", "value": value, "field_name": key})
        return audit

    def _commented(self, ticket: Document, author_id: int, comment: Document | None, custom: Document) -> Document:
        if comment:
            audit = self.add_comment(
                ticket["id"],
                comment.get("author_id", author_id),
                comment.get("html_body") or from_text(comment.get("body", "")),
                public=bool(comment.get("public", ticket["is_public"])),
                channel="api",
                custom=custom,
            )
            uploaded = [self.uploads.pop(token) for token in comment.get("uploads", ()) if token in self.uploads]
            self.comments[ticket["id"]][-1]["attachments"] += uploaded
            return audit
        audit = {
            "id": next(self._ids), "ticket_id": ticket["id"], "created_at": self._touch(ticket), "author_id": author_id,
            "metadata": {"system": {}, "custom": dict(custom)}, "events": [], "via": self._via("api", author_id),
        }  # fmt: skip
        self.audits[ticket["id"]].append(audit)
        return audit

    def _via(self, channel: str, author_id: int) -> Document:
        author = self.users.get(author_id, {})
        sender = {"address": author["email"], "name": author["name"]} if channel == "email" and author else {}
        return {"channel": channel, "source": {"from": sender, "to": {}, "rel": None}}

    def add_organization(self, name: str) -> int:
        """An organization."""
        organization_id = next(self._ids)
        self.organizations[organization_id] = {"id": organization_id, "name": name, "details": "", "notes": ""}
        return organization_id

    def add_side_conversation(self, ticket_id: int, subject: str, messages: Sequence[Document]) -> str:
        """A side conversation, of messages in Zendesk's shape: `from`, `to`, `body`."""
        number = next(self._ids)
        identifier, now = f"{number:x}-side", _now()
        events = [
            {"id": f"{number:x}-{position}", "side_conversation_id": identifier, "type": "create" if not position
             else "reply", "actor": message["from"], "created_at": now, "message": {"subject": subject, **message}}
            for position, message in enumerate(messages)
        ]  # fmt: skip
        people = [person for message in messages for person in (message["from"], *message.get("to", ()))]
        self.side_conversations.setdefault(ticket_id, []).append({
            "id": identifier, "ticket_id": ticket_id, "subject": subject, "preview_text": messages[0]["body"][:80],
            "state": "open", "participants": people, "created_at": now, "events": events,
        })  # fmt: skip
        return identifier

    def attachment(self, attachment_id: int) -> Document | None:
        """The attachment with this id."""
        files = (file for each in self.comments.values() for comment in each for file in comment["attachments"])
        return next((file for file in files if file["id"] == attachment_id), None)

    def upload(self, name: str, content: bytes) -> tuple[str, Document]:
        """A file that a comment is going to have, and its token."""
        document = self._attachment(File(name, content))
        token = f"upload-{document['id']:x}"
        self.uploads[token] = document
        return token, document

    def _attachment(self, file: str | File) -> Document:
        file = File(file) if isinstance(file, str) else file
        attachment_id = next(self._ids)
        self.contents[attachment_id] = file.content
        return {
            "id": attachment_id, "file_name": file.name, "content_type": file.content_type, "size": len(file.content),
            "width": None, "height": None, "inline": file.inline, "deleted": False, "malware_access_override": False,
            "malware_scan_result": file.malware, "thumbnails": [],
        }  # fmt: skip

    def _touch(self, ticket: Document) -> str:
        """Move `updated_at`, which counts seconds, by one at least, so that each state has its own stamp."""
        first = not self.audits[ticket["id"]]
        moved = _time(ticket["updated_at"]) + timedelta(seconds=0 if first else 1)
        ticket["updated_at"] = max(ticket["updated_at"], _written(moved), _now())
        ticket["generated_timestamp"] = int(_time(ticket["updated_at"]).timestamp())
        return str(ticket["updated_at"])


def _now() -> str:
    return _written(datetime.now(UTC))


def _written(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def _time(written: str) -> datetime:
    return datetime.fromisoformat(written)
