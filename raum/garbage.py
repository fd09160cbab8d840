"""How a process that serves collects garbage: all threads stand still meanwhile, so it must not take long.

https://docs.python.org/3/library/gc.html
"""

import gc
from typing import Final

# A full collection looks at all that a redaction has made so far, tens of milliseconds for a ticket of thousands of
# people, and finds next to nothing: little refers to itself here. So it is rare, and the small ones are fewer.
_THRESHOLDS: Final = (2_000, 10, 1_000)


def collect_briefly() -> None:
    """From now on collect in short steps, and never look again at what is there by now: call it when all is loaded."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)
