"""Key services for tests, each over a real socket: an OpenBao, and a KMS that fails as it is told."""

import base64
import json
import os
import secrets
import shutil
import socket
import subprocess
import sysconfig
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path

import httpx2
from attrs import frozen
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_ARN = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
NEW_KEY_ARN = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-ba0987654321"

_numbers = count(1)


@frozen
class Bao:
    """A running OpenBao with a transit engine. `token` may do everything."""

    url: str
    token: str
    stop: Callable[[], object] = lambda: None
    """Ends the server before the context does."""

    def write(self, path, token=None, **fields):
        """Write to a path of the API; what it says."""
        headers = {"authorization": f"Bearer {token or self.token}"}
        response = httpx2.post(f"{self.url}/v1/{path}", json=fields, headers=headers, trust_env=False)
        response.raise_for_status()
        return response.json() if response.content else {}

    def new_key(self):
        """The name of a new key, with derivation."""
        name = f"raum-{next(_numbers)}"
        self.write(f"transit/keys/{name}", type="aes256-gcm96", derived=True)
        return name

    def new_token(self, policy, **fields):
        """A token that may do what the policy says and nothing else; `fields` say how long it lives."""
        name = f"policy-{next(_numbers)}"
        self.write(f"sys/policies/acl/{name}", policy=policy)
        fields = {"policies": [name], "no_default_policy": True, **fields}
        return self.write("auth/token/create", **fields)["auth"]["client_token"]

    def about_token(self, token):
        """What the server says about a token."""
        return self._token("lookup", token).json()["data"]

    def revoke_token(self, token):
        """Let a token be good no more."""
        self._token("revoke", token)

    def _token(self, action, token):
        headers = {"authorization": f"Bearer {self.token}"}
        url = f"{self.url}/v1/auth/token/{action}"
        response = httpx2.post(url, json={"token": token}, headers=headers, trust_env=False)
        response.raise_for_status()
        return response


@contextmanager
def bao():
    """A server in memory, which is gone at the end."""
    token = secrets.token_hex(16)
    binary = shutil.which("bao", path=f"{sysconfig.get_path('scripts')}{os.pathsep}{os.environ['PATH']}")
    address = f"127.0.0.1:{_free_port()}"
    options = ("-dev", "-dev-no-store-token", f"-dev-listen-address={address}", f"-dev-root-token-id={token}")
    process = subprocess.Popen([binary, "server", *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        server = Bao(f"http://{address}", token, process.kill)
        _wait_for(server.url, process)
        server.write("sys/mounts/transit", type="transit")
        yield server
    finally:
        process.terminate()
        process.wait(10)


def _free_port():
    """A port that is free, and the next one too: a development server takes both."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            try:
                second.bind(("127.0.0.1", first.getsockname()[1] + 1))
            except (OSError, OverflowError):
                continue
            return first.getsockname()[1]


def _wait_for(url, process):
    ends = time.monotonic() + 30
    while time.monotonic() < ends and process.poll() is None:
        try:
            if httpx2.get(f"{url}/v1/sys/health", trust_env=False).status_code == 200:
                return
        except httpx2.HTTPError:
            time.sleep(0.02)
    raise RuntimeError("OpenBao did not start")


class FakeKms:
    """Encrypts and decrypts under fixed keys. `answers` is what the next calls get, in order, instead.

    An answer is a status and an error code, `"hang"`, or `"close"`; `always` is what every call gets when there is no
    such answer. `calls` are the operations, in the order in which they came, retries included.
    """

    def __init__(self):
        self.calls = []
        self.answers = []
        self.always = None
        self.open = threading.Event()  # ends what hangs
        self.called = threading.Event()
        self._keys = {arn: AESGCM(secrets.token_bytes(32)) for arn in (KEY_ARN, NEW_KEY_ARN)}
        self.lock = threading.Lock()

    def next_answer(self, operation):
        """What this call gets."""
        with self.lock:
            self.calls.append(operation)
            self.called.set()
            return self.answers.pop(0) if self.answers else self.always

    def do(self, operation, asked):
        """A status and a document, as KMS does it: each call refuses what is under another key or context."""
        try:
            return 200, getattr(self, operation)(asked)
        except (InvalidTag, ValueError):
            return 400, {"__type": "InvalidCiphertextException", "message": "SEVEN-LEMONS"}

    def Encrypt(self, asked):  # noqa: N802
        nonce = secrets.token_bytes(12)
        blob = nonce + self._keys[asked["KeyId"]].encrypt(nonce, base64.b64decode(asked["Plaintext"]), _bound(asked))
        return {"CiphertextBlob": base64.b64encode(blob).decode(), "KeyId": asked["KeyId"]}

    def Decrypt(self, asked):  # noqa: N802
        blob = base64.b64decode(asked["CiphertextBlob"])
        plaintext = self._keys[asked["KeyId"]].decrypt(blob[:12], blob[12:], _bound(asked))
        return {"Plaintext": base64.b64encode(plaintext).decode(), "KeyId": asked["KeyId"]}

    def ReEncrypt(self, asked):  # noqa: N802
        source = {"KeyId": asked["SourceKeyId"], "EncryptionContext": asked["SourceEncryptionContext"]}
        new = {"KeyId": asked["DestinationKeyId"], "EncryptionContext": asked["DestinationEncryptionContext"]}
        return self.Encrypt({**new, "Plaintext": self.Decrypt({**source, **asked})["Plaintext"]})

    def GetKeyRotationStatus(self, asked):  # noqa: N802
        return {"KeyRotationEnabled": True}


def _bound(asked):
    return json.dumps(asked["EncryptionContext"], sort_keys=True).encode()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        kms = self.server.kms
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        operation = self.headers["x-amz-target"].removeprefix("TrentService.")
        match kms.next_answer(operation):
            case None:
                self._answer(*kms.do(operation, asked))
            case "hang":
                kms.open.wait(20)
                self.close_connection = True
            case "close":
                self.close_connection = True
            case status, code:
                self._answer(status, {"__type": code, "message": f"SEVEN-LEMONS {asked}"})

    def _answer(self, status, document):
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("content-type", "application/x-amz-json-1.1")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@contextmanager
def fake_kms(monkeypatch):
    """A KMS on this machine, to which the clients of this process go."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    server.kms = FakeKms()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    monkeypatch.setenv("AWS_ENDPOINT_URL_KMS", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(Path("/none")))
    try:
        yield server.kms
    finally:
        server.kms.open.set()
        server.shutdown()
        server.server_close()
        thread.join(5)
