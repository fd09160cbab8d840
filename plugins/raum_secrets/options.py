"""The options of the detectors that have some."""

from attrs import frozen


@frozen
class PasswordOptions:
    """Options of the password detector.

    `cues` are words or phrases, added to the built-in ones, that announce a password; case does not matter. Default
    none.
    """

    cues: tuple[str, ...] = ()
