"""raum: AI on support tickets without the customers' personal data.

Start reading at `raum.pipeline`, the way a ticket takes from top to bottom.
"""
