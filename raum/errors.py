"""The exception tree.

    RaumError                 carries a `code`, the short word that entries and problem documents use
    |-- OperatorError         the operator can mend it: printed as is, without a traceback, exit status 2
    |   `-- ConfigurationError    every fault of a configuration at once
    |-- DeliveryRejected      a webhook delivery that is not accepted
    |   |-- InvalidSignature      it is not proven to come from the helpdesk
    |   `-- InvalidDelivery       it is genuine but cannot be read
    |-- ClaimLost             the job belongs to another worker by now: nothing may be done for it any more
    |-- Unreadable            an attachment is withheld from the AI; the operation goes on
    |-- InvalidTicket         a ticket sent in a request does not have the helpdesk's shape
    `-- OperationFailed       a run of the pipeline stopped; `retryable` says whether trying again can help, and
        |                      `retry_after_seconds` how long the other side wants to be left alone
        |-- RedactionFailed       a detector or a limit failed: nothing leaves (fail closed)
        |-- EgressBlocked         an original was found in what was about to leave
        |-- HelpdeskFailed        the helpdesk did not answer as it should
        |   `-- TicketNotFound
        `-- ProviderFailed        the AI provider did not answer as it should

Every message is written by the host: it never holds ticket content, a provider's text or a secret, so it may be
logged, audited and shown. An exception from outside is never chained to one of these (`from None`), because its text
and its frames may hold what these must not. Anything that is not a `RaumError` is a bug.
"""

from collections.abc import Sequence

from raum.model import Withheld


class RaumError(Exception):
    """Base of all errors that raum raises on purpose."""

    code = "error"


class OperatorError(RaumError):
    """Something that the operator of the host can mend."""

    code = "operator_error"


class ConfigurationError(OperatorError):
    """A configuration with faults; each is one line, `file:line: key: what is wrong; what is allowed`."""

    code = "configuration_invalid"

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)


class DeliveryRejected(RaumError):
    """A webhook delivery that is not accepted."""

    code = "delivery_rejected"


class InvalidSignature(DeliveryRejected):
    """The delivery is not proven to come from the helpdesk."""

    code = "invalid_signature"


class InvalidDelivery(DeliveryRejected):
    """The delivery comes from the helpdesk, but it cannot be read."""

    code = "invalid_delivery"


class ClaimLost(RaumError):
    """The job belongs to another worker by now, or has ended: nothing may be done for it any more."""

    code = "claim_lost"


class InvalidTicket(RaumError):
    """A ticket handed over in a request does not have the helpdesk's shape."""

    code = "invalid_ticket"


class Unreadable(RaumError):
    """The content of an attachment cannot be had or read, and `withheld` says why. The operation goes on without."""

    code = "unreadable"

    def __init__(self, withheld: Withheld) -> None:
        super().__init__(f"the attachment is not read: {withheld}")
        self.withheld = withheld


class OperationFailed(RaumError):
    """A run of the pipeline stopped before its end."""

    code = "operation_failed"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        retryable: bool = False,
        retry_after_seconds: float | None = None,
    ) -> None:
        """`retry_after_seconds` is how long the other side asked to be left alone, if it did."""
        super().__init__(message)
        self.code = code or type(self).code
        self.retryable = retryable
        self.retry_after_seconds = retry_after_seconds


class RedactionFailed(OperationFailed):
    """A detector, the redactor or a size limit failed: no AI call is made."""

    code = "redaction_failed"


class EgressBlocked(OperationFailed):
    """An original value was found in what was about to leave the pipeline."""

    code = "egress_blocked"


class HelpdeskFailed(OperationFailed):
    """The helpdesk did not answer as it should."""

    code = "helpdesk_failed"


class TicketNotFound(HelpdeskFailed):
    """The helpdesk has no such ticket, or the account's token may not see it."""

    code = "ticket_not_found"


class ProviderFailed(OperationFailed):
    """The AI provider did not answer as it should."""

    code = "provider_failed"
