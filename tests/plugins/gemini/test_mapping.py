"""What the documents of the generateContent call mean."""

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
from raum_gemini import mapping

OPTIONS = CallOptions("gemini-3.8-flash", seconds=5, max_output_tokens=900)


def answer(*parts, reason="STOP", **facts):
    return {"candidates": [{"content": {"parts": list(parts)}, "finishReason": reason}], **facts}


def error(status, said="", *details):
    return {"error": {"status": status, "message": said, "details": list(details)}}


def test_a_request():
    prompt = sample_prompt()
    assert mapping.request(prompt, evolve(OPTIONS, top_p=0.5)) == {
        "model": "gemini-3.8-flash",
        "contents": [{"role": "user", "parts": [{"text": str(prompt.message)}]}],
        "config": {"system_instruction": str(prompt.instructions), "max_output_tokens": 900, "top_p": 0.5},
    }


def test_a_reply_is_the_text_without_the_thoughts():
    parts = [{"text": "hm", "thought": True}, {"text": "Hello"}, {"inlineData": {}}, {"text": " Ada"}]
    assert mapping.completion(answer(*parts), "asked").text == "Hello Ada"


@pytest.mark.parametrize(
    ("document", "failure"),
    [
        ({}, MalformedAnswer),
        ({"candidates": []}, MalformedAnswer),
        (answer(), MalformedAnswer),
        (answer({"text": " "}), MalformedAnswer),
        (answer({"text": "hm", "thought": True}), MalformedAnswer),
        (answer({"text": "x"}, reason=None), MalformedAnswer),
        (answer({"text": "x"}, reason="OTHER"), MalformedAnswer),
        (answer({"text": "x"}, reason="CONTINUATION"), MalformedAnswer),
        (answer({"text": "x"}, reason="OF_ANOTHER_YEAR"), MalformedAnswer),
        (answer({"text": "x"}, reason="MAX_TOKENS"), TooLong),
        (answer({"text": "x"}, reason="SAFETY"), RefusedBySafety),
        (answer({"text": "x"}, reason="SPII"), RefusedBySafety),
        (answer({"text": "x"}, reason="PROHIBITED_CONTENT"), RefusedBySafety),
        ({"promptFeedback": {"blockReason": "SAFETY"}}, RefusedBySafety),
        (answer({"text": "x"}, promptFeedback={"blockReason": "OTHER"}), RefusedBySafety),
    ],
)
def test_what_is_no_reply_is_a_failure(document, failure):
    with pytest.raises(failure):
        mapping.completion(document, "asked")


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, error("INVALID_ARGUMENT", "bad"), RequestRejected),
        (400, error("INVALID_ARGUMENT", "API key not valid. Please pass a valid API key."), KeyRejected),
        (400, error("INVALID_ARGUMENT", "", {"reason": "API_KEY_INVALID"}), KeyRejected),
        (400, error("INVALID_ARGUMENT", "The input token count (9) exceeds the maximum number of tokens"), TooLong),
        (400, error("FAILED_PRECONDITION", "location"), RequestRejected),
        (403, error("PERMISSION_DENIED"), KeyRejected),
        (404, error("NOT_FOUND"), RequestRejected),
        (429, error("RESOURCE_EXHAUSTED"), ProviderBusy),
        (429, error("RESOURCE_EXHAUSTED", "", {"violations": [{"quotaId": "RequestsPerMinute"}]}), ProviderBusy),
        (429, error("RESOURCE_EXHAUSTED", "", {"violations": [{"quotaId": "RequestsPerDay"}]}), QuotaExhausted),
        (500, error("INTERNAL"), ProviderDown),
        (503, error("UNAVAILABLE"), ProviderBusy),
        (504, error("DEADLINE_EXCEEDED"), ProviderDown),
        (502, {"message": "<html>", "status": "Bad Gateway"}, ProviderDown),
        (502, None, ProviderDown),
    ],
)
def test_an_error_says_what_is_wrong_by_its_code_or_else_by_its_status(status, body, kind):
    assert type(mapping.failure(body, status=status)) is kind


@pytest.mark.parametrize(
    ("delay", "header", "seconds"),
    [("34s", None, 34), ("1.5s", None, 1.5), ("34s", 7.0, 7), ("34", None, None), (34, None, None), (None, None, None)],
)
def test_the_wait_that_is_asked_for_may_stand_in_the_body(delay, header, seconds):
    body = error("RESOURCE_EXHAUSTED", "", {"retryDelay": delay})
    assert mapping.failure(body, status=429, retry_after_seconds=header).retry_after_seconds == seconds


def test_thoughts_are_output():
    usage = {"promptTokenCount": 30, "candidatesTokenCount": 4, "thoughtsTokenCount": 6, "cachedContentTokenCount": 10}
    whole = mapping.completion(answer({"text": "x"}, usageMetadata=usage), "asked")
    assert whole.usage == Usage(30, 10, cache_read_tokens=10, reasoning_tokens=6)


def test_a_prompt_that_is_blocked_ends_a_stream():
    with pytest.raises(RefusedBySafety):
        mapping.Reading("asked").read({"promptFeedback": {"blockReason": "SAFETY"}})
