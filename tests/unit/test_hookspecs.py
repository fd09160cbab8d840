"""The page of hooks tells the truth: its examples are plugins, and together they are a host."""

import inspect
from datetime import UTC, datetime
from itertools import chain

import click
import httpx2
import pytest
from click.testing import CliRunner

from raum import hookspecs
from raum.api import StandIn
from raum.app import create_app
from raum.assembly import KINDS, assemble
from raum.host import opened
from raum.model import Actor, Operation, Order, Ticket, TicketText

HOOKS = {name: hook for name, hook in vars(hookspecs).items() if hasattr(hook, "raum_spec")}
ACTOR = Actor("system", "test")

PIPELINE = """\
plugin_dirs = ["."]
[pipeline]
helpdesk = "fake-desk"
extractors = ["subtitles"]
detectors = ["order-numbers"]
providers = ["parrot"]
store = "memory"
queue = "in-the-store"
keys = "fake-keys"
audit = ["counter"]
"""


def example(name):
    """The code in the docstring of a hook: all that stands behind its first paragraph."""
    _, _, code = inspect.cleandoc(HOOKS[name].__doc__).partition("\n\n")
    return code


def members(protocol):
    return [name for name in {*vars(protocol), *protocol.__annotations__} if not name.startswith("_")]


@pytest.fixture
def page(tmp_path):
    """An assembly of the examples of the page, each in a plugin file of its own, and of nothing else."""
    for name in HOOKS:
        (tmp_path / f"{name}.py").write_text(example(name))
    path = tmp_path / "raum.toml"
    path.write_text(f"plugins = {list(HOOKS)}\n{PIPELINE}")
    return assemble(path)


def test_each_kind_of_part_has_its_hook_on_the_page():
    assert {kind.hook for kind in KINDS} <= set(HOOKS)


def test_the_page_has_no_function_that_is_not_a_hook():
    functions = {name for name, value in vars(hookspecs).items() if inspect.isfunction(value)}
    assert functions == set(HOOKS)


@pytest.mark.parametrize("name", HOOKS)
def test_the_example_of_a_hook_implements_that_hook_and_no_other(name):
    namespace = {}
    exec(compile(example(name), name, "exec"), namespace)
    assert [item for item, value in namespace.items() if hasattr(value, "raum_impl")] == [name]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.word)
def test_the_example_of_a_kind_builds_a_part_with_all_members_of_the_protocol(page, kind):
    (stage,) = [stage for stage in page.stages if stage.kind == kind.word]
    assert stage.plugin == kind.hook
    assert [member for member in members(kind.protocol) if not hasattr(stage.part, member)] == []


async def test_the_examples_together_answer_a_ticket_and_record_it(page, capsys):
    ticket = Ticket(7, (TicketText("text", "Text", "Where is ORD-123456?"),))
    async with opened(page) as host:
        account = await host.administration(ACTOR).create_account("acme", "acme-help")
        answer = await host.pipeline.run(Order(Operation.GENERATE, account, ACTOR, ticket))
        assert (await host.store.entries("acme"))[0] == answer.entry
    assert "Where is ORD-123456?" in answer.reply.text
    assert "Where is [REDACTED_ORDER]?" in answer.entry.content
    assert page.audit[0].part.seen == 2
    assert capsys.readouterr().out == f"account_create done 0\ngenerate returned {answer.entry.duration_ms}\n"


def test_the_stand_in_makes_a_delivery_that_the_helpdesk_of_its_name_takes(page):
    (stand_in,) = chain.from_iterable(page.hook.raum_stand_ins())
    assert [member for member in members(StandIn) if not hasattr(stand_in, member)] == []
    assert stand_in.helpdesk == page.helpdesk.name
    headers, body = stand_in.sample_delivery()
    page.helpdesk.part.verify(headers, body, [stand_in.signing_secret], datetime.now(UTC))
    assert page.helpdesk.part.parse(body).ticket_id == 1
    assert stand_in.options("http://127.0.0.1:9000") == {}
    assert stand_in.last_reply() is None


async def test_the_route_stands_beside_those_of_the_host_behind_its_guard(page):
    transport = httpx2.ASGITransport(create_app(page))
    async with httpx2.AsyncClient(transport=transport, base_url="https://raum.example.com") as client:
        response = await client.get("/hello")
    assert (response.status_code, response.json()["code"]) == (401, "unauthorized")


def test_the_command_runs(page):
    group = click.Group(commands=list(chain.from_iterable(page.hook.raum_commands())))
    run = CliRunner().invoke(group, ["hello"])
    assert (run.exit_code, run.output) == (0, "hello\n")
