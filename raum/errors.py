"""The exception tree.

    RaumError                 carries a `code`, the short word that entries and problem documents use
    |-- OperatorError         the operator can mend it: printed as is, without a traceback, exit status 2
    |   |-- ConfigurationError    every fault of a configuration at once
    |   |-- InvalidSettings       every fault of the settings of an account at once
    |   |-- ChangedMeanwhile      somebody else changed the settings since they were read
    |   |-- KeyRefused            the key manager does not let the host use the key
    |   `-- NotDecryptable        an encrypted value was changed, or it belongs elsewhere
    |-- DeliveryRejected      a webhook delivery that is not accepted
    |   |-- InvalidSignature      it is not proven to come from the helpdesk
    |   `-- InvalidDelivery       it is genuine but cannot be read
    |-- ClaimLost             the job belongs to another worker by now: nothing may be done for it any more
    |-- Unreadable            an attachment is withheld from the AI; the operation goes on
    |-- SignInRefused         somebody could not prove who they are
    |-- TooManyAttempts       somebody tries too often, and has to wait
    |-- NotAllowed            somebody may not do this
    |-- NoSuchUser            there is no user whom this could be about
    |-- InvalidTicket         a ticket sent in a request does not have the helpdesk's shape
    `-- OperationFailed       a run of the pipeline stopped; `retryable` says whether trying again can help, and
        |                      `retry_after_seconds` how long the other side wants to be left alone
        |-- AuditUnavailable      an audit sink does not take entries: nothing is begun
        |-- LimitReached          the account may ask for no more now: nothing leaves
        |-- KeysUnavailable       the key manager cannot be reached, or it is busy
        |-- RedactionFailed       a detector or a limit failed: nothing leaves (fail closed)
        |-- EgressBlocked         an original was found in what was about to leave
        |-- HelpdeskFailed        the helpdesk did not answer as it should
        |   |-- TicketNotFound
        |   `-- PersonNotFound
        `-- ProviderFailed        the AI provider did not answer as it should
            |-- KeyRejected           it does not accept the key
            |-- QuotaExhausted        the key's credit or spending limit is used up
            |-- RequestRejected       it does not accept the request: a model or an option that it does not know
            |-- ProviderBusy          too many requests, or overloaded
            |-- TooLong               the prompt or the answer is longer than the model allows
            |-- RefusedBySafety       it declined to answer
            |-- ProviderDown          it cannot be reached, or it failed
            |-- MalformedAnswer       what came back is no whole answer
            `-- DeadlineExceeded      it took too long

Every message is written by the host: it never holds ticket content, a provider's text or a secret, so it may be
logged, audited and shown. An exception from outside is never chained to one of these (`from None`), because its text
and its frames may hold what these must not. Anything that is not a `RaumError` is a bug.
"""

import re
from collections.abc import Sequence
from typing import ClassVar, Final, LiteralString, Self

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


class InvalidSettings(OperatorError):
    """Settings of an account that cannot be; `faults` are pairs of the way to a value and what is wrong there."""

    code = "settings_invalid"

    def __init__(self, faults: Sequence[tuple[tuple[str | int, ...], str]]) -> None:
        super().__init__("\n".join(f"{'.'.join(map(str, path))}: {text}" if path else text for path, text in faults))
        self.faults = tuple(faults)


class ChangedMeanwhile(OperatorError):
    """Somebody else changed the settings since they were read."""

    code = "changed_meanwhile"


class KeyRefused(OperatorError):
    """The key manager does not let the host use the key: it is disabled, gone, or the host has no right to it.

    What was decrypted with it earlier is not used any more.
    """

    code = "key_refused"


class NotDecryptable(OperatorError):
    """An encrypted value was changed, was encrypted for another place, or has a format or key that is not known."""

    code = "not_decryptable"

    def __init__(self, message: str = "an encrypted value was changed, or it was encrypted for another place") -> None:
        super().__init__(message)


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


class SignInRefused(RaumError):
    """Somebody could not prove who they are. Why is told to the audit log alone."""

    code = "sign_in_refused"

    def __init__(self) -> None:
        super().__init__("These are not the credentials of anybody who may sign in.")


class TooManyAttempts(RaumError):
    """Somebody tries too often, and has to wait for so many seconds."""

    code = "too_many_attempts"

    def __init__(self, seconds: float) -> None:
        super().__init__("There were too many attempts. Wait before the next one.")
        self.seconds = seconds


class NotAllowed(RaumError):
    """Somebody may not do this."""

    code = "forbidden"


class NoSuchUser(RaumError):
    """There is no user whom this could be about."""

    code = "unknown_user"

    def __init__(self) -> None:
        super().__init__("There is no such user.")


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


class AuditUnavailable(OperationFailed):
    """What is done could not be recorded everywhere where it must be: nothing is begun."""

    code = "audit_unavailable"

    def __init__(self, message: str) -> None:
        super().__init__(message, retryable=True)


class LimitReached(OperationFailed):
    """The account may ask for no more now. `retry_after_seconds` is when it may again."""

    def __init__(self, message: str, code: str, seconds: float | None = None, *, retryable: bool = False) -> None:
        super().__init__(f"{message}; no AI call was made", code=code, retryable=retryable, retry_after_seconds=seconds)


class KeysUnavailable(OperationFailed):
    """The key manager cannot be reached, or it is busy: the same call may succeed a little later."""

    code = "keys_unavailable"

    def __init__(
        self, message: LiteralString = "the key manager cannot be reached, or it is busy; try again later"
    ) -> None:
        super().__init__(message, retryable=True)


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


class PersonNotFound(HelpdeskFailed):
    """The helpdesk does not know the person, or not any more."""

    code = "person_not_found"


# Letters and underscores hold any provider's code ("insufficient_quota", "RESOURCE_EXHAUSTED") and no value or key.
_CODE: Final = re.compile(r"[A-Za-z][A-Za-z_]{0,63}")
_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


class ProviderFailed(OperationFailed):
    """The AI provider did not answer as it should. Raise one of the kinds below, `from None`.

    `message` is written in the source code of the part and goes behind "provider 'x' "; without it the kind's own
    sentence is used. `status` is the HTTP status, `provider_code` and `provider_request_id` are the provider's words
    for the failure and for the call; one that does not look like such a word is dropped, because it may quote the
    prompt or the key. `retry_after_seconds` is what the provider asked for, uncapped.
    """

    code = "provider_failed"
    sentence: ClassVar[LiteralString] = "did not answer as it should"
    passes: ClassVar[bool] = True
    """Whether the same call may succeed a little later."""
    elsewhere: ClassVar[bool] = True
    """Whether another provider may do better."""

    def __init__(
        self,
        message: LiteralString | None = None,
        *,
        status: int | None = None,
        provider_code: str | None = None,
        provider_request_id: str | None = None,
        retry_after_seconds: float | None = None,
    ) -> None:
        super().__init__(
            message or type(self).sentence, retryable=type(self).passes, retry_after_seconds=retry_after_seconds
        )
        self.status = status
        self.provider_code = _matching(_CODE, provider_code)
        self.provider_request_id = _matching(_REQUEST_ID, provider_request_id)
        self.provider = ""

    def by(self, provider: str) -> Self:
        """The failure, with the name of the provider's part in front of its sentence."""
        self.provider = provider
        return self

    def bare(self) -> Self:
        """The failure without the frames and errors that it came through, which hold the prompt and the key."""
        self.__cause__ = self.__context__ = None
        return self.with_traceback(None)

    def __str__(self) -> str:
        facts = {"status": self.status, "code": self.provider_code, "request": self.provider_request_id}
        told = ", ".join(f"{name} {fact}" for name, fact in facts.items() if fact is not None)
        sentence = super().__str__()
        whole = f"provider '{self.provider}' {sentence}" if self.provider else sentence
        return f"{whole} ({told})" if told else whole


def _matching(pattern: re.Pattern[str], word: object) -> str | None:
    return word if isinstance(word, str) and pattern.fullmatch(word) else None


class KeyRejected(ProviderFailed):
    """The key is not valid, or may not do this (401, 403)."""

    code = "key_rejected"
    sentence = "does not accept the key, or the key may not use this model"
    passes = False


class QuotaExhausted(ProviderFailed):
    """The key's credit or spending limit is used up: waiting a little does not help (402, some 429)."""

    code = "quota_exhausted"
    sentence = "says that the key's credit or spending limit is used up"
    passes = False


class RequestRejected(ProviderFailed):
    """The provider does not accept the request, most often because of the model or an option (400, 404)."""

    code = "request_rejected"
    sentence = "does not accept the request; the model or an option of the account's settings is not known to it"
    passes = False


class ProviderBusy(ProviderFailed):
    """Too many requests for now, or the provider is overloaded (429, 503, 529)."""

    code = "provider_busy"
    sentence = "is busy, or the key's rate limit is reached"


class TooLong(ProviderFailed):
    """The prompt is longer than the model reads (413), or the answer was cut because it is longer than allowed."""

    code = "too_long"
    sentence = "could not answer in full: the ticket or the answer is too long for the model or the settings"
    passes = False


class RefusedBySafety(ProviderFailed):
    """The provider declined to answer. Nobody else is asked instead."""

    code = "refused_by_safety"
    sentence = "declined to answer"
    passes = False
    elsewhere = False


class ProviderDown(ProviderFailed):
    """The provider cannot be reached, broke off, or failed (408, 5xx, connection errors)."""

    code = "provider_down"
    sentence = "cannot be reached, or failed"


class MalformedAnswer(ProviderFailed):
    """What came back is no whole answer: no JSON, an empty text, a stream without its end."""

    code = "malformed_answer"
    sentence = "answered with something that is no whole answer"


class DeadlineExceeded(ProviderFailed):
    """The provider took longer than the host waits."""

    code = "deadline_exceeded"
    sentence = "took longer than the host waits for it"
