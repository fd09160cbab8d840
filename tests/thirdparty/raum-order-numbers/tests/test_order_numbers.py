"""The detector keeps the contract, and the host finds it by its entry point once it is installed."""

import subprocess
import sys

import pytest
from raum_order_numbers import OrderNumberOptions, OrderNumbers

from raum.testing.contracts import DetectorContract

CONFIG = """\
plugins = ["order-numbers", "zendesk", "offline", "sqlite", "localkeys"]
[pipeline]
helpdesk = "zendesk"
detectors = ["order-numbers"]
providers = ["offline"]
store = "sqlite"
keys = "localkeys"
[order-numbers]
prefixes = ["HAT"]
"""


class TestOrderNumbers(DetectorContract):
    examples = (
        ("Where is ORD-123456?", "ORDER", "ORD-123456"),
        ("HAT-1234567890 and ORD-654321", "ORDER", "HAT-1234567890"),
    )
    innocent = ("ORD-12345", "WORD-123456", "ORD 123456")

    @pytest.fixture
    def part(self):
        return OrderNumbers(OrderNumberOptions(prefixes=("ORD", "HAT")))


def test_the_host_redacts_order_numbers(tmp_path):
    (tmp_path / "raum.toml").write_text(CONFIG)
    command = [sys.executable, "-c", "from raum.cli import main; main()", "redact", "--config", "raum.toml"]
    run = subprocess.run(
        command, cwd=tmp_path, input="Where are HAT-123456 and HAT-654321?", capture_output=True, text=True, check=False
    )
    assert (run.stderr, run.returncode) == ("", 0)
    assert run.stdout == "Where are [REDACTED_ORDER_1] and [REDACTED_ORDER_2]?"
