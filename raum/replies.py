"""How a reply is worded for those who read it."""

from attrs import evolve

from raum.model import Operation, Order, Reply
from raum.settings import Settings

_DRAFT = "raum draft, for the team only. The customer has not received this."
_UNRESOLVED = "Please check before sending. These placeholders have no value that may be put here: "


def signature_for(order: Order, settings: Settings) -> str:
    """What is written below a reply to a customer, by the host itself: the AI neither sees nor words it."""
    return f"\n\n{settings.signature}" if settings.signature and order.operation is Operation.GENERATE else ""


def worded(reply: Reply) -> Reply:
    """A reply as it is posted: to the customer as it is, to the team behind a line that says what it is."""
    if reply.public:
        return reply
    notice = [_DRAFT]
    if reply.unresolved:
        notice.append(_UNRESOLVED + ", ".join(reply.unresolved))
    return evolve(reply, text="\n\n".join((*notice, reply.text)))
