"""Builds the name lists and trains the name model of the detector `name`."""
