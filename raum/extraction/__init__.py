"""Attachments and HTML comments to text; attachments in a process of its own that may not write and may not grow."""
