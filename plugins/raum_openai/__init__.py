"""OpenAI as provider, over its Responses API, and servers that speak its Chat Completions API (Ollama, vLLM, ...)."""

from collections.abc import Iterable

from raum.api import OperatorError, Part, Provider, hookimpl, provider_use, without_environment
from raum_openai.options import OWN_REGIONS, OpenAIOptions

__all__ = ["OpenAIOptions", "raum_providers"]


def build(options: OpenAIOptions) -> Provider:
    """The part. Imports the SDK, which takes a second and 60 MB, only here."""
    try:
        with without_environment("OPENAI_", "AZURE_"):
            from raum_openai.provider import OpenAIProvider
    except ModuleNotFoundError as error:
        raise OperatorError(f"the package '{error.name}' is not installed: pip install 'raum[openai]'") from None
    return OpenAIProvider(options)


@hookimpl
def raum_providers() -> Iterable[Part[Provider]]:
    """The part `openai`."""
    yield Part(
        "openai",
        build,
        lambda options: provider_use(options.base_url, OWN_REGIONS, options.region),
        OpenAIOptions,
        summary="OpenAI, or a server that speaks its API",
    )
