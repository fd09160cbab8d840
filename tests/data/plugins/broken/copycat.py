"""Offers a part of a name that another plugin has taken, for another kind."""

from raum.api import DataClass, DataUse, Part, hookimpl


@hookimpl
def raum_stores():
    yield Part("echo", lambda options: None, DataUse({DataClass.IDS}))
