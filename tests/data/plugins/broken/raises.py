"""Fails when it is imported, with a text that must not be shown."""

PIN = int("jane.doe@example.com")
