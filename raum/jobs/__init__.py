"""Accepted work, done in the background: claimed, leased, tried again, given up."""
