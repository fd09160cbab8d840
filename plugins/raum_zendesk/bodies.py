"""Bodies of answers, which may be as large as whoever sends them likes."""

import httpx2


async def capped(response: httpx2.Response, most: int) -> bytes | None:
    """The body, None if it is larger. Counted after decompression: a small answer may unpack to a very large one."""
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > most:
            return None
    return bytes(body)
