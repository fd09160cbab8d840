"""The part `openbao`: credentials encrypted by the transit engine of OpenBao, or of HashiCorp Vault.

The key must be one for derivation, so that the context is bound to the ciphertext:
`bao write transit/keys/raum type=aes256-gcm96 derived=true`.
"""

from collections.abc import Iterable
from urllib.parse import urlsplit

from raum.api import UNKNOWN_REGION, DataClass, DataUse, KeyManager, Part, hookimpl, is_loopback
from raum_openbao.manager import OpenBao
from raum_openbao.options import OpenBaoOptions

__all__ = ["OpenBao", "OpenBaoOptions", "raum_key_managers"]


def data_use(options: OpenBaoOptions) -> DataUse:
    """Where the data goes: to a server in the region that is stated, unless it is on this machine."""
    host = urlsplit(options.url).hostname or ""
    regions = () if is_loopback(host) else (options.region or UNKNOWN_REGION,)
    return DataUse({DataClass.SECRETS}, goes_to=f"OpenBao at {host}", regions=regions)


@hookimpl
def raum_key_managers() -> Iterable[Part[KeyManager]]:
    """The part `openbao`."""
    yield Part("openbao", OpenBao, data_use, OpenBaoOptions, summary="encrypts credentials with a key of OpenBao")
