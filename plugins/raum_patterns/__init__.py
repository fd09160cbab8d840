"""Detectors of the four standard types: e-mail addresses, phone numbers, payment cards and names.

Each part imports its module when it is built, so a configuration pays only for the detectors that it names.
"""

from collections.abc import Iterable
from functools import cache

from raum.api import DataClass, DataUse, Detector, Part, hookimpl
from raum_patterns.options import CardOptions, EmailOptions, NameOptions, PhoneOptions

_IN_MEMORY = DataUse(frozenset({DataClass.RAW}))


@hookimpl
def raum_detectors() -> Iterable[Part[Detector]]:
    """The parts `email`, `phone`, `card` and `name`."""
    yield Part("email", _email, _IN_MEMORY, EmailOptions, summary="e-mail addresses, of any script")
    yield Part("phone", _phone, _IN_MEMORY, PhoneOptions, summary="phone numbers, by the plans of the given regions")
    yield Part("card", _card, _IN_MEMORY, CardOptions, summary="payment card numbers, by brand and check digit")
    yield Part("name", _name, _IN_MEMORY, NameOptions, summary="names of persons, by cue words and a small model")


def _email(options: EmailOptions) -> Detector:
    from raum_patterns.email import EmailDetector

    return EmailDetector(options)


def _phone(options: PhoneOptions) -> Detector:
    from raum_patterns.phone import PhoneDetector

    return PhoneDetector(options)


def _card(options: CardOptions) -> Detector:
    from raum_patterns.card import CardDetector

    return CardDetector(options)


@cache  # it takes a while and 60 MB, and a command assembles twice: for its name, and for its configuration
def _name(options: NameOptions) -> Detector:
    from raum_patterns.names import NameDetector

    return NameDetector(options)
