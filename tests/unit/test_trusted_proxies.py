"""`[server] trusted_proxies`: exactly the proxies, and never everybody."""

import pytest

from raum.assembly import assemble
from raum.errors import ConfigurationError
from raum.terminal.options import default_config


@pytest.fixture
def configured(tmp_path):
    def configure(value):
        text = default_config().read_text().replace("trusted_proxies = []", f"trusted_proxies = {value}")
        (tmp_path / "raum.toml").write_text(text)
        return assemble(tmp_path / "raum.toml").config.server

    return configure


def test_networks_and_addresses_are_allowed(configured):
    server = configured('["10.0.0.0/8", "192.0.2.1", "fd00::/8", "2001:db8::1"]')
    assert [str(network) for network in server.proxies] == [
        "10.0.0.0/8",
        "192.0.2.1/32",
        "fd00::/8",
        "2001:db8::1/128",
    ]


@pytest.mark.parametrize(
    "value", ["*", "0.0.0.0/0", "::/0", "0.0.0.0/1", "10.0.0.1/8", "proxy.example.com", "", "2000::/3"]
)
def test_everybody_and_what_is_no_network_is_refused(configured, value):
    with pytest.raises(ConfigurationError) as refusal:
        configured(f'["{value}"]')
    (fault,) = refusal.value.faults
    assert "server.trusted_proxies" in fault
    assert "list exactly your proxies" in fault
