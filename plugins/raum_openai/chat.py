"""Between raum's terms and those of the Chat Completions API, which other servers speak as well: no I/O.

Documents: https://platform.openai.com/docs/api-reference/chat.
"""

from collections.abc import Mapping
from typing import Any

from attrs import define, field

from raum.api import CallOptions, Completion, MalformedAnswer, Prompt, RefusedBySafety, TooLong, Usage
from raum_openai.mapping import Document, named, sampling


def request(prompt: Prompt, options: CallOptions, *, stream: bool = False) -> dict[str, Any]:
    """The request. Nothing is kept at OpenAI; sampling is the model's own unless the account chose otherwise."""
    return {
        "model": options.model,
        "messages": [
            {"role": "system", "content": str(prompt.instructions)},
            {"role": "user", "content": str(prompt.message)},
        ],
        "max_completion_tokens": options.max_output_tokens,
        "store": False,
        **sampling(options),
        **({"stream_options": {"include_usage": True}} if stream else {}),
    }


def completion(document: Document, model: str) -> Completion:
    """The completion of a whole answer. Raises ProviderFailed."""
    match document:
        case {"choices": [{"message": {**message}, "finish_reason": str(reason)}, *_]}:
            return _completion(document, model, message.get("content"), message.get("refusal"), reason)
    raise MalformedAnswer


@define
class Reading:
    """Reads the chunks of a stream: `read` gives the piece of the answer in each, `completion` the whole at the end."""

    model: str
    _pieces: list[str] = field(factory=list)
    _refusal: str = ""
    _reason: str | None = None
    _told: dict[str, Any] = field(factory=dict)

    def read(self, chunk: Document) -> str:
        """The piece of the answer in a chunk, which may be empty."""
        self._told |= {name: chunk[name] for name in ("model", "usage") if chunk.get(name)}
        match chunk:
            case {"choices": [{"delta": {**delta}} as choice, *_]}:
                self._refusal += str(delta.get("refusal") or "")
                self._reason = choice.get("finish_reason") or self._reason
                piece = str(delta.get("content") or "")
                self._pieces.append(piece)
                return piece
        return ""

    def completion(self) -> Completion:
        """The completion. Raises MalformedAnswer for a stream without its end."""
        if self._reason is None:
            raise MalformedAnswer("broke off before the end of its answer")
        return _completion(self._told, self.model, "".join(self._pieces), self._refusal, self._reason)


def _completion(document: Document, model: str, text: object, refusal: object, reason: str) -> Completion:
    if refusal or reason == "content_filter":
        raise RefusedBySafety(provider_code="refusal" if refusal else "content_filter")
    if reason == "length":
        raise TooLong
    if reason != "stop" or not isinstance(text, str):
        raise MalformedAnswer
    if not text.strip():
        raise MalformedAnswer("answered with an empty text")
    return Completion(text, model=named(document, model), usage=_usage(document.get("usage")))


def _usage(document: Any) -> Usage | None:
    match document:
        case {"prompt_tokens": int(read), "completion_tokens": int(written)}:
            return Usage(
                read,
                written,
                cache_read_tokens=_detail(document, "prompt_tokens_details", "cached_tokens"),
                reasoning_tokens=_detail(document, "completion_tokens_details", "reasoning_tokens"),
            )
    return None


def _detail(document: Mapping[str, Any], details: str, name: str) -> int:
    return int((document.get(details) or {}).get(name) or 0)
