"""An installed plugin that nobody should import: its names are contested."""

raise AssertionError("imported although it must not be")
