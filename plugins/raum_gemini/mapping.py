"""Between raum's terms and those of the generateContent call: documents in, documents out, no I/O.

Documents: https://ai.google.dev/api/generate-content, errors: https://ai.google.dev/gemini-api/docs/troubleshooting and
https://google.aip.dev/193. What is not in the shape of the API raises MalformedAnswer.
"""

import re
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
    TooLong,
    Usage,
    failure_of_status,
)

Document = Mapping[str, Any]

_REFUSALS: Final = frozenset(
    ["SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "LANGUAGE", "MODEL_ARMOR", "IMAGE_SAFETY"]
)

_KINDS: Final[Mapping[str, type[ProviderFailed]]] = {
    "UNAUTHENTICATED": KeyRejected,
    "PERMISSION_DENIED": KeyRejected,
    "RESOURCE_EXHAUSTED": ProviderBusy,
    "UNAVAILABLE": ProviderBusy,
    "DEADLINE_EXCEEDED": ProviderDown,
    "INTERNAL": ProviderDown,
}

# Of a google.rpc.ErrorInfo: a key that is not valid comes as a plain 400.
_KEY_REASONS: Final = frozenset({"API_KEY_INVALID", "API_KEY_SERVICE_BLOCKED", "API_KEY_EXPIRED"})

_SECONDS: Final = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)s")


def request(prompt: Prompt, options: CallOptions) -> dict[str, Any]:
    """The arguments of the call. Sampling is the model's own unless the account chose otherwise."""
    sampling = {"temperature": options.temperature, "top_p": options.top_p}
    return {
        "model": options.model,
        "contents": [{"role": "user", "parts": [{"text": str(prompt.message)}]}],
        "config": {
            "system_instruction": str(prompt.instructions),
            "max_output_tokens": options.max_output_tokens,
            **{name: value for name, value in sampling.items() if value is not None},
        },
    }


def completion(document: Document, model: str) -> Completion:
    """The completion of a whole answer; of the model that was asked, if it names none. Raises ProviderFailed."""
    _check_prompt_passed(document)
    reason = _reason(document)
    if reason in _REFUSALS:
        raise RefusedBySafety(provider_code=reason)
    if reason == "MAX_TOKENS":
        raise TooLong(provider_code=reason)
    if reason != "STOP":
        raise MalformedAnswer(provider_code=reason)
    text = "".join(_texts(document))
    if not text.strip():
        raise MalformedAnswer("answered with an empty text")
    name = document.get("modelVersion")
    answering = name if isinstance(name, str) and name else model
    return Completion(text, model=answering, usage=_usage(document.get("usageMetadata")))


def failure(body: object, *, status: int, retry_after_seconds: float | None = None) -> ProviderFailed:
    """The failure that a body of an error and a status stand for."""
    error = body.get("error", body) if isinstance(body, Mapping) else None
    facts = error if isinstance(error, Mapping) else {}
    word, details = facts.get("status"), facts.get("details")
    entries = [entry for entry in details if isinstance(entry, Mapping)] if isinstance(details, list) else []
    code = word if isinstance(word, str) else None
    wait = next((each for entry in entries if (each := _seconds(entry.get("retryDelay"))) is not None), None)
    told: Any = {
        "status": status,
        "provider_code": code,
        "retry_after_seconds": wait if retry_after_seconds is None else retry_after_seconds,
    }
    kind = _kind(facts, entries) or _KINDS.get(code or "")
    return kind(**told) if kind else failure_of_status(**told)


@define
class Reading:
    """Reads the chunks of a stream: `read` gives the piece of the answer in each, `completion` the whole at the end."""

    model: str
    _pieces: list[str] = field(factory=list)
    _told: dict[str, Any] = field(factory=dict)
    _reason: str | None = None

    def read(self, chunk: Document) -> str:
        """The piece of the answer in a chunk, which may be empty. Raises RefusedBySafety if the prompt was blocked."""
        _check_prompt_passed(chunk)
        self._told |= {name: chunk[name] for name in ("modelVersion", "usageMetadata") if chunk.get(name)}
        self._reason = _reason(chunk) or self._reason
        piece = "".join(_texts(chunk))
        self._pieces.append(piece)
        return piece

    def completion(self) -> Completion:
        """The completion. Raises MalformedAnswer for a stream without its end."""
        if self._reason is None:
            raise MalformedAnswer("broke off before the end of its answer")
        content = {"parts": [{"text": piece} for piece in self._pieces]}
        return completion(
            {**self._told, "candidates": [{"content": content, "finishReason": self._reason}]}, self.model
        )


def _check_prompt_passed(document: Document) -> None:
    match document:
        case {"promptFeedback": {"blockReason": str(reason)}}:
            raise RefusedBySafety(provider_code=reason)


def _reason(document: Document) -> str | None:
    match document:
        case {"candidates": [{"finishReason": str(reason)}, *_]}:
            return reason
    return None


def _texts(document: Document) -> Iterator[str]:
    """The texts of the first candidate; thoughts are no part of the answer."""
    match document:
        case {"candidates": [{"content": {"parts": list(parts)}}, *_]}:
            for part in parts:
                match part:
                    case {"thought": True}:
                        continue
                    case {"text": str(text)}:
                        yield text


def _kind(facts: Document, entries: list[Document]) -> type[ProviderFailed] | None:
    """What a code does not say: the message is looked at and not kept."""
    if any(entry.get("reason") in _KEY_REASONS for entry in entries):
        return KeyRejected
    quotas = [
        str(violation.get("quotaId"))
        for entry in entries
        for violation in entry.get("violations") or ()
        if isinstance(violation, Mapping)
    ]
    if any("PerDay" in quota for quota in quotas):
        return QuotaExhausted
    message = facts.get("message")
    text = message.lower() if isinstance(message, str) else ""
    if "token count" in text and "exceeds the maximum" in text:
        return TooLong
    return KeyRejected if "api key not valid" in text else None


def _seconds(value: object) -> float | None:
    found = _SECONDS.fullmatch(value) if isinstance(value, str) else None
    return float(found[1]) if found else None


def _usage(document: Any) -> Usage | None:
    """Gemini counts thoughts apart from the answer."""
    match document:
        case {"promptTokenCount": int(read)}:
            thoughts = document.get("thoughtsTokenCount") or 0
            return Usage(
                read + (document.get("toolUsePromptTokenCount") or 0),
                (document.get("candidatesTokenCount") or 0) + thoughts,
                cache_read_tokens=document.get("cachedContentTokenCount") or 0,
                reasoning_tokens=thoughts,
            )
    return None
