"""Between raum's terms and those of the old SDK: documents in, documents out, no I/O.

A document is what the call answers (https://ai.google.dev/api/generate-content), in the names of the SDK's messages.
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
    ProviderFailed,
    QuotaExhausted,
    RefusedBySafety,
    TooLong,
    Usage,
    failure_of_status,
)

Document = Mapping[str, Any]

# The SDK knows no later reason by name; whatever is not known is no whole answer.
_REFUSALS: Final = frozenset(["SAFETY", "RECITATION", "LANGUAGE", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII"])


def request(prompt: Prompt, options: CallOptions) -> dict[str, Any]:
    """The arguments of the call. Sampling is the model's own unless the account chose otherwise."""
    sampling = {"temperature": options.temperature, "top_p": options.top_p}
    return {
        "contents": [{"role": "user", "parts": [{"text": str(prompt.message)}]}],
        "generation_config": {
            "max_output_tokens": options.max_output_tokens,
            **{name: value for name, value in sampling.items() if value is not None},
        },
    }


def failure(status: int, told: str, retry_after_seconds: float | None) -> ProviderFailed:
    """The failure that a status stands for, and what was told where that alone says what is wrong; it is not kept."""
    if status == 400 and "API key not valid" in told:
        return KeyRejected(status=status)
    if status == 400 and "token count" in told and "exceeds the maximum" in told:
        return TooLong(status=status)
    if status == 429 and "PerDay" in told:
        return QuotaExhausted(status=status)
    return failure_of_status(status, retry_after_seconds=retry_after_seconds)


@define
class Reading:
    """Reads one answer or the chunks of a stream: `read` gives the text in each, `completion` the whole at the end."""

    model: str
    _pieces: list[str] = field(factory=list)
    _told: dict[str, Any] = field(factory=dict)
    _reason: str | None = None

    def read(self, chunk: Document) -> str:
        """The text in a chunk, which may be empty. Raises RefusedBySafety if the prompt was blocked."""
        match chunk:
            case {"prompt_feedback": {"block_reason": str(reason)}} if not reason.endswith("UNSPECIFIED"):
                raise RefusedBySafety(provider_code=reason)
            case {"candidates": [{"finish_reason": str(reason)}, *_]} if not reason.endswith("UNSPECIFIED"):
                self._reason = reason
        self._told |= {name: chunk[name] for name in ("model_version", "usage_metadata") if chunk.get(name)}
        piece = "".join(_texts(chunk))
        self._pieces.append(piece)
        return piece

    def completion(self) -> Completion:
        """The completion. Raises ProviderFailed for one that is refused, cut or without its end."""
        text = "".join(self._pieces)
        if self._reason in _REFUSALS:
            raise RefusedBySafety(provider_code=self._reason)
        if self._reason == "MAX_TOKENS":
            raise TooLong(provider_code=self._reason)
        if self._reason != "STOP" or not text.strip():
            raise MalformedAnswer(provider_code=self._reason)
        model = self._told.get("model_version") or self.model
        return Completion(text, model=model, usage=_usage(self._told.get("usage_metadata")))


def _texts(chunk: Document) -> Iterator[str]:
    match chunk:
        case {"candidates": [{"content": {"parts": list(parts)}}, *_]}:
            yield from (part["text"] for part in parts if isinstance(part.get("text"), str))


def _usage(document: Any) -> Usage | None:
    match document:
        case {"prompt_token_count": int(read)}:
            return Usage(
                read,
                document.get("candidates_token_count") or 0,
                cache_read_tokens=document.get("cached_content_token_count") or 0,
            )
    return None
