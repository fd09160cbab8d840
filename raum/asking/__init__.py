"""Asking an AI: which provider, with which options, how often, for how long, and at what cost."""
