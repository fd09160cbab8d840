"""How patient the host is with providers, and whom it asks in whose name."""

import asyncio
import json
import traceback
from contextlib import aclosing

import pytest
import structlog

from raum.api import (
    Completion,
    DeadlineExceeded,
    KeyRejected,
    MalformedAnswer,
    OperatorError,
    ProviderBusy,
    ProviderDown,
    ProviderFailed,
    QuotaExhausted,
    RefusedBySafety,
    RequestRejected,
    TooLong,
)
from raum.testing.contracts.provider import sample_prompt

WHOLE = ["Dear ", "[REDACTED_NAME]"]


async def ask(asker, account="acme", *, streamed=False):
    chosen = await asker.settings(account)
    async with aclosing(asker.ask(account, sample_prompt(), chosen, streamed=streamed)) as pieces:
        return [piece async for piece in pieces]


async def fail(asker, kind=ProviderFailed, **arguments):
    with pytest.raises(kind) as raised:
        await ask(asker, **arguments)
    return raised.value


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("kind", [ProviderBusy, ProviderDown, MalformedAnswer])
async def test_what_passes_is_tried_again_with_growing_pauses(desk, make, kind, streamed):
    one = make([kind(), kind(), WHOLE])
    *pieces, answered = await ask(desk.asker(one=one), streamed=streamed)
    assert (pieces, answered.completion.text) == (WHOLE if streamed else [], "".join(WHOLE))
    assert desk.pauses == [0.5, 1.0]


@pytest.mark.parametrize("kind", [KeyRejected, QuotaExhausted, RequestRejected, TooLong, RefusedBySafety])
async def test_what_does_not_pass_is_not_tried_again(desk, make, kind):
    one = make([kind(status=400)])
    failure = await fail(desk.asker(one=one), kind)
    assert (failure.provider, len(one.keys), desk.pauses) == ("one", 1, [])


async def test_there_are_only_so_many_attempts(desk, make):
    one = make([ProviderDown()])
    await fail(desk.asker(one=one, attempts=4), ProviderDown)
    assert (len(one.keys), desk.pauses) == (4, [0.5, 1.0, 2.0])


@pytest.mark.parametrize(("asked_for", "pauses"), [(2, [2.5]), (20, [20.5]), (20.1, []), (130, [])])
async def test_a_wait_that_is_asked_for_is_waited_for_up_to_the_cap(desk, make, asked_for, pauses):
    one = make([ProviderBusy(retry_after_seconds=asked_for), WHOLE])
    if pauses:
        await ask(desk.asker(one=one))
    else:
        assert (await fail(desk.asker(one=one))).retry_after_seconds == asked_for
    assert desk.pauses == pauses


async def test_no_pause_goes_beyond_the_deadline(desk, make):
    one = make([ProviderBusy(retry_after_seconds=15), WHOLE])
    await fail(desk.asker(one=one, seconds=10), ProviderBusy)
    assert desk.pauses == []


@pytest.mark.parametrize("streamed", [False, True])
async def test_one_that_hangs_is_given_up_at_the_deadline(desk, streamed):
    ended = []

    class Hanging:
        needs_key, default_model, vendor = False, "m", None

        async def complete(self, prompt, *, key, options):
            try:
                await asyncio.Event().wait()
            finally:
                ended.append(options.seconds)

        async def stream(self, prompt, *, key, options):
            yield await self.complete(prompt, key=key, options=options)

    await fail(desk.asker(one=Hanging(), seconds=0.05), DeadlineExceeded, streamed=streamed)
    (seconds,) = ended
    assert 0 < seconds <= 0.05


async def test_once_a_piece_is_out_nobody_is_asked_again(desk, make):
    await desk.key("two")
    await desk.choose(providers=["one", "two"], fallback=True)
    one, two = make([["Dear ", ProviderDown()]]), make([WHOLE])
    seen = []
    asker = desk.asker(one=one, two=two)
    chosen = await asker.settings("acme")
    async with aclosing(asker.ask("acme", sample_prompt(), chosen, streamed=True)) as pieces:
        seen.append(await anext(pieces))
        with pytest.raises(ProviderDown):
            await anext(pieces)
    assert (seen, len(one.keys), two.keys) == (["Dear "], 1, [])


@pytest.mark.parametrize(
    ("settings", "keys", "asked"),
    [
        ({"providers": ["one", "two", "three"], "fallback": True}, ["two", "three"], ["one", "two", "three"]),
        ({"providers": ["one", "two", "three"], "fallback": True}, ["three"], ["one", "three"]),
        ({"providers": ["one", "two", "three"], "fallback": True}, [], ["one"]),
        ({"providers": ["one", "two", "three"], "fallback": False}, ["two", "three"], ["one"]),
        ({"providers": ["one", "two", "three"]}, ["two", "three"], ["one"]),
        ({"providers": ["one"], "fallback": True}, ["two", "three"], ["one"]),
        ({"fallback": True}, ["two", "three"], ["one"]),
        ({"providers": ["one", "free"], "fallback": True}, [], ["one"]),
    ],
)
async def test_only_an_own_key_and_an_own_wish_lead_to_another_provider(desk, make, settings, keys, asked):
    for name in keys:
        await desk.key(name)
    await desk.key("two", "sk-of-beta", account="beta")
    await desk.choose(**settings)
    providers = {name: make([KeyRejected()]) for name in ("one", "two", "three")}
    providers["free"] = make([WHOLE], needs_key=False)
    await fail(desk.asker(**providers), KeyRejected)
    assert [name for name, provider in providers.items() if provider.keys] == asked
    assert "sk-of-beta" not in [key.reveal() for provider in providers.values() for key in provider.keys]


async def test_a_refusal_is_not_taken_elsewhere(desk, make):
    await desk.key("two")
    await desk.choose(providers=["one", "two"], fallback=True)
    two = make([WHOLE])
    await fail(desk.asker(one=make([RefusedBySafety()]), two=two), RefusedBySafety)
    assert two.keys == []


async def test_who_answers_instead_is_told(desk, make):
    await desk.key("two")
    await desk.choose(providers=["one", "two"], fallback=True, models={"two": {"default": "large-2"}})
    two = make([WHOLE])
    (answered,) = await ask(desk.asker(one=make([QuotaExhausted()]), two=two))
    assert (answered.provider, two.options[0].model) == ("two", "large-2")


async def test_a_slow_provider_leaves_time_for_the_next(desk, make):
    await desk.key("two")
    await desk.choose(providers=["one", "two"], fallback=True)
    one, two = make([ProviderBusy()]), make([WHOLE])
    await ask(desk.asker(one=one, two=two, seconds=60))
    assert one.options[0].seconds <= 30
    assert 30 < two.options[0].seconds <= 60


async def test_without_a_key_nobody_is_asked(desk, make):
    await desk.choose(providers=["two"])
    two = make([WHOLE])
    await fail(desk.asker(one=make([WHOLE]), two=two), OperatorError)
    assert two.keys == []


async def test_providers_that_the_host_no_longer_has_are_told(desk, make):
    await desk.choose(providers=["gone"])
    failure = await fail(desk.asker(one=make([WHOLE])), OperatorError)
    assert "raum settings set acme providers" in str(failure)


async def test_a_breaker_opens_for_one_account_alone(desk, make):
    await desk.key("one", "sk-beta", account="beta")
    one = make([ProviderDown()])
    asker = desk.asker(one=one, attempts=5)
    await fail(asker, ProviderDown)
    asked = len(one.keys)
    failure = await fail(asker, ProviderDown)
    assert (failure.retry_after_seconds > 0, len(one.keys)) == (True, asked)
    one.script = [WHOLE]
    assert (await ask(asker, "beta"))[-1].provider == "one"


@pytest.mark.parametrize(
    "step",
    [[""], [" \n"], ValueError("sk-one My hat SEVEN-LEMONS"), ProviderDown("x")],
    ids=["nothing", "blanks", "a bug", "a failure"],
)
@pytest.mark.parametrize("streamed", [False, True])
async def test_a_failure_tells_neither_prompt_nor_key(desk, make, step, streamed):
    with structlog.testing.capture_logs() as events:
        failure = await fail(desk.asker(one=make([step]), attempts=1), streamed=streamed)
    chain = traceback.TracebackException.from_exception(failure, capture_locals=True)
    told = "".join(chain.format()) + json.dumps(events, default=repr) + repr(vars(failure))
    assert failure.__cause__ is None
    assert failure.__context__ is None
    assert "SEVEN-LEMONS" not in told
    assert "sk-one" not in told


async def test_a_stream_that_is_not_what_it_sums_up_to_is_a_failure(desk):
    class Lying:
        needs_key, default_model, vendor = False, "m", None

        async def stream(self, prompt, *, key, options):
            yield "Dear Bob"
            yield Completion("Dear Ada", "m")

    await fail(desk.asker(one=Lying()), MalformedAnswer, streamed=True)


async def test_a_stream_without_its_end_is_a_failure(desk):
    class Cut:
        needs_key, default_model, vendor = False, "m", None

        async def stream(self, prompt, *, key, options):
            yield "Dear"

    await fail(desk.asker(one=Cut()), MalformedAnswer, streamed=True)
