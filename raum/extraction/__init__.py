"""From the bytes of an attachment to its text, in a process of its own that may not write and may not grow."""
