"""The suites catch faulty parts: each fault here is told by the test that is named beside it."""

import inspect
import json
from datetime import timedelta

import pytest
from attrs import evolve

from raum.api import Account, Completion, Finding, InvalidDelivery, JobState, Secret, Ticket, TicketText
from raum.testing import (
    FakeAuditSink,
    FakeDetector,
    FakeHelpdesk,
    FakeKeyManager,
    FakeLogin,
    FakeProvider,
    FakeQueue,
    FakeStore,
)
from raum.testing.contracts import (
    AuditSinkContract,
    DetectorContract,
    HelpdeskContract,
    KeyManagerContract,
    ProviderContract,
    QueueContract,
    StoreContract,
)
from raum.testing.contracts.entries import ACME, BETA, make_entry
from raum.testing.contracts.provider import sample_prompt


async def runs(suite, name, **given):
    """Run one test of a suite with what it asks for, out of what is given."""
    test = getattr(suite, name)
    result = test(**{wanted: given[wanted] for wanted in inspect.signature(test).parameters})
    if inspect.isawaitable(result):
        await result


async def catches(suite, name, **given):
    with pytest.raises((AssertionError, pytest.fail.Exception, LookupError, TypeError)):
        await runs(suite, name, **given)


class Words(FakeDetector):
    def __init__(self):
        super().__init__({"Jane Doe": "NAME"})


class ByteOffsets(Words):
    def find(self, text):
        for finding in super().find(text):
            start = len(text[: finding.start].encode())
            yield finding._replace(start=start, end=start + 8)


class Utf16Offsets(Words):
    def find(self, text):
        for finding in super().find(text):
            start = len(text[: finding.start].encode("utf-16-le")) // 2
            yield finding._replace(start=start, end=start + 8)


class Blind(Words):
    def find(self, text):
        return []


class Tired(Words):
    calls = 0

    def find(self, text):
        self.calls += 1
        return super().find(text) if self.calls < 2 else []


class Overshooting(Words):
    def find(self, text):
        return [finding._replace(end=finding.end + 1) for finding in super().find(text)]


class Eager(Words):
    def find(self, text):
        return [Finding("NAME", 0, 1)]


class Proud(Words):
    def find(self, text):
        return [finding._replace(score=100.0) for finding in super().find(text)]


class Backtracking(Words):
    def find(self, text):
        for start in range(0, len(text), 10):  # one search to the end from every place
            text.count("@", start)
        return super().find(text)


@pytest.mark.parametrize(
    ("part", "test"),
    [
        (ByteOffsets, "test_offsets_are_code_points_whatever_stands_around"),
        (Utf16Offsets, "test_offsets_are_code_points_whatever_stands_around"),
        (Blind, "test_the_value_of_an_example_is_found"),
        (Tired, "test_the_same_text_has_the_same_findings_at_any_time_and_in_any_thread"),
        (Overshooting, "test_any_text_has_findings_within_its_bounds"),
        (Proud, "test_any_text_has_findings_within_its_bounds"),
        (Eager, "test_nothing_is_found_in_the_empty_text"),
        (Eager, "test_nothing_is_found_in_an_innocent_text"),
        (Backtracking, "test_the_time_grows_with_the_length_and_not_with_its_square"),
    ],
)
async def test_a_faulty_detector_is_caught(part, test):
    class Suite(DetectorContract):
        examples = (("Jane Doe has a hat", "NAME", "Jane Doe"),)
        innocent = ("a hat",)

    given = {"example": Suite.examples[0], "surroundings": "🙂", "repeated": "@"}
    await runs(Suite(), test, part=Words(), **given)
    await catches(Suite(), test, part=part(), **given)


class Forgetful(FakeProvider):
    """A provider without a fault: it keeps nothing."""

    async def complete(self, prompt, *, key, options):
        completion = await super().complete(prompt, key=key, options=options)
        self.prompts.clear()
        self.keys.clear()
        return completion


class Careless(Forgetful):
    async def complete(self, prompt, *, key, options):
        return Completion(str(prompt), model="careless")


class Quoting(Forgetful):
    async def complete(self, prompt, *, key, options):
        if isinstance(prompt, str):
            raise TypeError(f"not a prompt: {prompt}")
        return await super().complete(prompt, key=key, options=options)


class HoldsKey(Forgetful):
    async def complete(self, prompt, *, key, options):
        self.client = {"headers": [("authorization", f"Bearer {key.reveal()}")]}
        return await super().complete(prompt, key=key, options=options)


class HoldsTicket(Forgetful):
    async def complete(self, prompt, *, key, options):
        self.last = [str(prompt.ticket)]
        return await super().complete(prompt, key=key, options=options)


class ShowsTicket(HoldsTicket):
    def __repr__(self):
        return f"ShowsTicket({self.last})"


class Endless(Forgetful):
    async def stream(self, prompt, *, key, options):
        yield (await self.complete(prompt, key=key, options=options)).text


class Clipped(Forgetful):
    async def stream(self, prompt, *, key, options):
        completion = await self.complete(prompt, key=key, options=options)
        yield completion.text[:-1]
        yield completion


class Doubled(Forgetful):
    async def stream(self, prompt, *, key, options):
        completion = await self.complete(prompt, key=key, options=options)
        yield completion
        yield completion


class Different(Forgetful):
    async def stream(self, prompt, *, key, options):
        yield "another"
        yield Completion("another", model="fake")


@pytest.mark.parametrize(
    ("part", "test"),
    [
        (Careless, "test_a_plain_string_is_refused_and_not_shown"),
        (Careless, "test_a_plain_string_is_not_streamed_either"),
        (Quoting, "test_a_plain_string_is_refused_and_not_shown"),
        (HoldsKey, "test_the_key_is_not_kept"),
        (HoldsTicket, "test_the_ticket_is_not_kept"),
        (ShowsTicket, "test_neither_the_key_nor_the_ticket_is_shown"),
        (Endless, "test_a_stream_ends_with_one_completion_of_all_its_pieces"),
        (Clipped, "test_a_stream_ends_with_one_completion_of_all_its_pieces"),
        (Doubled, "test_a_stream_ends_with_one_completion_of_all_its_pieces"),
        (Different, "test_a_stream_says_what_the_whole_answer_says"),
    ],
)
async def test_a_faulty_provider_is_caught(part, test):
    await runs(ProviderContract(), test, provider=Forgetful(), prompt=sample_prompt())
    await catches(ProviderContract(), test, provider=part(), prompt=sample_prompt())


class Shared(FakeStore):
    async def put_credential(self, account_id, name, ciphertext, entry):
        for each in ("acme", "beta"):
            self._credentials[each, name] = ciphertext


class Hasty(FakeStore):
    async def add_account(self, account, entry):
        self._accounts[account.id] = account
        self.write(entry)


class Trusting(FakeStore):
    async def put_credential(self, account_id, name, ciphertext, entry):
        self._accounts.setdefault(account_id, Account(account_id, "x", account_id))
        await super().put_credential(account_id, name, ciphertext, entry)


class Crowded(FakeStore):
    async def entries(self, account_id, *, limit=100):
        return list(reversed(self._entries))[:limit]


@pytest.mark.parametrize(
    ("part", "test"),
    [
        (Shared, "test_a_credential_of_one_account_is_not_seen_by_another"),
        (Hasty, "test_a_change_whose_entry_cannot_be_written_did_not_happen"),
        (Trusting, "test_credentials_and_settings_need_their_account"),
        (Crowded, "test_entries_are_the_accounts_own_newest_first_and_limited"),
    ],
)
async def test_a_faulty_store_is_caught(part, test):
    for verdict, kind in ((runs, FakeStore), (catches, part)):
        store = kind(ACME, BETA)
        for account in (ACME, BETA):
            await store.append(make_entry(id=f"added-{account.id}", account_id=account.id))
        await verdict(StoreContract(), test, store=store)


class Impatient(FakeQueue):
    async def put_back(self, job, seconds):
        await super().put_back(job, 0)


class Unfenced(FakeQueue):
    def _held(self, job):
        kept = self._kept.get(job.id)
        return kept if kept and kept.state is JobState.RUNNING else None


class Forgetting(FakeQueue):
    async def claim(self, lease_seconds, per_account):
        return await super().claim(1e9, per_account)


class Greedy(FakeQueue):
    async def claim(self, lease_seconds, per_account):
        return await super().claim(lease_seconds, 100)


class Twice(FakeQueue):
    async def finish(self, job, entry, *, dead):
        await super().finish(job, entry, dead=dead)
        self._kept[job.id].job = evolve(job, event_id=f"{job.event_id}-{job.id}")


class Unaudited(FakeQueue):
    async def retry(self, job_id, entry):
        await super().retry(job_id, evolve(entry, id=job_id))


@pytest.mark.parametrize(
    ("part", "test"),
    [
        (Impatient, "test_a_job_that_is_put_back_waits_so_long_and_counts_its_attempts"),
        (Unfenced, "test_who_lost_a_claim_can_do_nothing_with_the_job"),
        (Forgetting, "test_a_claim_that_is_not_renewed_lapses"),
        (Greedy, "test_of_one_account_only_so_many_jobs_run_at_once"),
        (Twice, "test_an_event_whose_job_has_ended_is_not_accepted_again"),
        (Unaudited, "test_what_an_operator_does_is_not_done_without_its_entry"),
    ],
)
async def test_a_faulty_queue_is_caught(part, test):
    for verdict, kind in ((runs, FakeQueue), (catches, part)):
        store, queue = FakeStore(ACME, BETA), kind()
        await store.append(make_entry(id="added-acme"))
        queue.use(store)

        async def later(seconds, queue=queue):
            queue.passed += timedelta(seconds=seconds)

        await verdict(QueueContract(), test, queue=queue, store=store, later=later, dead=False)


class Unlocked(FakeHelpdesk):
    def verify(self, headers, body, secrets, now):
        return None


class EmptySecret(FakeHelpdesk):
    def verify(self, headers, body, secrets, now):
        if not any(headers == self.sign(body, secret) for secret in secrets):
            super().verify(headers, body, (), now)


class Talkative(FakeHelpdesk):
    def parse(self, body):
        try:
            return super().parse(body)
        except InvalidDelivery:
            raise InvalidDelivery(f"cannot read {body!r}") from None


class Chained(FakeHelpdesk):
    def parse(self, body):
        try:
            return super().parse(body)
        except InvalidDelivery:
            raise InvalidDelivery("cannot be read") from ValueError(body)


class Loose(FakeHelpdesk):
    async def is_posted(self, account, login, ticket_id, marker):
        return any(mark.startswith(marker) for _, _, mark in self.replies)


class Lost(FakeHelpdesk):
    async def fetch(self, account, login, ticket_id):
        return self.tickets[ticket_id]


class Sloppy(FakeHelpdesk):
    def ticket_from(self, document):
        return Ticket(document["id"], (TicketText("text", "", document["text"]),))


class Restless(FakeHelpdesk):
    deliveries = 0

    def parse(self, body):
        self.deliveries += 1
        return evolve(super().parse(body), id=f"event-{self.deliveries}")


@pytest.mark.parametrize(
    ("part", "test"),
    [
        (Unlocked, "test_a_delivery_without_a_signature_is_refused"),
        (Unlocked, "test_a_delivery_whose_body_was_changed_is_refused"),
        (Unlocked, "test_a_delivery_signed_with_none_of_the_secrets_is_refused"),
        (EmptySecret, "test_a_delivery_signed_with_the_empty_secret_is_refused"),
        (Talkative, "test_a_delivery_that_cannot_be_read_is_refused_without_showing_it"),
        (Chained, "test_a_delivery_that_cannot_be_read_is_refused_without_showing_it"),
        (Loose, "test_a_posted_reply_is_known_by_its_marker_and_by_no_other"),
        (Lost, "test_an_unknown_ticket_is_not_found"),
        (Sloppy, "test_a_ticket_in_another_shape_is_refused_without_showing_it"),
        (Sloppy, "test_any_document_is_a_ticket_or_refused"),
        (Restless, "test_a_delivery_names_its_ticket_and_an_event_that_is_always_the_same"),
    ],
)
async def test_a_faulty_helpdesk_is_caught(part, test):
    class Suite(HelpdeskContract):
        def sign(self, body, secret):
            return FakeHelpdesk.sign(body, secret)

    given = {
        "account": Account("acme", "acme-help", "hook-acme"),
        "token": Secret("fake-token"),
        "login": FakeLogin(Secret("fake-token")),
        "ticket_id": 7,
        "body": json.dumps({"event": "event-1", "ticket": 7}).encode(),
        "document": {"id": 7, "text": "Where is my hat?"},
        "wrong_document": {"id": 7, "text": ["SEVEN-LEMONS"]},
        "secrets": (),
        "garbage": b"SEVEN-LEMONS",
        "public": False,
    }
    ticket = Ticket(7, (TicketText("text", "Text", "Where is my hat?"),))
    await runs(Suite(), test, helpdesk=FakeHelpdesk(ticket), **given)
    await catches(Suite(), test, helpdesk=part(ticket), **given)


class Rootless(FakeKeyManager):
    @staticmethod
    def _seal(plaintext, context):
        return FakeKeyManager._seal(plaintext, {})


class Unsealed(FakeKeyManager):
    async def decrypt(self, ciphertext, context):
        return ciphertext[32:][::-1]


class Plain(FakeKeyManager):
    async def encrypt(self, plaintext, context):
        return plaintext


@pytest.mark.parametrize(
    ("part", "test"),
    [
        (Rootless, "test_a_value_does_not_decrypt_where_a_part_of_the_context_is_another"),
        (Rootless, "test_two_parts_of_the_context_cannot_change_places"),
        (Rootless, "test_parts_of_the_context_do_not_run_into_each_other"),
        (Unsealed, "test_no_value_can_be_moved_and_no_bit_of_one_flipped"),
        (Unsealed, "test_no_end_can_be_cut_off_or_added"),
        (Plain, "test_a_ciphertext_does_not_show_the_value"),
    ],
)
async def test_a_faulty_key_manager_is_caught(part, test):
    given = {"part_of_context": "row", "value": "other", "context": {"account": "b"}}
    await runs(KeyManagerContract(), test, keys=FakeKeyManager(), **given)
    await catches(KeyManagerContract(), test, keys=part(), **given)


async def test_a_key_manager_that_always_gives_the_same_ciphertext_must_say_so():
    await catches(KeyManagerContract(), "test_equal_values_have_different_ciphertexts", keys=FakeKeyManager())


class Twice(FakeAuditSink):
    async def write(self, entry):
        self.entries += [entry, entry]


class Late(FakeAuditSink):
    waiting = None

    async def write(self, entry):
        if self.waiting:
            self.entries.append(self.waiting)
        self.waiting = entry


class Picky(FakeAuditSink):
    async def write(self, entry):
        if entry.content is None or entry.content.isprintable():
            self.entries.append(entry)


@pytest.mark.parametrize(
    ("part", "test"),
    [
        (Twice, "test_entries_are_kept_once_and_in_order"),
        (Twice, "test_entries_written_at_once_are_kept_once_each"),
        (Late, "test_an_entry_is_kept_when_write_returns"),
        (Picky, "test_an_entry_with_any_content_is_kept"),
    ],
)
async def test_a_faulty_audit_sink_is_caught(part, test):
    for verdict, sink in ((runs, FakeAuditSink()), (catches, part())):
        written = lambda sink=sink: [entry.id for entry in sink.entries]  # noqa: E731
        await verdict(AuditSinkContract(), test, sink=sink, written=written, content="\x00")
