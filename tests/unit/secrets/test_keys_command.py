"""`raum keys` from the shell, and what the parts warn about in `raum check`."""

import asyncio
import base64
import re
from pathlib import Path

import boto3
import pytest
from click.testing import CliRunner
from moto import mock_aws

from raum.assembly import assemble
from raum.cli import raum as command
from raum.host import opened

CONFIG = (Path(__file__).parents[3] / "config" / "raum.toml").read_text()
KEYS = Path("keys/raum.keys")
NEW_LINE = f"second {base64.b64encode(bytes(32)).decode()}\n"
KMS = """\
plugins = ["zendesk", "patterns", "offline", "sqlite", "aws"]
[pipeline]
helpdesk = "zendesk"
detectors = ["email"]
providers = ["offline"]
store = "sqlite"
keys = "kms"
[kms]
key_arn = "{key}"
"""


@pytest.fixture
def raum(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("raum.toml").write_text(CONFIG)

    def run(*arguments, stdin=None):
        return CliRunner().invoke(command, [*arguments, "--config", "raum.toml"], input=stdin)

    return run


@pytest.fixture
def acme(raum):
    raum("account", "create", "acme", "--subdomain", "acme")
    for name in ("helpdesk-token", "webhook-secret"):
        raum("credential", "set", "acme", name, stdin="s3cret-0815\n")


def rows(result):
    assert result.exit_code == 0, result.output
    return [line.split() for line in result.output.splitlines()]


@pytest.mark.usefixtures("acme")
def test_the_keys_in_use_are_listed_and_the_values_moved_to_the_newest(raum):
    first = re.search(r"^(\w+) ", KEYS.read_text().splitlines()[1])[1]
    assert rows(raum("keys", "list")) == [["KEY", "VALUES"], [first, "2"]]
    with KEYS.open("a") as file:
        file.write(NEW_LINE)
    assert rows(raum("keys", "rewrap")) == [
        ["acme", "helpdesk-token", first, "->", "second"],
        ["acme", "webhook-secret", first, "->", "second"],
        ["2", "moved"],
    ]
    assert rows(raum("keys", "list")) == [["KEY", "VALUES"], ["second", "2"]]
    again = raum("keys", "rewrap")
    assert again.output.splitlines()[-1] == "0 moved"
    assert "s3cret-0815" not in again.output


@pytest.mark.usefixtures("acme")
def test_a_value_whose_key_is_gone_makes_the_command_fail_and_is_named(raum):
    KEYS.write_text(NEW_LINE)
    result = raum("keys", "rewrap")
    assert result.exit_code != 0
    assert result.output.startswith("acme  helpdesk-token  an encrypted value names a key that the key file does not")
    assert (
        str(result.exception)
        == "2 could not be moved; restore their key, or set credentials anew and replace the host's own keys"
    )


@pytest.mark.usefixtures("acme")
def test_a_host_grows_from_a_key_file_into_a_key_service_and_every_value_is_read_all_the_while(raum):
    first = re.search(r"^(\w+) ", KEYS.read_text().splitlines()[1])[1]
    raum("audit", "keys", "--new")
    with mock_aws():
        arn = boto3.client("kms", region_name="eu-central-1").create_key()["KeyMetadata"]["Arn"]
        text = KMS.format(key=arn).replace('"aws"', '"aws", "localkeys"')
        both = text.replace('keys = "kms"', 'keys = "kms"\nformer_keys = ["localkeys"]')
        Path("raum.toml").write_text(both)
        assert readable()
        assert rows(raum("keys", "list")) == [["KEY", "VALUES"], [first, "3"]]
        moved = rows(raum("keys", "rewrap"))
        assert [(account, before, after) for account, _, before, _, after in moved[:-1]] == [
            (account, first, arn) for account in ("acme", "acme", "_host")
        ]
        assert moved[-1] == ["3", "moved"]
        assert readable()
        KEYS.unlink()
        Path("raum.toml").write_text(KMS.format(key=arn))
        assert readable()
        assert rows(raum("keys", "list")) == [["KEY", "VALUES"], [arn, "3"]]
        assert rows(raum("keys", "rewrap"))[-1] == ["0", "moved"]


def readable():
    """Whether a host of the configuration decrypts everything that is stored."""

    async def look():
        async with opened(assemble(Path("raum.toml"))) as host:
            kept = [await host.credentials.get("acme", name) for name in ("helpdesk-token", "webhook-secret")]
            await host.signing_keys.signer()
            return [each.reveal() for each in kept] == ["s3cret-0815"] * 2

    return asyncio.run(look())


def test_the_check_tells_what_a_part_warns_about_until_it_is_mended(raum):
    with mock_aws():
        aws = boto3.client("kms", region_name="eu-central-1")
        key = aws.create_key()["KeyMetadata"]["Arn"]
        Path("raum.toml").write_text(KMS.format(key=key))
        told = raum("check")
        assert told.exit_code == 0
        assert "\nwarning: part 'kms': the key is not rotated automatically; turn that on with `aws kms" in told.output
        assert told.output.endswith("configuration is valid: raum.toml\n")
        aws.enable_key_rotation(KeyId=key)
        assert "warning" not in raum("check").output


def test_the_check_of_a_host_whose_key_service_is_away_is_valid_and_says_so(raum, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL_KMS", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    Path("raum.toml").write_text(KMS.format(key="arn:aws:kms:eu-central-1:111122223333:key/1234abcd"))
    told = raum("check")
    assert told.exit_code == 0
    assert "warning: part 'kms': cannot see whether the key is rotated automatically: AWS KMS cannot be" in told.output
