"""Breakers, costs and retirements."""

import socket
from datetime import date

import pytest

from raum.api import Completion, KeyRejected, ProviderDown, Usage
from raum.asking.breaker import Breakers
from raum.asking.cost import cost_nanousd
from raum.asking.retirements import retirement, warnings


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def breakers(clock):
    return Breakers(failures=3, seconds=30, now=clock)


def test_a_breaker_opens_after_failures_in_a_row_and_lets_one_through_after_a_while(breakers, clock):
    for _ in range(3):
        assert breakers.refusal("acme", "one") is None
        breakers.note("acme", "one", ProviderDown())
    clock.now = 10
    assert breakers.refusal("acme", "one").retry_after_seconds == 20
    assert breakers.refusal("beta", "one") is None
    assert breakers.refusal("acme", "two") is None
    clock.now = 30
    assert breakers.refusal("acme", "one") is None
    assert breakers.refusal("acme", "one") is not None


@pytest.mark.parametrize("end", [None, KeyRejected()], ids=["success", "a failure that is not its fault"])
def test_a_provider_that_works_closes_its_breaker(breakers, end):
    for _ in range(2):
        breakers.note("acme", "one", ProviderDown())
    breakers.note("acme", "one", end)
    for _ in range(2):
        breakers.note("acme", "one", ProviderDown())
    assert breakers.refusal("acme", "one") is None


@pytest.fixture
def no_network(monkeypatch):
    def refuse(*_):
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize("vendor", ["openai", "anthropic", "google"])
def test_a_cost_is_found_without_a_network_and_grows_with_the_tokens(vendor):
    model = {"openai": "gpt-6-luna", "anthropic": "claude-haiku-5-5", "google": "gemini-3.8-flash"}[vendor]
    costs = [
        cost_nanousd(Completion("x", model, usage), vendor=vendor, asked=model)
        for usage in (Usage(1000, 10, cache_read_tokens=900), Usage(1000, 10), Usage(1000, 100))
    ]
    assert 0 < costs[0] < costs[1] < costs[2]


def test_a_cost_is_the_sum_of_what_the_price_list_says():
    usage = Usage(input_tokens=1_000_000, output_tokens=1_000_000, reasoning_tokens=400_000)
    completion = Completion("x", "claude-sonnet-5-5", usage)
    assert cost_nanousd(completion, vendor="anthropic", asked="claude-sonnet-5-5") == (2 + 10) * 10**9


@pytest.mark.parametrize(
    ("vendor", "model", "usage"),
    [("openai", "gpt-of-my-own", Usage(5, 5)), (None, "gpt-6-luna", Usage(5, 5)), ("openai", "gpt-6-luna", None)],
    ids=["an unknown model", "a server of one's own", "no usage"],
)
def test_a_cost_that_is_not_known_is_not_nothing(vendor, model, usage):
    assert cost_nanousd(Completion("x", model, usage), vendor=vendor, asked=model) is None


def test_a_cost_is_that_of_the_model_asked_if_the_answer_names_one_that_no_list_has():
    completion = Completion("x", "a-name-of-today", Usage(1000, 10))
    assert cost_nanousd(completion, vendor="openai", asked="gpt-6-luna") > 0


@pytest.mark.parametrize(
    ("vendor", "model", "ends"),
    [
        ("openai", "gpt-5", date(2026, 12, 11)),
        ("openai", "gpt-4o-2024-08-06", date(2027, 1, 14)),
        ("anthropic", "claude-sonnet-4-5-20250929", date(2026, 11, 30)),
        ("openai", "gpt-4o-2024-05-13", date(2026, 10, 23)),
        ("openai", "gpt-5-codex", None),
        ("openai", "gpt-6-luna", None),
        ("anthropic", "gpt-5", None),
        (None, "gpt-5", None),
    ],
)
def test_the_end_of_a_model_is_known_for_all_its_versions(vendor, model, ends):
    assert retirement(vendor, model) == ends


def test_a_model_that_ends_is_told_once_with_its_day():
    models = [("openai", "openai", "gpt-5"), ("openai", "openai", "gpt-5"), ("openai", "openai", "gpt-6-luna")]
    (before,) = warnings(models, date(2026, 12, 10))
    (after,) = warnings(models, date(2026, 12, 11))
    assert before == "the provider of 'openai' switches off the model gpt-5 on 2026-12-11; choose another one"
    assert "has switched off the model gpt-5" in after
