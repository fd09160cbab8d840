"""The host's token for OpenBao: renewed in time, and told about where that cannot be."""

import asyncio
import json
from pathlib import Path

import httpx2
import pytest
from secret_servers import bao
from structlog.testing import capture_logs

from raum.api import KeyRefused, Secret
from raum_openbao import OpenBao, OpenBaoOptions
from raum_openbao.connection import Connection
from raum_openbao.token import TokenLife

CONTEXT = {"app": "raum", "account": "acme", "table": "credentials", "row": "openai", "field": "ciphertext"}
POLICY = (Path(__file__).parents[3] / "config" / "openbao" / "raum.hcl").read_text()
NO_LIFE = POLICY.partition("# And about itself")[0]
PATIENCE_SECONDS = 20.0


@pytest.fixture(scope="module")
def server():
    with bao() as server:
        yield server


@pytest.fixture
def key(server):
    return server.new_key()


@pytest.fixture
def manager(server, key):
    """A manager whose token has the shipped policy, and lives as the test says."""

    def make(policy=POLICY, **life):
        token = server.new_token(policy.replace("/raum", f"/{key}"), **life)
        return OpenBao(OpenBaoOptions(server.url, Secret(token), key=key))

    return make


async def until(look):
    """Wait for what is to come about, as the server's clock goes on."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            if found := look():
                return found
            await asyncio.sleep(0.05)


async def encrypting(keys):
    """Encrypt until it fails: the server counts in whole seconds."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            await keys.encrypt(b"secret", CONTEXT)


async def test_a_token_goes_on_to_be_good_after_the_time_that_it_was_made_for(server, manager):
    async with manager(period="2s") as keys:
        token = keys._options.token.reveal()
        made = server.about_token(token)
        ended = made["creation_time"] + made["creation_ttl"]
        await until(lambda: server.about_token(token).get("last_renewal_time", 0) > ended)
        assert await keys.decrypt(await keys.encrypt(b"secret", CONTEXT), CONTEXT) == b"secret"
        assert keys.troubles() == await keys.warnings() == []


async def test_a_token_that_cannot_be_renewed_is_told_before_its_end_and_at_it(manager):
    with capture_logs() as logs:
        async with manager(ttl="2s", renewable=False) as keys:
            assert await keys.encrypt(b"secret", CONTEXT)
            (told,) = await until(keys.troubles)
            assert "cannot be renewed and ends at about 20" in told
            assert await keys.warnings() == [told]
            await until(lambda: "has ended; put another" in keys.troubles()[0])
            with pytest.raises(KeyRefused, match="token for OpenBao has ended"):
                await encrypting(keys)
    assert {(each["log_level"], each["event"]) for each in logs} == {("error", "the token is in trouble")}
    assert keys._options.token.reveal() not in json.dumps(logs)


async def test_a_token_with_a_longest_time_is_told_when_renewing_gives_it_little_more(manager):
    async with manager(ttl="3s", explicit_max_ttl="4s") as keys:
        (told,) = await until(keys.troubles)
        assert "has come near its longest time and ends at about 20" in told


async def test_a_policy_that_does_not_let_the_token_see_to_itself_is_told_and_the_keys_work(manager):
    async with manager(NO_LIFE, period="1h") as keys:
        (told,) = await until(keys.troubles)
        assert told.startswith("the host's token for OpenBao has ended, or its policy does not let the host look it up")
        assert await keys.encrypt(b"secret", CONTEXT)


async def test_a_token_that_never_ends_is_looked_at_once(server, key):
    async with OpenBao(OpenBaoOptions(server.url, Secret(server.token), key=key)) as keys:
        await until(keys._keeping.done)
        assert keys.troubles() == await keys.warnings() == []


async def test_leaving_the_part_ends_the_renewal(manager):
    before = asyncio.all_tasks()
    async with manager(period="1h"):
        assert len(asyncio.all_tasks() - before) == 1
    assert asyncio.all_tasks() == before


class Server:
    """Answers as it is told; `now` is the time, which goes on by sleeping. `paused` is how long each time."""

    def __init__(self, *answers):
        self.answers, self.now, self.paused, self.called = list(answers), 0.0, [], []

    def __call__(self, request):
        self.called.append(request.url.path.rpartition("/")[2])
        answer = self.answers.pop(0)
        return httpx2.Response(answer) if isinstance(answer, int) else httpx2.Response(200, json=answer)

    async def sleep(self, seconds):
        self.paused.append(seconds)
        self.now += seconds
        if not self.answers:
            raise asyncio.CancelledError

    async def life(self):
        """Let the token be kept for as long as there are answers."""
        options = OpenBaoOptions("http://127.0.0.1:8200", Secret("token"))
        async with Connection(options, httpx2.MockTransport(self)) as connection:
            life = TokenLife(connection, clock=lambda: self.now, sleep=self.sleep, share=lambda: 0.5)
            with pytest.raises(asyncio.CancelledError):
                await life.keep()
        return life


def looked_up(seconds, **more):
    return {"data": {"ttl": seconds, "renewable": True, "period": 3600, "expire_time": "2026", **more}}


def renewed(seconds):
    return {"auth": {"lease_duration": seconds}}


async def test_a_token_is_renewed_in_the_middle_of_its_time():
    server = Server(looked_up(900), renewed(3600), looked_up(1800), renewed(3600))
    life = await server.life()
    assert server.called == ["lookup-self", "renew-self"] * 2
    assert server.paused == [1800, 1800]
    assert life.trouble == ""


async def test_a_server_that_is_away_is_asked_again_the_sooner_the_less_time_there_is():
    server = Server(looked_up(900), renewed(60), *[503] * 20, looked_up(1), renewed(3600))
    server.answers[0]["data"]["period"] = 60
    life = await server.life()
    assert server.paused[0] == 30
    retries = server.paused[1:21]
    assert retries == sorted(retries, reverse=True)
    assert (retries[0], min(retries)) == (3.0, 0.5)
    assert life.trouble == ""


async def test_a_token_that_ended_while_the_server_was_away_is_told():
    server = Server(looked_up(60), renewed(60), *[503] * 60)
    server.answers[0]["data"]["period"] = 60
    life = await server.life()
    assert life.trouble.startswith("the host's token for OpenBao has ended")


@pytest.mark.parametrize("answer", [{"data": {}}, {"data": []}, {"data": {"ttl": "soon", "renewable": True}}, {}])
async def test_an_answer_that_says_nothing_of_the_token_is_as_none(answer):
    server = Server(answer, *[503] * 2)
    life = await server.life()
    assert life.trouble == ""
    assert server.paused == [30.0] * 3


@pytest.mark.parametrize("status", [400, 401, 403, 404])
async def test_a_renewal_that_is_refused_is_told_and_tried_again(status):
    server = Server(looked_up(900), status, looked_up(900), renewed(3600))
    with capture_logs() as logs:
        life = await server.life()
    assert [each["event"] for each in logs] == ["the token is in trouble", "the token is well again"]
    assert life.trouble == ""
