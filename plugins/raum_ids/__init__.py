"""Detectors of numbers that stand for a person: bank account, social security, passport, date of birth, IP address.

Each part imports its module when it is built, so a configuration pays only for the detectors that it names.
"""

from collections.abc import Iterable

from raum.api import DataClass, DataUse, Detector, NoOptions, Part, hookimpl
from raum_ids.options import CueOptions

_IN_MEMORY = DataUse(frozenset({DataClass.RAW}))


@hookimpl
def raum_detectors() -> Iterable[Part[Detector]]:
    """The parts `iban`, `ssn`, `national-id`, `ip`, `birth-date`, `passport` and `driving-licence`."""
    yield Part("iban", _iban, _IN_MEMORY, summary="bank account numbers (IBAN), by country and check digits")
    yield Part("ssn", _ssn, _IN_MEMORY, CueOptions, summary="US social security numbers")
    yield Part("national-id", _national_id, _IN_MEMORY, CueOptions, summary="national ids with a check digit")
    yield Part("ip", _ip, _IN_MEMORY, summary="IP addresses, version 4 and 6")
    yield Part("birth-date", _birth_date, _IN_MEMORY, CueOptions, summary="dates that are introduced as a birthday")
    yield Part("passport", _passport, _IN_MEMORY, CueOptions, summary="passport numbers that are introduced as such")
    yield Part(
        "driving-licence",
        _driving_licence,
        _IN_MEMORY,
        CueOptions,
        summary="driving licence numbers that are introduced as such",
    )


def _iban(_options: NoOptions) -> Detector:
    from raum_ids.iban import IbanDetector

    return IbanDetector()


def _ssn(options: CueOptions) -> Detector:
    from raum_ids.ssn import SsnDetector

    return SsnDetector(options)


def _national_id(options: CueOptions) -> Detector:
    from raum_ids.national import NationalIdDetector

    return NationalIdDetector(options)


def _ip(_options: NoOptions) -> Detector:
    from raum_ids.ip import IpDetector

    return IpDetector()


def _birth_date(options: CueOptions) -> Detector:
    from raum_ids.documents import birth_date_detector

    return birth_date_detector(options)


def _passport(options: CueOptions) -> Detector:
    from raum_ids.documents import passport_detector

    return passport_detector(options)


def _driving_licence(options: CueOptions) -> Detector:
    from raum_ids.documents import driving_licence_detector

    return driving_licence_detector(options)
