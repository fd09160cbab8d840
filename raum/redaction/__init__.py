"""Redaction: findings to placeholders, and placeholders back to values.

`redact` does it for a ticket, `restore` for a completion. The other modules are one idea each, in the order of the
data: detection (beside the event loop), overlaps (one finding a place), placeholders (their grammar), originals,
redacted. What a value is, and when two are the same, is the business of `raum.values`.
"""
