"""Whose address goes into the audit log: the client's, as far as those who say it are trusted."""

import ipaddress

import pytest

from raum.web.addresses import address_of, client_address

NONE = ()
LOCAL = ("127.0.0.1/32",)
PROXIES = ("127.0.0.1/32", "10.0.0.0/8")
SIX = ("fd00::/8",)


@pytest.mark.parametrize(
    ("peer", "forwarded", "trusted", "client"),
    [
        # direct
        ("203.0.113.7", [], NONE, "203.0.113.7"),
        ("203.0.113.7", [], PROXIES, "203.0.113.7"),
        ("203.0.113.7", ["6.6.6.6"], NONE, "203.0.113.7"),
        ("203.0.113.7", ["6.6.6.6"], PROXIES, "203.0.113.7"),
        ("127.0.0.1", ["6.6.6.6"], NONE, "127.0.0.1"),
        # one proxy
        ("10.0.0.5", ["203.0.113.7"], PROXIES, "203.0.113.7"),
        ("10.0.0.5", ["6.6.6.6, 203.0.113.7"], PROXIES, "203.0.113.7"),
        ("10.0.0.5", [], PROXIES, "10.0.0.5"),
        # two proxies, in one line or two
        ("127.0.0.1", ["203.0.113.7, 10.0.0.5"], PROXIES, "203.0.113.7"),
        ("127.0.0.1", ["203.0.113.7", "10.0.0.5"], PROXIES, "203.0.113.7"),
        ("127.0.0.1", ["6.6.6.6, 203.0.113.7, 10.0.0.5"], PROXIES, "203.0.113.7"),
        ("127.0.0.1", ["6.6.6.6, 203.0.113.7, 10.0.0.5"], LOCAL, "10.0.0.5"),
        # written to look like a proxy
        ("127.0.0.1", ["10.0.0.9, 203.0.113.7, 10.0.0.5"], PROXIES, "203.0.113.7"),
        ("127.0.0.1", ["10.0.0.9, 10.0.0.5"], PROXIES, "10.0.0.9"),
        # IPv6, and IPv4 within it
        ("fd00::5", ["2001:db8::7"], SIX, "2001:db8::7"),
        ("fd00::5", ["[2001:db8::7]"], SIX, "2001:db8::7"),
        ("fd00::5", ["[2001:db8::7]:4711"], SIX, "2001:db8::7"),
        ("fd00::5", ["2001:DB8:0:0::7"], SIX, "2001:db8::7"),
        ("::ffff:10.0.0.5", ["::ffff:203.0.113.7"], PROXIES, "203.0.113.7"),
        ("fd00::5%eth0", ["2001:db8::7"], SIX, "2001:db8::7"),
        # ports
        ("10.0.0.5", ["203.0.113.7:4711"], PROXIES, "203.0.113.7"),
        ("10.0.0.5", ["203.0.113.7:4711, 10.0.0.6:80"], PROXIES, "203.0.113.7"),
        # what is no address is nobody, and what stands before it is not believed
        ("10.0.0.5", [""], PROXIES, "10.0.0.5"),
        ("10.0.0.5", ["unknown"], PROXIES, "10.0.0.5"),
        ("10.0.0.5", ["203.0.113.7, unknown"], PROXIES, "10.0.0.5"),
        ("10.0.0.5", ["203.0.113.7, unknown, 10.0.0.6"], PROXIES, "10.0.0.6"),
        ("10.0.0.5", ["203.0.113.7,"], PROXIES, "10.0.0.5"),
        ("10.0.0.5", ["203.0.113.7;10.0.0.6"], PROXIES, "10.0.0.5"),
        ("10.0.0.5", ["203.0.113.007"], PROXIES, "10.0.0.5"),
        ("10.0.0.5", ["999.0.113.7"], PROXIES, "10.0.0.5"),
        ("10.0.0.5", ["203.0.113.7:"], PROXIES, "10.0.0.5"),
        ("10.0.0.5", ["[2001:db8::7"], PROXIES, "10.0.0.5"),
        ("10.0.0.5", ["fe80::1%eth0"], PROXIES, "10.0.0.5"),
        ("10.0.0.5", ["203.0.113.7\x00"], PROXIES, "10.0.0.5"),
        ("10.0.0.5", ["２０３.0.113.7"], PROXIES, "10.0.0.5"),
        ("10.0.0.5", ["203.0.113.7, " + "10.0.0.6, " * 60 + "10.0.0.7"], PROXIES, "10.0.0.6"),
    ],
)
def test_the_client_is_the_first_one_from_the_right_that_is_no_trusted_proxy(peer, forwarded, trusted, client):
    networks = [ipaddress.ip_network(network) for network in trusted]
    assert str(client_address(address_of(peer), forwarded, networks)) == client


def test_a_long_header_takes_no_time():
    trusted = [ipaddress.ip_network("10.0.0.0/8")]
    assert str(client_address(address_of("10.0.0.1"), [",".join(["10.0.0.2"] * 100_000)], trusted)) == "10.0.0.2"


@pytest.mark.parametrize("text", ["", "unix", "testclient", "1.2.3", "1.2.3.4.5", "::g"])
def test_a_peer_without_an_address_is_none(text):
    assert address_of(text) is None
