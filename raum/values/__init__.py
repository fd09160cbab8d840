"""Values: what a piece of personal data is, apart from how it is written.

One idea each, in the order of the data: normalise (disguises off), words (lists about names), identity (which values
are the same), known (values found again). Nothing here knows of placeholders, and nothing remembers a value.
"""
