"""A single-file plugin whose name an installed plugin has too."""

raise AssertionError("imported although it must not be")
