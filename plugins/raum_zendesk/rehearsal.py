"""The stand-in with a sample ticket, as `raum demo` uses it."""

from collections.abc import Mapping
from typing import Any, Final

from starlette.types import ASGIApp

from raum_zendesk.standin import File, ZendeskStandIn

_SUBJECT: Final = "Charged twice for order 88210 - Nora Lindqvist"
_COMPLAINT: Final = """\
<p>Hi there,</p>
<p>my card 4111&nbsp;1111&nbsp;1111&nbsp;1111 was charged twice for order 88210 on 3 November. Please refund one of \
the payments.</p>
<p>You reach me at <a href="mailto:nora.lindqvist@example.com">nora.lindqvist@example.com</a> or \
+1&nbsp;(202)&nbsp;555-0143. At work it is n.lindqvist@example.org.</p>
<p>Somebody told me to ask for [REDACTED_NAME], whoever that is.</p>
<p>Thanks<br>Nora Lindqvist</p>"""
_NOTE: Final = (
    "Nora called from 202-555-0178, that is her brother's number. Billing says the second charge is ours.\n\n"
    "Best regards\nDevon"
)
_STATEMENT: Final = File(
    "statement-lindqvist.csv",
    b"Cardholder,Card,Date,Amount\n"
    b"Nora Lindqvist,4111 1111 1111 1111,2026-11-03,59.90\n"
    b"Nora Lindqvist,4111 1111 1111 1111,2026-11-03,59.90\n",
    "text/csv",
)
_PHOTO: Final = File("photo-of-nora.jpg", b"\xff\xd8\xff\xe0", "image/jpeg")
_LATEST: Final = "Any news? Best, Nora"


class ZendeskRehearsal:
    """A Zendesk stand-in that holds one ticket. Implements `raum.api.StandIn`."""

    helpdesk = "zendesk"

    def __init__(self) -> None:
        self._zendesk = zendesk = ZendeskStandIn()
        self.app: ASGIApp = zendesk.app
        self.token = zendesk.token
        self.signing_secret = zendesk.signing_secret
        customer = zendesk.add_user("Nora Lindqvist", "nora.lindqvist@example.com", "+12025550143")
        zendesk.add_identity(customer, "email", "n.lindqvist@example.org")
        agent = zendesk.add_user("Devon Achterberg", "devon@support.example.net", role="agent")
        self._ticket = zendesk.add_ticket(_SUBJECT, customer, html_body=_COMPLAINT, files=[_STATEMENT, _PHOTO])
        zendesk.add_comment(self._ticket, agent, _NOTE, public=False)
        self._comment = zendesk.add_comment(self._ticket, customer, _LATEST, channel="email")

    def options(self, url: str) -> Mapping[str, Any]:
        """The helpdesk part talks to the stand-in alone."""
        return {"url": url}

    def sample_delivery(self) -> tuple[Mapping[str, str], bytes]:
        """The webhook about the customer's latest comment."""
        delivery = self._zendesk.delivery_for_comment_added(self._ticket, self._comment)
        return delivery.headers, delivery.body

    def last_reply(self) -> tuple[str, bool] | None:
        """The latest comment by the host's own user."""
        for comment in reversed(self._zendesk.comments(self._ticket)):
            if comment["author_id"] == self._zendesk.me:
                return str(comment["plain_body"]), bool(comment["public"])
        return None
