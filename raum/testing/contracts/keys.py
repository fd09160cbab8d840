"""What every key manager does."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import ClassVar, Final

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from raum.api import KeyManager, KeysUnavailable, OperatorError
from raum.testing.contracts.parts import MARK, entered, shown

_CONTEXT: Final[Mapping[str, str]] = {
    "app": "raum",
    "account": "acme",
    "table": "credentials",
    "row": "helpdesk-token",
    "field": "ciphertext",
}
_PLAINTEXT: Final = MARK.encode()

_WORDS = st.text('abcdefghijklmnopqrstuvwxyz0123456789-_:{}",', min_size=1, max_size=20)
_CONTEXTS = st.dictionaries(_WORDS, _WORDS, min_size=1, max_size=5)


_PLACES: Final[Sequence[Mapping[str, str]]] = [
    {"app": "raum", "account": account, "table": table, "row": row, "field": field}
    for account, table, row, field in itertools.product(
        ("acme", "beta", "a", "acme-2", "b"),
        ("credentials", "users"),
        ("helpdesk-token", "webhook-secret", "openai", "a", "b"),
        ("ciphertext", "signature"),
    )
]
"""A hundred places; their 9,900 moves and the flipped bits of one value make more than 10,000 cases."""


class KeyManagerContract:
    """Subclass it and give the fixture `part`.

        class TestLocalKeys(KeyManagerContract):
            @pytest.fixture
            def part(self, tmp_path):
                return LocalKeys(tmp_path / "raum.keys")

    `randomised` says that equal plaintexts have different ciphertexts, as they should.
    """

    pytestmark = pytest.mark.asyncio

    randomised: ClassVar[bool] = True

    @pytest.fixture
    def part(self) -> KeyManager:
        """The key manager, not yet entered; to be overridden."""
        raise NotImplementedError("give the fixture `part`: the key manager")

    @pytest_asyncio.fixture(loop_scope="function")
    async def keys(self, part: KeyManager) -> AsyncIterator[KeyManager]:
        async with entered(part) as keys:
            yield keys

    # One manager serves all examples, and one function all subclasses: both are meant so.
    @settings(
        deadline=None,
        max_examples=40,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
    )
    @given(plaintext=st.binary(min_size=1, max_size=300), context=_CONTEXTS)
    async def test_a_value_comes_back_under_its_context(
        self, keys: KeyManager, plaintext: bytes, context: dict[str, str]
    ) -> None:
        ciphertext = await keys.encrypt(plaintext, context)
        assert await keys.decrypt(ciphertext, dict(reversed(context.items()))) == plaintext

    async def test_a_ciphertext_does_not_show_the_value(self, keys: KeyManager) -> None:
        assert _PLAINTEXT not in await keys.encrypt(_PLAINTEXT, _CONTEXT)

    async def test_equal_values_have_different_ciphertexts(self, keys: KeyManager) -> None:
        ciphertexts = {await keys.encrypt(_PLAINTEXT, _CONTEXT) for _ in range(20)}
        assert len(ciphertexts) == (20 if self.randomised else 1)

    @pytest.mark.parametrize("part_of_context", _CONTEXT)
    @pytest.mark.parametrize("value", [None, "", "other"])
    async def test_a_value_does_not_decrypt_where_a_part_of_the_context_is_another(
        self, keys: KeyManager, part_of_context: str, value: str | None
    ) -> None:
        others = {name: kept for name, kept in _CONTEXT.items() if name != part_of_context}
        context = others if value is None else others | {part_of_context: value}
        await _refuse(keys, await keys.encrypt(_PLAINTEXT, _CONTEXT), context)

    async def test_a_value_does_not_decrypt_where_the_context_has_one_part_more(self, keys: KeyManager) -> None:
        await _refuse(keys, await keys.encrypt(_PLAINTEXT, _CONTEXT), {**_CONTEXT, "more": "x"})

    async def test_two_parts_of_the_context_cannot_change_places(self, keys: KeyManager) -> None:
        ciphertext = await keys.encrypt(_PLAINTEXT, {"account": "acme", "row": "beta"})
        await _refuse(keys, ciphertext, {"account": "beta", "row": "acme"})

    @pytest.mark.parametrize(
        "context",
        [{"account": "a", "row": 'b","field":"c'}, {"account": 'a","row":"b', "field": "c"}, {"accounta": "row"}],
    )
    async def test_parts_of_the_context_do_not_run_into_each_other(
        self, keys: KeyManager, context: dict[str, str]
    ) -> None:
        await _refuse(keys, await keys.encrypt(_PLAINTEXT, {"account": "a", "row": "b", "field": "c"}), context)

    @pytest.mark.parametrize("length", [1, 4096])
    async def test_the_shortest_and_the_longest_value_come_back(self, keys: KeyManager, length: int) -> None:
        plaintext = bytes(number % 251 for number in range(length))
        assert await keys.decrypt(await keys.encrypt(plaintext, _CONTEXT), _CONTEXT) == plaintext

    async def test_no_value_can_be_moved_and_no_bit_of_one_flipped(self, keys: KeyManager) -> None:
        values = [await keys.encrypt(_PLAINTEXT, place) for place in _PLACES]
        moves = [
            (value, place) for value, own in zip(values, _PLACES, strict=True) for place in _PLACES if place != own
        ]
        bits = range(len(values[0]) * 8)
        flips = [(bytes(_flipped(values[0], bit)), _PLACES[0]) for bit in bits]
        assert len(moves) + len(flips) >= 10_000
        for some in _batches([*moves, *flips]):
            assert not [case for case, opened in zip(some, await _open_all(keys, some), strict=True) if opened]
        for value, place in zip(values, _PLACES, strict=True):
            assert await keys.decrypt(value, place) == _PLAINTEXT

    async def test_a_value_that_is_under_the_newest_key_stays_as_it_is(self, keys: KeyManager) -> None:
        ciphertext = await keys.encrypt(_PLAINTEXT, _CONTEXT)
        assert await keys.rewrap(ciphertext, _CONTEXT) == ciphertext

    async def test_the_key_of_a_value_is_told_without_the_value(self, keys: KeyManager) -> None:
        first, second = await keys.encrypt(_PLAINTEXT, _CONTEXT), await keys.encrypt(b"other", {**_CONTEXT, "row": "x"})
        assert keys.key_of(first) == keys.key_of(second)
        assert keys.key_of(first).isprintable()
        assert MARK not in keys.key_of(first)

    async def test_neither_the_manager_nor_what_it_makes_shows_a_value(self, keys: KeyManager) -> None:
        await keys.encrypt(_PLAINTEXT, _CONTEXT)
        assert MARK not in repr(keys)

    async def test_no_end_can_be_cut_off_or_added(self, keys: KeyManager) -> None:
        ciphertext = await keys.encrypt(_PLAINTEXT, _CONTEXT)
        for length in range(len(ciphertext)):
            await _refuse(keys, ciphertext[:length], _CONTEXT)
        await _refuse(keys, ciphertext + b"\0", _CONTEXT)


_Case = tuple[bytes, Mapping[str, str]]


def _flipped(value: bytes, bit: int) -> bytearray:
    changed = bytearray(value)
    changed[bit // 8] ^= 1 << bit % 8
    return changed


def _batches(cases: Sequence[_Case]) -> Sequence[Sequence[_Case]]:
    """A few at a time, so that a key manager which is asked over a network is asked as the host asks it."""
    return [cases[start : start + 16] for start in range(0, len(cases), 16)]


async def _open_all(keys: KeyManager, cases: Sequence[_Case]) -> Sequence[bool]:
    """Whether each of the cases was opened. Anything but a refusal is an error."""
    return await asyncio.gather(*(_opens(keys, *case) for case in cases))


async def _opens(keys: KeyManager, ciphertext: bytes, context: Mapping[str, str], attempts: int = 3) -> bool:
    try:
        await keys.decrypt(ciphertext, context)
    except OperatorError:
        return False
    except KeysUnavailable:  # of thousands of calls on a busy machine one may take too long
        if attempts == 1:
            raise
    else:
        return True
    return await _opens(keys, ciphertext, context, attempts - 1)


async def _refuse(keys: KeyManager, ciphertext: bytes, context: Mapping[str, str]) -> None:
    """Decrypting and rewrapping must raise OperatorError, which shows neither the value nor the ciphertext."""
    for call in (keys.decrypt, keys.rewrap):
        with pytest.raises(OperatorError) as refusal:
            await call(ciphertext, context)
        told = shown(refusal.value)
        assert MARK not in told
        assert not ciphertext or repr(ciphertext) not in told
        assert refusal.value.__cause__ is refusal.value.__context__ is None
