"""The routes under `/v1`: what accounts, their users and their automations call."""
