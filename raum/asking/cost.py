"""What a completion cost, from the price lists inside the package `genai-prices`.

The lists are read offline: the package fetches newer ones only through its `UpdatePrices`, which is never started.
The package comes with the extras of the providers; without it, and for a model that no list has, the cost is unknown.
"""

from typing import Final

from raum.model import Completion, Usage

_NANO: Final = 1_000_000_000


def has_price(vendor: str | None, model: str) -> bool:
    """Whether the cost of asking a model will be known."""
    return cost_nanousd(Completion("", model, Usage(1, 1)), vendor=vendor, asked=model) is not None


def cost_nanousd(completion: Completion, *, vendor: str | None, asked: str) -> int | None:
    """The cost in billionths of a US dollar; None if it is not known.

    `vendor` is whose price list holds, `asked` the model that was asked for, should the completion name one of a more
    exact name that the list does not have.
    """
    usage = completion.usage
    if vendor is None or usage is None:
        return None
    try:
        from genai_prices import Usage as Counted
        from genai_prices import calc_price
    except ImportError:
        return None
    counted = Counted(
        input_tokens=usage.input_tokens,
        cache_read_tokens=usage.cache_read_tokens,
        cache_write_tokens=usage.cache_write_tokens,
        output_tokens=usage.output_tokens,
    )
    for model in dict.fromkeys((completion.model, asked)):
        try:
            return round(calc_price(counted, model, provider_id=vendor).total_price * _NANO)
        except (LookupError, ValueError):  # no price; or counts that contradict each other
            continue
    return None
