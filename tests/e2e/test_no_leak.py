"""No original leaves the host's memory: not to the AI, a file, a log, an answer or an entry."""

import base64
import csv
import io
import json
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
import trustme
from attrs import evolve
from aws import REGION, Bucket
from collector import collecting
from e2e.canaries import ON_RECORD, UNKNOWN, WITHHELD, leaks, secret
from e2e.rig import DETECTORS, PROVIDER_KEY, Answer, eventually
from plugins.documents.files import archive, docx, mail, pdf
from servers import postgres

from raum.ids import utc_now
from raum.secrets.secret import Secret
from raum_zendesk.oauth import Grant, OAuthClient
from raum_zendesk.standin import File, deliveries

NAME, EMAIL, PHONE, CARD = ON_RECORD
OTHER_NAME, OTHER_EMAIL, OTHER_PHONE, OTHER_CARD = UNKNOWN
DETECTOR_OF = {"EMAIL": "email", "CC": "card", "PHONE": "phone", "NAME": "name"}

ON_RECORD_TEXT = "\n".join(
    f"{name} / {email} / {phone} / {card}."
    for name, email, phone, card in zip(
        [*NAME.spellings, NAME.spellings[0]],
        EMAIL.spellings * 2,
        PHONE.spellings,
        [*CARD.spellings, CARD.spellings[0]],
        strict=True,
    )
)
UNKNOWN_TEXT = (
    f"My name is {OTHER_NAME.spellings[0]}. Write to {OTHER_EMAIL.spellings[0]}.\n"
    f"Phone: {OTHER_PHONE.spellings[0]}\nCard: {OTHER_CARD.spellings[0]}\n\nBest regards\n{OTHER_NAME.spellings[0]}"
)
ALL = f"{ON_RECORD_TEXT}\n{UNKNOWN_TEXT}"
CLIENT_SECRET = "client-secret-canary-4471"
TRIGGER = {"id": 1, "updated_at": "2026-01-01T00:00:00Z"}


def attached():
    """Files with canaries in their names and their contents, those that are read and those that are not."""
    text, withheld = ALL.encode(), f"{ALL} {WITHHELD.spellings[0]}".encode()
    table = io.StringIO()
    csv.writer(table).writerows([["what", "value"], *([each.type, each.spellings[0]] for each in ON_RECORD)])
    return [
        File(f"{NAME.spellings[0]} {OTHER_CARD.spellings[1]}.pdf", pdf(*ON_RECORD_TEXT.splitlines())),
        File(f"call {PHONE.spellings[0]}.txt", text),
        File("letter.docx", docx(*ALL.splitlines(), header1=UNKNOWN_TEXT.splitlines())),
        File("page.html", f"<html><p>{ALL}</p></html>".encode()),
        File("list.csv", table.getvalue().encode()),
        File("mail.eml", mail(("text/plain; charset=utf-8", ALL), ("image/png", "x", f"{NAME.spellings[0]}.png"))),
        File(f"{EMAIL.spellings[0]}.zip", archive(a=withheld)),
        File("photo.png", b"\x89PNG" + withheld),
        File("broken.pdf", b"%PDF-1.4 " + withheld),
        File("locked.pdf", pdf(*withheld.decode("ascii", "replace").splitlines(), encrypted=True)),
        File("bad.txt", withheld, malware="malware_found"),
    ]


def plant(zendesk):
    """A ticket with canaries in all its places; the number of the ticket."""
    customer = zendesk.add_user(NAME.spellings[0], EMAIL.spellings[0], PHONE.spellings[0])
    agent = zendesk.add_user("Devon Achterberg", "devon@support.example.net", role="agent")
    ticket = zendesk.add_ticket(
        f"From {NAME.spellings[1]}, {EMAIL.spellings[1]}, card {CARD.spellings[1]}",
        customer,
        ALL,
        files=attached(),
        custom_fields=[{"id": 31, "value": ALL}, {"id": 32, "value": [EMAIL.spellings[0], CARD.spellings[2]]}],
    )
    zendesk.add_comment(ticket, agent, f"He says:\n{ALL.upper()}", public=False)
    quoted = f'<blockquote>{ON_RECORD_TEXT}</blockquote><a href="mailto:{OTHER_EMAIL.spellings[1]}">mail</a>'
    zendesk.add_comment(ticket, customer, html_body=f"<p>{UNKNOWN_TEXT}</p>{quoted}")
    return ticket


def connect(service):
    """Both accounts are connected by OAuth, with tokens that end and are renewed."""
    for login in (service.notes, service.public):
        client = OAuthClient("raum", Secret(CLIENT_SECRET))
        grant = Grant(client, *service.zendesk.oauth.grant(), utc_now() + timedelta(hours=1))
        service.host.set_helpdesk_token(login, grant.written())


def secrets_of(service):
    """All secrets that the host works with, those that are over too."""
    tokens = [each.reveal() for each in (*service.zendesk.oauth.issued, service.zendesk.signing_secret)]
    return [secret(each) for each in (*tokens, CLIENT_SECRET, PROVIDER_KEY, service.notes.token, service.public.token)]


def echo(ticket):
    """An AI that repeats what the customer has seen, so that all values come back."""
    return Answer(ticket.partition("Internal note")[0])


def go_well(service, ticket):
    """A run that ends as it should; the values go to the customer and nowhere else."""
    service.ai.answer = echo
    service.zendesk.faults.expire_token()
    assert service.run(service.public, service.zendesk.delivery_for_ticket_created(ticket)).outcome == "posted_public"
    (reply, public), *_ = service.replies(ticket)
    assert public
    assert {type_ for _, type_ in leaks([("reply", reply.encode())], ON_RECORD)} == set(DETECTOR_OF)


def ask_in_every_way(service, ticket):
    """All operations, as JSON and as events, with values in all that the caller brings along; the host's answers.

    The answers hold the values, as they should: they are the caller's own.
    """
    service.ai.answer = lambda _: Answer(f"{ALL[:40]} [REDACTED_NAME_1]")
    extras = {
        "generate": {"instruction": UNKNOWN_TEXT},
        "translate": {"target_language": "de", "text": ALL},
        "rewrite": {"text": ALL, "instruction": ON_RECORD_TEXT},
        "summarize": {},
    }
    for operation, extra in extras.items():
        for accept in ("application/json", "text/event-stream"):
            response = service.host.post(
                f"/v1/{operation}",
                json={"ticket_id": ticket, **extra},
                headers={"Authorization": f"Bearer {service.notes.token}", "Accept": accept},
            )
            assert response.status_code == 200
            assert response.headers["content-type"].startswith(accept)
    key = service.host.post("/v1/credentials/scripted/test", headers={"Authorization": f"Bearer {service.notes.token}"})
    assert key.json()["works"] is True
    service.ai.answer = lambda _: Answer(refused=ALL)
    failed = [
        service.host.post(
            "/v1/rewrite",
            json={"ticket_id": ticket, "text": ALL},
            headers={"Authorization": f"Bearer {service.notes.token}", "Accept": "text/event-stream"},
        ),
        service.host.ask(service.notes, "/v1/translate", {"ticket_id": ticket, "text": ALL, "target_language": ALL}),
        service.host.ask(service.notes, "/v1/summarize", {"ticket_id": ticket, "instruction": [ALL]}),
    ]
    return [key, *failed]


def refused_by_the_helpdesk(service, ticket):
    service.ai.answer = lambda _: (service.zendesk.fail_next(422, body=json.dumps({"error": ALL}).encode()), echo("x"))[
        1
    ]
    return "helpdesk_refused"


def unreadable_helpdesk(service, ticket):
    service.zendesk.fail_next(200, body=json.dumps([ALL]).encode())
    return "helpdesk_malformed"


def a_provider_that_raises(service, ticket):
    service.ai.answer = lambda _: Answer(refused=ALL)
    return "provider_failed"


def a_detector_that_raises(service, ticket):
    service.zendesk.add_comment(ticket, service.zendesk.me, f"DETECTOR FAULT {ALL}", public=False)
    return "detector_failed"


def be_locked_out(service, ticket):
    """Zendesk takes no token any more; the account has to be connected again."""
    service.zendesk.oauth.revoke()
    entry = service.run(service.public, service.zendesk.delivery_for_ticket_created(ticket))
    assert (entry.outcome, entry.reason) == ("failed", "helpdesk_reconnect")


FAULTS = [refused_by_the_helpdesk, unreadable_helpdesk, a_provider_that_raises, a_detector_that_raises]


def fail(service):
    """Runs that fail in each way in which texts could get out. Each is the last attempt."""
    for fault in FAULTS:
        ticket = plant(service.zendesk)
        reason = fault(service, ticket)
        entry = service.run(service.public, service.zendesk.delivery_for_ticket_created(ticket))
        assert (entry.outcome, entry.reason) == ("failed", reason)
        assert not [text for text, _ in service.replies(ticket) if "DETECTOR FAULT" not in text]


def refused_requests(service):
    """Requests that are refused, full of canaries; the answers."""
    host, login, secret = service.host, service.notes, service.zendesk.signing_secret.reveal()
    text = ALL.encode()
    delivery = deliveries.signed({"ticket_id": ALL, "updated_at": ALL, "type": ALL, "id": ALL, "detail": ALL}, secret)
    bodies = [text, b'{"ticket_id": "' + text, json.dumps({"ticket_id": ALL}).encode(), text * 400]
    token = {"Authorization": f"Bearer {login.token}", "Content-Type": "application/json"}
    known = quote(EMAIL.spellings[0])
    return [
        host.deliver(login, delivery),
        host.deliver(login, evolve(delivery, body=text)),
        host.deliver(login, deliveries.signed({"v": 1, "ticket_id": ALL}, secret)),
        *(
            host.post(path, content=body, headers=token)
            for path in ("/v1/generate", "/v1/redactions", "/v1/deletions")
            for body in bodies
        ),
        *(host.post(path, content=iter([text] * 400), headers=token) for path in ("/v1/generate", "/v1/redactions")),
        host.post(f"/webhooks/zendesk/{known}?{known}", content=text, headers={"Content-Type": "application/json"}),
        host.post(f"/{known}", content=text),
        host.post("/v1/generate", content=text, headers={**token, "Authorization": f"Bearer {known}"}),
        host.post(
            "/v1/generate",
            files={"file": (NAME.spellings[0], text * 10)},
            headers={"Authorization": token["Authorization"]},
        ),
        host.post("/v1/sessions", json={"email": EMAIL.spellings[0], "password": ALL}),
        host.post("/v1/sessions", json={"email": ALL, "password": [ALL]}),
        host.post("/v1/sessions/zendesk", json={"token": ALL}),
        host.ask(login, "/v1/impersonations", {"user": EMAIL.spellings[0], "reason": ALL}),
        host.ask(login, "/v1/generate", {"ticket": {"subject": "x", "comments": [ALL], "custom_fields": ALL}}),
        host.ask(login, "/v1/generate", {"ticket": {"subject": f"DETECTOR FAULT {ALL}"}}),
    ]


def read_the_log(service):
    """The audit log in every form, with canaries in what is asked for; the answers."""
    known = quote(EMAIL.spellings[0])
    paths = ["/v1/audit?limit=200", "/v1/audit/export", "/v1/audit/export?format=csv", "/v1/audit/export?format=ocsf"]
    answers = [service.host.get(path, login) for path in paths for login in (service.notes, service.public)]
    assert {answer.status_code for answer in answers} == {200}
    assert all("[REDACTED_EMAIL_1]" in answer.text for answer in answers)
    refused = [
        service.host.get(f"/v1/audit?{name}={known}", service.notes) for name in ("ticket", "from", "cursor", "x")
    ]
    assert {answer.status_code for answer in refused} == {400}
    return [*answers, *refused]


def places(service, responses):
    """Everything that the host left anywhere, by name; the host may run or not."""
    yield "log", b"".join(service.host.output)
    for number, prompt in enumerate(service.ai.prompts):
        yield f"prompt {number}", json.dumps({**prompt, "key": None}, ensure_ascii=False).encode()
    for response in responses:
        headers = "\n".join(f"{name}: {value}" for name, value in response.headers.items())
        yield f"answer {response.status_code}", f"{headers}\n{response.text}".encode()
    for entry in [*service.host.entries(service.notes), *service.host.entries(service.public)]:
        yield f"entry {entry.outcome}", repr(entry).encode()
    for path in sorted(service.host.folder.rglob("*")):
        if path.is_file() and path.name not in ("raum.toml", "url"):
            yield path.name, path.read_bytes()


def go_through_all(service):
    """Everything that can happen to canaries; the answers to requests about them."""
    connect(service)
    service.host.start()
    go_well(service, plant(service.zendesk))
    assert service.zendesk.oauth.refreshes == 1
    fail(service)
    responses = [*ask_in_every_way(service, plant(service.zendesk)), *refused_requests(service)]
    be_locked_out(service, plant(service.zendesk))
    assert {response.status_code for response in responses} == {200, 400, 401, 403, 404, 413, 415, 500, 503}
    return responses


def go_wrong_and_then_well(service):
    """A run that fails for a moment and is tried again."""
    ticket = plant(service.zendesk)
    service.ai.answer = echo
    service.zendesk.fail_next(503, body=ALL.encode(), headers={"Retry-After": "0"})
    assert service.run(service.notes, service.zendesk.delivery_for_ticket_created(ticket)).outcome == "posted_note"


@pytest.fixture
def copies(aws, tmp_path):
    """Where the audit log is copied to, outside of the host: the tables of the sinks, and what they got."""
    authority, bucket = trustme.CA(), Bucket(aws, "canaries")
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    with collecting(authority) as collector:
        tables = (
            f'[syslog]\nhost = "127.0.0.1"\nport = {collector.port}\nca_file = "{tmp_path}/ca.pem"\n'
            f'[s3]\nbucket = "canaries"\nregion = "{REGION}"\nendpoint = "{aws}"\n'
        )
        yield (
            tables,
            lambda: [
                *(("syslog", message) for message in collector.messages),
                *(("s3", key.encode() + bucket.read(key)) for key in bucket.names()),
            ],
        )
    bucket.close()


def test_canaries_are_nowhere(make_service, copies):
    tables, copied = copies
    service = make_service(detectors=(*DETECTORS, "touchy"), attempts=1, audit=("jsonl", "syslog", "s3"), tables=tables)
    responses = [*go_through_all(service), *read_the_log(service)]
    entries = len(service.host.rows("SELECT id FROM entries"))
    got = [name for name, _ in copied()]
    assert min(got.count("syslog"), got.count("s3")) >= entries
    assert leaks(copied(), (*ON_RECORD, *UNKNOWN)) == set()

    written = {Path(name) for name in service.host.get("/opened").json()}
    searched = {name for name, _ in places(service, responses)}
    assert {"raum.db", "raum.db-wal", "raum.db-shm", "entries.jsonl", "log", "prompt 0", "entry failed"} <= searched
    canaries = (*ON_RECORD, *UNKNOWN, WITHHELD, *secrets_of(service))
    assert leaks(places(service, responses), canaries) == set()
    service.host.stop()
    assert leaks(places(service, responses), canaries) == set()

    assert list(service.host.temporary.iterdir()) == []
    assert service.host.folder / "data" / "entries.jsonl" in written
    allowed = (service.host.folder / "data", service.host.folder / "keys", Path("/dev"))
    assert [path for path in written if not any(path.is_relative_to(folder) for folder in allowed)] == []
    assert not [line for line in service.host.output if b"Traceback" in line]
    assert all(isinstance(line, dict) for line in service.host.log)


def test_canaries_are_nowhere_in_postgresql_nor_in_the_tables_of_its_engine(make_service):
    """The server's folder is searched byte for byte: tables, write-ahead log, log."""
    with postgres() as server:
        url = server.new_database()
        service = make_service(detectors=(*DETECTORS, "touchy"), attempts=1, postgres_url=url)
        responses = go_through_all(service)
        service.host.stop()
        patient = make_service(attempts=3, postgres_url=url, names=("patient", "generous"))
        patient.host.start()
        go_wrong_and_then_well(patient)
        patient.host.stop()
        tables = (
            "jobs", "pgqueuer", "pgqueuer_log", "pgqueuer_statistics", "entries", "segments", "undelivered",
        )  # fmt: skip
        rows = {table: server.run(f"SELECT * FROM {table}", url) for table in tables}
        assert {row["state"] for row in rows["jobs"]} == {"done", "dead"}
        assert {row["status"] for row in rows["pgqueuer_log"]} == {"queued", "picked", "successful", "failed"}
        assert {row["traceback"] for row in rows["pgqueuer_log"]} == {None}
        assert {row["payload"].decode() for row in rows["pgqueuer"]} <= {row["id"] for row in rows["jobs"]}
        elsewhere = list(places(service, responses))
        server.stop("fast")  # all that it has in memory goes to its files
        files = [path for path in server.folder.rglob("*") if path.is_file()]
        assert any(b"[REDACTED_EMAIL_1]" in path.read_bytes() for path in files)
        found = [(table, repr(content).encode()) for table, content in rows.items()]
        found += [(path.name, path.read_bytes()) for path in files]
        secrets = (*secrets_of(service), *secrets_of(patient))
        assert leaks([*found, *elsewhere], (*ON_RECORD, *UNKNOWN, WITHHELD, *secrets)) == set()


@pytest.mark.parametrize("canary", UNKNOWN, ids=lambda canary: canary.type)
def test_without_its_detector_a_type_is_found(make_service, canary):
    detectors = [detector for detector in DETECTORS if detector != DETECTOR_OF[canary.type]]
    service = make_service(detectors=detectors, attempts=1)
    service.host.start()
    ticket = plant(service.zendesk)
    service.ai.answer = echo
    service.run(service.notes, service.zendesk.delivery_for_ticket_created(ticket))
    expected = {"prompt 0", "raum.db-wal", "entries.jsonl", "entry posted_note"}

    def search():
        found = leaks(places(service, []), UNKNOWN)
        return found if expected <= {name for name, _ in found} else None

    assert {type_ for _, type_ in eventually(search)} == {canary.type}


@pytest.mark.parametrize(
    "canary", [*ON_RECORD, *UNKNOWN, WITHHELD, secret("access-0f9e8d7c6b5a")], ids=lambda canary: canary.type
)
@pytest.mark.parametrize(
    "form",
    [
        str.encode,
        lambda text: text.lower().encode(),
        lambda text: text.upper().encode(),
        lambda text: json.dumps(text).encode(),
        lambda text: quote(text).encode(),
        lambda text: base64.b64encode(f"ab{text}cd".encode()),
        lambda text: base64.b64encode(f"a{text}bcd".encode()),
        lambda text: base64.b64encode(f"{text}.".encode()),
    ],
    ids=["plain", "lower", "upper", "json", "url", "base64", "base64 shifted", "base64 at the start"],
)
def test_the_search_finds_every_form(canary, form):
    for spelling in canary.spellings:
        assert leaks([("here", b"xy " + form(spelling) + b" z")], [canary]) == {("here", canary.type)}
