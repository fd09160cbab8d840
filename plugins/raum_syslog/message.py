"""Messages of RFC 5424."""

import json
import re
import socket
from collections.abc import Mapping
from typing import Any, Final

from raum.api import Checkpoint, Entry, facts_document, utc_text

_INFORMATIONAL: Final = 6
_WARNING: Final = 4
_FAILED: Final = ("failed", "refused", "denied")
_ESCAPED: Final = re.compile(r'(["\\\]])')
_NO_NAME: Final = re.compile(r"[^!-~]")


def of_entry(entry: Entry, facility: int, sd_id: str) -> bytes:
    """The message about an entry: its facts as JSON, and those that are searched for as structured data."""
    severity = _WARNING if entry.outcome in _FAILED else _INFORMATIONAL
    searched = {
        "id": entry.id,
        "account": entry.account_id,
        "operation": entry.operation,
        "actor": entry.actor,
        "outcome": entry.outcome,
        "client_ip": entry.client_ip,
        "request_id": entry.request_id,
    }
    priority = facility * 8 + severity
    return _message(priority, utc_text(entry.time), entry.operation, sd_id, searched, facts_document(entry))


def of_checkpoint(checkpoint: Checkpoint, facility: int, sd_id: str) -> bytes:
    """The message about a checkpoint. Its text is the line that `raum audit verify --checkpoint` reads."""
    searched = {"account": checkpoint.account_id, "segment": str(checkpoint.number)}
    document = json.loads(checkpoint.line)
    priority = facility * 8 + _INFORMATIONAL
    return _message(priority, checkpoint.sealed_at, "checkpoint", sd_id, searched, document)


def framed(message: bytes) -> bytes:
    """The message with its length in front (RFC 5425, 4.3: octet counting)."""
    return b"%d %s" % (len(message), message)


def _message(
    priority: int, time: str, message_id: str, sd_id: str, searched: Mapping[str, str], document: Mapping[str, Any]
) -> bytes:
    parameters = "".join(f' {name}="{_ESCAPED.sub(_escape, text)}"' for name, text in searched.items() if text)
    head = f"<{priority}>1 {time} {_name(socket.gethostname(), 255)} raum - {_name(message_id, 32)}"
    text = json.dumps(document, sort_keys=True, separators=(",", ":"))
    return f"{head} [{sd_id}{parameters}] {text}".encode("utf-8", "replace")


def _escape(match: re.Match[str]) -> str:
    return "\\" + match[1]


def _name(text: str, longest: int) -> str:
    """A header field: printable ASCII without blanks."""
    return _NO_NAME.sub("_", text)[:longest] or "-"
