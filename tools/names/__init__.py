"""Builds the name lists and trains the name model of the detector `name`."""

import os

# Sums over several threads come in an order of their own each time, and the weights are to be the same bytes each time.
os.environ["OPENBLAS_NUM_THREADS"] = "1"
