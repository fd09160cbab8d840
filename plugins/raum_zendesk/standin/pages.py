"""Both of Zendesk's ways to cut a listing into pages.

https://developer.zendesk.com/api-reference/introduction/pagination/
"""

import base64
from collections.abc import Sequence
from urllib.parse import urlencode

from starlette.requests import Request

from raum_zendesk.standin.state import Document


def paged(request: Request, key: str, items: Sequence[Document], most: int) -> tuple[Document, Sequence[Document]]:
    """The page that the request asks for, as a document with the items under `key`, and the items themselves."""
    if "page[size]" in request.query_params:
        return _by_cursor(request, key, items, most)
    return _by_offset(request, key, items, most)


def _by_cursor(request: Request, key: str, items: Sequence[Document], most: int) -> tuple[Document, Sequence[Document]]:
    size = min(max(_number(request.query_params["page[size]"], 1), 1), most)
    start = _position(request.query_params.get("page[after]"))
    page = items[start : start + size]
    after, before = _cursor(start + len(page)), _cursor(start)
    document = {
        key: list(page),
        "meta": {"has_more": start + size < len(items), "after_cursor": after, "before_cursor": before},
        # The link to the next page is there on the last page, too.
        "links": {
            "prev": _link(request, {"page[before]": before}),
            "next": _link(request, {"page[after]": after}),
        },
    }
    return document, page


def _by_offset(request: Request, key: str, items: Sequence[Document], most: int) -> tuple[Document, Sequence[Document]]:
    size = min(max(_number(request.query_params.get("per_page", ""), most), 1), most)
    number = max(_number(request.query_params.get("page", ""), 1), 1)
    page = items[(number - 1) * size : number * size]
    document = {
        key: list(page),
        "next_page": _link(request, {"page": str(number + 1)}) if number * size < len(items) else None,
        "previous_page": _link(request, {"page": str(number - 1)}) if number > 1 else None,
        "count": len(items),
    }
    return document, page


def _link(request: Request, changes: dict[str, str]) -> str:
    dropped = {"page[after]", "page[before]", "page"}
    kept = {name: value for name, value in request.query_params.items() if name not in dropped}
    return f"{request.url.replace(query=urlencode(kept | changes))}"


def _number(text: str, default: int) -> int:
    return int(text) if text.isdecimal() and len(text) < len(str(2**31)) else default


def _cursor(position: int) -> str:
    return base64.urlsafe_b64encode(f"position:{position}".encode()).decode("ascii")


def _position(cursor: str | None) -> int:
    if cursor is None:
        return 0
    try:
        return _number(base64.urlsafe_b64decode(cursor).decode("ascii").removeprefix("position:"), 0)
    except ValueError:
        return 0
