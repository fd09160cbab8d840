"""Builds the name lists and trains the name model of the detector `name`."""

import os

# Sums over several threads, and those for another kind of processor, come in an order of their own, and the weights are
# to be the same bytes each time.
os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ["OPENBLAS_CORETYPE"] = "Haswell"
