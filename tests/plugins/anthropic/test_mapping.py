"""What the documents of the Messages API mean."""

import anthropic
import pytest
from attrs import evolve

from raum.api import (
    CallOptions,
    KeyRejected,
    MalformedAnswer,
    ProviderBusy,
    ProviderDown,
    QuotaExhausted,
    RefusedBySafety,
    RequestRejected,
    TooLong,
    Usage,
)
from raum.testing.contracts.provider import sample_prompt
from raum_anthropic import mapping

OPTIONS = CallOptions("claude-haiku-5-5", seconds=5, max_output_tokens=900)


def text(words):
    return {"type": "text", "text": words}


def message(*content, stop_reason="end_turn", **facts):
    return {"content": list(content), "stop_reason": stop_reason, **facts}


def error(type_, said="", **details):
    return {"type": "error", "error": {"type": type_, "message": said, "details": details or None}}


def test_a_request():
    prompt = sample_prompt()
    assert mapping.request(prompt, OPTIONS) == {
        "model": "claude-haiku-5-5",
        "max_tokens": 900,
        "system": str(prompt.instructions),
        "messages": [{"role": "user", "content": str(prompt.message)}],
    }


@pytest.mark.parametrize("sampling", [{"temperature": 0.0}, {"top_p": 0.5}])
def test_sampling_that_the_api_does_not_know_is_refused_rather_than_dropped(sampling):
    with pytest.raises(RequestRejected):
        mapping.request(sample_prompt(), evolve(OPTIONS, **sampling))


def test_the_version_is_the_one_that_the_sdk_speaks():
    client = anthropic.AsyncAnthropic(api_key="k")
    assert client.default_headers["anthropic-version"] == mapping.API_VERSION


def test_a_reply_is_the_text_without_the_thinking():
    thought = {"type": "thinking", "thinking": "hm", "signature": "c2ln"}
    assert mapping.completion(message(thought, text("Hello"), text(" Ada")), "asked").text == "Hello Ada"


@pytest.mark.parametrize(
    ("document", "failure"),
    [
        ({}, MalformedAnswer),
        (message(), MalformedAnswer),
        (message(text(" ")), MalformedAnswer),
        (message({"type": "thinking", "thinking": "hm"}), MalformedAnswer),
        (message(text("x"), stop_reason=None), MalformedAnswer),
        (message(text("x"), stop_reason="tool_use"), MalformedAnswer),
        (message(text("x"), stop_reason="pause_turn"), MalformedAnswer),
        (message(text("x"), stop_reason="max_tokens"), TooLong),
        (message(text("x"), stop_reason="model_context_window_exceeded"), TooLong),
        (message(text("x"), stop_reason="refusal"), RefusedBySafety),
        (message(stop_reason="refusal"), RefusedBySafety),
    ],
)
def test_what_is_no_reply_is_a_failure(document, failure):
    with pytest.raises(failure):
        mapping.completion(document, "asked")


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, error("invalid_request_error", "max_tokens: too large"), RequestRejected),
        (400, error("invalid_request_error", "prompt is too long: 250000 tokens > 200000 maximum"), TooLong),
        (400, error("invalid_request_error", "Your credit balance is too low to access the API"), QuotaExhausted),
        (401, error("authentication_error"), KeyRejected),
        (402, error("billing_error"), QuotaExhausted),
        (429, error("rate_limit_error"), ProviderBusy),
        (429, error("rate_limit_error", error_code="enforced_spend_limit_reached"), QuotaExhausted),
        (429, error("rate_limit_error", error_code="contract_spend_limit_reached"), QuotaExhausted),
        (503, error("api_error"), ProviderBusy),
        (500, "<html>", ProviderDown),
        (None, error("overloaded_error"), ProviderBusy),
        (None, error("authentication_error"), KeyRejected),
        (None, error("something_new"), ProviderDown),
        (None, None, ProviderDown),
    ],
)
def test_an_error_says_what_is_wrong_by_its_code_or_else_by_its_status(status, body, kind):
    assert type(mapping.failure(body, status=status)) is kind


def test_input_that_a_cache_had_a_part_in_is_input():
    usage = {"input_tokens": 5, "output_tokens": 9, "cache_read_input_tokens": 100, "cache_creation_input_tokens": None}
    assert mapping.completion(message(text("x"), usage=usage), "asked").usage == Usage(105, 9, cache_read_tokens=100)


@pytest.mark.parametrize("event", [{}, [], 7, {"type": None}])
def test_an_event_of_no_type_is_not_passed_over(event):
    with pytest.raises(MalformedAnswer):
        mapping.Reading("asked").read(event)


def test_an_event_of_next_year_is_passed_over():
    assert mapping.Reading("asked").read({"type": "weather_delta"}) == ""
