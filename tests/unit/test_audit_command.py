"""`raum audit`, as it is typed."""

import csv
import io
import json
import stat
from pathlib import Path

import pytest
from shell import typed

CONFIG = Path(__file__).parents[2] / "config" / "raum.toml"


@pytest.fixture
def raum(tmp_path, monkeypatch, capfdbinary):
    """Runs a command in this process: exit status, standard output and standard error."""
    (tmp_path / "config").mkdir()
    text = (
        CONFIG.read_text()
        .replace('plugins = ["zendesk"', 'plugins = ["jsonl", "zendesk"')
        .replace("audit = []", 'audit = ["jsonl"]')
    )
    (tmp_path / "config" / "raum.toml").write_text(text)
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        status, out, err = typed(monkeypatch, capfdbinary, *arguments)
        return status, out.decode(), err.decode()

    assert run("account", "create", "acme", "--subdomain", "acme")[0] == 0
    return run


def fingerprint(raum):
    return raum("audit", "keys")[1].splitlines()[1].split()[0]


def export(raum, name="log.jsonl"):
    status, out, err = raum("audit", "export", "acme", "--output", name)
    assert (status, out, err) == (0, "", "")
    return Path(name)


def test_an_export_is_verified_without_the_host(raum, tmp_path, monkeypatch):
    key, file = fingerprint(raum), export(raum)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    status, out, err = raum("audit", "verify", "../log.jsonl", "--key", key, "--account", "acme")
    assert (status, err) == (0, "")
    assert out.splitlines()[:2] == ["account acme: 3 entries in 1 segments", f"signed with {key}"]
    assert "a cut end would not show (--checkpoint)" in out
    assert out.splitlines()[-1] == "the log is as it was written"


def test_a_change_is_found_and_ends_in_status_1(raum):
    key, file = fingerprint(raum), export(raum)
    file.write_text(file.read_text().replace("token_create", "token_revoke"))
    status, out, _ = raum("audit", "verify", "log.jsonl", "--key", key)
    assert status == 1
    assert "FAULT line 5: segment 1" in out
    assert out.splitlines()[-1] == "the log is NOT as it was written"


def test_a_cut_end_is_found_by_what_the_sink_kept(raum):
    key, older = fingerprint(raum), export(raum)
    export(raum, "newer.jsonl")
    kept = ("--checkpoint", "audit/entries.jsonl")
    assert raum("audit", "verify", "newer.jsonl", "--key", key, *kept)[0] == 0
    status, out, _ = raum("audit", "verify", str(older), "--key", key, *kept)
    assert status == 1
    assert "the log ends before segment 2" in out


def test_only_the_key_that_was_noted_down_is_trusted(raum):
    fingerprint(raum)
    export(raum)
    status, out, _ = raum("audit", "verify", "log.jsonl", "--key", "0" * 64)
    assert status == 1
    assert "signed with a key that is not trusted" in out
    status, _, err = raum("audit", "verify", "log.jsonl")
    assert (status, "Missing option '--key'" in err) == (2, True)


@pytest.mark.parametrize("key", ["2026-11-25", "0" * 63, "0" * 65, "G" * 64, ""])
def test_a_fingerprint_that_cannot_be_one_is_told(raum, key):
    raum("audit", "export", "acme", "--output", "log.jsonl")
    status, _, err = raum("audit", "verify", "log.jsonl", "--key", key)
    assert status == 2
    assert "a fingerprint is of 64 digits from 0 to f, the first column of `raum audit keys`" in " ".join(err.split())


def test_with_a_new_key_both_are_needed_from_then_on(raum):
    old = fingerprint(raum)
    export(raum)
    assert raum("audit", "keys", "--new")[0] == 0
    new = fingerprint(raum)
    export(raum)
    assert old != new
    assert raum("audit", "verify", "log.jsonl", "--key", old)[0] == 1
    assert raum("audit", "verify", "log.jsonl", "--key", old, "--key", new)[0] == 0


def test_a_checkpoint_file_without_one_is_told(raum):
    key = fingerprint(raum)
    export(raum)
    Path("none.jsonl").write_text("{}\nno json\n")
    status, _, err = raum("audit", "verify", "log.jsonl", "--key", key, "--checkpoint", "none.jsonl")
    assert (status, err) == (2, "the file of --checkpoint holds no checkpoint of this account\n")


def test_entries_are_listed_newest_first_and_found(raum):
    raum("audit", "list", "acme")
    status, out, _ = raum("audit", "list", "acme", "--to", "2100-01-01T00:00:00Z")
    assert status == 0
    found = [line.split()[2] for line in out.splitlines()[1:]]
    assert found == ["audit_read", "audit_read", "token_create", "account_create"]
    out = raum("audit", "list", "acme", "--operation", "token_create")[1]
    assert [line.split()[2] for line in out.splitlines()[1:]] == ["token_create"]


def test_csv_and_ocsf_go_to_standard_output(raum):
    rows = list(csv.DictReader(io.StringIO(raum("audit", "export", "acme", "--format", "csv")[1])))
    assert [row["operation"] for row in rows] == ["audit_export", "token_create", "account_create"]
    out = raum("audit", "export", "acme", "--format", "ocsf", "--operation", "account_create")[1]
    assert [json.loads(line)["class_uid"] for line in out.splitlines()] == [3004]


def test_a_sealed_export_is_of_the_whole_log(raum):
    status, _, err = raum("audit", "export", "acme", "--ticket", "7")
    assert (status, "filter csv or ocsf instead" in err) == (2, True)


def test_sealing_tells_what_it_sealed(raum):
    status, out, _ = raum("audit", "seal")
    assert status == 0
    assert out.startswith("acme: segment 1 (")
    assert out.endswith("1 segments sealed\n")


@pytest.mark.parametrize("time", ["yesterday", "2026-03-01", "2026-03-01T00:00:00"])
def test_a_time_needs_its_offset(raum, time):
    status, _, err = raum("audit", "list", "acme", "--from", time)
    assert (status, "must be a time with its offset" in err) == (2, True)
