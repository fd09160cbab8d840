"""The configuration for production is valid, and it keeps secrets, originals and the operator's own keys apart."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from raum.assembly import assemble
from raum.cli import raum
from raum.dataflow.data_use import DataClass
from raum.dataflow.table import as_markdown, flows
from raum.errors import ConfigurationError

FILE = Path(__file__).parents[2] / "config" / "production.toml"


@pytest.fixture(autouse=True)
def _environment(monkeypatch):
    monkeypatch.setenv("RAUM_DATABASE_URL", "postgresql://raum:s3cret@db.example.com:5432/raum")
    monkeypatch.setenv("AWS_ENDPOINT_URL_KMS", "http://127.0.0.1:9")  # nobody is there
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")


def test_it_is_valid_and_shows_no_secret():
    told = CliRunner().invoke(raum, ["check", "--config", str(FILE)])
    assert told.exit_code == 0, told.output
    assert told.output.rstrip().endswith(f"configuration is valid: {FILE}")
    assert "s3cret" not in told.output


def test_its_parts_are_those_for_many_hosts_and_real_providers():
    assembly = assemble(FILE)
    assert (assembly.store.name, assembly.queue.name, assembly.keys.name) == ("postgres", "pgqueuer", "kms")
    assert [stage.name for stage in assembly.providers] == ["openai", "anthropic", "gemini"]
    assert all(stage.part.needs_key for stage in assembly.providers)


def test_secrets_go_to_the_key_service_the_store_and_the_provider_they_are_for_and_nowhere_else():
    assembly = assemble(FILE)
    holders = {stage.name for stage in assembly.stages if DataClass.SECRETS in stage.data_use.receives}
    assert holders - {"zendesk"} == {"kms", "postgres", "openai", "anthropic", "gemini"}
    assert assembly.keys.data_use.regions == assembly.store.data_use.regions == ("eu-central-1",)


def test_the_queue_takes_its_jobs_where_the_store_is():
    assembly = assemble(FILE)
    assert assembly.queue.data_use.regions == assembly.store.data_use.regions
    assert assemble(FILE.with_name("raum.toml")).queue.data_use.regions == ()


def test_where_its_data_goes_is_what_the_document_says(monkeypatch):
    """The table of an annex on data processing, whole: a part that takes data elsewhere is a change to this file."""
    written = (Path(__file__).parents[1] / "data" / "dataflow" / "production.md").read_text(encoding="utf-8")
    assert f"{as_markdown(flows(assemble(FILE)))}\n" == written


def test_with_its_regions_it_names_the_providers_that_answer_elsewhere(tmp_path):
    text = FILE.read_text(encoding="utf-8").replace(
        '# [residency]\n# regions = ["eu"]', '[residency]\nregions = ["eu"]'
    )
    (tmp_path / "production.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        assemble(tmp_path / "production.toml")
    told = [fault.partition("; ")[0].partition("settings) to ")[2] for fault in caught.value.faults]
    assert told == [
        "api.openai.com, with the account's own key, region us",
        "api.anthropic.com, with the account's own key, region us",
        "generativelanguage.googleapis.com, with the account's own key, region global",
    ]


def test_it_finds_as_much_as_the_embedded_default():
    default = assemble(FILE.with_name("raum.toml"))
    production = assemble(FILE)
    assert [stage.name for stage in production.detectors] == [stage.name for stage in default.detectors]
    assert [stage.name for stage in production.extractors] == [stage.name for stage in default.extractors]


def test_without_the_address_of_the_database_it_says_what_is_missing(monkeypatch):
    monkeypatch.delenv("RAUM_DATABASE_URL")
    with pytest.raises(ConfigurationError, match="RAUM_DATABASE_URL"):
        assemble(FILE)
