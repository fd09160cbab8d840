"""Google's Gemini as provider, over its generateContent call."""

from collections.abc import Iterable

from raum.api import DataClass, DataUse, OperatorError, Part, Provider, hookimpl, without_environment
from raum_gemini.options import GeminiOptions

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
        DataUse(
            {DataClass.REDACTED, DataClass.SECRETS},
            goes_to="generativelanguage.googleapis.com with the account's own key, or the server that `base_url` names",
            regions=("global",),
        ),
        GeminiOptions,
        summary="Google's Gemini",
    )
