"""Detectors of what lets somebody in: API keys and tokens, passwords, URLs with a user's password.

Each part imports its module when it is built, so a configuration pays only for the detectors that it names.
"""

from collections.abc import Iterable

from raum.api import DataClass, DataUse, Detector, NoOptions, Part, hookimpl
from raum_secrets.options import ApiKeyOptions, PasswordOptions

_IN_MEMORY = DataUse(frozenset({DataClass.RAW}))


@hookimpl
def raum_detectors() -> Iterable[Part[Detector]]:
    """The parts `api-key`, `password` and `url-credentials`."""
    yield Part(
        "api-key",
        _api_key,
        _IN_MEMORY,
        ApiKeyOptions,
        summary="API keys and tokens, by issuer's prefix or introduced as one",
    )
    yield Part("password", _password, _IN_MEMORY, PasswordOptions, summary="passwords that are introduced as such")
    yield Part("url-credentials", _url_credentials, _IN_MEMORY, summary="URLs that hold a user's password")


def _api_key(options: ApiKeyOptions) -> Detector:
    from raum_secrets.keys import ApiKeyDetector

    return ApiKeyDetector(options)


def _password(options: PasswordOptions) -> Detector:
    from raum_secrets.passwords import PasswordDetector

    return PasswordDetector(options)


def _url_credentials(_options: NoOptions) -> Detector:
    from raum_secrets.urls import UrlCredentialsDetector

    return UrlCredentialsDetector()
