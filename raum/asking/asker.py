"""Asking: one deadline, a few attempts, then another provider if the account wants one (promise P10).

An SDK's own retries are off, so that all of that is decided here, in one place and for all providers alike.
"""

import asyncio
import random
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing
from typing import Final

import structlog
from attrs import evolve, field, frozen

from raum.api import Provider, Store
from raum.asking.breaker import Breakers
from raum.asking.cost import cost_nanousd, has_price
from raum.asking.limits import admit
from raum.errors import DeadlineExceeded, LimitReached, MalformedAnswer, OperatorError, ProviderFailed
from raum.ids import utc_now
from raum.log import where
from raum.model import CallOptions, Completion
from raum.redaction.redacted import Prompt
from raum.secrets.credentials import Credentials
from raum.secrets.secret import Secret
from raum.settings import Settings, stored_settings

_log = structlog.get_logger("raum.asking")

_FIRST_PAUSE_SECONDS: Final = 0.5
_UNKNOWN: Final = "failed in a way that the host does not know; the log says where"


@frozen
class Policy:
    """How patient the host is: seconds for all attempts together, attempts per provider, the longest Retry-After."""

    seconds: float
    attempts: int = 3
    longest_pause_seconds: float = 20.0


@frozen
class Answered:
    """A completion, the part that gave it, and what it cost in billionths of a US dollar, if that is known."""

    completion: Completion
    provider: str
    cost_nanousd: int | None = None


@frozen
class _Candidate:
    """A provider that may be asked for an account. `seconds` of the options is set for each attempt."""

    account_id: str
    name: str
    provider: Provider
    options: CallOptions

    @property
    def has_price(self) -> bool:
        """Whether it is known what a call costs. One that needs no key is the host's own, and costs nothing."""
        return not self.provider.needs_key or has_price(self.provider.vendor, self.options.model)


@frozen
class Asker:
    """Asks the providers of the host in the name of accounts. Keeps no prompt and no key."""

    providers: Mapping[str, Provider]
    store: Store
    credentials: Credentials
    policy: Policy
    breakers: Breakers = field(factory=Breakers)
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    jitter: Callable[[float, float], float] = random.uniform

    async def settings(self, account_id: str) -> Settings:
        """What the account chose."""
        return stored_settings(await self.store.settings(account_id))

    async def admit(self, account_id: str, settings: Settings) -> None:
        """Count an operation of the account. Raises LimitReached if it may ask for no more."""
        await admit(self.store, account_id, settings.limits, utc_now())

    async def ask(
        self, account_id: str, prompt: Prompt, settings: Settings, *, streamed: bool = False
    ) -> AsyncGenerator[str | Answered, None]:
        """The pieces of the answer, if it is streamed, and then the whole. Raises ProviderFailed and OperatorError.

        Once a piece is out nobody else is asked: two halves of two answers are no answer.
        """
        candidates = await self.candidates(account_id, prompt, settings)
        ends = _now() + self.policy.seconds
        failure, started = ProviderFailed(), False
        for number, candidate in enumerate(candidates):
            until = _now() + (ends - _now()) / (len(candidates) - number)  # its share of the time that is left
            async with aclosing(self._persist(candidate, prompt, until, streamed=streamed)) as pieces:
                async for piece in pieces:
                    if isinstance(piece, ProviderFailed):
                        failure = piece
                        break
                    started = True
                    yield piece
                else:
                    return
            if started or not failure.elsewhere:
                break
        raise failure

    async def candidates(self, account_id: str, prompt: Prompt, settings: Settings) -> list[_Candidate]:
        """The account's provider, and those that it wants to fall back to and has stored a key for, in its order.

        Raises LimitReached if it has a budget and nobody knows what any of them costs.
        """
        order = settings.order(prompt.operation) or tuple(self.providers)[:1]
        names = [name for name in order if name in self.providers]
        if not names:
            raise OperatorError(
                f"the host has none of the providers that account '{account_id}' chose; choose with "
                f"`raum settings set {account_id} providers ...`, allowed: {', '.join(self.providers)}"
            )
        chosen = names[:1]
        if settings.fallback:
            chosen += [
                name
                for name in names[1:]
                if self.providers[name].needs_key and await self.store.credential(account_id, name) is not None
            ]
        candidates = [self._candidate(account_id, name, settings, prompt) for name in chosen]
        if settings.limits.budget_usd_per_month is not None:
            candidates = [each for each in candidates if each.has_price]
        if not candidates:
            raise LimitReached("the account has a budget, and the price of its model is not known", "price_unknown")
        return candidates

    def _candidate(self, account_id: str, name: str, settings: Settings, prompt: Prompt) -> _Candidate:
        provider = self.providers[name]
        options = settings.options(name, provider.default_model, prompt.operation, self.policy.seconds)
        return _Candidate(account_id, name, provider, options)

    async def _persist(
        self, candidate: _Candidate, prompt: Prompt, until: float, *, streamed: bool
    ) -> AsyncGenerator[str | Answered | ProviderFailed, None]:
        """One provider, attempt after attempt: pieces and the whole, or at the end the last attempt's failure."""
        attempt, pause = 0, 0.0
        while True:
            attempt += 1
            if pause:
                await self.sleep(pause)
            failure, started = self.breakers.refusal(candidate.account_id, candidate.name), False
            if failure is None:
                async with aclosing(self._attempt(candidate, prompt, until, streamed=streamed)) as pieces:
                    async for piece in pieces:
                        if isinstance(piece, ProviderFailed):
                            failure = piece
                            break
                        started = True
                        yield piece
                self.breakers.note(candidate.account_id, candidate.name, failure)
            if failure is None:
                return
            _log.warning(
                "a provider failed", account=candidate.account_id, attempt=attempt, code=failure.code,
                problem=str(failure.by(candidate.name)),
            )  # fmt: skip
            pause = self._pause(failure, attempt)
            if started or not pause or attempt >= self.policy.attempts or _now() + pause >= until:
                yield failure
                return

    def _pause(self, failure: ProviderFailed, attempt: int) -> float:
        """Seconds until the next attempt, 0 if there is none: exponential with full jitter, and what was asked for."""
        asked_for = failure.retry_after_seconds or 0.0
        if not failure.retryable or asked_for > self.policy.longest_pause_seconds:
            return 0.0
        most = min(self.policy.longest_pause_seconds, _FIRST_PAUSE_SECONDS * 2.0 ** (attempt - 1))
        return max(0.001, asked_for + self.jitter(0.0, most))

    async def _attempt(
        self, candidate: _Candidate, prompt: Prompt, until: float, *, streamed: bool
    ) -> AsyncGenerator[str | Answered | ProviderFailed, None]:
        """One request. A failure is handed on as a value: raised, it would carry frames that hold the prompt."""
        provider, options = candidate.provider, evolve(candidate.options, seconds=max(0.001, until - _now()))
        key = await self.credentials.get(candidate.account_id, candidate.name) if provider.needs_key else None
        call = provider.stream if streamed else _completed(provider)
        said: list[str] = []
        async with aclosing(call(prompt, key=key, options=options)) as pieces:  # type: ignore[type-var]
            while isinstance(piece := await _next(pieces, until), str):
                said.append(piece)
                if piece:
                    yield piece
        if isinstance(piece, Completion):
            if not piece.text.strip():
                piece = MalformedAnswer("answered with an empty text")
            elif streamed and "".join(said) != piece.text:
                piece = MalformedAnswer("streamed an answer that is not the sum of its pieces")
            else:
                cost = cost_nanousd(piece, vendor=provider.vendor, asked=options.model)
                yield Answered(piece, candidate.name, cost)
                return
        yield piece


def _completed(provider: Provider) -> Callable[..., AsyncIterator[str | Completion]]:
    async def call(prompt: Prompt, **arguments: object) -> AsyncIterator[str | Completion]:
        yield await provider.complete(prompt, **arguments)  # type: ignore[arg-type]

    return call


async def _next(pieces: AsyncIterator[str | Completion], until: float) -> str | Completion | ProviderFailed:
    """The next piece, or the failure that took its place."""
    try:
        async with asyncio.timeout_at(until):
            piece = await anext(pieces, None)
    except ProviderFailed as error:
        return error.bare()
    except TimeoutError:
        return DeadlineExceeded()
    except Exception as error:  # noqa: BLE001 -- a bug of the part; its text may hold the prompt or the key
        _log.error("bug in a provider", error=type(error).__name__, where=where(error))
        return ProviderFailed(_UNKNOWN)
    return MalformedAnswer("ended its answer without saying that it is whole") if piece is None else piece


async def tried(
    provider: Provider, prompt: Prompt, key: Secret | None, options: CallOptions, until: float
) -> str | Completion | ProviderFailed:
    """One whole call until a time of the event loop; a failure is handed back as a value."""
    async with aclosing(_completed(provider)(prompt, key=key, options=options)) as pieces:  # type: ignore[type-var]
        return await _next(pieces, until)


def _now() -> float:
    return asyncio.get_running_loop().time()
