"""Two accounts of one host at work at once: nothing of one is in what is said, kept or shown for the other.

Tables, methods of the store and the queue, and what routes are named by are in `tests/unit/test_isolation.py`, audit
sinks in `tests/contracts/test_audit_sinks.py`. Here are logs, metrics, memory, exports, prompts, and what each route
answers. A new cache, metric, route or format of export is found by itself, and fails until it is said here whose it is.
"""

import asyncio
import contextlib
import io
import itertools
import json
import logging
import re
from datetime import timedelta
from urllib.parse import urlsplit

import httpx2
import pytest
import starlette.datastructures
import structlog
from ahocorasick_rs import AhoCorasick
from attrs import define, field
from e2e.memory import leaves_of
from e2e.rig import Ai, Answer, Host, served

from raum import log
from raum.app import ROUTES, create_app
from raum.assembly import assemble
from raum.audit.actions import action_entry
from raum.audit.export import FORMATS
from raum.identity.actors import Scope
from raum.ids import utc_now
from raum.model import Actor
from raum.secrets.credentials import HELPDESK_TOKEN, WEBHOOK_SECRET
from raum.secrets.secret import Secret
from raum_zendesk.oauth import Grant, OAuthClient
from raum_zendesk.standin import File, ZendeskStandIn
from raum_zendesk.standin.apps import APP, INSTALLATION

TESTER = Actor("user", "tester")
PATIENCE_SECONDS = 30.0

CACHES = {
    "raum.asking.breaker.Breakers._breakers": "by account and provider",
    "raum.secrets.plaintexts.Plaintexts._kept": "by account and name, and bound to the ciphertext",
    "raum_zendesk.access._warned": "ids of the accounts that were warned about",
}
"""Where a host at rest has anything of an account in its memory, and how that is kept apart from that of others."""

METRICS = {
    "raum_jobs": {"state"},
    "raum_deletions_open": set(),
    "raum_deletions_overdue": set(),
}
"""Every metric with its labels. They are figures of the host as a whole."""

FOR_ALL = ("/openapi.json", "/health/live", "/health/ready", "/metrics")
"""What everybody is told alike, also without a token."""

OF_ACCOUNTS = sorted(
    {route.path.replace("{name}", "scripted") for route in ROUTES if "GET" in route.methods} - {*FOR_ALL}
    | {f"/v1/audit/export?format={name}" for name in FORMATS}
)
"""What tells an account of its own, by its token."""


@define
class Side:
    """One account, and all by which it could be recognised. `raw` is personal data on its tickets."""

    fruit: str
    token: str = ""
    key: str = ""
    webhook_key: str = ""
    tickets: list[int] = field(factory=list)
    ids: set[str] = field(factory=set)
    secrets: set[str] = field(factory=set)

    @property
    def name(self):
        return f"account-{self.fruit.lower()}"

    @property
    def headers(self):
        return {"authorization": f"Bearer {self.token}"}

    @property
    def person(self):
        return f"Ada {self.fruit.title()}berg"

    @property
    def raw(self):
        return {self.person, f"ada@{self.fruit.lower()}berg.example", f"passport-of-{self.fruit.lower()}berg.txt"}

    @property
    def marks(self):
        own = {self.name, self.fruit, self.webhook_key, *map(str, self.tickets), *self.ids, *self.secrets}
        return own | self.raw | {self.token, self.key}


class Finder:
    """Finds marks that stand by themselves, and not as a part of another word or number."""

    def __init__(self, marks):
        self._search = AhoCorasick(sorted(marks))
        self._numbers = {int(mark) for mark in marks if mark.isdigit()}

    def __call__(self, value):
        if isinstance(value, int):
            return value in self._numbers
        content = value if isinstance(value, bytes) else value.encode("utf-8", "replace")
        text = content.decode("utf-8", "replace")
        found = self._search.find_matches_as_indexes(text)
        return any(not any(map(str.isalnum, text[start - 1 : start] + text[end : end + 1])) for _, start, end in found)


@define
class Evidence:
    """What the work of two accounts has left, and what the host says about it."""

    sides: tuple[Side, Side]
    log: list[str] = field(factory=list)
    answers: dict[tuple[str, str], str] = field(factory=dict)
    memory: dict[str, set[str]] = field(factory=dict)
    mixed: list[str] = field(factory=list)
    raw: list[str] = field(factory=list)
    prompts: list[dict] = field(factory=list)

    @property
    def finders(self):
        return [Finder(side.marks) for side in self.sides]

    def look_through(self, *roots):
        """Search the memory: where something of an account is, items that have something of both, and raw values."""
        finders, raw = self.finders, Finder(self.sides[0].raw | self.sides[1].raw)
        whose = {}
        for place, item, value in leaves_of(*roots):
            for side, found in zip(self.sides, finders, strict=True):
                if found(value):
                    self.memory.setdefault(place, set()).add(side.fruit)
                    whose.setdefault((place, id(item)), set()).add(side.fruit)
            if not isinstance(value, int) and raw(value):
                self.raw.append(place)
        self.mixed = [place for (place, _), fruits in whose.items() if len(fruits) > 1]


@contextlib.contextmanager
def logging_at_debug():
    """What the host logs, as it writes it."""
    stream = io.StringIO()
    with contextlib.redirect_stderr(stream):
        log.configure("DEBUG")
        try:
            yield stream
        finally:
            structlog.reset_defaults()
            for handler in logging.getLogger().handlers[:]:
                if getattr(handler, "stream", None) is stream:
                    logging.getLogger().removeHandler(handler)
            for name in ("raum", "uvicorn.error"):
                logging.getLogger(name).setLevel(logging.NOTSET)


@pytest.fixture(scope="module")
def stand_in():
    """A Zendesk in this process that keeps no address which it took apart, and numbers as nothing else has."""
    zendesk = ZendeskStandIn(token="agent@example.com/token:stand-in-token-0815")
    zendesk._state._ticket_ids = itertools.count(7_354_001_000_001)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(starlette.datastructures, "urlsplit", urlsplit.__wrapped__)
        urlsplit.cache_clear()
        yield zendesk


@pytest.fixture(scope="module")
def evidence(tmp_path_factory, stand_in):
    folder, ai = tmp_path_factory.mktemp("isolation"), Ai(_answer)
    with served(stand_in.app) as zendesk_url, served(ai.app) as ai_url, logging_at_debug() as stream:
        config = Host(folder, zendesk_url, ai_url, attempts=1)._config
        evidence = asyncio.run(_work(config, stand_in, zendesk_url))
    evidence.log = stream.getvalue().splitlines()
    evidence.prompts = ai.prompts
    return evidence


def _answer(ticket):
    return Answer(refused="no") if "BREAK" in ticket else Answer("Noted, [REDACTED_NAME].")


async def _work(config, zendesk, zendesk_url):
    evidence = Evidence((Side("KIWI"), Side("PLUM")))
    app = create_app(assemble(config))
    async with app.router.lifespan_context(app) as state:

        async def with_state(scope, receive, send):
            await app({**scope, "state": dict(state)}, receive, send)

        transport, host = httpx2.ASGITransport(with_state), state["host"]
        async with httpx2.AsyncClient(transport=transport, base_url="http://host", timeout=PATIENCE_SECONDS) as client:
            for side in evidence.sides:
                await _set_up(host, side, zendesk)
            async with asyncio.timeout(PATIENCE_SECONDS):
                await asyncio.gather(*(_serve(host, client, side, zendesk) for side in evidence.sides))
            await _sign_in(host, client, evidence.sides[0], zendesk.apps.token(zendesk_url, zendesk.me).reveal())
            for path in (*OF_ACCOUNTS, *FOR_ALL):
                for side in evidence.sides:
                    answer = await client.get(path, headers=side.headers)
                    assert answer.status_code == 200, (path, answer.text)
                    evidence.answers[side.fruit, path] = answer.text
            for path in FOR_ALL:
                evidence.answers["", path] = (await client.get(path)).text
        evidence.look_through(host, *host.parts.values())
    return evidence


async def _set_up(host, side, zendesk):
    """An account with credentials of its own; one is connected by OAuth, the other by a token of before."""
    admin, token = host.administration(TESTER), zendesk.token
    side.webhook_key = (await admin.create_account(side.name, "help")).webhook_key
    side.key = f"sk-{side.fruit}-0123456789"
    if side.fruit == "KIWI":
        pair = zendesk.oauth.grant()
        token = Grant(OAuthClient("raum", Secret("client-secret")), *pair, utc_now() + timedelta(hours=1)).written()
        side.secrets |= {each.reveal() for each in pair}
    await admin.set_credential(side.name, HELPDESK_TOKEN, token)
    await admin.set_credential(side.name, WEBHOOK_SECRET, zendesk.signing_secret)
    await admin.set_credential(side.name, "scripted", Secret(side.key))
    await admin.change_settings(side.name, {"tone": f"as {side.fruit} growers talk"})
    side.token = (await admin.create_token(side.name, "sidebar", frozenset(Scope))).reveal()


async def _serve(host, client, side, zendesk):
    """Jobs and operations that end well, a deletion, and at last a job whose AI fails."""
    person = zendesk.add_user(*sorted(side.raw)[:2])
    for _ in range(2):
        await _deliver(client, side, zendesk, person, "")
    await _ended(host, side)
    whole, last = side.tickets
    for path, document, status in (
        ("/v1/generate", {"ticket_id": whole}, 200),
        ("/v1/redactions", {"ticket_id": whole}, 200),
        ("/v1/rewrite", {"ticket_id": whole, "text": "Dear " + min(side.raw)}, 200),
        ("/v1/deletions", {"ticket_id": last}, 202),
    ):
        answer = await client.post(path, json=document, headers=side.headers)
        assert answer.status_code == status, (path, answer.text)
        side.ids.add(answer.headers["x-request-id"])
    await _deliver(client, side, zendesk, person, "BREAK")
    await _ended(host, side)
    side.ids |= {entry.id for entry in await host.store.entries(side.name, limit=100)}


async def _deliver(client, side, zendesk, person, word):
    name, address, file = sorted(side.raw)
    text = f"My {side.fruit} hat is late. I am {name}, {address}. {word}"
    ticket = zendesk.add_ticket(f"Hat of {name}", person, text, files=[File(file, text.encode())])
    side.tickets.append(ticket)
    delivery, path = zendesk.delivery_for_ticket_created(ticket), f"/webhooks/zendesk/{side.webhook_key}"
    answer = await client.post(path, content=delivery.body, headers=dict(delivery.headers))
    assert answer.status_code == 202, answer.text
    side.ids |= {answer.json()["job_id"], answer.headers["x-request-id"]}


async def _ended(host, side):
    """All jobs of the account have run."""
    while True:
        count = await host.queue.count(side.name)
        if count["done"] + count["dead"] == len(side.tickets):
            return
        await asyncio.sleep(0.05)


async def _sign_in(host, client, side, token):
    entry = action_entry("account_change", side.name, TESTER)
    await host.store.change_account(side.name, {"app": APP, "installation": INSTALLATION}, entry)
    answer = await client.post("/v1/sessions/zendesk", json={"token": token})
    assert answer.status_code == 201, answer.text
    side.ids |= {user.id for user in await host.store.users(side.name)}
    side.secrets |= {answer.json()["access_token"], token}


def test_no_line_of_the_log_is_about_two_accounts_or_has_a_word_of_a_ticket(evidence):
    kiwi, plum = evidence.finders
    said = Finder({*evidence.sides[0].raw, *evidence.sides[1].raw, "KIWI", "PLUM"})
    about = [[line for line in evidence.log if found(line)] for found in (kiwi, plum)]
    assert all(len(lines) > 10 for lines in about)
    assert not {*about[0]} & {*about[1]}
    assert not [line for line in evidence.log if said(line)]


@pytest.mark.parametrize("path", OF_ACCOUNTS)
def test_what_an_account_is_told_has_nothing_of_the_other(evidence, path):
    for side, other in zip(evidence.sides, reversed(evidence.finders), strict=True):
        assert not other(evidence.answers[side.fruit, path])


@pytest.mark.parametrize("path", [path for path in OF_ACCOUNTS if "audit" in path or "settings" in path])
def test_the_search_finds_what_is_an_accounts_own(evidence, path):
    for side, own in zip(evidence.sides, evidence.finders, strict=True):
        assert own(evidence.answers[side.fruit, path])


@pytest.mark.parametrize("path", FOR_ALL)
def test_what_everybody_is_told_has_nothing_of_anybody(evidence, path):
    told = [evidence.answers[who, path] for who in ("", "KIWI", "PLUM")]
    assert told[0] == told[1] == told[2]
    assert not any(found(told[0]) for found in evidence.finders)


def test_every_metric_is_known_and_tells_of_no_account_ticket_or_person(evidence):
    lines = [line for line in evidence.answers["", "/metrics"].splitlines() if line and not line.startswith("#")]
    found = {}
    for line in lines:
        name, labels = re.fullmatch(r"(\w+)(?:{(.*)})? [0-9.e+-]+", line).groups()
        found.setdefault(name, set()).update(re.findall(r'(\w+)="', labels or ""))
    assert found == METRICS


def test_what_is_kept_in_memory_of_an_account_is_known_and_kept_apart(evidence):
    assert set(evidence.memory) == set(CACHES)
    assert evidence.memory["raum.secrets.plaintexts.Plaintexts._kept"] == {"KIWI", "PLUM"}
    assert evidence.memory["raum.asking.breaker.Breakers._breakers"] == {"KIWI", "PLUM"}
    assert evidence.mixed == []


def test_the_search_finds_what_a_class_a_module_a_library_and_a_pattern_keep(monkeypatch):
    planted = [f"planted-{number}-0815" for number in range(5)]
    monkeypatch.setattr(log, "_planted", {planted[0]: [({planted[1]},)]}, raising=False)
    monkeypatch.setattr(Finder, "__module__", "raum.planted")
    urlsplit(f"https://example.com/{planted[2]}")
    re.compile(planted[3])
    found = Finder({*planted, "nothing"})
    found.kept = {planted[4]: 1}
    places = [(place, value) for place, _, value in leaves_of(found) if found(value)]
    assert {mark for mark in planted if any(mark in str(value) for _, value in places)} == {*planted}
    assert {place for place, _ in places} >= {"raum.log._planted", "re._cache", "raum.planted.Finder.kept"}


def test_nothing_of_a_ticket_is_in_memory_when_its_run_is_over(evidence):
    assert evidence.raw == []


def test_each_account_asks_with_its_own_key_and_what_it_asks_has_nothing_of_the_other(evidence):
    for side, other in zip(evidence.sides, reversed(evidence.finders), strict=True):
        own = [prompt for prompt in evidence.prompts if prompt["key"] == side.key]
        assert len(own) > 3
        assert all(side.fruit in prompt["ticket"] for prompt in own)
        assert not any(other(json.dumps(prompt, ensure_ascii=False)) for prompt in own)
