"""What commands print and ask on a terminal, and the options that they share."""
