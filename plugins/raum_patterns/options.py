"""The options of the detectors that have some, as written in their configuration tables."""

from attrs import frozen


@frozen
class PhoneOptions:
    """Options of the phone detector.

    `regions` are ISO 3166-1 codes of the countries whose numbers are recognised without a leading `+`; default
    Austria, Belgium, Switzerland, Germany, Spain, France, Great Britain, Italy, the Netherlands, Portugal and the
    United States (with Canada). Numbers with a `+`, next to a cue or written with a trunk prefix in groups are
    recognised for every country.
    `cues` are words, added to those of `phone.toml`, that announce a phone number, `others` those that announce another
    kind of number; default none.
    """

    regions: tuple[str, ...] = ("AT", "BE", "CH", "DE", "ES", "FR", "GB", "IT", "NL", "PT", "US")
    cues: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


@frozen
class EmailOptions:
    """Options of the e-mail detector: words that are added to those of `email.toml`, for spelled-out addresses.

    `at` stand for the at sign, `dot` for a full stop; `cues` announce an address; `before_at` stand before one of `at`
    in ordinary sentences. Default none.
    """

    at: tuple[str, ...] = ()
    dot: tuple[str, ...] = ()
    cues: tuple[str, ...] = ()
    before_at: tuple[str, ...] = ()


@frozen
class CardOptions:
    """Options of the card detector.

    `cues` are words, added to those of `card.toml`, that announce a card number; default none.
    """

    cues: tuple[str, ...] = ()


@frozen
class NameOptions:
    """Options of the name detector: words that are added to the built-in ones of `words.toml`; default none.

    `greetings` stand before a name at the start of a message, `closings` before the signature, `titles` before a
    surname; `introductions` are phrases after which even a single word is a name; `labels` stand before a colon;
    `not_names` are capitalised words that are no part of a name, `organisations` those that make a phrase the name
    of a company or a team; `things` are phrases, such as brands, that hold the name of a person but are none.
    """

    greetings: tuple[str, ...] = ()
    closings: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    introductions: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    not_names: tuple[str, ...] = ()
    organisations: tuple[str, ...] = ()
    things: tuple[str, ...] = ()
