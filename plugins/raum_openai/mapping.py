"""Between raum's terms and those of the Responses API: documents in, documents out, no I/O.

Documents: https://platform.openai.com/docs/api-reference/responses, codes of errors:
https://platform.openai.com/docs/guides/error-codes. What is not in the shape of the API raises MalformedAnswer.
"""

from collections.abc import Iterator, Mapping
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

_MIN_OUTPUT_TOKENS: Final = 16  # fewer are refused

_KINDS: Final[Mapping[str, type[ProviderFailed]]] = {
    "invalid_api_key": KeyRejected,
    "insufficient_quota": QuotaExhausted,
    "billing_hard_limit_reached": QuotaExhausted,
    "credit_balance_exhausted": QuotaExhausted,
    "organization_spend_limit_exceeded": QuotaExhausted,
    "organization_usage_limit_exceeded": QuotaExhausted,
    "project_spend_limit_exceeded": QuotaExhausted,
    "rate_limit_exceeded": ProviderBusy,
    "slow_down": ProviderBusy,
    "context_length_exceeded": TooLong,
    "string_above_max_length": TooLong,
    "exceed_context_size_error": TooLong,  # llama.cpp
    "content_filter": RefusedBySafety,
    "content_policy_violation": RefusedBySafety,
    "invalid_prompt": RefusedBySafety,
    "bio_policy": RefusedBySafety,
    "cyber_policy": RefusedBySafety,
    "model_not_found": RequestRejected,
}


def request(prompt: Prompt, options: CallOptions) -> dict[str, Any]:
    """The request. Nothing is kept at OpenAI; sampling is the model's own unless the account chose otherwise."""
    return {
        "model": options.model,
        "instructions": str(prompt.instructions),
        "input": [{"role": "user", "content": str(prompt.message)}],
        "max_output_tokens": max(options.max_output_tokens, _MIN_OUTPUT_TOKENS),
        "store": False,
        **sampling(options),
    }


def sampling(options: CallOptions) -> dict[str, float]:
    """The sampling parameters that the account set."""
    chosen = {"temperature": options.temperature, "top_p": options.top_p}
    return {name: value for name, value in chosen.items() if value is not None}


def completion(document: Document, model: str) -> Completion:
    """The completion of a whole response; of the model that was asked, if it names none. Raises ProviderFailed."""
    match document:
        case {"status": "completed", "output": list(items)}:
            text = "".join(_texts(items))
        case {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens" | "max_messages"}}:
            raise TooLong
        case {"status": "incomplete", "incomplete_details": {"reason": "content_filter"}}:
            raise RefusedBySafety(provider_code="content_filter")
        case {"status": "failed", "error": {"code": str(code)}}:
            raise failure(code=code)
        case _:
            raise MalformedAnswer
    if not text.strip():
        raise MalformedAnswer("answered with an empty text")
    return Completion(text, model=named(document, model), usage=_usage(document.get("usage")))


def named(document: Document, asked: str) -> str:
    """The model that answered."""
    name = document.get("model")
    return name if isinstance(name, str) and name else asked


def failure(
    *,
    status: int | None = None,
    code: str | None = None,
    type_: str | None = None,
    request_id: str | None = None,
    retry_after_seconds: float | None = None,
) -> ProviderFailed:
    """The failure that a status and a code stand for; ProviderDown without a status and a code that is known."""
    kind = next((_KINDS[word] for word in (type_, code) if word is not None and word in _KINDS), None)
    told: Any = {
        "provider_code": code or type_,
        "provider_request_id": request_id,
        "retry_after_seconds": retry_after_seconds,
    }
    if kind is None and status is not None:
        return failure_of_status(status, **told)
    return (kind or ProviderDown)(status=status, **told)


@define
class Reading:
    """Reads the events of a stream: `read` gives the piece of the answer in each, `completion` the whole at the end."""

    model: str
    _pieces: list[str] = field(factory=list)
    _unspoken: set[int] = field(factory=set)
    _end: Document | None = None

    def read(self, event: Any) -> str:
        """The piece of the answer in an event, most often empty. Raises ProviderFailed for an event of failure."""
        match event:
            case {"type": "error"}:
                raise failure(code=_word(event.get("code")))
            case {"type": "response.output_item.added", "output_index": int(index), "item": item}:
                if not _is_spoken(item):
                    self._unspoken.add(index)
            case {"type": "response.output_text.delta", "delta": str(delta)}:
                if event.get("output_index") not in self._unspoken:
                    self._pieces.append(delta)
                    return delta
            case {
                "type": "response.completed" | "response.incomplete" | "response.failed",
                "response": {"status": str()} as response,
            }:
                self._end = response
        return ""

    def completion(self) -> Completion:
        """The completion. Raises MalformedAnswer for a stream without its end, or one that is not what its end says."""
        if self._end is None:
            raise MalformedAnswer("broke off before the end of its answer")
        whole = completion(self._end, self.model)
        if whole.text != "".join(self._pieces):
            raise MalformedAnswer
        return whole


def _texts(items: list[Any]) -> Iterator[str]:
    """The texts of the answer: reasoning, tool calls and commentary on the way to it are no part of it."""
    for item in filter(_is_spoken, items):
        for part in item.get("content") or ():
            match part:
                case {"type": "output_text", "text": str(text)}:
                    yield text
                case {"type": "refusal"}:
                    raise RefusedBySafety(provider_code="refusal")
                case _:
                    raise MalformedAnswer


def _is_spoken(item: object) -> bool:
    match item:
        case {"type": "message", "phase": phase}:
            return phase in (None, "final_answer")
        case {"type": "message"}:
            return True
    return False


def _usage(document: Any) -> Usage | None:
    match document:
        case {"input_tokens": int(read), "output_tokens": int(written)}:
            inside = document.get("input_tokens_details") or {}
            outside = document.get("output_tokens_details") or {}
            return Usage(
                read,
                written,
                cache_read_tokens=inside.get("cached_tokens") or 0,
                cache_write_tokens=inside.get("cache_write_tokens") or 0,
                reasoning_tokens=outside.get("reasoning_tokens") or 0,
            )
    return None


def _word(value: object) -> str | None:
    return value if isinstance(value, str) else None
