"""Options of the part `openai`."""

from typing import Final, Literal

from attrs import field, frozen

from raum.api import checked_url

OWN_URL: Final = "https://api.openai.com/v1"
OWN_REGIONS: Final = {"api.openai.com": "us", "eu.api.openai.com": "eu"}
"""The vendor's own hosts, and the regions that they are in."""


def _check_url(_instance: object, _attribute: object, url: str) -> None:
    checked_url(url)


@frozen
class OpenAIOptions:
    """Options of the part `openai`.

    `api = "responses"` is OpenAI's own; other servers speak `"chat"` best. `base_url` ends in the version, such as
    `http://127.0.0.1:11434/v1` for Ollama; `needs_key = false` is for a server that asks for none. `model` is what is
    asked if the account chose none.
    `region` is where the server of another `base_url` is, which a host with `[residency]` must know.
    """

    api: Literal["responses", "chat"] = "responses"
    base_url: str = field(default=OWN_URL, validator=_check_url)
    model: str = "gpt-6.1-terra"
    needs_key: bool = True
    region: str = ""
