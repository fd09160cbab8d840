"""Not a plugin: its name begins with an underscore."""
