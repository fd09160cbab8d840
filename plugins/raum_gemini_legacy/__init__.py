"""Gemini over `google-generativeai`, the SDK that Google has ended: for hosts that are bound to it. Else use `gemini`.

It differs from `gemini` in what the old SDK can do: each call takes a thread and a connection of its own; a call that
is given up ends in the background, when its own timeout is over; a stream cannot be ended early; what a model spends on
thinking is not counted.
"""

from collections.abc import Iterable

from raum.api import OperatorError, Part, Provider, hookimpl, provider_use, without_environment
from raum_gemini_legacy.options import OWN_REGIONS, GeminiLegacyOptions

__all__ = ["GeminiLegacyOptions", "raum_providers"]


def build(options: GeminiLegacyOptions) -> Provider:
    """The part. Imports the SDK only here."""
    try:
        with without_environment("GOOGLE_", "GEMINI_", "GRPC_"):
            from raum_gemini_legacy.provider import GeminiLegacyProvider
    except ModuleNotFoundError as error:
        raise OperatorError(f"the package '{error.name}' is not installed: pip install 'raum[gemini-legacy]'") from None
    return GeminiLegacyProvider(options)


@hookimpl
def raum_providers() -> Iterable[Part[Provider]]:
    """The part `gemini-legacy`."""
    yield Part(
        "gemini-legacy",
        build,
        lambda options: provider_use(options.base_url, OWN_REGIONS, options.region),
        GeminiLegacyOptions,
        summary="Google's Gemini over the SDK that Google has ended; use gemini",
    )
