"""The secrets of accounts and of the host: encrypted where they are stored, briefly in memory, moved to new keys."""
