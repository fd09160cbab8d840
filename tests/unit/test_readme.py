"""What the README shows is what works."""

import re
from pathlib import Path

from raum.assembly import assemble
from raum.host import find_functions
from raum.model import Ticket, TicketText
from raum.redaction.redact import redact

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def block(language):
    return re.search(rf"```{language}\n(.*?)```", README, re.DOTALL)[1]


def test_the_detector_of_the_readme_works_with_the_configuration_of_the_readme(tmp_path):
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "order_numbers.py").write_text(block("python"))
    default = (ROOT / "config" / "raum.toml").read_text()
    plugins, pipeline = block("toml").split("[pipeline]\n")
    default = re.sub(r"^plugins = .*$", lambda _: plugins, default, flags=re.MULTILINE)
    default = re.sub(r"^detectors = \[.*?^\]$", lambda _: pipeline, default, flags=re.MULTILINE | re.DOTALL)
    (tmp_path / "raum.toml").write_text(default)

    detectors = find_functions(assemble(tmp_path / "raum.toml"))
    ticket = Ticket(1, (TicketText("subject", "Subject", "Where is ORD-204518? jane@example.com"),))
    assert str(redact(ticket, detectors).texts[0].text) == "Where is [REDACTED_ORDER_NUMBER]? [REDACTED_EMAIL]"


def test_the_detector_of_the_readme_has_at_most_twenty_lines():
    assert len(block("python").strip().splitlines()) <= 20
