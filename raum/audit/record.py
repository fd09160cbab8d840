"""What a run of the pipeline is going to say about itself, collected on the way."""

import time

from attrs import define, field

from raum.errors import OperationFailed
from raum.ids import new_id, utc_now
from raum.model import Completion, Entry, Order, Outcome, Reply
from raum.redaction.originals import Originals
from raum.redaction.redacted import Prompt


@define
class Record:
    """Fills up stage by stage; whatever is there when the run ends makes the entry. Holds nothing but redacted text."""

    order: Order = field(repr=False)
    provider: str
    prompt: Prompt | None = None
    completion: Completion | None = None
    placeholders: tuple[str, ...] = ()
    unresolved: tuple[str, ...] = ()
    outcome: Outcome = Outcome.FAILED
    reason: str | None = None
    _started: float = field(factory=time.monotonic, init=False)

    def completed(self, completion: Completion, originals: Originals) -> None:
        """Note the completion in a form that can be kept: should it hold an original by chance, that is hidden."""
        self.completion = Completion(
            originals.hide(completion.text), completion.model, completion.usage, completion.draft_only
        )
        self.placeholders = tuple(str(placeholder) for placeholder in originals.placeholders)

    def replied(self, reply: Reply, originals: Originals) -> None:
        """Note what was left unresolved. It is the provider's own text: should it hold an original, that is hidden."""
        self.unresolved = tuple(originals.hide(text) for text in reply.unresolved)

    def failed(self, failure: OperationFailed) -> None:
        """Note that the run stopped, and the code that says why."""
        self.outcome, self.reason = Outcome.FAILED, failure.code

    def forget(self) -> None:
        """Keep nothing of what was said: the ticket was deleted meanwhile, and what is stored about it is erased."""
        self.prompt, self.completion, self.placeholders, self.unresolved = None, None, (), ()

    def entry(self) -> Entry:
        """The audit entry (promise P13)."""
        order, completion = self.order, self.completion
        return Entry(
            id=new_id(),
            time=utc_now(),
            account_id=order.account.id,
            operation=order.operation,
            actor=str(order.actor),
            outcome=self.outcome,
            source_ip=order.source_ip,
            request_id=order.request_id,
            job_id=order.job.id if order.job else None,
            ticket_id=order.ticket_id,
            reason=self.reason,
            provider=self.provider,
            model=completion.model if completion else None,
            input_tokens=completion.usage.input_tokens if completion else 0,
            output_tokens=completion.usage.output_tokens if completion else 0,
            duration_ms=round((time.monotonic() - self._started) * 1000),
            placeholders=self.placeholders,
            unresolved=self.unresolved,
            content=str(self.prompt.ticket) if self.prompt else None,
            completion=completion.text if completion else None,
        )
