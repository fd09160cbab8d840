"""A provider says where its prompts go, by the host of its address: the vendor's own, this machine, or another."""

import pytest

import raum_anthropic
import raum_gemini
import raum_openai
from raum.api import UNKNOWN_REGION
from raum_anthropic.options import AnthropicOptions
from raum_gemini.options import GeminiOptions
from raum_openai.options import OpenAIOptions

PARTS = {
    OpenAIOptions: raum_openai,
    AnthropicOptions: raum_anthropic,
    GeminiOptions: raum_gemini,
}


@pytest.mark.parametrize(
    ("options", "regions", "vendor"),
    [
        (OpenAIOptions(), ("us",), "openai"),
        (OpenAIOptions(base_url="https://eu.api.openai.com/v1"), ("eu",), "openai"),
        (OpenAIOptions(base_url="http://127.0.0.1:11434/v1"), (), None),
        (OpenAIOptions(base_url="http://[::1]:11434/v1"), (), None),
        (OpenAIOptions(base_url="https://ai.example.com/v1"), (UNKNOWN_REGION,), None),
        (OpenAIOptions(base_url="https://ai.example.com/v1", region="de"), ("de",), None),
        (OpenAIOptions(base_url="https://api.openai.com.example.com/v1"), (UNKNOWN_REGION,), None),
        (OpenAIOptions(region="eu"), ("us",), "openai"),
        (AnthropicOptions(), ("us",), "anthropic"),
        (AnthropicOptions(base_url="https://ai.example.com", region="de"), ("de",), None),
        (GeminiOptions(), ("global",), "google"),
        (GeminiOptions(base_url="https://ai.example.com"), (UNKNOWN_REGION,), None),
    ],
)
def test_the_host_of_the_address_decides_over_region_and_prices(options, regions, vendor):
    (part,) = PARTS[type(options)].raum_providers()
    assert part.data_use(options).regions == regions
    assert part.build(options).vendor == vendor
