"""Webhook deliveries as Zendesk makes them.

The body is indented by three spaces and ends in a line end; ids are strings, statuses upper case. An event keeps its
id however often it is delivered; the timestamp and with it the signature are new each time.
"""

import json
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from attrs import field, frozen

from raum_zendesk.signature import sign
from raum_zendesk.standin.state import Document

_NAMESPACE = uuid.UUID("6f0b6c0e-43c7-4d8e-9a55-0d5c3f1e7a10")


@frozen
class WebhookRequest:
    """A delivery that is ready to be sent. The names in `headers` are written as Zendesk writes them."""

    headers: Mapping[str, str]
    body: bytes = field(repr=False)


def signed(document: Mapping[str, Any], secret: str) -> WebhookRequest:
    """A delivery of a document, signed now."""
    body = (json.dumps(document, indent=3, sort_keys=True, ensure_ascii=False) + "\n").encode("utf-8")
    timestamp = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    headers = {
        "X-Zendesk-Webhook-Signature-Timestamp": timestamp,
        "X-Zendesk-Webhook-Signature": sign(secret, timestamp, body),
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Zendesk Webhook",
        "X-Zendesk-Account-Id": "14700001",
        "X-Zendesk-Webhook-Id": _ulid("webhook"),
        "X-Zendesk-Webhook-Invocation-Id": _ulid(body.decode("utf-8")),
    }
    return WebhookRequest(headers, body)


def resigned(delivery: WebhookRequest, secret: str) -> WebhookRequest:
    """Another attempt of a delivery: the same body and the same invocation, signed now."""
    timestamp = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    signature = sign(secret, timestamp, delivery.body)
    fresh = {"X-Zendesk-Webhook-Signature-Timestamp": timestamp, "X-Zendesk-Webhook-Signature": signature}
    return WebhookRequest({**delivery.headers, **fresh}, delivery.body)


def ticket_event(kind: str, ticket: Document, event: Document, time: str, *parts: object) -> Document:
    """The envelope of a ticket event; `parts` tell it from others of its kind on the ticket."""
    return _envelope(f"ticket.{kind}", ticket["id"], _detail(ticket), event, time, *parts)


def user_event(kind: str, user: Document) -> Document:
    """The envelope of an event about a user."""
    detail = {
        "id": str(user["id"]), "email": user["email"], "role": user["role"], "external_id": "",
        "created_at": user["created_at"], "updated_at": user["updated_at"],
    }  # fmt: skip
    envelope = _envelope(f"user.{kind}", user["id"], detail, {}, user["updated_at"])
    return {**envelope, "subject": f"zen:user:{user['id']}"}


def comment_event(comment: Document, author: Document) -> Document:
    """The `event` of `ticket.comment_added`."""
    return {
        "comment": {
            "id": str(comment["id"]),
            "body": comment["body"],
            "html_body": comment["html_body"],
            "is_public": comment["public"],
            "author": {"id": str(author["id"]), "is_staff": author["role"] != "end-user", "name": author["name"]},
        }
    }


def message_event(ticket: Document, message: str, actor_type: str, number: int) -> Document:
    """A `messaging_ticket.message_added`, which names the ticket and nothing else of it."""
    event = {
        "actor": {"id": _hex("actor", ticket["id"]), "name": "Web visitor", "type": actor_type},
        "conversation_id": _hex("conversation", ticket["id"]),
        "message": {"id": _hex("message", ticket["id"], number), "body": message},
    }
    detail = {"id": str(ticket["id"])}
    time = ticket["updated_at"]
    return _envelope("messaging_ticket.message_added", ticket["id"], detail, event, time, number)


def trigger_body(ticket: Document, comment: Document | None) -> Document:
    """What the trigger that raum's documentation recommends sends."""
    return {
        "source": "zendesk-trigger",
        "v": 1,
        "ticket_id": str(ticket["id"]),
        "updated_at": ticket["updated_at"],
        "latest_comment_id": str(comment["id"]) if comment else "",
    }


def _envelope(kind: str, ticket_id: int, detail: Document, event: Document, time: str, *parts: object) -> Document:
    return {
        "account_id": 14_700_001,
        "id": str(uuid.uuid5(_NAMESPACE, ":".join(map(str, (kind, ticket_id, time, *parts))))),
        "type": f"zen:event-type:{kind}",
        "time": time.replace("Z", ".482913377Z"),
        "zendesk_event_version": "2022-11-06",
        "subject": f"zen:ticket:{ticket_id}",
        "detail": detail,
        "event": {**event, "meta": {"sequence": {"id": _ulid(str(ticket_id)), "position": 1}}},
    }


def _detail(ticket: Document) -> Document:
    ids = ("assignee_id", "brand_id", "group_id", "id", "organization_id", "requester_id", "submitter_id")
    same = ("created_at", "description", "external_id", "is_public", "subject", "updated_at")
    upper = ("priority", "status", "type")
    return {
        **{key: ticket[key] for key in same},
        **{key: str(ticket[key]) if ticket[key] is not None else None for key in ids},
        **{key: ticket[key].upper() if ticket[key] is not None else None for key in upper},
        "actor_id": str(ticket["requester_id"]),
        "custom_status": None,
        "form_id": None,
        "tags": ticket["tags"] or None,
        "via": {"channel": {"email": "mail", "api": "web_service"}.get(ticket["via"]["channel"], "web")},
    }


def _hex(*parts: object) -> str:
    return uuid.uuid5(_NAMESPACE, ":".join(map(str, parts))).hex[:24]


def _ulid(name: str) -> str:
    """A ULID that is always the same for a name: 26 characters of Crockford's base 32."""
    number = uuid.uuid5(_NAMESPACE, name).int >> 3
    return "".join("0123456789ABCDEFGHJKMNPQRSTVWXYZ"[number >> shift & 31] for shift in range(125, -1, -5))
