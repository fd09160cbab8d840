"""Values: what a piece of personal data is, apart from how it is written.

One idea each, in the order of the data: normalise (disguises off), folding (case and accents off), words (lists about
names), people and phones (which names and numbers are the same), identity (which values are), search (many strings at
once), known_names and known (values found again). Nothing here knows of placeholders, and nothing outlives its run.
"""
