"""An account's webhooks in Zendesk (https://developer.zendesk.com/api-reference/webhooks/webhooks-api/webhooks/)."""

import re
from typing import Final

from attrs import field, frozen

from raum.api import Secret
from raum_zendesk.client import Client, shape
from raum_zendesk.documents import Document, Malformed, listing, mapping, text
from raum_zendesk.events import EVENT_TYPES

_NAME: Final = "raum"
_MOST: Final = 1_000
_ID: Final = re.compile(r"[A-Za-z0-9]{1,40}")


@frozen
class Webhook:
    """A webhook. The end of the endpoint is a secret, if it is one of raum's."""

    id: str
    endpoint: str = field(repr=False)
    status: str


@frozen
class Webhooks:
    """The webhooks of the account that the client calls. All methods raise HelpdeskFailed."""

    client: Client

    async def all(self) -> list[Webhook]:
        """Every webhook of the account, whoever made it."""
        found: list[Webhook] = []
        async for page in self.client.pages("webhooks", "webhooks", "listing the webhooks", _MOST):
            with shape("listing the webhooks"):
                found += [_webhook(each) for each in listing(page.get("webhooks"), "'webhooks'")]
        return found

    async def create(self, endpoint: str) -> Webhook:
        """A webhook for all events that raum answers."""
        what = "creating the webhook"
        document = {
            "name": _NAME,
            "endpoint": endpoint,
            "http_method": "POST",
            "request_format": "json",
            "status": "active",
            "subscriptions": list(EVENT_TYPES),
        }
        answer = await self.client.send("POST", "webhooks", "creating the webhook", {"webhook": document})
        with shape(what):
            return _webhook(mapping(answer.get("webhook"), "'webhook'"))

    async def signing_secret(self, webhook: Webhook) -> Secret:
        """What Zendesk signs its deliveries with."""
        answer = await self.client.get(f"webhooks/{webhook.id}/signing_secret", "reading the signing secret")
        with shape("reading the signing secret"):
            secret = text(mapping(answer.get("signing_secret"), "'signing_secret'").get("secret"), "'secret'")
            if not secret:
                raise Malformed("'secret' must be a string")
        return Secret(secret)

    async def delete(self, webhook_id: str) -> None:
        """Delete a webhook."""
        await self.client.delete(f"webhooks/{webhook_id}", "deleting the webhook")


def _webhook(document: Document) -> Webhook:
    identifier = text(document.get("id"), "a webhook's 'id'")
    if not _ID.fullmatch(identifier):
        raise Malformed("a webhook's 'id' must be a short token")
    return Webhook(
        identifier, text(document.get("endpoint"), "a webhook's 'endpoint'"), text(document.get("status"), "'status'")
    )
