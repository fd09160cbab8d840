"""What is run while developing raum, and not shipped."""
