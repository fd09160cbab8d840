"""What an account can choose, how it is changed, and what each choice does."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from raum.administration import Administration
from raum.api import Account, CallOptions, OwnPattern, Ticket, TicketText
from raum.asking.limits import admit
from raum.audit.journal import Journal
from raum.errors import ChangedMeanwhile, InvalidSettings, LimitReached, OperatorError
from raum.model import Actor, Change, Entry, Operation, Order
from raum.operations import prompt_for, with_texts_of
from raum.redaction.detection import Redactor
from raum.redaction.redact import redact
from raum.replies import signature_for
from raum.secrets.credentials import Credentials
from raum.secrets.secret import Secret
from raum.settings import (
    DEFAULTS,
    Models,
    OwnLimits,
    OwnRedaction,
    ProvidersFor,
    Sampling,
    Settings,
    Stored,
    chosen_of,
    merged,
    parsed,
    stored_settings,
)
from raum.testing import FakeDetector, FakeKeyManager, FakeProvider, FakeStore
from raum.toml.structuring import plain

NOON = datetime(2026, 3, 15, 12, 0, 30, tzinfo=UTC)
EVERYTHING = Settings(
    providers=("one", "two"),
    providers_for=ProvidersFor(translate=("two",)),
    fallback=True,
    models={"one": Models("m", translate="t")},
    sampling={"two": Sampling(0.5, 0.9)},
    max_output_tokens=7,
    tone="warm, and short",
    signature="Kind regards\nYour team",
    languages=("de", "pt-BR"),
    redaction=OwnRedaction(("Acme",), (OwnPattern("ORDER", "ORD-[0-9]+"),), ("CC",)),
    reply_as="public",
    limits=OwnLimits(60, 10**6, 12.5),
    retention_days=40,
    impersonation=True,
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
    max_leaves=8,
)


@pytest.fixture
def admin():
    store = FakeStore(Account("acme", "acme-help", "k1"), Account("beta", "beta-help", "k2"))
    providers = {"one": FakeProvider(needs_key=True), "two": FakeProvider(needs_key=True)}
    credentials = Credentials(store, FakeKeyManager())
    return Administration(store, credentials, Journal(store), Actor("user", "ada"), providers)


def test_settings_survive_the_store():
    assert stored_settings(Stored(1, json.loads(json.dumps(chosen_of(EVERYTHING))))) == EVERYTHING
    assert chosen_of(DEFAULTS) == {}
    assert stored_settings(Stored()) == DEFAULTS


def test_the_whole_document_is_one_that_is_taken():
    faults = []
    document = {key: value for key, value in plain(EVERYTHING).items() if value is not None}
    assert parsed(document, faults) == EVERYTHING, faults


def test_stored_settings_that_are_not_taken_any_more_stop_the_operation():
    with pytest.raises(OperatorError, match=r"limits\.requests_per_minute: value not allowed"):
        stored_settings(Stored(1, {"limits": {"requests_per_minute": 0}}))


@pytest.mark.parametrize(
    ("document", "place"),
    [
        ({"colour": "red"}, ("colour",)),
        ({"providers": ["one", "one"]}, ("providers",)),
        ({"providers": "one"}, ("providers",)),
        ({"fallback": "on"}, ("fallback",)),
        ({"models": {"one": {"default": "a model"}}}, ("models", "one", "default")),
        ({"models": {"one": {"fly": "x"}}}, ("models", "one", "fly")),
        ({"models": {"O N E": {}}}, ("models",)),
        ({"sampling": {"one": {"temperature": 2.1}}}, ("sampling", "one", "temperature")),
        ({"max_output_tokens": 0}, ("max_output_tokens",)),
        ({"max_output_tokens": 1.5}, ("max_output_tokens",)),
        ({"tone": "x" * 1_001}, ("tone",)),
        ({"tone": "\0"}, ("tone",)),
        ({"signature": "\ud800"}, ("signature",)),
        ({"languages": ["deutsch"]}, ("languages",)),
        ({"redaction": {"allow": [" Acme"]}}, ("redaction", "allow")),
        ({"redaction": {"never_restore": ["LITERAL"]}}, ("redaction", "never_restore")),
        ({"redaction": {"patterns": [{"type": "ORDER", "pattern": "("}]}}, ("redaction", "patterns", 0, "pattern")),
        ({"redaction": {"patterns": [{"type": "ORDER", "pattern": "x*"}]}}, ("redaction", "patterns", 0, "pattern")),
        ({"redaction": {"patterns": [{"type": "A", "pattern": "x" * 1_001}]}}, ("redaction", "patterns", 0, "pattern")),
        ({"reply_as": "caller"}, ("reply_as",)),
        ({"limits": {"budget_usd_per_month": -1}}, ("limits", "budget_usd_per_month")),
        ({"retention_days": 91}, ("retention_days",)),
        ({"impersonation": 1}, ("impersonation",)),
    ],
)
def test_what_cannot_be_is_refused_at_its_place(document, place):
    faults = []
    assert parsed(document, faults) is None
    assert [path for path, _ in faults] == [place]


@pytest.mark.parametrize("limit", [{"tokens_per_month": 1}, {"budget_usd_per_month": 0.0}])
def test_what_the_limits_of_a_month_are_counted_by_is_kept_for_a_month(limit):
    faults = []
    assert parsed({"retention_days": 30, "limits": limit}, faults) is None
    ((place, text),) = faults
    assert (place, text.partition(",")[0]) == (
        (), "retention_days cannot be less than 31 while there is a limit per month",
    )  # fmt: skip
    assert parsed({"retention_days": 31, "limits": limit}, faults)
    assert parsed({"retention_days": 1, "limits": {"requests_per_minute": 1}}, faults)


def test_all_faults_are_told_at_once():
    faults = []
    parsed({"colour": 1, "fallback": 1, "limits": {"requests_per_minute": 0}}, faults)
    assert {path for path, _ in faults} == {("colour",), ("fallback",), ("limits", "requests_per_minute")}


@pytest.mark.parametrize(
    ("target", "patch", "result"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "b"}, ["c"], ["c"]),
        ({"a": "foo"}, None, None),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_a_merge_patch_does_what_the_examples_of_rfc_7396_do(target, patch, result):
    assert merged(target, patch) == result


@given(JSON, JSON)
def test_a_merge_patch_that_is_applied_twice_is_one_that_is_applied_once(target, patch):
    once = merged(target, patch)
    assert merged(once, patch) == once


async def test_each_field_that_changes_is_told_from_what_to_what_in_one_entry(admin):
    await admin.change_settings("acme", {"tone": "warm", "limits": {"requests_per_minute": 5}})
    patch = {"tone": None, "limits": {"requests_per_minute": 9}, "models": {"one": {"default": "m"}}, "fallback": False}
    settings, version, changed = await admin.change_settings("acme", patch)
    assert (settings.tone, version) == ("", 2)
    assert changed == (
        Change("limits.requests_per_minute", "5", "9"),
        Change("models.one.default", None, "m"),
        Change("tone", "warm", None),
    )
    newest, before = [e for e in await admin.store.entries("acme") if e.operation == "admin_settings_change"]
    assert (newest.changes, newest.actor) == (changed, "user:ada")
    assert before.changes == (Change("limits.requests_per_minute", None, "5"), Change("tone", None, "warm"))
    assert await admin.store.settings("beta") == Stored()


async def test_what_changes_nothing_leaves_no_entry(admin):
    await admin.change_settings("acme", {"fallback": True})
    settings, version, changed = await admin.change_settings("acme", {"fallback": True, "tone": None})
    assert (settings.fallback, version, changed) == (True, 1, ())
    assert len(await admin.store.entries("acme")) == 1


async def test_a_change_to_a_version_that_is_not_the_last_one_is_refused(admin):
    await admin.change_settings("acme", {"fallback": True}, version=0)
    with pytest.raises(ChangedMeanwhile):
        await admin.change_settings("acme", {"tone": "warm"}, version=0)
    assert (await admin.settings("acme"))[0].tone == ""


async def test_only_providers_of_the_host_can_be_chosen_and_those_it_had_may_stay(admin):
    with pytest.raises(InvalidSettings) as refused:
        await admin.change_settings("acme", {"providers": ["one", "gone"], "models": {"gone": {"default": "m"}}})
    assert [path for path, _ in refused.value.faults] == [("models", "gone"), ("providers", 1)]
    await admin.store.change_settings("acme", 0, {"providers": ["gone"]}, Entry("e", NOON, "acme", "x", "x", "x"))
    settings, _, _ = await admin.change_settings("acme", {"tone": "warm"})
    assert settings.providers == ("gone",)


async def test_a_change_without_its_entry_did_not_happen(admin):
    admin.store.fails = OperatorError("the store is full")
    with pytest.raises(OperatorError):
        await admin.change_settings("acme", {"fallback": True})
    assert await admin.store.settings("acme") == Stored()


@pytest.mark.parametrize(
    ("secret", "shown"),
    [("sk-0123456789abcdef", "cdef"), ("a@b.example/token:0123456789", "6789"), ("short-key-12345", "")],
)
def test_of_a_long_key_the_last_four_characters_are_shown(secret, shown):
    assert Secret(secret).last_four == shown


def test_of_a_document_of_secrets_nothing_is_shown():
    assert Secret('{"access_token":"0123456789"}').last_four == ""
    assert Secret("four words of a secret").last_four == ""


async def test_credentials_are_audited_masked(admin):
    await admin.set_credential("acme", "one", Secret("sk-0123456789abcdef"))
    assert await admin.rotate_credential("acme", "one", Secret("sk-0123456789ghijkl")) is True
    assert await admin.delete_credential("acme", "one") is True
    assert await admin.rotate_credential("acme", "one", Secret("x")) is False
    assert await admin.delete_credential("acme", "one") is False
    entries = sorted(await admin.store.entries("acme"), key=lambda entry: entry.time)
    assert [(entry.operation, entry.changes) for entry in entries] == [
        ("credential_set", (Change("credentials.one", None, "****cdef"),)),
        ("api_key_rotation", (Change("credentials.one", "****cdef", "****ijkl"),)),
        ("credential_delete", (Change("credentials.one", "****ijkl", None),)),
    ]


def test_an_operation_has_an_order_of_providers_and_a_model_of_its_own():
    assert EVERYTHING.order(Operation.TRANSLATE) == ("two",)
    assert EVERYTHING.order(Operation.GENERATE) == ("one", "two")
    assert EVERYTHING.options("one", "d", Operation.GENERATE, 9) == CallOptions("m", 9, max_output_tokens=7)
    assert EVERYTHING.options("one", "d", Operation.TRANSLATE, 9).model == "t"
    assert EVERYTHING.options("two", "d", Operation.GENERATE, 9) == CallOptions(
        "d", 9, max_output_tokens=7, temperature=0.5, top_p=0.9
    )
    assert DEFAULTS.options("one", "d", Operation.GENERATE, 9) == CallOptions("d", 9)


TICKET = Ticket(7, (TicketText("subject", "Subject", "Acme lost ORD-12 of Ada Quill, card 4111111111111111"),))
WORDS = {"words": FakeDetector({"Acme": "NAME", "Ada Quill": "NAME", "4111111111111111": "CC"}).find}


async def test_an_account_adds_to_the_redaction_of_the_host_and_takes_nothing_away():
    redactor = Redactor(WORDS, seconds=5, characters=1_000, never_restored=frozenset({"NAME"}))
    bare = await redactor.redact(TICKET)
    assert "ORD-12" in str(bare.texts[0].text)
    own = await redactor.redact(TICKET, EVERYTHING.redaction)
    assert str(own.texts[0].text) == "Acme lost [REDACTED_ORDER] of [REDACTED_NAME], card [REDACTED_CC]"
    values = {p.type: own.originals.value(p, TICKET.texts[0].audience) for p in own.originals.placeholders}
    assert values == {"ORDER": "ORD-12", "NAME": None, "CC": None}


def order(operation=Operation.GENERATE, **more):
    return Order(operation, Account("acme", "acme-help", "k"), Actor("token", "t"), TICKET, **more)


def asked(settings, operation=Operation.GENERATE, **more):
    wanted = order(operation, **more)
    return prompt_for(wanted, redact(with_texts_of(wanted, TICKET, settings), WORDS), settings)


def test_the_tone_is_redacted_as_the_ticket_is_and_told_to_the_ai():
    prompt = asked(attrs.evolve(DEFAULTS, tone="warm; sign as Ada Quill would"))
    assert "warm; sign as [REDACTED_NAME_2] would" in str(prompt.message)
    assert "<tone-" in str(prompt.instructions)
    assert "Ada Quill" not in str(prompt.message) + str(prompt.instructions)


def test_the_ai_hears_of_the_languages_and_of_a_signature_that_it_does_not_see():
    said = str(asked(EVERYTHING).instructions)
    assert "de, pt-BR" in said
    assert "the language is de" in said
    assert "no signature" in said
    assert "Kind regards" not in said + str(asked(EVERYTHING).message)
    assert signature_for(order(), EVERYTHING) == "\n\nKind regards\nYour team"


@pytest.mark.parametrize(
    ("operation", "more"),
    [(Operation.TRANSLATE, {"target_language": "fr"}), (Operation.SUMMARIZE, {}), (Operation.REWRITE, {"text": "hi"})],
)
def test_languages_and_signature_are_for_new_replies_alone(operation, more):
    assert "pt-BR" not in str(asked(EVERYTHING, operation, **more).instructions)
    assert signature_for(order(operation, **more), EVERYTHING) == ""
    assert ("<tone-" in str(asked(EVERYTHING, operation, **more).instructions)) is (operation is Operation.REWRITE)


def spent(number, time=NOON, tokens=0, nanousd=None):
    took = {"input_tokens": tokens, "cost_nanousd": nanousd}
    return Entry(f"e{number}", time, "acme", "generate", "x", "x", **took)


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        (OwnLimits(budget_usd_per_month=2.0), "budget_exhausted"),
        (OwnLimits(budget_usd_per_month=0.0), "budget_exhausted"),
        (OwnLimits(budget_usd_per_month=2.000001), None),
        (OwnLimits(tokens_per_month=10), "tokens_exhausted"),
        (OwnLimits(tokens_per_month=11), None),
        (OwnLimits(), None),
    ],
)
async def test_a_month_has_a_budget_and_tokens(limits, code):
    store = FakeStore(Account("acme", "acme-help", "k"))
    await store.append(spent(1, tokens=10, nanousd=2_000_000_000))
    await store.append(spent(2, NOON - timedelta(days=15), tokens=10**6, nanousd=10**12))
    if code is None:
        await admit(store, "acme", limits, NOON)
        return
    with pytest.raises(LimitReached) as refused:
        await admit(store, "acme", limits, NOON)
    assert (refused.value.code, refused.value.retryable) == (code, False)
    assert refused.value.retry_after_seconds == (datetime(2026, 4, 1, tzinfo=UTC) - NOON).total_seconds()


async def test_a_minute_has_its_requests_and_the_next_one_has_its_own():
    store, limits = FakeStore(Account("acme", "acme-help", "k")), OwnLimits(requests_per_minute=2)
    for _ in range(2):
        await admit(store, "acme", limits, NOON)
    with pytest.raises(LimitReached) as refused:
        await admit(store, "acme", limits, NOON)
    assert (refused.value.code, refused.value.retryable, refused.value.retry_after_seconds) == (
        "rate_limited",
        True,
        30,
    )
    await admit(store, "acme", limits, NOON + timedelta(seconds=30))


def test_every_setting_is_in_the_documentation():
    text = (Path(__file__).parents[2] / "docs" / "settings.md").read_text(encoding="utf-8")
    names = set()
    for field in attrs.fields(Settings):
        names |= (
            {f"`{field.name}.{inner.name}`" for inner in attrs.fields(field.type)}
            if attrs.has(field.type)
            else {f"`{field.name}"}
        )
    assert sorted(name for name in names if name not in text) == []
