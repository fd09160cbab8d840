"""The SDKs take seconds and hundreds of megabytes, so they are imported only by a host that uses them."""

import subprocess
import sys
from pathlib import Path

import pytest

import raum_anthropic
import raum_gemini
import raum_openai
from raum.api import OperatorError

ROOT = Path(__file__).parents[2]
SDKS = ("openai", "anthropic", "google.genai", "google.generativeai", "google.auth", "pydantic", "requests")


def run(code, folder):
    """What a fresh process prints at its end: the SDKs that it has imported."""
    tell = f"import sys; print('imported', [name for name in {SDKS} if name in sys.modules])"
    process = subprocess.run(
        [sys.executable, "-c", f"{code}\n{tell}"], capture_output=True, text=True, check=True, cwd=folder
    )
    return process.stdout.splitlines()[-1]


@pytest.mark.parametrize("module", ["raum", "raum.api", "raum.cli", "raum_openai", "raum_anthropic", "raum_gemini"])
def test_an_import_takes_no_sdk_along(module, tmp_path):
    assert run(f"import {module}", tmp_path) == "imported []"


def test_a_check_of_the_default_configuration_imports_none(tmp_path):
    arguments = ["check", "--config", str(ROOT / "config" / "raum.toml")]
    code = f"from raum.cli import raum\nraum({arguments}, standalone_mode=False)"
    assert run(code, tmp_path) == "imported []"


def test_a_part_brings_its_own_and_no_other(tmp_path):
    code = "import raum_openai\n(part,) = raum_openai.raum_providers()\npart.build(part.options())"
    assert run(code, tmp_path) == "imported ['openai', 'pydantic']"


@pytest.mark.parametrize(
    ("plugin", "module", "missing", "extra"),
    [
        (raum_openai, "raum_openai.provider", "openai", "openai"),
        (raum_anthropic, "raum_anthropic.provider", "anthropic", "anthropic"),
        (raum_gemini, "raum_gemini.provider", "google.genai", "gemini"),
    ],
)
def test_a_missing_sdk_is_told_with_what_to_do(plugin, module, missing, extra, monkeypatch):
    monkeypatch.delitem(sys.modules, module, raising=False)
    monkeypatch.delattr(plugin, "provider", raising=False)
    monkeypatch.setitem(sys.modules, missing, None)
    if missing == "google.genai":
        monkeypatch.delattr("google.genai", raising=False)
    (part,) = plugin.raum_providers()
    with pytest.raises(OperatorError, match=rf"pip install 'raum\[{extra}\]'"):
        part.build(part.options())


def test_the_environment_cannot_switch_the_logs_of_an_sdk_on(tmp_path):
    code = (
        "import os, logging\n"
        "os.environ |= {'OPENAI_LOG': 'debug', 'ANTHROPIC_LOG': 'debug'}\n"
        "import raum_openai, raum_anthropic\n"
        "for plugin in (raum_openai, raum_anthropic):\n"
        "    (part,) = plugin.raum_providers()\n"
        "    part.build(part.options())\n"
        "print(logging.getLogger().handlers, logging.getLogger('anthropic._base_client').isEnabledFor(10))\n"
        "import sys; sys.exit()"
    )
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert process.stdout == "[] False\n"
