"""Offers parts that cannot be built."""

from attrs import frozen

from raum.api import DataClass, DataUse, OperatorError, Part, hookimpl

USE = DataUse({DataClass.RAW})


def refuse(options):
    raise OperatorError("the word list is empty\nadd a word")


def fail(options):
    raise ValueError("jane.doe@example.com")


@hookimpl
def raum_detectors():
    yield Part("refusing", refuse, USE)
    yield Part("failing", fail, USE)
    yield Part("hollow", lambda options: object(), USE)


@frozen
class Required:
    words: tuple[str, ...]


@hookimpl
def raum_providers():
    yield Part("demanding", lambda options: None, USE, Required)
