"""What the query parameters of a list ask for, by their names: filters, paging, sorting."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from cierre.mocks.state.resources import Filter, Listing, Steps
from cierre.oas.thing_names import plain, words

_PAGES = ("page", "pagenumber", "pageno", "pageindex", "currentpage")
_SIZES: tuple[str, ...] = (
    "perpage",
    "pagesize",
    "limit",
    "size",
    "itemsperpage",
    "maxresults",
    "maxitems",
    "take",
    "count",
    "top",
)
_SIZES += ("first", "pagelimit", "maxpagesize", "rows", "num", "pagecount")
_OFFSETS = ("offset", "skip", "start", "startindex", "startat", "from", "pageoffset")
_CURSORS: tuple[str, ...] = (
    "cursor",
    "pagetoken",
    "nexttoken",
    "nextpagetoken",
    "continue",
    "continuationtoken",
    "startcursor",
)
_CURSORS += ("nextcursor", "marker", "nextpage", "token", "pagecursor", "pagestart", "scrollid")
_AFTER = ("startingafter", "after", "afterid", "pageafter", "sinceid")
_BEFORE = ("endingbefore", "before", "beforeid", "pagebefore", "maxid")
_SORTS = ("sort", "sortby", "orderby", "ordering", "sortfield", "sortkey", "sortcolumn")
_DIRECTIONS = ("direction", "sortorder", "sortdir", "sortdirection", "orderdirection", "orderdir", "dir")
_SEARCHES = ("q", "search", "searchterm", "keyword", "keywords", "filter", "searchtext", "term")
# `price_gte`, `price[gte]`, `minPrice`, `createdAfter` …
_ENDS = {
    "gte": "gte",
    "ge": "gte",
    "gt": "gt",
    "lte": "lte",
    "le": "lte",
    "lt": "lt",
    "ne": "ne",
    "not": "ne",
    "min": "gte",
    "max": "lte",
    "from": "gte",
    "to": "lte",
    "since": "gte",
    "until": "lte",
    "after": "gt",
    "before": "lt",
    "contains": "contains",
    "like": "contains",
    "eq": "eq",
    "in": "eq",
}
_BEGINNINGS = {"min": "gte", "max": "lte", "from": "gte", "to": "lte", "minimum": "gte", "maximum": "lte"}
_BRACKETS = re.compile(r"(?:filters?|where|query|search)?\[?([A-Za-z0-9_.-]+)\]?(?:\[([A-Za-z]*)\])?\Z")
# Times of making and changing that `since` is about, plain.
_MADE = ("createdat", "created", "creationdate", "createdon", "timestamp", "date", "updatedat")


def read_listing(parameters: Iterable[Mapping[str, Any]], members: Mapping[str, Any]) -> Listing:
    """What each query parameter is about; a member's own name goes before all other meanings.

    Args:
        parameters: parameter objects of the list's operation.
        members: name → schema of the things in the list.
    """
    by_name = {plain(name): name for name in members}
    found: dict[str, str] = {}
    filters: dict[str, Filter] = {}
    search: list[str] = []
    for parameter in parameters:
        name = str(parameter.get("name", ""))
        if parameter.get("in") != "query" or not name:
            continue
        word, use = plain(name), ""
        if word not in by_name or word in {"page", "limit", "offset", "cursor", "sort"}:
            use = _use(word)
        if use and use not in found:
            found[use] = name
            continue
        wanted = _filter(name, by_name)
        if wanted is not None:
            filters[name] = wanted
        elif word in _SEARCHES:
            search.append(name)
    # `order` is a direction beside `sort`, and otherwise what is sorted by.
    order = next((str(one["name"]) for one in parameters if plain(str(one.get("name", ""))) == "order"), "")
    if order and order not in filters:
        found.setdefault("direction" if "sort" in found else "sort", order)
    return Listing(filters, tuple(search), members=by_name, **found)


def _use(word: str) -> str:
    uses = {
        "page": _PAGES,
        "size": _SIZES,
        "offset": _OFFSETS,
        "cursor": _CURSORS,
        "after": _AFTER,
        "before": _BEFORE,
        "sort": _SORTS,
        "direction": _DIRECTIONS,
    }
    return next((use for use, names in uses.items() if word in names), "")


def _filter(name: str, by_name: Mapping[str, str]) -> Filter | None:
    """What a parameter asks of a member; None where it names none."""
    match = _BRACKETS.match(name)
    inner = (match[1], match[2] or "") if match else (name, "")
    member, operator = inner[0], _ENDS.get(inner[1].lower(), "eq")
    found = _member(member, by_name)
    if found:
        return Filter(found, operator)
    # Of `created[gte]` as one parameter, and of `createdAfter`.
    parts = words(member)
    if len(parts) > 1 and parts[-1] in _ENDS:
        found = _member("".join(parts[:-1]), by_name)
        if found:
            return Filter(found, _ENDS[parts[-1]])
    if len(parts) > 1 and parts[0] in _BEGINNINGS:
        found = _member("".join(parts[1:]), by_name)
        if found:
            return Filter(found, _BEGINNINGS[parts[0]])
    if parts and parts[-1] in {"since", "until"}:
        made = next((by_name[one] for one in _MADE if one in by_name), "")
        return Filter((made,), _ENDS[parts[-1]]) if made else None
    return None


def _member(name: str, by_name: Mapping[str, str]) -> Steps:
    """The member of a name: itself, its singular (`ids` → `id`), or one with a word more (`created` → `createdAt`)."""
    word = plain(name)
    for one in (word, word.removesuffix("s"), f"{word}at", f"{word}on", f"{word}id", f"is{word}"):
        if one and one in by_name:
            return (by_name[one],)
    return ()
