"""What the operator says about the part."""

import re
from typing import Any, Final

from attrs import field, frozen

from raum.api import OperatorError, Secret, checked_url

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


def _check_url(_instance: object, _attribute: Any, url: str) -> None:
    checked_url(url)


def _check_name(_instance: object, _attribute: Any, name: str) -> None:
    if not _NAME.fullmatch(name):
        raise OperatorError("must be of letters, digits, hyphens and underscores, 64 at most")


@frozen
class OpenBaoOptions:
    """Options of the part `openbao`.

    `url` is the server's address, `token` what the host uses it with, which it renews: one with a period.
    `mount` is the path of the transit engine and `key` the key in it. `region` is where the server is, if it is not on
    this machine; a host with `[residency]` must know.
    """

    url: str = field(validator=_check_url)
    token: Secret
    mount: str = field(default="transit", validator=_check_name)
    key: str = field(default="raum", validator=_check_name)
    region: str = ""
