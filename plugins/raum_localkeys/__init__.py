"""The part `localkeys`: credentials encrypted under keys in a file on the host.

For one host without a key service. Whoever can read both the key file and the store can read the credentials, so the
key file must be readable by its owner alone, and should be backed up apart from the store.
"""

from collections.abc import Iterable
from pathlib import Path

from attrs import frozen

from raum.api import DataClass, DataUse, KeyManager, Part, hookimpl
from raum_localkeys.manager import LocalKeys

__all__ = ["LocalKeys", "LocalKeysOptions", "raum_key_managers"]


@frozen
class LocalKeysOptions:
    """`path` is the key file, from the working directory; it and its folder are created if they are missing."""

    path: str = "keys/raum.keys"


@hookimpl
def raum_key_managers() -> Iterable[Part[KeyManager]]:
    """The part `localkeys`."""
    yield Part(
        "localkeys",
        lambda options: LocalKeys(Path(options.path)),
        DataUse({DataClass.SECRETS}, goes_to="memory, encrypted there with keys from a file on the host"),
        LocalKeysOptions,
        summary="encrypts credentials with AES-256-GCM under keys in a file",
    )
