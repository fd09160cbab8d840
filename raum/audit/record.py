"""What a run of the pipeline is going to say about itself, collected on the way."""

import time

from attrs import define, evolve, field

from raum.asking.asker import Answered
from raum.errors import OperationFailed, ProviderFailed
from raum.ids import new_id, utc_now
from raum.model import Entry, Order, Outcome, Reply
from raum.redaction.originals import Originals
from raum.redaction.redacted import Prompt


@define
class Record:
    """Fills up stage by stage; whatever is there when the run ends makes the entry. Holds nothing but redacted text."""

    order: Order = field(repr=False)
    prompt: Prompt | None = None
    answered: Answered | None = None
    placeholders: tuple[str, ...] = ()
    unresolved: tuple[str, ...] = ()
    outcome: Outcome = Outcome.FAILED
    reason: str | None = None
    provider: str | None = None
    is_written: bool = field(default=False, init=False)
    _started: float = field(factory=time.monotonic, init=False)

    @property
    def draft_only(self) -> bool:
        """Whether what was answered is a draft that no customer may get."""
        return self.answered is not None and self.answered.completion.draft_only

    def completed(self, answered: Answered, originals: Originals) -> None:
        """Note the completion in a form that can be kept: should it hold an original by chance, that is hidden."""
        completion = evolve(answered.completion, text=originals.hide(answered.completion.text))
        self.answered = evolve(answered, completion=completion)
        self.provider = answered.provider
        self.placeholders = tuple(str(placeholder) for placeholder in originals.placeholders)

    def replied(self, reply: Reply, originals: Originals) -> None:
        """Note what was left unresolved. It is the provider's own text: should it hold an original, that is hidden."""
        self.unresolved = tuple(originals.hide(text) for text in reply.unresolved)

    def failed(self, failure: OperationFailed) -> None:
        """Note that the run stopped, and the code that says why."""
        self.outcome, self.reason = Outcome.FAILED, failure.code
        if isinstance(failure, ProviderFailed) and failure.provider:
            self.provider = failure.provider

    def forget(self) -> None:
        """Keep nothing of what was said: the ticket was deleted meanwhile, and what is stored about it is erased."""
        self.prompt, self.answered, self.placeholders, self.unresolved = None, None, (), ()

    def entry(self) -> Entry:
        """The audit entry (promise P13). It is made once."""
        self.is_written = True
        order, answered = self.order, self.answered
        completion = answered.completion if answered else None
        usage = completion.usage if completion else None
        return Entry(
            id=new_id(),
            time=utc_now(),
            account_id=order.account.id,
            operation=order.operation,
            actor=str(order.actor),
            impersonator=order.actor.impersonator,
            outcome=self.outcome,
            source_ip=order.source_ip,
            request_id=order.request_id,
            job_id=order.job.id if order.job else None,
            ticket_id=order.ticket_id,
            reason=self.reason,
            provider=self.provider,
            model=completion.model if completion else None,
            input_tokens=usage.input_tokens if usage else 0,
            output_tokens=usage.output_tokens if usage else 0,
            cache_read_tokens=usage.cache_read_tokens if usage else None,
            reasoning_tokens=usage.reasoning_tokens if usage else None,
            cost_nanousd=answered.cost_nanousd if answered else None,
            duration_ms=round((time.monotonic() - self._started) * 1000),
            placeholders=self.placeholders,
            unresolved=self.unresolved,
            content=str(self.prompt.ticket) if self.prompt else None,
            completion=completion.text if completion else None,
        )
