"""Tests of the SDK that Google has ended; `tox -e legacy` has it installed, the other environments do not."""

from importlib.util import find_spec

collect_ignore = [] if find_spec("google.generativeai") else ["test_gemini_legacy.py"]
