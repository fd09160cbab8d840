"""Anthropic as provider, over its Messages API."""

from collections.abc import Iterable

from raum.api import DataClass, DataUse, OperatorError, Part, Provider, hookimpl, without_environment
from raum_anthropic.options import AnthropicOptions

__all__ = ["AnthropicOptions", "raum_providers"]


def build(options: AnthropicOptions) -> Provider:
    """The part. Imports the SDK, which takes a second and 90 MB, only here."""
    try:
        with without_environment("ANTHROPIC_"):
            from raum_anthropic.provider import AnthropicProvider
    except ModuleNotFoundError as error:
        raise OperatorError(f"the package '{error.name}' is not installed: pip install 'raum[anthropic]'") from None
    return AnthropicProvider(options)


@hookimpl
def raum_providers() -> Iterable[Part[Provider]]:
    """The part `anthropic`."""
    yield Part(
        "anthropic",
        build,
        DataUse(
            {DataClass.REDACTED, DataClass.SECRETS},
            goes_to="api.anthropic.com with the account's own key, or the server that `base_url` names",
            regions=("us",),
        ),
        AnthropicOptions,
        summary="Anthropic's Claude",
    )
