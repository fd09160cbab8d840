"""Between raum's terms and those of the Messages API: documents in, documents out, no I/O.

Documents: https://platform.claude.com/docs/en/api/messages, errors: https://platform.claude.com/docs/en/api/errors.
What is not in the shape of the API raises MalformedAnswer.
"""

from collections.abc import Mapping
from typing import Any, Final

from attrs import define, field

from raum.api import (
    CallOptions,
    Completion,
    KeyRejected,
    MalformedAnswer,
    Prompt,
    ProviderBusy,
    ProviderDown,
    ProviderFailed,
    QuotaExhausted,
    RefusedBySafety,
    RequestRejected,
    TooLong,
    Usage,
    failure_of_status,
)

Document = Mapping[str, Any]

API_VERSION: Final = "2026-10-21"
"""The version of the API that these documents are of. It knows no sampling parameters."""

# What says more than the status.
_CODES: Final[Mapping[str, type[ProviderFailed]]] = {
    "billing_error": QuotaExhausted,
    "contract_spend_limit_reached": QuotaExhausted,
    "enforced_spend_limit_reached": QuotaExhausted,
    "linked_organization_spend_limit_reached": QuotaExhausted,
}

# Amid a stream there is no status.
_TYPES: Final[Mapping[str, type[ProviderFailed]]] = {
    "authentication_error": KeyRejected,
    "permission_error": KeyRejected,
    "not_found_error": RequestRejected,
    "invalid_request_error": RequestRejected,
    "request_too_large": TooLong,
    "rate_limit_error": ProviderBusy,
    "overloaded_error": ProviderBusy,
}


def request(prompt: Prompt, options: CallOptions) -> dict[str, Any]:
    """The request. Raises RequestRejected for sampling parameters: there are none in this version of the API."""
    if options.temperature is not None or options.top_p is not None:
        raise RequestRejected("takes no sampling parameters; remove temperature and top_p from the account's settings")
    return {
        "model": options.model,
        "max_tokens": options.max_output_tokens,
        "system": str(prompt.instructions),
        "messages": [{"role": "user", "content": str(prompt.message)}],
    }


def completion(document: Document, model: str) -> Completion:
    """The completion of a whole message; of the model that was asked, if it names none. Raises ProviderFailed."""
    match document:
        case {"content": list(blocks), "stop_reason": str(reason)}:
            texts = [block["text"] for block in blocks if _is_text(block)]
        case _:
            raise MalformedAnswer
    match reason:
        case "end_turn" | "stop_sequence":
            text = "".join(texts)
        case "max_tokens" | "model_context_window_exceeded":
            raise TooLong
        case "refusal":
            raise RefusedBySafety(provider_code="refusal")
        case _:
            raise MalformedAnswer
    if not text.strip():
        raise MalformedAnswer("answered with an empty text")
    name = document.get("model")
    answering = name if isinstance(name, str) and name else model
    return Completion(text, model=answering, usage=_usage(document.get("usage")))


def failure(
    body: object,
    *,
    status: int | None = None,
    request_id: str | None = None,
    retry_after_seconds: float | None = None,
) -> ProviderFailed:
    """The failure that a body of an error and a status stand for; without a status it is one amid a stream."""
    error = body.get("error") if isinstance(body, Mapping) else None
    facts = error if isinstance(error, Mapping) else {}
    details = facts.get("details")
    words = (details.get("error_code") if isinstance(details, Mapping) else None, facts.get("type"))
    codes = [word for word in words if isinstance(word, str)]
    told: Any = {
        "provider_code": codes[0] if codes else None,
        "provider_request_id": request_id,
        "retry_after_seconds": retry_after_seconds,
    }
    kind = _kind_of_message(facts.get("message")) or _kind(_CODES, codes)
    if kind is None and status is not None:
        return failure_of_status(status, **told)
    return (kind or _kind(_TYPES, codes) or ProviderDown)(status=status, **told)


@define
class Reading:
    """Reads the events of a stream: `read` gives the piece of the answer in each, `completion` the whole at the end."""

    model: str
    _pieces: list[str] = field(factory=list)
    _told: dict[str, Any] = field(factory=dict)
    _usage: dict[str, Any] = field(factory=dict)
    _ended: bool = False

    def read(self, event: Any) -> str:
        """The piece of the answer in an event, most often empty. Raises ProviderFailed for an event of failure."""
        match event:
            case {"type": "error"}:
                raise failure(event)
            case {"type": "message_start", "message": {**message}}:
                self._told["model"] = message.get("model")
                self._count(message)
            case {"type": "content_block_start", "content_block": {"type": "text", "text": str(text)}}:
                return self._piece(text)
            case {"type": "content_block_delta", "delta": {"type": "text_delta", "text": str(text)}}:
                return self._piece(text)
            case {"type": "message_delta", "delta": {**delta}}:
                self._told["stop_reason"] = delta.get("stop_reason")
                self._count(event)
            case {"type": "message_stop"}:
                self._ended = True
            case {"type": str()}:
                pass
            case _:
                raise MalformedAnswer
        return ""

    def completion(self) -> Completion:
        """The completion. Raises MalformedAnswer for a stream without its end."""
        if not self._ended:
            raise MalformedAnswer("broke off before the end of its answer")
        content = [{"type": "text", "text": piece} for piece in self._pieces]
        return completion({**self._told, "content": content, "usage": self._usage}, self.model)

    def _piece(self, text: str) -> str:
        self._pieces.append(text)
        return text

    def _count(self, holder: Any) -> None:
        # The counts of the end are those of the whole message, as far as they are there.
        usage = holder.get("usage")
        if isinstance(usage, Mapping):
            self._usage |= {name: count for name, count in usage.items() if count is not None}


def _is_text(block: object) -> bool:
    """Thinking and calls of tools are no part of the answer."""
    match block:
        case {"type": "text", "text": str()}:
            return True
    return False


def _kind(kinds: Mapping[str, type[ProviderFailed]], codes: list[str]) -> type[ProviderFailed] | None:
    return next((kinds[code] for code in codes if code in kinds), None)


def _kind_of_message(message: object) -> type[ProviderFailed] | None:
    # Both come as a plain invalid_request_error; the message is looked at and not kept.
    text = message.lower() if isinstance(message, str) else ""
    if "prompt is too long" in text:
        return TooLong
    return QuotaExhausted if "credit balance is too low" in text else None


def _usage(document: Any) -> Usage | None:
    """Anthropic counts input that its cache had a part in apart from the rest."""
    match document:
        case {"input_tokens": int(plain), "output_tokens": int(written)}:
            read = document.get("cache_read_input_tokens") or 0
            stored = document.get("cache_creation_input_tokens") or 0
            thinking = (document.get("output_tokens_details") or {}).get("thinking_tokens") or 0
            return Usage(
                plain + read + stored,
                written,
                cache_read_tokens=read,
                cache_write_tokens=stored,
                reasoning_tokens=thinking,
            )
    return None
