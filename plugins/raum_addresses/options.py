"""The options of the address detector."""

from attrs import frozen


@frozen
class AddressOptions:
    """Words that are added to those of `words.toml`; default none.

    `suffixes` stand behind the name of a street whose number comes first ("12 Main Street"); `leading` in front of the
    name of one whose number comes last ("Calle Mayor 15"); `endings` are the end of such a name that is one word
    ("Hauptstraße 5"); `labels` introduce an address.
    """

    suffixes: tuple[str, ...] = ()
    leading: tuple[str, ...] = ()
    endings: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
