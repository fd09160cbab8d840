"""Options of the part `gemini-legacy`."""

from typing import Final

from attrs import field, frozen

from raum.api import checked_url

OWN_URL: Final = "https://generativelanguage.googleapis.com"
OWN_REGIONS: Final = {"generativelanguage.googleapis.com": "global"}
"""The vendor's own hosts, and the regions that they are in."""


def _check_url(_instance: object, _attribute: object, url: str) -> None:
    checked_url(url)


@frozen
class GeminiLegacyOptions:
    """Options of the part `gemini-legacy`.

    `base_url` ends before the version. `model` is what is asked if the account chose none.
    `region` is where the server of another `base_url` is, which a host with `[residency]` must know.
    """

    base_url: str = field(default=OWN_URL, validator=_check_url)
    model: str = "gemini-3.8-flash"
    region: str = ""
