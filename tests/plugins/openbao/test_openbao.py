"""A real OpenBao: versions of a key, what a token may do, and what each failure becomes."""

import traceback
from pathlib import Path

import httpx2
import pytest
from secret_servers import bao

import raum_openbao
from raum.api import KeyRefused, KeysUnavailable, NotDecryptable, OperatorError, Secret
from raum_openbao import OpenBao, OpenBaoOptions

CONTEXT = {"app": "raum", "account": "acme", "table": "credentials", "row": "openai", "field": "ciphertext"}
POLICY = (Path(__file__).parents[3] / "config" / "openbao" / "raum.hcl").read_text()
PLAINTEXT = b"SEVEN-LEMONS"


@pytest.fixture(scope="module")
def server():
    with bao() as server:
        yield server


@pytest.fixture
def key(server):
    return server.new_key()


@pytest.fixture
def manager(server, key):
    """A manager with a token that the shipped policy gives its rights."""
    token = server.new_token(POLICY.replace("/raum", f"/{key}"))
    return OpenBao(OpenBaoOptions(server.url, Secret(token), key=key))


def answering(status):
    answer = httpx2.MockTransport(lambda request: httpx2.Response(status, json={"errors": [PLAINTEXT.decode()]}))
    return OpenBao(OpenBaoOptions("http://127.0.0.1:8200", Secret("token")), transport=answer)


@pytest.mark.parametrize(
    ("url", "region", "regions"),
    [
        ("http://127.0.0.1:8200", "", ()),
        ("https://bao.example.com", "", ("unknown",)),
        ("https://bao.example.com", "eu", ("eu",)),
    ],
)
def test_the_part_says_where_the_secrets_go(url, region, regions):
    (part,) = raum_openbao.raum_key_managers()
    assert part.data_use(OpenBaoOptions(url, Secret("token"), region=region)).regions == regions


@pytest.mark.parametrize("options", [{"url": "http://bao.example.com"}, {"mount": "a/b"}, {"key": "../raum"}])
def test_an_address_or_a_name_that_is_not_safe_is_refused(options):
    with pytest.raises(OperatorError):
        OpenBaoOptions(**({"url": "https://bao.example.com", "token": Secret("token")} | options))


async def test_the_shipped_policy_allows_what_the_host_does_and_nothing_about_the_key(server, key, manager):
    async with manager:
        value = await manager.encrypt(b"secret", CONTEXT)
        assert await manager.decrypt(value, CONTEXT) == b"secret"
        assert await manager.rewrap(value, CONTEXT) == value
    token = manager._options.token.reveal()
    for path in (f"transit/keys/{key}/rotate", f"transit/keys/{key}/config", f"transit/datakey/plaintext/{key}"):
        with pytest.raises(httpx2.HTTPStatusError, match="403"):
            server.write(path, token=token)


async def test_a_rotated_key_encrypts_anew_and_still_decrypts_what_it_encrypted(server, key, manager):
    async with manager:
        old = await manager.encrypt(b"secret", CONTEXT)
        server.write(f"transit/keys/{key}/rotate")
        moved = await manager.rewrap(old, CONTEXT)
        assert (manager.key_of(old), manager.key_of(moved)) == (f"{key}:1", f"{key}:2")
        assert await manager.rewrap(moved, CONTEXT) == moved
        assert await manager.decrypt(old, CONTEXT) == await manager.decrypt(moved, CONTEXT) == b"secret"
        server.write(f"transit/keys/{key}/config", min_decryption_version=2)
        assert await manager.decrypt(moved, CONTEXT) == b"secret"
        with pytest.raises(NotDecryptable):
            await manager.decrypt(old, CONTEXT)


async def test_a_value_of_another_key_is_refused(server, key, manager):
    async with manager, OpenBao(OpenBaoOptions(server.url, Secret(server.token), key=server.new_key())) as other:
        value = await other.encrypt(b"secret", CONTEXT)
        with pytest.raises(NotDecryptable):
            await manager.decrypt(value, CONTEXT)


async def test_a_token_that_is_not_good_is_a_refusal(server, key):
    async with OpenBao(OpenBaoOptions(server.url, Secret("s.none"), key=key)) as manager:
        with pytest.raises(KeyRefused):
            await manager.encrypt(b"secret", CONTEXT)


async def test_a_token_that_cannot_be_sent_is_a_refusal():
    async with OpenBao(OpenBaoOptions("http://127.0.0.1:9", Secret("not a token\n"))) as manager:
        with pytest.raises(KeyRefused):
            await manager.encrypt(b"secret", CONTEXT)


async def test_a_key_that_is_not_there_is_not_made(server):
    token = server.new_token(POLICY)
    async with OpenBao(OpenBaoOptions(server.url, Secret(token), key="raum")) as manager:
        with pytest.raises(KeyRefused):
            await manager.encrypt(b"secret", CONTEXT)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        *((status, KeyRefused) for status in (400, 401, 403, 404, 473)),  # 473 is a standby that does not forward
        *((status, KeysUnavailable) for status in (412, 429, 500, 502, 503)),
    ],
)
async def test_each_failure_becomes_one_of_our_own_that_shows_nothing(status, error):
    async with answering(status) as manager:
        with pytest.raises(error) as failure:
            await manager.encrypt(PLAINTEXT, CONTEXT)
    assert failure.value.__cause__ is failure.value.__context__ is None
    assert "LEMONS" not in "".join(traceback.format_exception(failure.value))


@pytest.mark.parametrize("body", [b"", b"[]", b'{"data": {}}', b"<html>"])
async def test_an_answer_that_is_none_is_a_failure_that_passes(body):
    transport = httpx2.MockTransport(lambda request: httpx2.Response(200, content=body))
    async with OpenBao(OpenBaoOptions("http://127.0.0.1:8200", Secret("token")), transport=transport) as manager:
        with pytest.raises(KeysUnavailable):
            await manager.encrypt(PLAINTEXT, CONTEXT)


async def test_nobody_at_the_address_is_an_outage():
    async with OpenBao(OpenBaoOptions("http://127.0.0.1:9", Secret("token"))) as manager:
        with pytest.raises(KeysUnavailable) as failure:
            await manager.encrypt(PLAINTEXT, CONTEXT)
    assert failure.value.__cause__ is failure.value.__context__ is None


async def test_a_manager_that_is_not_entered_does_nothing():
    with pytest.raises(RuntimeError, match=r"^the key manager was not entered$"):
        await answering(200).encrypt(b"secret", CONTEXT)
