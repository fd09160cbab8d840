"""Anthropic as provider, over its Messages API."""

from collections.abc import Iterable

from raum.api import OperatorError, Part, Provider, hookimpl, provider_use, without_environment
from raum_anthropic.options import OWN_REGIONS, AnthropicOptions

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
        lambda options: provider_use(options.base_url, OWN_REGIONS, options.region),
        AnthropicOptions,
        summary="Anthropic's Claude",
    )
