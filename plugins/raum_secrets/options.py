"""The options of the detectors that have some."""

from attrs import frozen


@frozen
class PasswordOptions:
    """Options of the password detector.

    `cues` are words or phrases, added to those of `words.toml`, that announce a password; case does not matter. Default
    none.
    """

    cues: tuple[str, ...] = ()


@frozen
class ApiKeyOptions:
    """Options of the detector of API keys and tokens.

    `cues` are words or phrases, added to those of `words.toml`, that introduce a key, a token or another secret; case
    does not matter, and a blank also stands for a hyphen, an underscore or nothing. Default none.
    """

    cues: tuple[str, ...] = ()
