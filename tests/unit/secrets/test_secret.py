"""A secret, and whatever holds one, shows nothing by accident."""

import copy
import json
import logging
import pickle
import traceback

import attrs
import pytest
import structlog

from raum.api import Secret
from raum.secrets.logins import StoredLogin
from raum_openbao import OpenBao, OpenBaoOptions
from raum_postgres import PostgresOptions

SECRET = Secret("SEVEN-LEMONS")


@attrs.frozen
class Holder:
    key: Secret
    more: tuple[Secret, ...] = ()


HOLDERS = {
    "itself": SECRET,
    "a list": [SECRET],
    "a dictionary": {"key": SECRET},
    "a value type": Holder(SECRET, (SECRET,)),
    "an exception": ValueError(SECRET),
    "options of a store": PostgresOptions(SECRET),
    "options of a key manager": OpenBaoOptions("https://bao.example.com", SECRET),
    "a key manager": OpenBao(OpenBaoOptions("https://bao.example.com", SECRET)),
    "a login": StoredLogin("acme", SECRET, SECRET),
}


@pytest.mark.parametrize("holder", HOLDERS.values(), ids=HOLDERS)
def test_no_text_of_it_shows_the_secret(holder):
    assert "LEMONS" not in f"{holder!r} {holder} {holder!s} {[holder]}" + "%s %r" % (holder, holder)  # noqa: UP031


@pytest.mark.parametrize("holder", HOLDERS.values(), ids=HOLDERS)
@pytest.mark.parametrize("way", [pickle.dumps, copy.copy, copy.deepcopy])
def test_no_copy_that_could_be_written_down_holds_the_secret(holder, way):
    try:
        told = repr(way(holder))
    except TypeError as error:
        told = str(error)
    assert "LEMONS" not in told


def test_it_is_neither_pickled_nor_turned_into_json():
    for way in (pickle.dumps, copy.copy, copy.deepcopy, json.dumps, hash):
        with pytest.raises(TypeError) as refusal:
            way(SECRET)
        assert "LEMONS" not in str(refusal.value)


def test_no_log_shows_it(caplog):
    caplog.set_level(logging.DEBUG)
    log = structlog.wrap_logger(logging.getLogger("test"), processors=[structlog.processors.JSONRenderer(default=repr)])
    log.warning("seen", key=SECRET, holder=Holder(SECRET))
    logging.getLogger("test").warning("seen %s %r", SECRET, Holder(SECRET))
    assert caplog.text.count("seen") == 2
    assert "LEMONS" not in caplog.text


def test_no_traceback_shows_it_with_the_values_of_its_frames():
    def use(secret):
        raise ValueError("no")

    try:
        use(SECRET)
    except ValueError as error:
        told = traceback.TracebackException.from_exception(error, capture_locals=True)
    assert "Secret(***)" in "".join(told.format())
    assert "LEMONS" not in "".join(told.format())


def test_only_whoever_asks_for_it_gets_it():
    assert SECRET.reveal() == "SEVEN-LEMONS"
    assert Secret("a") == Secret("a") != Secret("b")
