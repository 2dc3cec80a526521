"""What an answer says beside its items: how many there are, and where the next page is."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

from cierre.mocks.messages import Headers, MockRequest
from cierre.mocks.state.lists import Page
from cierre.mocks.state.resources import Listing, Steps
from cierre.mocks.state.shapes import Shapes
from cierre.oas.thing_names import plain

_TOTALS = frozenset({"total", "totalcount", "totalitems", "totalresults", "totalelements", "totalsize", "totalrecords"})
_COUNTS = frozenset({"count", "numberofelements", "resultcount", "itemcount", "pagecount", "returned"})
_SIZES = frozenset({"perpage", "pagesize", "limit", "size", "itemsperpage", "maxresults", "maxitems"})
_NUMBERS = frozenset({"page", "pagenumber", "currentpage", "pageno"})
_OFFSETS = frozenset({"offset", "skip", "startindex", "startat"})
_PAGES = frozenset({"pages", "totalpages", "lastpage", "numberofpages", "numpages"})
_MORE = frozenset({"hasmore", "hasnext", "hasnextpage", "more", "truncated", "istruncated", "moreavailable"})
_LESS = frozenset({"hasprevious", "haspreviouspage", "hasprev"})
_NEXT = frozenset({"next", "nextpage", "nextcursor", "nextpagetoken", "nexttoken", "cursor", "continue", "nexturl"})
_NEXT |= {"nextlink", "nextpageurl", "nextpagelink", "nextmarker", "continuationtoken", "endcursor", "nexthref"}
_PREVIOUS = frozenset({"previous", "prev", "previouspage", "previouscursor", "previousurl", "prevpage", "prevurl"})
_DEEPEST = 3
# Members that say things about a list, where they stand beside it.
_TOTAL_FIELDS = ("x-total-count", "x-total", "total-count", "x-pagination-total", "pagination-count")


class Pager:
    """Of one request.

    Args:
        request: for the list.
        listing: what its parameters mean.
        shapes: of the document.
    """

    def __init__(self, request: MockRequest, listing: Listing, shapes: Shapes) -> None:
        self._request = request
        self._listing = listing
        self._shapes = shapes

    def with_totals(self, schema: Any, whole: Any, page: Page, skipped: Steps, depth: int = 0) -> Any:
        """The body with totals, and links to other pages, in the members that it has for them.

        Args:
            schema: of the body.
            whole: the body, with the items of the page in it.
            page: that is shown.
            skipped: where the items are: nothing is written there.
        """
        if not isinstance(whole, Mapping) or depth > _DEEPEST:
            return whole
        members = self._shapes.members(schema)
        has_total = any(plain(name) in _TOTALS for name in members)
        changed = {}
        for name, value in whole.items():
            if skipped[:1] == (name,) and len(skipped) == 1:
                changed[name] = value
                continue
            inner = members.get(name, {})
            types = self._shapes.types(inner)
            if isinstance(value, Mapping) and plain(name) not in _NEXT | _PREVIOUS:
                below = skipped[1:] if skipped[:1] == (name,) else ("",)
                changed[name] = self.with_totals(inner, value, page, below, depth + 1)
            else:
                said = list(self._said(plain(name), value, types, page, has_total=has_total))
                if said != [_LEFT_OUT]:
                    changed[name] = said[0] if said else value
        return changed

    def _said(self, name: str, value: Any, types: frozenset[str], page: Page, *, has_total: bool) -> Iterator[Any]:
        if not types or types & {"integer", "number"}:
            numbers = (
                (_TOTALS, page.total),
                (_COUNTS, len(page.items) if has_total else page.total),
                (_SIZES, page.size),
                (_NUMBERS, page.number),
                (_OFFSETS, page.offset),
                (_PAGES, page.pages),
            )
            yield from (number for names, number in numbers if name in names and not isinstance(value, str))
        if "boolean" in types:
            flags = ((_MORE, page.next is not None), (_LESS, page.previous is not None))
            yield from (flag for names, flag in flags if name in names)
        for names, turned, cursor in ((_NEXT, page.next, page.cursor), (_PREVIOUS, page.previous, "")):
            if name in names and (not types or types & {"string", "null", "object"}):
                yield self._link(value, types, turned, cursor)
                return

    def _link(self, value: Any, types: frozenset[str], turned: Mapping[str, str] | None, cursor: str) -> Any:
        """A URL where the answer shows one or no cursor is asked for; otherwise the cursor."""
        if turned is None:
            return None if "null" in types else _LEFT_OUT
        if isinstance(value, Mapping):
            return {**value, "href": self._url(turned)} if "href" in value else value
        shows_url = isinstance(value, str) and ("://" in value or value.startswith("/"))
        if shows_url or not (self._listing.cursor or self._listing.after) or not cursor:
            return self._url(turned)
        return cursor

    def _url(self, turned: Mapping[str, str]) -> str:
        """The request's URL with other parameters."""
        pairs = parse_qsl(self._request.query.decode("latin-1"), keep_blank_values=True)
        query = urlencode([pair for pair in pairs if pair[0] not in turned] + list(turned.items()))
        return f"{self._request.url.partition('?')[0]}?{query}"

    def fields(self, page: Page, documented: Collection[str]) -> Headers:
        """The header fields that say the same, of those that the document has."""
        found: Headers = []
        if "link" in documented:
            links = [("next", page.next), ("prev", page.previous)]
            text = ", ".join(f'<{self._url(turned)}>; rel="{name}"' for name, turned in links if turned)
            found.append((b"link", text.encode("latin-1", "replace")))
        totals = [name for name in _TOTAL_FIELDS if name in documented]
        return found + [(name.encode(), str(page.total).encode()) for name in totals]


# What an answer leaves out: there is no other page.
_LEFT_OUT: Any = object()
