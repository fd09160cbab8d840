"""What every helpdesk does."""

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar, Final

import pytest
import pytest_asyncio
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from raum.api import (
    Account,
    Event,
    Helpdesk,
    InvalidDelivery,
    InvalidSignature,
    InvalidTicket,
    Job,
    Login,
    Reply,
    Secret,
    Ticket,
    TicketNotFound,
    Unreadable,
    Withheld,
)
from raum.testing.contracts.parts import MARK, entered, shown
from raum.testing.fakes import FakeLogin

_SECRET: Final = Secret("signing-secret-7f3a")
_OTHER: Final = Secret("signing-secret-2c9e")
_GARBAGE: Final = (
    b"",
    MARK.encode(),
    b"\xff\xfe" + MARK.encode("utf-16-le"),
    b'{"' + MARK.encode(),
    b'["' + MARK.encode() + b'"]',
    b'"' + MARK.encode() + b'"',
    b"null",
    b"[" * 100_000,
    b"1" * 10_000,
)
_NO_APP_TOKENS: Final = (
    "",
    MARK,
    ".".join((MARK,) * 3),
    f"2.{MARK}.2.2",
    "eyJhbGciOiJub25lIn0.eyJhdWQiOiIyIiwic3ViIjoiNyJ9.",  # {"alg":"none"}.{"aud":"2","sub":"7"}
    "." * 10_000,
    "\ud800",
)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=9,
)


class HelpdeskContract:
    """Subclass it and give the method `sign` and the six fixtures that say so.

        class TestDesk(HelpdeskContract):
            @pytest.fixture
            def part(self):
                return Desk(transport=stand_in)

            ...

            def sign(self, body, secret):
                return {"x-signature": signature(body, secret)}

    The helpdesk's service is a stand-in that the fixture `part` connects it to; it knows one ticket at least.
    """

    pytestmark = pytest.mark.asyncio

    unknown_ticket_id: ClassVar[int] = 987_654_321
    """The number of a ticket that the helpdesk does not know."""

    content: ClassVar[bytes] = b""
    """The content of the ticket's attachments, all of which have the same; empty if it has none."""

    @pytest.fixture
    def part(self) -> Helpdesk:
        """The helpdesk, not yet entered; to be overridden."""
        raise NotImplementedError("give the fixture `part`: the helpdesk")

    @pytest.fixture
    def token(self) -> Secret:
        """What the helpdesk takes for the account's token; to be overridden."""
        raise NotImplementedError("give the fixture `token`: the account's token, as a Secret")

    @pytest.fixture
    def login(self, token: Secret) -> Login:
        """The login that holds the token."""
        return FakeLogin(token)

    @pytest.fixture
    def ticket_id(self) -> int:
        """The number of a ticket that the helpdesk knows; to be overridden."""
        raise NotImplementedError("give the fixture `ticket_id`: the number of a ticket that the helpdesk knows")

    @pytest.fixture
    def body(self) -> bytes:
        """The body of a delivery that asks for a reply to that ticket; to be overridden."""
        raise NotImplementedError("give the fixture `body`: a delivery that asks for a reply to the ticket")

    @pytest.fixture
    def document(self) -> Mapping[str, Any]:
        """A ticket in the helpdesk's own shape, as a request hands it over; to be overridden."""
        raise NotImplementedError("give the fixture `document`: a ticket in the helpdesk's own shape")

    @pytest.fixture
    def wrong_document(self) -> Mapping[str, Any]:
        """One in another shape, which says SEVEN-LEMONS where it is wrong; to be overridden."""
        raise NotImplementedError("give the fixture `wrong_document`: one that says SEVEN-LEMONS in a wrong place")

    def sign(self, body: bytes, secret: Secret) -> Mapping[str, str]:
        """The headers, in lower case, that make the signature of a body signed just now, and no others."""
        raise NotImplementedError("give the method `sign`: the headers of a signed delivery")

    @pytest.fixture
    def account(self) -> Account:
        """The account whose helpdesk it is."""
        return Account("acme", "acme-help", "hook-acme")

    @pytest_asyncio.fixture(loop_scope="function")
    async def helpdesk(self, part: Helpdesk) -> AsyncIterator[Helpdesk]:
        async with entered(part) as helpdesk:
            yield helpdesk

    @pytest.mark.parametrize("app_token", _NO_APP_TOKENS)
    async def test_what_is_no_token_of_the_app_opens_nothing(
        self, helpdesk: Helpdesk, account: Account, login: Login, app_token: str
    ) -> None:
        with_app = evolve(account, app="1", installation="2")
        assert helpdesk.installation_of(Secret(app_token)) in (None, "2")
        with pytest.raises(InvalidSignature) as refusal:
            await helpdesk.app_user(with_app, login, Secret(app_token))
        assert MARK not in shown(refusal.value)

    @pytest.mark.parametrize("secrets", [(_SECRET,), (_OTHER, _SECRET), (_SECRET, _OTHER)])
    async def test_a_delivery_signed_with_one_of_the_secrets_is_genuine(
        self, helpdesk: Helpdesk, body: bytes, secrets: tuple[Secret, ...]
    ) -> None:
        headers = {"host": "raum.example.com", "content-length": str(len(body)), **self.sign(body, _SECRET)}
        helpdesk.verify(headers, body, secrets, datetime.now(UTC))

    @pytest.mark.parametrize("secrets", [(), (_OTHER,), (Secret(""),)], ids=["none", "another", "empty"])
    async def test_a_delivery_signed_with_none_of_the_secrets_is_refused(
        self, helpdesk: Helpdesk, body: bytes, secrets: tuple[Secret, ...]
    ) -> None:
        _refuse(helpdesk, self.sign(body, _SECRET), body, secrets)

    async def test_a_delivery_signed_with_the_empty_secret_is_refused(self, helpdesk: Helpdesk, body: bytes) -> None:
        _refuse(helpdesk, self.sign(body, Secret("")), body, (Secret(""),))

    async def test_a_delivery_without_a_signature_is_refused(self, helpdesk: Helpdesk, body: bytes) -> None:
        headers = self.sign(body, _SECRET)
        _refuse(helpdesk, {}, body)
        for missing in headers:
            _refuse(helpdesk, {name: value for name, value in headers.items() if name != missing}, body)

    @pytest.mark.parametrize("change", ["", "é", "\x00", "x" * 10_000, MARK, "other"])
    async def test_a_delivery_with_another_signature_is_refused(
        self, helpdesk: Helpdesk, body: bytes, change: str
    ) -> None:
        headers = self.sign(body, _SECRET)
        for name, value in headers.items():
            changed = value[:-1] + chr(ord(value[-1]) ^ 1) if change == "other" else change
            _refuse(helpdesk, {**headers, name: changed}, body)

    async def test_a_delivery_whose_body_was_changed_is_refused(self, helpdesk: Helpdesk, body: bytes) -> None:
        headers = self.sign(body, _SECRET)
        for changed in (b"", body + b" ", b" " + body, body[:-1], body.swapcase(), body + body):
            _refuse(helpdesk, headers, changed)

    async def test_a_delivery_names_its_ticket_and_an_event_that_is_always_the_same(
        self, helpdesk: Helpdesk, body: bytes, ticket_id: int
    ) -> None:
        event = helpdesk.parse(body)
        assert event is not None
        assert event.ticket_id == ticket_id
        assert helpdesk.parse(body) == event

    async def test_the_id_of_an_event_fits_into_a_job(self, helpdesk: Helpdesk, body: bytes) -> None:
        event = helpdesk.parse(body)
        assert event is not None
        assert Job("job", "acme", event.id, event.ticket_id, datetime.now(UTC)).event_id == event.id

    @pytest.mark.parametrize("garbage", _GARBAGE, ids=lambda garbage: repr(garbage[:16]))
    async def test_a_delivery_that_cannot_be_read_is_refused_without_showing_it(
        self, helpdesk: Helpdesk, garbage: bytes
    ) -> None:
        with pytest.raises(InvalidDelivery) as refusal:
            helpdesk.parse(garbage)
        assert MARK not in shown(refusal.value)

    async def test_a_delivery_of_which_a_half_is_missing_is_refused(self, helpdesk: Helpdesk, body: bytes) -> None:
        with pytest.raises(InvalidDelivery):
            helpdesk.parse(body[: len(body) // 2])

    async def test_any_bytes_are_an_event_or_none_or_refused(self, helpdesk: Helpdesk, body: bytes) -> None:
        @settings(deadline=None)
        @given(st.binary(max_size=99), st.integers(0, len(body)), st.integers(0, 9))
        def check(piece: bytes, at: int, length: int) -> None:
            try:
                event = helpdesk.parse(body[:at] + piece + body[at + length :])
            except InvalidDelivery:
                return
            assert event is None or isinstance(event, Event)

        check()

    async def test_a_ticket_is_read_with_its_texts(
        self, helpdesk: Helpdesk, account: Account, login: Login, ticket_id: int
    ) -> None:
        ticket = await helpdesk.fetch(account, login, ticket_id)
        assert isinstance(ticket, Ticket)
        assert ticket.id == ticket_id
        assert ticket.length > 0
        assert len({text.key for text in ticket.texts}) == len(ticket.texts)

    async def test_an_unknown_ticket_is_not_found(
        self, helpdesk: Helpdesk, account: Account, login: Login, token: Secret
    ) -> None:
        with pytest.raises(TicketNotFound) as refusal:
            await helpdesk.fetch(account, login, self.unknown_ticket_id)
        assert token.reveal() not in shown(refusal.value)

    async def test_an_attachment_is_downloaded_and_one_that_is_too_large_is_refused(
        self, helpdesk: Helpdesk, account: Account, login: Login, ticket_id: int
    ) -> None:
        ticket = await helpdesk.fetch(account, login, ticket_id)
        assert {attachment.key for attachment in ticket.attachments} <= {text.key for text in ticket.texts}
        for attachment in ticket.attachments:
            content = await helpdesk.download(account, login, attachment, 1_000_000)
            assert content == self.content
            assert await helpdesk.download(account, login, attachment, len(content)) == content
            with pytest.raises(Unreadable) as refusal:
                await helpdesk.download(account, login, attachment, len(content) - 1)
            assert refusal.value.withheld is Withheld.TOO_LARGE

    @pytest.mark.parametrize("public", [True, False])
    async def test_a_posted_reply_is_known_by_its_marker_and_by_no_other(
        self, helpdesk: Helpdesk, account: Account, login: Login, ticket_id: int, public: bool
    ) -> None:
        others = ("01ARZ3NDEKTSV4RRFFQ69G5FA", "01ARZ3NDEKTSV4RRFFQ69G5FAVX", "01BX5ZZKBKACTAV9WEVGEMMVRZ")
        marker = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
        assert await helpdesk.is_posted(account, login, ticket_id, marker) is False
        ticket = await helpdesk.fetch(account, login, ticket_id)
        await helpdesk.post(account, login, ticket, Reply(f"It comes on Friday. {others[2]}", public), marker)
        assert await helpdesk.is_posted(account, login, ticket_id, marker) is True
        assert [await helpdesk.is_posted(account, login, ticket_id, other) for other in others] == [False] * 3

    async def test_a_second_reply_is_known_beside_the_first(
        self, helpdesk: Helpdesk, account: Account, login: Login, ticket_id: int
    ) -> None:
        for marker in ("first", "second"):
            ticket = await helpdesk.fetch(account, login, ticket_id)
            await helpdesk.post(account, login, ticket, Reply("It comes on Friday.", public=False), marker)
        assert [await helpdesk.is_posted(account, login, ticket_id, each) for each in ("first", "second")] == [True] * 2

    async def test_a_ticket_in_a_request_is_read_with_its_texts(
        self, helpdesk: Helpdesk, document: Mapping[str, Any]
    ) -> None:
        ticket = helpdesk.ticket_from(document)
        assert isinstance(ticket, Ticket)
        assert ticket.length > 0

    async def test_a_ticket_in_another_shape_is_refused_without_showing_it(
        self, helpdesk: Helpdesk, wrong_document: Mapping[str, Any]
    ) -> None:
        assert MARK in str(wrong_document)
        with pytest.raises(InvalidTicket) as refusal:
            helpdesk.ticket_from(wrong_document)
        assert MARK not in shown(refusal.value)

    async def test_any_document_is_a_ticket_or_refused(self, helpdesk: Helpdesk, document: Mapping[str, Any]) -> None:
        @settings(deadline=None)
        @given(st.dictionaries(st.sampled_from(sorted(document)), _JSON, max_size=3))
        def check(changes: dict[str, Any]) -> None:
            try:
                ticket = helpdesk.ticket_from({**document, **changes})
            except InvalidTicket:
                return
            assert isinstance(ticket, Ticket)

        check()


def _refuse(
    helpdesk: Helpdesk, headers: Mapping[str, str], body: bytes, secrets: tuple[Secret, ...] = (_SECRET,)
) -> None:
    """Verifying must raise InvalidSignature, which shows neither the secrets nor the headers."""
    with pytest.raises(InvalidSignature) as refusal:
        helpdesk.verify(headers, body, secrets, datetime.now(UTC))
    told = shown(refusal.value)
    assert MARK not in told
    assert not any(secret.reveal() and secret.reveal() in told for secret in secrets)
