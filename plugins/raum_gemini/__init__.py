"""Google's Gemini as provider, over its generateContent call."""

from collections.abc import Iterable

from raum.api import OperatorError, Part, Provider, hookimpl, provider_use, without_environment
from raum_gemini.options import OWN_REGIONS, GeminiOptions

__all__ = ["GeminiOptions", "raum_providers"]


def build(options: GeminiOptions) -> Provider:
    """The part. Imports the SDK, which takes a second and 60 MB, only here."""
    try:
        with without_environment("GOOGLE_", "GEMINI_"):
            from raum_gemini.provider import GeminiProvider
    except ModuleNotFoundError as error:
        raise OperatorError(f"the package '{error.name}' is not installed: pip install 'raum[gemini]'") from None
    return GeminiProvider(options)


@hookimpl
def raum_providers() -> Iterable[Part[Provider]]:
    """The part `gemini`."""
    yield Part(
        "gemini",
        build,
        lambda options: provider_use(options.base_url, OWN_REGIONS, options.region),
        GeminiOptions,
        summary="Google's Gemini",
    )
