"""How the services of the vendors answer: their documents, streams and faults, written after their documentation."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from providers.peer import Answer, Request, document

from raum_anthropic import AnthropicOptions
from raum_anthropic.provider import AnthropicProvider
from raum_gemini import GeminiOptions
from raum_gemini.provider import GeminiProvider
from raum_openai import OpenAIOptions
from raum_openai.provider import OpenAIProvider

PIECES = ("Dear [REDACTED", "_NAME],\n\n", "your hat is on its way. Grüße 🙂")
TEXT = "".join(PIECES)


class Dialect:
    """One service. `answer` gives what it says to a request, `fault` what it does in each fault of the contract."""

    name = ""
    terminator = b""

    def part(self, url: str, **network: Any) -> Any:
        raise NotImplementedError

    def whole(self, pieces=PIECES, end="end") -> dict[str, Any]:
        """The document of an answer that ended in one way: `end`, `cut` or `refused`."""
        raise NotImplementedError

    def events(self, pieces=PIECES, end="end") -> Iterator[bytes]:
        """The same as a stream."""
        raise NotImplementedError

    def error(self, status: int, told: str) -> Any:
        """The document of a failure."""
        raise NotImplementedError

    def quota(self, told: str) -> Answer:
        """What a key without credit gets."""
        raise NotImplementedError

    def stream_error(self, told: str) -> bytes:
        """An event of failure amid a stream."""
        raise NotImplementedError

    def answer(self, request: Request, pieces=PIECES, end="end") -> Answer:
        if request.is_stream:
            return Answer(list(self.events(pieces, end)), type="text/event-stream")
        return document(self.whole(pieces, end))

    def fault(self, name: str, request: Request) -> Answer:  # noqa: C901 -- a table
        """As a service that quotes the prompt and the key wherever it can."""
        told = f"{request.body.decode()} {request.key}"
        events = [*self.events()]
        begun = events[: len(events) // 2 + 1]
        stream = "text/event-stream"
        soon = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
        match name.split():
            case [status] if status.isdecimal():
                return document(self.error(int(status), told), int(status))
            case ["429", "retry-after", "date", "in", "60"]:
                return document(self.error(429, told), 429, retry_after=soon)
            case ["429", "retry-after", seconds]:
                return document(self.error(429, told), 429, retry_after=seconds)
            case ["insufficient", "quota"]:
                return self.quota(told)
            case ["timeout"]:
                return Answer(ending="never")
            case ["reset", *_]:
                return Answer(begun, type=stream, ending="reset")
            case ["clean", "truncation"]:
                return Answer(begun, type=stream)
            case ["mid-stream", *_]:
                return Answer([*begun, self.stream_error(told)], type=stream)
            case ["html", *_]:
                return Answer([f"<html><body>{told}</body></html>".encode()], type="text/html")
            case ["empty", "object"]:
                return Answer([b"data: {}\n\n"], type=stream) if request.is_stream else document({})
            case ["broken", *_]:
                return Answer([*begun, b'event: message_delta\ndata: {"type": "' + told.encode()[:9]], type=stream)
            case ["safety", "block"]:
                return self.answer(request, (), "refused")
            case ["length", "cut"]:
                return self.answer(request, PIECES[:1], "cut")
            case ["empty", "answer"]:
                return self.answer(request, ("",))
        raise AssertionError(name)


def event(value: dict[str, Any], *, named=True) -> bytes:
    name = f"event: {value['type']}\n" if named else ""
    return f"{name}data: {json.dumps(value)}\n\n".encode()


class Responses(Dialect):
    """https://platform.openai.com/docs/api-reference/responses and .../responses-streaming"""

    name = "openai"

    def part(self, url, **network):
        return OpenAIProvider(OpenAIOptions(base_url=f"{url}/v1"), **network)

    def whole(self, pieces=PIECES, end="end"):
        spoken = {"type": "output_text", "text": "".join(pieces), "annotations": []}
        content = {"type": "refusal", "refusal": "I will not."} if end == "refused" else spoken
        message = {"type": "message", "role": "assistant", "status": "completed"}
        aloud = {"type": "output_text", "text": "Let me look for the hat.", "annotations": []}
        return {
            "id": "resp_1", "object": "response", "created_at": 1, "model": "gpt-6.1-terra-2026",
            "status": "incomplete" if end == "cut" else "completed",
            "incomplete_details": {"reason": "max_output_tokens"} if end == "cut" else None,
            "output": [
                {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "A hat."}]},
                {**message, "id": "msg_1", "phase": "commentary", "content": [aloud]},
                {**message, "id": "msg_2", "phase": "final_answer", "content": [content]},
            ],
            "usage": {
                "input_tokens": 30, "input_tokens_details": {"cached_tokens": 10, "cache_write_tokens": 4},
                "output_tokens": 20, "output_tokens_details": {"reasoning_tokens": 5}, "total_tokens": 50,
            },
        }  # fmt: skip

    def events(self, pieces=PIECES, end="end"):
        whole = self.whole(pieces, end)
        yield event({"type": "response.created", "response": {**whole, "status": "in_progress", "output": []}})
        for index, item in enumerate(whole["output"]):
            at = {"output_index": index, "item_id": item["id"]}
            yield event({"type": "response.output_item.added", "output_index": index, "item": {**item, "content": []}})
            if item.get("phase") == "commentary":
                yield event({"type": "response.output_text.delta", "delta": "Let me look for the hat.", **at})
        for piece in pieces:
            yield event({"type": "response.output_text.delta", "delta": piece, **at})
        if end == "refused":
            yield event({"type": "response.refusal.delta", "delta": "I will not.", **at})
        yield event({"type": f"response.{whole['status']}", "response": whole})

    def error(self, status, told):
        return {"error": {"message": told, "type": "invalid_request_error", "param": told, "code": None}}

    def quota(self, told):
        error = {"message": told, "type": "insufficient_quota", "param": None, "code": "credit_balance_exhausted"}
        return document({"error": error}, 429)

    def stream_error(self, told):
        return event({"type": "error", "code": "server_error", "message": told, "param": None})


class Chat(Responses):
    """https://platform.openai.com/docs/api-reference/chat and .../chat-streaming"""

    name = "openai chat"
    _REASONS = {"end": "stop", "cut": "length", "refused": "stop"}  # noqa: RUF012

    def part(self, url, **network):
        return OpenAIProvider(OpenAIOptions(base_url=f"{url}/v1", api="chat"), **network)

    def _document(self, kind, **choice):
        choices = [{"index": 0, **choice}] if choice else []
        usage = {
            "prompt_tokens": 30, "completion_tokens": 20, "total_tokens": 50,
            "prompt_tokens_details": {"cached_tokens": 10}, "completion_tokens_details": {"reasoning_tokens": 5},
        }  # fmt: skip
        told = {} if choice and kind == "chat.completion.chunk" else {"usage": usage}
        return {"id": "c_1", "object": kind, "created": 1, "model": "local-model", "choices": choices, **told}

    def whole(self, pieces=PIECES, end="end"):
        refusal = "I will not." if end == "refused" else None
        text = None if refusal else "".join(pieces)
        message = {"role": "assistant", "content": text, "refusal": refusal}
        return self._document("chat.completion", message=message, finish_reason=self._REASONS[end])

    def events(self, pieces=PIECES, end="end"):
        deltas = [{"content": piece} for piece in pieces] + ([{"refusal": "I will not."}] if end == "refused" else [])
        for delta in [{"role": "assistant"}, *deltas]:
            chunk = self._document("chat.completion.chunk", delta=delta, finish_reason=None)
            yield event(chunk, named=False)
        chunk = self._document("chat.completion.chunk", delta={}, finish_reason=self._REASONS[end])
        yield event(chunk, named=False)
        yield event(self._document("chat.completion.chunk"), named=False)
        yield b"data: [DONE]\n\n"

    def stream_error(self, told):
        return event({"error": {"message": told, "type": "server_error", "code": "server_error"}}, named=False)


class Messages(Dialect):
    """https://platform.claude.com/docs/en/api/messages and .../build-with-claude/streaming"""

    name = "anthropic"
    _REASONS = {"end": "end_turn", "cut": "max_tokens", "refused": "refusal"}  # noqa: RUF012
    _TYPES = {  # noqa: RUF012
        400: "invalid_request_error", 401: "authentication_error", 402: "billing_error", 403: "permission_error",
        404: "not_found_error", 408: "timeout_error", 413: "request_too_large", 429: "rate_limit_error",
        500: "api_error", 529: "overloaded_error",
    }  # fmt: skip

    def part(self, url, **network):
        return AnthropicProvider(AnthropicOptions(base_url=f"{url}/anthropic"), **network)

    def whole(self, pieces=PIECES, end="end"):
        thought = {"type": "thinking", "thinking": "A hat.", "signature": "c2ln"}
        return {
            "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-5-5",
            "content": [thought, *({"type": "text", "text": piece} for piece in pieces)],
            "stop_reason": self._REASONS[end], "stop_sequence": None,
            "usage": {
                "input_tokens": 16, "cache_read_input_tokens": 10, "cache_creation_input_tokens": 4,
                "output_tokens": 20, "output_tokens_details": {"thinking_tokens": 5},
            },
        }  # fmt: skip

    def events(self, pieces=PIECES, end="end"):
        whole = self.whole(pieces, end)
        usage = {**whole["usage"], "output_tokens": 1}
        start = {**whole, "content": [], "stop_reason": None, "usage": usage}
        thought = {"type": "thinking", "thinking": "", "signature": ""}
        yield event({"type": "message_start", "message": start})
        yield event({"type": "content_block_start", "index": 0, "content_block": thought})
        yield event({"type": "ping"})
        delta = {"type": "thinking_delta", "thinking": "A hat."}
        yield event({"type": "content_block_delta", "index": 0, "delta": delta})
        yield event({"type": "content_block_stop", "index": 0})
        yield event({"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": ""}})
        for piece in pieces:
            delta = {"type": "text_delta", "text": piece}
            yield event({"type": "content_block_delta", "index": 1, "delta": delta})
        yield event({"type": "content_block_stop", "index": 1})
        delta = {"stop_reason": whole["stop_reason"], "stop_sequence": None}
        usage = {"output_tokens": 20, "output_tokens_details": {"thinking_tokens": 5}}
        yield event({"type": "message_delta", "delta": delta, "usage": usage})
        yield event({"type": "message_stop"})

    def error(self, status, told):
        kind = self._TYPES.get(status, "api_error")
        return {"type": "error", "error": {"type": kind, "message": told}, "request_id": "req_1"}

    def quota(self, told):
        message = f"Your credit balance is too low to access the Anthropic API. {told}"
        return document({"type": "error", "error": {"type": "invalid_request_error", "message": message}}, 400)

    def stream_error(self, told):
        return event({"type": "error", "error": {"type": "overloaded_error", "message": told}})


class GenerateContent(Dialect):
    """https://ai.google.dev/api/generate-content"""

    name = "gemini"
    _REASONS = {"end": "STOP", "cut": "MAX_TOKENS", "refused": "SAFETY"}  # noqa: RUF012
    _STATUSES = {  # noqa: RUF012
        400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND",
        429: "RESOURCE_EXHAUSTED", 500: "INTERNAL", 503: "UNAVAILABLE",
    }  # fmt: skip

    def part(self, url, **network):
        return GeminiProvider(GeminiOptions(base_url=f"{url}/gemini"), **network)

    def _document(self, parts, reason=None):
        usage = {
            "promptTokenCount": 30, "cachedContentTokenCount": 10, "candidatesTokenCount": 15, "thoughtsTokenCount": 5,
            "totalTokenCount": 50,
        }  # fmt: skip
        candidate = {"content": {"role": "model", "parts": parts}, "index": 0}
        ended = {"finishReason": reason} if reason else {}
        return {"candidates": [{**candidate, **ended}], "usageMetadata": usage, "modelVersion": "gemini-3.8-flash-001"}

    def whole(self, pieces=PIECES, end="end"):
        thought = {"text": "A hat.", "thought": True}
        return self._document([thought, *({"text": piece} for piece in pieces)], self._REASONS[end])

    def events(self, pieces=PIECES, end="end"):
        yield event(self._document([{"text": "A hat.", "thought": True}]), named=False)
        for piece in pieces:
            yield event(self._document([{"text": piece}]), named=False)
        yield event(self._document([{"text": ""}], self._REASONS[end]), named=False)

    def error(self, status, told):
        return {"error": {"code": status, "message": told, "status": self._STATUSES.get(status, "UNKNOWN")}}

    def quota(self, told):
        violation = {"quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier", "quotaValue": "50"}
        details = [{"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [violation]}]
        error = {"code": 429, "message": told, "status": "RESOURCE_EXHAUSTED", "details": details}
        return document({"error": error}, 429)

    def stream_error(self, told):
        error = {"error": {"code": 503, "message": told, "status": "UNAVAILABLE"}}
        return event(error, named=False)


DIALECTS = (Responses(), Chat(), Messages(), GenerateContent())
