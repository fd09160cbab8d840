"""Finds customer numbers such as C-204815."""

import re

from raum.api import DataClass, DataUse, Finding, Part, hookimpl

NUMBER = re.compile(r"\bC-[0-9]{6}\b")


class CustomerNumbers:
    def find(self, text):
        for match in NUMBER.finditer(text):
            yield Finding("CUSTOMER", *match.span())


@hookimpl
def raum_detectors():
    yield Part("customer-numbers", lambda options: CustomerNumbers(), DataUse({DataClass.RAW}))
