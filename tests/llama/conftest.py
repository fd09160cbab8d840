"""Tests against a real engine with a small model; `tox -e llama` has them installed, the other environments do not."""

from importlib.util import find_spec

collect_ignore = [] if find_spec("xllamacpp") else ["test_main_job.py"]
