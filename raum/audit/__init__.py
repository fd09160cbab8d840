"""The audit: what every operation and every administrative action leaves behind."""
