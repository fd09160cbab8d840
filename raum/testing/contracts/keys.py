"""What every key manager does."""

from collections.abc import AsyncIterator, Mapping
from typing import ClassVar, Final

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from raum.api import KeyManager, OperatorError
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
    @given(plaintext=st.binary(max_size=300), context=_CONTEXTS)
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

    async def test_no_byte_can_be_changed(self, keys: KeyManager) -> None:
        ciphertext = await keys.encrypt(_PLAINTEXT, _CONTEXT)
        for position in range(len(ciphertext)):
            changed = bytearray(ciphertext)
            changed[position] ^= 0x81
            await _refuse(keys, bytes(changed), _CONTEXT)

    async def test_no_end_can_be_cut_off_or_added(self, keys: KeyManager) -> None:
        ciphertext = await keys.encrypt(_PLAINTEXT, _CONTEXT)
        for length in range(len(ciphertext)):
            await _refuse(keys, ciphertext[:length], _CONTEXT)
        await _refuse(keys, ciphertext + b"\0", _CONTEXT)


async def _refuse(keys: KeyManager, ciphertext: bytes, context: Mapping[str, str]) -> None:
    """Decrypting must raise OperatorError, which shows neither the value nor the ciphertext."""
    with pytest.raises(OperatorError) as refusal:
        await keys.decrypt(ciphertext, context)
    told = shown(refusal.value)
    assert MARK not in told
    assert not ciphertext or repr(ciphertext) not in told
