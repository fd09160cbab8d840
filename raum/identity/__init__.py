"""Who is who: actors, roles, users, sessions, service tokens."""
