"""The key file.

One key per line, `ID BASE64`: an id of up to 32 lower-case letters, digits and hyphens, a blank, and 32 random bytes
in base64. Empty lines and lines that begin with `#` are skipped. The last key encrypts; all of them decrypt. To change
keys, append a line (`openssl rand -base64 32` makes a key), restart every process of the host, and run `raum keys
rewrap`; after that, `raum keys list` shows which lines are not needed any more.
"""

import base64
import binascii
import os
import re
import secrets
import stat
from collections.abc import Mapping
from pathlib import Path

from raum.api import OperatorError

KEY_LENGTH = 32
"""Bytes of an AES-256 key."""

_ID = re.compile(r"[a-z0-9-]{1,32}")


def load_or_create(path: Path) -> Mapping[str, bytes]:
    """The keys by id, the newest last. A missing file is created with one new key.

    Raises OperatorError if the file cannot be used or if others than its owner may read or write it.
    """
    try:
        if not path.exists():
            _create(path)
        return _parse(path, _read(path))
    except OSError as error:
        raise OperatorError(f"{path}: cannot use the key file: {os.strerror(error.errno or 0)}") from None


def _create(path: Path) -> None:
    """Write the file under another name and link it into place: nobody sees half of it, nobody's file is replaced."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = base64.b64encode(secrets.token_bytes(KEY_LENGTH)).decode()
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write("# raum keys, `ID BASE64`; the last one encrypts, all of them decrypt\n")
            file.write(f"{secrets.token_hex(4)} {key}\n")
            file.flush()
            os.fsync(file.fileno())
        _link(draft, path)
    finally:
        draft.unlink(missing_ok=True)
    _sync_folder(path.parent)


def _link(draft: Path, path: Path) -> None:
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        return  # another process was first: its keys are the ones


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
        if mode & 0o077:
            raise OperatorError(f"{path}: others than the owner may use the key file; run `chmod 600 {path}`")
        return file.read()


def _parse(path: Path, content: bytes) -> dict[str, bytes]:
    keys: dict[str, bytes] = {}
    for number, line in enumerate(content.decode("ascii", errors="replace").splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        key_id, _, text = line.strip().partition(" ")
        key = _decoded(text)
        if not _ID.fullmatch(key_id) or key is None:
            raise OperatorError(f"{path}:{number}: not a key; a line is `ID BASE64`, with {KEY_LENGTH} bytes in base64")
        if key_id in keys:
            raise OperatorError(f"{path}:{number}: a key id that another line has; each key needs its own")
        keys[key_id] = key
    if not keys:
        raise OperatorError(f"{path}: the key file holds no key; restore it from its backup")
    return keys


def _decoded(text: str) -> bytes | None:
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return key if len(key) == KEY_LENGTH else None
