"""The contracts of providers, over the loopback interface: what they answer, and what they make of each fault."""

import httpx2
import pytest
from providers.peer import Request

from raum.testing.contracts import ProviderContract, ProviderFaultContract


@pytest.mark.usefixtures("loudest")
class TestAnswers(ProviderContract):
    @pytest.fixture
    def part(self, dialect):
        # Not over the loopback interface: a connection leads to the event loop, and so to all that the peer keeps.
        def answer(request):
            headers = dict(request.headers)
            answer = dialect.answer(Request(str(request.url), headers, request.content))
            return httpx2.Response(
                answer.status, headers={"Content-Type": answer.type}, content=b"".join(answer.chunks)
            )

        return dialect.part("https://example.test", transport=httpx2.MockTransport(answer))


@pytest.mark.usefixtures("loudest")
class TestFaults(ProviderFaultContract):
    @pytest.fixture
    def failing(self, dialect, peer):
        def part(fault):
            peer.answer = lambda request: dialect.fault(fault, request)
            return dialect.part("http://127.0.0.1:1" if fault == "connection refused" else peer.url)

        return part

    @pytest.fixture
    def attempts(self, failure, peer):
        return len(peer.requests)
