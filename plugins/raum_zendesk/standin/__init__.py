"""A stand-in for Zendesk: enough of it to run raum end to end without an account, in memory and on this machine.

It answers as Zendesk does, down to the shapes of its errors, and makes the webhook deliveries that Zendesk would send.
"""

from raum_zendesk.standin.deliveries import WebhookRequest
from raum_zendesk.standin.routes import ReceivedRequest
from raum_zendesk.standin.sender import Sender
from raum_zendesk.standin.state import File
from raum_zendesk.standin.zendesk import ZendeskStandIn

__all__ = ["File", "ReceivedRequest", "Sender", "WebhookRequest", "ZendeskStandIn"]
