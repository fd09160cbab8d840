"""Options of the part `anthropic`."""

from typing import Final

from attrs import field, frozen

from raum.api import checked_url

OWN_URL: Final = "https://api.anthropic.com"
OWN_REGIONS: Final = {"api.anthropic.com": "us"}
"""The vendor's own hosts, and the regions that they are in."""


def _check_url(_instance: object, _attribute: object, url: str) -> None:
    checked_url(url)


@frozen
class AnthropicOptions:
    """Options of the part `anthropic`.

    `base_url` ends before the version (`/v1`). `model` is what is asked if the account chose none.
    `region` is where the server of another `base_url` is, which a host with `[residency]` must know.
    """

    base_url: str = field(default=OWN_URL, validator=_check_url)
    model: str = "claude-sonnet-5-5"
    region: str = ""
