"""What the documents of OpenAI's two APIs mean."""

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
)
from raum.testing.contracts.provider import sample_prompt
from raum_openai import chat, mapping

OPTIONS = CallOptions("gpt-6-luna", seconds=5, max_output_tokens=900)


def message(*content, **facts):
    return {"type": "message", "content": list(content), **facts}


def said(text):
    return {"type": "output_text", "text": text}


def response(*output, **facts):
    return {"status": "completed", "output": list(output), **facts}


def test_a_request_of_the_responses_api():
    prompt = sample_prompt()
    assert mapping.request(prompt, OPTIONS) == {
        "model": "gpt-6-luna",
        "instructions": str(prompt.instructions),
        "input": [{"role": "user", "content": str(prompt.message)}],
        "max_output_tokens": 900,
        "store": False,
    }


def test_a_request_of_the_chat_api():
    prompt = sample_prompt()
    assert chat.request(prompt, evolve(OPTIONS, temperature=0.0), stream=True) == {
        "model": "gpt-6-luna",
        "messages": [
            {"role": "system", "content": str(prompt.instructions)},
            {"role": "user", "content": str(prompt.message)},
        ],
        "max_completion_tokens": 900,
        "store": False,
        "temperature": 0.0,
        "stream_options": {"include_usage": True},
    }


def test_the_least_that_the_responses_api_takes_is_asked_for():
    assert mapping.request(sample_prompt(), evolve(OPTIONS, max_output_tokens=1))["max_output_tokens"] == 16


@pytest.mark.parametrize(
    "output",
    [
        [message(said("Hello"), said(" Ada"))],
        [message(said("Hello Ada"), phase=None)],
        [message(said("Let me see."), phase="commentary"), message(said("Hello Ada"), phase="final_answer")],
        [{"type": "reasoning", "content": [said("hm")]}, {"type": "web_search_call"}, message(said("Hello Ada"))],
        [message(said("Later phases"), phase="of-another-year"), message(said("Hello Ada"))],
    ],
)
def test_a_reply_is_what_is_said_to_the_customer(output):
    assert mapping.completion(response(*output), "asked").text == "Hello Ada"


@pytest.mark.parametrize(
    ("document", "failure"),
    [
        ({}, MalformedAnswer),
        (response(), MalformedAnswer),
        (response(message(said(" \n"))), MalformedAnswer),
        (response(message({"type": "surprise"})), MalformedAnswer),
        (response(message(said("Let me see."), phase="commentary")), MalformedAnswer),
        (response(message(said("Sure"), {"type": "refusal", "refusal": "no"})), RefusedBySafety),
        (response(message(said("x")), status="in_progress"), MalformedAnswer),
        (response(message(said("x")), status="cancelled"), MalformedAnswer),
        (response(message(said("x")), status="incomplete"), MalformedAnswer),
        (response(status="incomplete", incomplete_details={"reason": "max_output_tokens"}), TooLong),
        (response(status="incomplete", incomplete_details={"reason": "content_filter"}), RefusedBySafety),
        (response(status="incomplete", incomplete_details={"reason": "steered"}), MalformedAnswer),
        (response(status="failed", error={"code": "server_error"}), ProviderDown),
        (response(status="failed", error={"code": "rate_limit_exceeded"}), ProviderBusy),
        (response(status="failed", error={"code": "invalid_prompt"}), RefusedBySafety),
        (response(status="failed", error=None), MalformedAnswer),
    ],
)
def test_what_is_no_reply_is_a_failure(document, failure):
    with pytest.raises(failure):
        mapping.completion(document, "asked")


@pytest.mark.parametrize(
    ("choice", "failure"),
    [
        ({"message": {"content": "x"}, "finish_reason": "length"}, TooLong),
        ({"message": {"content": "x"}, "finish_reason": "content_filter"}, RefusedBySafety),
        ({"message": {"content": None, "refusal": "no"}, "finish_reason": "stop"}, RefusedBySafety),
        ({"message": {"content": None}, "finish_reason": "stop"}, MalformedAnswer),
        ({"message": {"content": ""}, "finish_reason": "stop"}, MalformedAnswer),
        ({"message": {"content": "x"}, "finish_reason": "tool_calls"}, MalformedAnswer),
        ({"message": {"content": "x"}, "finish_reason": None}, MalformedAnswer),
        ({}, MalformedAnswer),
    ],
)
def test_what_is_no_reply_of_the_chat_api_is_a_failure(choice, failure):
    with pytest.raises(failure):
        chat.completion({"choices": [choice]}, "asked")


@pytest.mark.parametrize(
    ("facts", "kind", "waits"),
    [
        ({"status": 429, "code": "rate_limit_exceeded"}, ProviderBusy, True),
        ({"status": 429, "code": "slow_down"}, ProviderBusy, True),
        ({"status": 429, "type_": "insufficient_quota", "code": "project_spend_limit_exceeded"}, QuotaExhausted, False),
        ({"status": 429, "code": "insufficient_quota"}, QuotaExhausted, False),
        ({"status": 400, "code": "context_length_exceeded"}, TooLong, False),
        ({"status": 400, "type_": "exceed_context_size_error"}, TooLong, False),
        ({"status": 400, "code": "invalid_prompt"}, RefusedBySafety, False),
        ({"status": 400, "code": "unsupported_value"}, RequestRejected, False),
        ({"status": 401, "code": "invalid_api_key"}, KeyRejected, False),
        ({"status": 404, "code": "model_not_found"}, RequestRejected, False),
        ({"status": 500, "type_": "server_error", "code": None}, ProviderDown, True),
        ({"status": 503, "type_": "server_error", "code": "service_unavailable"}, ProviderBusy, True),
        ({"code": "server_error"}, ProviderDown, True),
        ({"code": "a word of next year"}, ProviderDown, True),
    ],
)
def test_codes_say_more_than_statuses(facts, kind, waits):
    failure = mapping.failure(**facts)
    assert type(failure) is kind
    assert failure.retryable == waits


def test_a_stream_must_say_at_its_end_what_it_said_before():
    reading = mapping.Reading("asked")
    assert reading.read({"type": "response.output_text.delta", "output_index": 0, "delta": "Hello Ad"}) == "Hello Ad"
    reading.read({"type": "response.completed", "response": response(message(said("Hello Ada")))})
    with pytest.raises(MalformedAnswer):
        reading.completion()


def test_a_server_that_names_no_model_is_the_one_that_was_asked():
    assert mapping.completion(response(message(said("x"))), "asked").model == "asked"
    assert mapping.completion(response(message(said("x")), model="told"), "asked").model == "told"
    assert mapping.completion(response(message(said("x"))), "asked").usage is None
