"""Originals exist for one run (promise P5): nothing of a ticket is left in a cache of the process when it is over."""

import subprocess
import sys
from pathlib import Path


def test_no_string_with_a_value_is_left_after_a_run_and_the_search_would_find_one():
    # In a process of its own: the memory of a test run is large, and full of strings that come and go.
    probe = [sys.executable, str(Path(__file__).with_name("memory_probe.py"))]
    done = subprocess.run(probe, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (0, "False True\n"), done.stderr
