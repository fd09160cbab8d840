"""Redaction: findings to placeholders, and placeholders back to values.

`redact` does it for a ticket, `restore` for a completion. The other modules are one idea each, in the order of the
data: detection (beside the event loop), normalise (disguises off), known (values found again), overlaps (one finding a
place), identity and words (which values are the same), placeholders (their grammar), originals, redacted.
"""
