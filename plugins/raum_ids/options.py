"""The options of the detectors that go by cues."""

from attrs import frozen


@frozen
class CueOptions:
    """Options of a detector that goes by words which introduce a value.

    `cues` are words or phrases, added to the built-in ones of `cues.toml`, that announce a value of this type; case
    does not matter, and a blank also stands for a hyphen or an underscore. Default none.
    """

    cues: tuple[str, ...] = ()
