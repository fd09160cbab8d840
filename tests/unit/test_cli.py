"""The commands, as they are typed."""

import asyncio
import getpass
import json
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from attrs import evolve
from shell import typed

from raum.assembly import assemble
from raum.audit.actions import action_entry
from raum.host import opened
from raum.model import Actor, EventKind, Job

CONFIG = Path(__file__).parents[2] / "config" / "raum.toml"
RAUM = [sys.executable, "-c", "from raum.cli import main; main()"]
TEXT = "Hi, I am Ada Quill.\nWrite to ada@example.com or call +1 202 555 0123. Card 4111 1111 1111 1111"
REDACTED = "Hi, I am [REDACTED_NAME].\nWrite to [REDACTED_EMAIL] or call [REDACTED_PHONE]. Card [REDACTED_CC]"
SAMPLE_VALUES = [
    "Nora",
    "Lindqvist",
    "nora.lindqvist@example.com",
    "n.lindqvist@example.org",
    "4111 1111",
    "555-0143",
    "555-0178",
    "Devon",
    "Achterberg",
]


@pytest.fixture(autouse=True)
def _workplace(tmp_path, monkeypatch):
    """An empty working directory, with the embedded default as its configuration."""
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "raum.toml").write_bytes(CONFIG.read_bytes())
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def raum(monkeypatch, capsys):
    """Runs a command in this process: its exit status, standard output and standard error."""

    def run(*arguments, stdin=b""):
        return typed(monkeypatch, capsys, *arguments, stdin=stdin)

    return run


def test_help_names_every_command(raum):
    status, out, _ = raum("--help")
    assert status == 0
    assert re.findall(r"^  ([a-z]+)  ", out.partition("Commands:")[2], re.MULTILINE) == [
        "account",
        "audit",
        "check",
        "credential",
        "dataflow",
        "deletion",
        "demo",
        "evaluate",
        "jobs",
        "keys",
        "migrate",
        "plugins",
        "purge",
        "redact",
        "serve",
        "sessions",
        "settings",
        "token",
        "user",
        "worker",
        "zendesk",
    ]


@pytest.mark.parametrize(
    "command",
    [
        "audit export",
        "audit keys",
        "audit list",
        "audit seal",
        "check",
        "demo",
        "evaluate",
        "deletion list",
        "deletion request",
        "jobs list",
        "jobs retry",
        "jobs drop",
        "migrate",
        "plugins",
        "purge",
        "redact",
        "serve",
        "worker",
        "account create",
        "account hold",
        "account list",
        "account release",
        "credential set",
        "settings get",
        "settings set",
    ],
)
def test_every_command_explains_itself_and_takes_a_configuration(raum, command):
    status, out, _ = raum(*command.split(), "--help")
    assert status == 0
    assert "--config" in out


def test_check_shows_each_stage_with_its_part_and_line(raum):
    status, out, err = raum("check")
    rows = [line.split() for line in out.splitlines()]
    assert (status, err) == (0, "")
    assert rows[0] == ["KIND", "PART", "PLUGIN", "FROM", "LINE"]
    stages = rows[1 : rows.index([])]
    names = [row[-5] for row in stages]
    assert names[0] == "zendesk"
    assert names[1:7] == ["pdf", "docx", "eml", "html", "csv", "text"]
    assert names[7:11] == ["email", "card", "phone", "name"]
    assert names[-4:] == ["offline", "sqlite", "embedded", "localkeys"]
    assert all(re.fullmatch(r"config/raum\.toml:\d+", row[-1]) for row in stages)
    assert out.endswith("configuration is valid: config/raum.toml\n")


@pytest.mark.parametrize("command", ["check", "serve", "migrate", "redact", "account list"])
def test_a_faulty_configuration_is_told_line_by_line_without_a_traceback(raum, command):
    Path("config/raum.toml").write_text(
        CONFIG.read_text().replace('["offline"] ', '["oracle"] ').replace("port = 8080", 'port = "x"')
    )
    status, out, err = raum(*command.split())
    assert (status, out) == (2, "")
    provider, port = err.splitlines()
    assert re.match(
        r"config/raum\.toml:\d+: pipeline\.providers\[0\]: no enabled plugin offers a part 'oracle'", provider
    )
    assert re.match(r"config/raum\.toml:\d+: server\.port: wrong type: a string; allowed: an integer", port)


def test_a_configuration_that_is_not_there_is_a_wrong_use(raum):
    status, out, err = raum("check", "--config", "missing.toml")
    assert (status, out) == (2, "")
    assert "File 'missing.toml' does not exist." in err


def test_an_unknown_command_is_a_wrong_use(raum):
    status, _, err = raum("fly")
    assert status == 2
    assert "No such command 'fly'." in err


def test_plugins_tells_enabled_ones_from_others(raum):
    status, out, _ = raum("plugins")
    assert status == 0
    found = {line.split()[0]: "not enabled" not in line for line in out.splitlines()[1:]}
    used = {"addresses", "documents", "ids", "localkeys", "offline", "patterns", "secrets", "sqlite", "zendesk"}
    others = {
        "anthropic", "aws", "custom", "gemini", "gemini_legacy", "jsonl", "openai", "openbao", "pgqueuer", "postgres",
        "syslog",
    }  # fmt: skip
    assert found == dict.fromkeys(used, True) | dict.fromkeys(others, False)


def test_redact_takes_a_file_or_standard_input(raum):
    Path("mail.txt").write_text(TEXT, encoding="utf-8")
    assert raum("redact", "mail.txt") == (0, REDACTED, "")
    assert raum("redact", stdin=TEXT.encode()) == (0, REDACTED, "")


def test_redact_says_with_stats_how_much_was_found(raum):
    status, out, err = raum("redact", "--stats", stdin=TEXT.encode())
    assert (status, out) == (0, REDACTED)
    assert re.fullmatch(rf"found CC 1, EMAIL 1, NAME 1, PHONE 1 in {len(TEXT)} characters, \d+\.\d\d s\n", err)
    assert re.fullmatch(r"found nothing in 5 characters, \d+\.\d\d s\n", raum("redact", "--stats", stdin=b"hello")[2])


def test_redact_gives_offsets_in_the_input_for_json_lines(raum):
    texts = [TEXT, "", "nothing here", "😀 ада@example.com, write me", "already [REDACTED_NAME] there"]
    lines = "".join(json.dumps({"text": text, "id": 1}) + "\n" for text in texts)
    status, out, err = raum("redact", "--jsonl", stdin=lines.encode())
    answers = [json.loads(line) for line in out.splitlines()]
    assert (status, err) == (0, "")
    assert [answer["text"] for answer in answers] == [
        REDACTED,
        "",
        "nothing here",
        "😀 [REDACTED_EMAIL], write me",
        "already [REDACTED_LITERAL] there",
    ]
    found = [
        [(span["type"], text[span["start"] : span["end"]]) for span in answer["spans"]]
        for text, answer in zip(texts, answers, strict=True)
    ]
    assert found == [
        [
            ("NAME", "Ada Quill"),
            ("EMAIL", "ada@example.com"),
            ("PHONE", "+1 202 555 0123"),
            ("CC", "4111 1111 1111 1111"),
        ],
        [],
        [],
        [("EMAIL", "ада@example.com")],
        [],
    ]


@pytest.mark.parametrize("line", ["ada@example.com", "[1]", "{}", '{"text": 7}', '{"text": null}', "[" * 100_000, ""])
def test_a_line_that_is_no_such_object_is_told_by_its_number(raum, line):
    status, out, err = raum("redact", "--jsonl", stdin=f'{{"text": "first"}}\n{line}\n'.encode())
    assert (status, out) == (2, '{"text": "first", "spans": []}\n')
    assert err == '<stdin>:2: not a JSON object with a string "text"\n'


def test_redact_answers_each_line_at_once():
    with subprocess.Popen([*RAUM, "redact", "--jsonl"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        for number in range(3):
            process.stdin.write(json.dumps({"text": f"a{number}@example.com"}).encode() + b"\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["text"] == "[REDACTED_EMAIL]"
        process.stdin.close()
        assert process.wait(10) == 0


def test_bytes_that_are_no_text_are_refused_without_a_traceback():
    Path("mail.txt").write_bytes(b"caf\xe9 ada@example.com")
    done = subprocess.run([*RAUM, "redact", "mail.txt"], capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr == b"mail.txt: not a text in UTF-8\n"


@pytest.fixture
def dead_job(raum):
    """The id of a job that died."""
    raum("account", "create", "acme", "--subdomain", "acme-help")

    async def die():
        async with opened(assemble(Path("config/raum.toml"))) as host:
            await host.queue.accept(Job("JOB-1", "acme", "event", 35_436, datetime(2026, 3, 1, 12, tzinfo=UTC)))
            job = await host.queue.claim(60, 1)
            entry = action_entry("generate", "acme", Actor("system", "webhook"))
            await host.queue.finish(job, evolve(entry, reason="ticket_not_found"), dead=True)
        return job.id

    return asyncio.run(die())


def entries_of(account):
    async def read():
        async with opened(assemble(Path("config/raum.toml"))) as host:
            return await host.store.entries(account)

    return asyncio.run(read())


def test_jobs_are_listed_with_what_they_died_of(raum, dead_job):
    status, out, err = raum("jobs", "list", "--state", "dead", "--account", "acme")
    assert (status, err) == (0, "")
    head, row = (line.split() for line in out.splitlines())
    assert head == ["JOB", "KIND", "ACCOUNT", "TICKET", "STATE", "ATTEMPTS", "ACCEPTED", "DUE", "REASON"]
    assert row == [dead_job, "reply", "acme", "35436", "dead", "1", "2026-03-01", "12:00:00", "-", "ticket_not_found"]
    assert len(raum("jobs", "list", "--state", "waiting")[1].splitlines()) == 1


@pytest.mark.parametrize(
    ("verb", "said", "state", "operation"),
    [("retry", "job JOB-1 waits\n", "waiting", "job_retry"), ("drop", "job JOB-1 is dropped\n", "dropped", "job_drop")],
)
def test_a_dead_job_is_retried_or_dropped_and_the_audit_says_by_whom(raum, dead_job, verb, said, state, operation):
    assert raum("jobs", verb, dead_job) == (0, said, "")
    assert f"  {state} " in raum("jobs", "list")[1]
    entry = entries_of("acme")[0]
    assert (entry.operation, entry.job_id, entry.ticket_id) == (operation, "JOB-1", 35_436)
    assert entry.actor == f"operator:{getpass.getuser()}"


def test_a_job_about_a_person_is_about_no_ticket(raum):
    raum("account", "create", "acme", "--subdomain", "acme-help")

    async def accept():
        async with opened(assemble(Path("config/raum.toml"))) as host:
            about = {"kind": EventKind.PERSON_DELETED, "person_id": 4711}
            await host.queue.accept(Job("JOB-2", "acme", "event", 0, datetime(2026, 3, 1, 12, tzinfo=UTC), **about))

    asyncio.run(accept())
    out = raum("jobs", "list")[1]
    assert out.splitlines()[1].split()[:5] == ["JOB-2", "person_deleted", "acme", "-", "waiting"]
    assert "4711" not in out
    raum("jobs", "drop", "JOB-2")
    assert entries_of("acme")[0].ticket_id is None


@pytest.mark.parametrize("verb", ["retry", "drop"])
def test_a_job_that_is_not_there_is_said_so(raum, verb):
    assert raum("jobs", verb, "JOB-9") == (2, "", "there is no job of this id; `raum jobs list` shows them\n")


def test_migrate_creates_the_store_and_finds_it_up_to_date_the_next_time(raum):
    assert raum("migrate") == (0, "The store is up to date now.\n", "")
    assert Path("data/raum.db").exists()
    assert raum("migrate") == (0, "The store was up to date.\n", "")


def test_an_account_is_created_with_an_address_and_a_token(raum):
    status, out, err = raum("account", "create", "acme", "--subdomain", "acme-help")
    assert (status, err) == (0, "")
    account, webhook, token, *_ = [line.split() for line in out.splitlines()]
    assert account == ["account", "acme"]
    assert re.fullmatch(r"/webhooks/zendesk/[\w-]{32}", webhook[2])
    assert re.fullmatch(r"raum_[\w-]{43}", token[2])
    assert token[2].encode() not in Path("data/raum.db").read_bytes()


def test_accounts_are_listed(raum):
    raum("account", "create", "beta", "--subdomain", "beta-help", "--reply-as", "public")
    raum("account", "create", "acme", "--subdomain", "acme-help")
    assert (
        raum("account", "list")[1]
        == "acme  acme-help  replies as note  active\nbeta  beta-help  replies as public  active\n"
    )


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("Ac me", "--subdomain", "x"), "name and subdomain must be of a-z, 0-9 and hyphens, 63 characters at most\n"),
        (("ok", "--subdomain", "a.b"), "name and subdomain must be of a-z, 0-9 and hyphens, 63 characters at most\n"),
        (("acme", "--subdomain", "x"), "an account with this id or this webhook key exists already\n"),
    ],
)
def test_an_account_that_cannot_be_is_refused(raum, arguments, text):
    raum("account", "create", "acme", "--subdomain", "acme-help")
    assert raum("account", "create", *arguments) == (2, "", text)


def test_a_credential_is_read_from_standard_input_and_never_shown(raum):
    raum("account", "create", "acme", "--subdomain", "acme-help")
    result = raum("credential", "set", "acme", "helpdesk-token", stdin=b"s3cret-0815\n")
    assert result == (0, "credential 'helpdesk-token' of account 'acme' is set\n", "")
    stored = [path.read_bytes() for path in Path().rglob("*") if path.is_file()]
    assert not [content for content in stored if b"s3cret-0815" in content]


@pytest.mark.parametrize("stdin", [b"", b"\n", b"   \n"])
def test_an_empty_credential_is_refused(raum, stdin):
    raum("account", "create", "acme", "--subdomain", "acme-help")
    text = "the secret is empty; type it at the prompt, or write it to standard input\n"
    assert raum("credential", "set", "acme", "helpdesk-token", stdin=stdin) == (2, "", text)


def test_a_credential_of_nobody_is_refused(raum):
    status, out, err = raum("credential", "set", "nobody", "helpdesk-token", stdin=b"s3cret-0815\n")
    assert (status, out, err) == (2, "", "there is no such account\n")


def test_a_credential_is_listed_masked_rotated_and_deleted(raum):
    raum("account", "create", "acme", "--subdomain", "acme-help")
    raum("credential", "set", "acme", "webhook-secret", stdin=b"whsec-0123456789-abcd\n")
    raum("credential", "set", "acme", "helpdesk-token", stdin=b"s3cret-0815\n")
    status, out, _ = raum("credential", "list", "acme")
    assert status == 0
    assert [line.split()[:2] for line in out.splitlines()] == [
        ["helpdesk-token", "****"],
        ["webhook-secret", "****abcd"],
    ]
    done = "credential 'webhook-secret' of account 'acme' is another one now\n"
    assert raum("credential", "rotate", "acme", "webhook-secret", stdin=b"whsec-0123456789-wxyz\n") == (0, done, "")
    gone = "credential 'helpdesk-token' of account 'acme' is deleted\n"
    assert raum("credential", "delete", "acme", "helpdesk-token") == (0, gone, "")
    assert [line.split()[:2] for line in raum("credential", "list", "acme")[1].splitlines()] == [
        ["webhook-secret", "****wxyz"]
    ]


@pytest.mark.parametrize("command", ["rotate", "delete"])
def test_a_credential_that_is_not_there_is_neither_rotated_nor_deleted(raum, command):
    raum("account", "create", "acme", "--subdomain", "acme-help")
    text = "account 'acme' has no credential 'helpdesk-token'; `raum credential list` shows them\n"
    assert raum("credential", command, "acme", "helpdesk-token", stdin=b"x\n") == (2, "", text)


def test_settings_are_set_shown_and_removed(raum):
    raum("account", "create", "acme", "--subdomain", "acme-help")
    assert raum("settings", "get", "acme") == (0, "", "")
    change = "models.offline.translate: not set -> small-1\n"
    assert raum("settings", "set", "acme", "models.offline.translate", "small-1") == (0, change, "")
    raum("settings", "set", "acme", "fallback", "on")
    assert raum("settings", "get", "acme") == (0, "fallback = true\nmodels.offline.translate = small-1\n", "")
    assert raum("settings", "set", "acme", "fallback") == (0, "fallback: true -> not set\n", "")
    assert raum("settings", "get", "acme") == (0, "models.offline.translate = small-1\n", "")


@pytest.mark.parametrize(
    ("name", "value", "stored"),
    [
        ("providers", "offline", ["offline"]),
        ("languages", "de, en", ["de", "en"]),
        ("redaction.allow", '["a, b"]', ["a, b"]),
        ("redaction.patterns", '[{"type": "ORDER", "pattern": "ORD-[0-9]+", "name": "orders"}]', None),
        ("tone", "warm, and short", "warm, and short"),
        ("signature", "12", "12"),
        ("impersonation", "on", True),
        ("limits.budget_usd_per_month", "12.5", 12.5),
        ("retention_days", "30", 30),
        ("reply_as", "public", "public"),
    ],
)
def test_a_value_is_taken_for_what_the_setting_can_be(raum, name, value, stored):
    raum("account", "create", "acme", "--subdomain", "acme-help")
    assert raum("settings", "set", "acme", name, value)[0] == 0
    document = json.loads(raum("settings", "get", "acme", "--json")[1])
    for key in name.split("."):
        document = document[key]
    assert document == (json.loads(value) if stored is None else stored)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("acme", "providers", "openai"), "providers.0: names no provider of the host; allowed: offline"),
        (("acme", "models.openai.default", "m"), "models.openai: names no provider of the host; allowed: offline"),
        (("acme", "fallback", "maybe"), "fallback: wrong type: a string; allowed: true or false"),
        (("acme", "colour", "red"), "colour: unknown key; allowed: fallback, impersonation, languages"),
        (("acme", "limits.requests_per_minute", "0"), "limits.requests_per_minute: value not allowed; allowed: 1 to"),
        (("nobody", "fallback", "on"), "there is no such account"),
    ],
)
def test_a_setting_that_cannot_be_is_refused(raum, arguments, text):
    raum("account", "create", "acme", "--subdomain", "acme-help")
    status, out, err = raum("settings", "set", *arguments)
    assert (status, out) == (2, "")
    assert err.startswith(text)


def test_the_settings_warn_of_a_model_that_ends(raum):
    text = (
        CONFIG.read_text().replace('"offline", "sqlite"', '"openai", "sqlite"').replace('["offline"] ', '["openai"] ')
    )
    Path("own.toml").write_text(text)
    raum("account", "create", "acme", "--subdomain", "acme-help", "--config", "own.toml")
    raum("settings", "set", "acme", "models.openai.default", "gpt-4-turbo", "--config", "own.toml")
    _, out, _ = raum("settings", "get", "acme", "--config", "own.toml")
    assert "warning: the provider of 'openai' has switched off the model gpt-4-turbo on 2026-10-23" in out


def test_serve_wants_certificate_and_key_together(raum):
    Path("cert.pem").touch()
    status, _, err = raum("serve", "--tls-cert", "cert.pem")
    assert status == 2
    assert "--tls-cert and --tls-key go together." in err


def test_the_demo_shows_the_whole_way_of_a_ticket():
    done = subprocess.run([*RAUM, "demo"], capture_output=True, check=False, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    titles = re.findall(r"^(\d)  (.+)$", done.stdout, re.MULTILINE)
    assert titles == [
        ("1", "A signed webhook arrives"),
        ("2", "What the AI got"),
        ("3", "What the AI answered"),
        ("4", "What was posted to Zendesk"),
        ("5", "The audit entry"),
    ]
    _, arrives, got, answered, posted, audited = re.split(r"^\d  .+$", done.stdout, flags=re.MULTILINE)
    assert '202 {"status":"accepted"' in arrives
    assert all(value in arrives for value in ("Nora Lindqvist", "4111 1111 1111 1111"))
    assert "Subject: Charged twice for order 88210 - [REDACTED_NAME_1]" in got
    assert [value for value in SAMPLE_VALUES if value in got or value in answered or value in audited] == []
    assert "Dear [REDACTED_NAME_1]," in answered
    assert "Dear Nora Lindqvist," in posted
    assert '"outcome": "posted_note"' in audited
    assert sorted(path.name for path in Path().rglob("*")) == ["config", "raum.toml"]


def test_redact_explains_each_finding(raum):
    status, out, _ = raum("redact", "--explain", stdin=b"Mail jane@example.com")
    assert status == 0
    text, _, head, finding = out.splitlines()
    assert text == "Mail [REDACTED_EMAIL]"
    assert head.split() == ["TYPE", "RULE", "SCORE", "FOUND"]
    assert finding.split()[0] == "EMAIL"
    assert finding.split()[-2:] == ["1.00", "jane@example.com"]


def test_redact_explains_each_span_of_json_lines(raum):
    _, out, _ = raum("redact", "--jsonl", "--explain", stdin=b'{"text": "jane@example.com"}\n')
    (span,) = json.loads(out)["spans"]
    assert set(span) == {"start", "end", "type", "rule", "score"}


def test_redact_finds_a_person_who_is_known_to_be_in_a_line(raum):
    known = {"names": ["Ada Marlowe"], "phones": ["+1 4711 2233"]}
    line = {"text": "so said marlowe, ext 4711-22-33", "known": known}
    status, out, _ = raum("redact", "--jsonl", stdin=json.dumps(line).encode())
    assert status == 0
    assert json.loads(out)["text"] == "so said [REDACTED_NAME], ext [REDACTED_PHONE]"


@pytest.mark.parametrize("known", ["[]", '"x"', '{"names": "x"}', '{"names": [1]}'])
def test_redact_refuses_a_person_of_another_shape(raum, known):
    status, _, err = raum("redact", "--jsonl", stdin=f'{{"text": "secret", "known": {known}}}'.encode())
    assert (status, err) == (2, '<stdin>:1: not a JSON object with a string "text"\n')


LABELLED = (
    '{"id": "a", "corpus": "mine", "text": "Mail jane@example.com", "types": ["EMAIL"],'
    ' "spans": [{"start": 5, "end": 21, "type": "EMAIL"}]}\n'
    '{"id": "b", "corpus": "mine", "text": "Say xyzzy!", "spans": [{"start": 4, "end": 9, "type": "NAME"}],'
    ' "types": ["NAME"]}\n'
    '{"id": "c", "corpus": "mine", "text": "nothing in here", "spans": [], "types": ["EMAIL"]}\n'
)


def test_evaluate_prints_the_figures_of_each_type(raum, tmp_path):
    (tmp_path / "mine.jsonl").write_text(LABELLED, encoding="utf-8")
    status, out, _ = raum("evaluate", str(tmp_path), "--errors", "1")
    assert status == 0
    rows = [line.split() for line in out.splitlines()]
    assert rows[:3] == [
        ["TYPE", "VALUES", "RECALL", "PRECISION", "F2", "LEAK"],
        ["EMAIL", "1", "1.000", "1.000", "1.000", "0.000"],
        ["NAME", "1", "0.000", "-", "0.000", "1.000"],
    ]
    assert "0.00 false values per 1,000 words (none, in 3 words without personal data)" in out
    assert "missed NAME     b: Say [[xyzzy]]!" in out
    _, by_corpus, _ = raum("evaluate", str(tmp_path), "--by-corpus")
    assert "mine EMAIL" in by_corpus


def test_evaluate_takes_a_part_of_the_texts(raum, tmp_path):
    (tmp_path / "mine.jsonl").write_text(LABELLED, encoding="utf-8")
    assert "2 texts" in raum("evaluate", str(tmp_path), "--part", "1/2")[1]
    assert "1 texts" in raum("evaluate", str(tmp_path), "--part", "2/2")[1]
    status, _, err = raum("evaluate", str(tmp_path), "--part", "3/2")
    assert status == 2
    assert "write it as 2/3: the second of three" in err
