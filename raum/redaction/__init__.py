"""Redaction: findings to placeholders, and placeholders back to values.

`redact` does it for a ticket, `restore` for a completion; the other modules are one idea each, in the order of the
data: detection, known, overlaps, identity, placeholders, originals, redact, redacted, restore.
"""
