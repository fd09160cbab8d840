"""A log collector that speaks syslog over TLS, and the certificates for it."""

import json
import re
import socket
import ssl
import threading
from contextlib import contextmanager, suppress

import trustme

_HEADER = re.compile(
    rb"<(\d+)>1 (\S+) \S+ raum - (\S+) \[([^ ]+)((?: [a-z_]+=\"(?:[^\"\\\]]|\\.)*\")*)\] (.*)", re.DOTALL
)


class Collector:
    """Reads octet-counted messages from any number of connections, one after the other."""

    def __init__(self, listener):
        self.port = listener.getsockname()[1]
        self.messages: list[bytes] = []
        self._listener = listener
        self._connections: list[socket.socket] = []
        self._changed = threading.Condition()

    def serve(self):
        with suppress(OSError):
            while True:
                try:
                    connection, _ = self._listener.accept()
                except ssl.SSLError:
                    continue
                self._connections.append(connection)
                threading.Thread(target=self._read, args=[connection], daemon=True).start()

    def _read(self, connection):
        with suppress(OSError), connection, connection.makefile("rb") as file:
            while length := _length(file):
                message = file.read(length)
                assert len(message) == length
                with self._changed:
                    self.messages.append(message)
                    self._changed.notify_all()

    def hang_up(self):
        """Close all connections, as a collector does that is restarted."""
        while self._connections:
            with suppress(OSError):
                self._connections.pop().shutdown(socket.SHUT_RDWR)

    def wait_for(self, number):
        """The messages, once there are so many; parsed."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.messages) >= number, timeout=10), self.messages
        return self.parsed()

    def parsed(self):
        return [parsed(message) for message in self.messages]


def _length(file):
    digits = b""
    while (byte := file.read(1)) not in (b" ", b""):
        digits += byte
    return int(digits) if digits else 0


def parsed(message):
    """The parts of a message of RFC 5424."""
    match = _HEADER.fullmatch(message)
    assert match, message
    priority, at, message_id, sd_id, parameters, text = match.groups()
    found = re.findall(r' ([a-z_]+)="((?:[^"\\\]]|\\.)*)"', parameters.decode())
    return {
        "priority": int(priority),
        "time": at.decode(),
        "message_id": message_id.decode(),
        "sd_id": sd_id.decode(),
        "searched": {name: re.sub(r"\\(.)", r"\1", value) for name, value in found},
        "document": json.loads(text),
    }


@contextmanager
def collecting(authority=None, *, name="127.0.0.1", asks_for_certificate=False):
    """A collector that is up, whose certificate this authority has signed."""
    authority = authority or trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    if asks_for_certificate:
        context.verify_mode = ssl.CERT_REQUIRED
        authority.configure_trust(context)
    with socket.create_server(("127.0.0.1", 0)) as plain, context.wrap_socket(plain, server_side=True) as listener:
        collector = Collector(listener)
        thread = threading.Thread(target=collector.serve, daemon=True)
        thread.start()
        try:
            yield collector
        finally:
            collector.hang_up()
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(5)
