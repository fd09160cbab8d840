"""Who did what reaches a log collector, whole and over TLS alone; what was said does not."""

from datetime import UTC, date, datetime

import pytest
import trustme
from collector import collecting, parsed

from raum.api import Checkpoint, Entry, OperatorError
from raum.sealing.verify import kept_checkpoints
from raum_syslog import raum_audit_sinks
from raum_syslog.message import of_entry
from raum_syslog.sink import SyslogOptions, SyslogSink

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def make_entry(**fields):
    fields = {"id": "entry-1", "operation": "generate", "actor": "user:ada", "outcome": "returned", **fields}
    return Entry(time=NOON, account_id="acme", **fields)


@pytest.fixture
def authority():
    return trustme.CA()


@pytest.fixture
def ca_file(authority, tmp_path):
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    return str(tmp_path / "ca.pem")


@pytest.fixture
def collector(authority):
    with collecting(authority) as collector:
        yield collector


@pytest.fixture
async def sink(collector, ca_file):
    async with SyslogSink(SyslogOptions("127.0.0.1", collector.port, ca_file)) as sink:
        yield sink


def test_the_part_says_that_it_gets_no_content():
    (part,) = raum_audit_sinks()
    use = part.data_use(SyslogOptions("127.0.0.1"))
    assert (part.name, {str(each) for each in use.receives}) == ("syslog", {"ids", "settings", "metrics"})
    assert use.regions == ()
    assert part.data_use(SyslogOptions("logs.example.com")).regions == ("unknown",)
    assert part.data_use(SyslogOptions("logs.example.com", region="eu")).regions == ("eu",)


async def test_a_message_says_who_did_what_and_not_what_was_said(sink, collector):
    await sink.write(
        make_entry(content="Dear [REDACTED_NAME]", completion="Noted.", client_ip="192.0.2.7", ticket_id=7)
    )
    (message,) = collector.wait_for(1)
    assert (message["priority"], message["time"]) == (13 * 8 + 6, "2026-03-01T12:00:00.000000Z")
    assert (message["message_id"], message["sd_id"]) == ("generate", "raum@32473")
    searched = {"id": "entry-1", "account": "acme", "operation": "generate", "actor": "user:ada", "outcome": "returned"}
    assert message["searched"] == {**searched, "client_ip": "192.0.2.7"}
    assert message["document"]["ticket_id"] == 7
    assert b"REDACTED" not in collector.messages[0]
    assert b"Noted" not in collector.messages[0]


async def test_a_failure_is_a_warning(sink, collector):
    await sink.write(make_entry(outcome="failed", reason="provider_busy"))
    assert collector.wait_for(1)[0]["priority"] == 13 * 8 + 4


@pytest.mark.parametrize(
    "text", ['"', "\\", "]", '"] <13>1 forged', "a\nb", "\\]", "Żaneta", "\ud800", "\x00", "x" * 9000]
)
def test_no_text_breaks_out_of_its_place(text):
    message = parsed(of_entry(make_entry(actor=f"user:{text}", operation="a b\n<c>"), 13, "raum@32473"))
    assert message["searched"]["actor"] == f"user:{text}".replace("\ud800", "?")
    assert message["document"]["actor"] == f"user:{text}"
    assert message["message_id"] == "a_b_<c>"


async def test_a_checkpoint_comes_as_it_is_verified_with(sink, collector):
    checkpoint = Checkpoint("acme", 7, date(2026, 3, 1), 1, 9, "a" * 64, "b" * 64, "c" * 64, "2026-03-02", b"s" * 64)
    await sink.write_checkpoint(checkpoint)
    collector.wait_for(1)
    text = collector.messages[0].partition(b"] ")[2]
    assert kept_checkpoints([text]) == [checkpoint]


async def test_a_connection_that_broke_is_made_anew(sink, collector):
    await sink.write(make_entry(id="one"))
    collector.wait_for(1)
    collector.hang_up()
    while not sink._streams[0].at_eof():
        await sink._streams[0].read(1)
    await sink.write(make_entry(id="two"))
    assert [message["searched"]["id"] for message in collector.wait_for(2)] == ["one", "two"]


async def test_a_collector_that_nobody_vouches_for_gets_nothing(ca_file, tmp_path):
    with collecting(trustme.CA()) as stranger:
        async with SyslogSink(SyslogOptions("127.0.0.1", stranger.port, ca_file)) as sink:
            with pytest.raises(OSError, match="certificate verify failed"):
                await sink.write(make_entry())
        assert stranger.messages == []


async def test_a_collector_by_another_name_gets_nothing(authority, ca_file):
    with collecting(authority, name="elsewhere.example.com") as other:
        async with SyslogSink(SyslogOptions("127.0.0.1", other.port, ca_file)) as sink:
            with pytest.raises(OSError, match="certificate verify failed"):
                await sink.write(make_entry())
        assert other.messages == []


async def test_a_collector_may_ask_for_the_hosts_own_certificate(authority, ca_file, tmp_path):
    own = authority.issue_cert("raum.example.com")
    own.private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "own.pem"))
    with collecting(authority, asks_for_certificate=True) as collector:
        options = SyslogOptions("127.0.0.1", collector.port, ca_file, cert_file=str(tmp_path / "own.pem"))
        async with SyslogSink(options) as sink:
            await sink.write(make_entry())
            collector.wait_for(1)


async def test_a_collector_that_is_away_is_an_error(ca_file):
    async with SyslogSink(SyslogOptions("127.0.0.1", 9, ca_file)) as sink:
        with pytest.raises(OSError, match="Connect"):
            await sink.write(make_entry())


def test_a_certificate_that_cannot_be_read_is_told(tmp_path):
    (tmp_path / "bad.pem").write_text("no certificate")
    for file in ("bad.pem", "none.pem"):
        with pytest.raises(OperatorError, match="a certificate or key cannot be read"):
            SyslogSink(SyslogOptions("127.0.0.1", ca_file=str(tmp_path / file)))
