"""A list as its query wants it: filtered, sorted, one page of it."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from cierre.mocks.state.resources import Filter, Listing, Steps
from cierre.oas.thing_names import plain

# Items of a page where the document has paging and no number.
PAGE = 20
# A page that is larger than any client wants.
_LARGEST = 10_000
_DESCENDING = frozenset({"desc", "descending", "-1", "descend", "reverse", "z-a"})
# What asks a filter for nothing.
_ANY: tuple[Any, ...] = ("", [], "all", "any", "*")
_ASCENDING = frozenset({"asc", "ascending", "1", "ascend", "a-z"})


class Item(NamedTuple):
    """One item of a list.

    Attributes:
        id: of the thing.
        value: as it is shown.
    """

    id: str
    value: Any


class Page(NamedTuple):
    """What of a list is shown.

    Attributes:
        items: that are shown.
        total: of items that the filters let pass.
        offset: items before the first.
        size: items at the most.
        number: of the page, from 1.
        next: the query parameters that differ for the page after this one; None on the last page.
        previous: the same for the page before.
        cursor: of the next page, "" on the last one.
    """

    items: list[Item]
    total: int
    offset: int
    size: int
    number: int
    next: dict[str, str] | None
    previous: dict[str, str] | None
    cursor: str

    @property
    def pages(self) -> int:
        """How many there are, at least one."""
        return max(1, -(-self.total // max(1, self.size)))


def member_at(value: Any, steps: Steps) -> Any:
    """The member of a member; None where there is none."""
    for step in steps:
        value = value.get(step) if isinstance(value, Mapping) else None
    return value


def page_of(items: list[Item], listing: Listing, query: Mapping[str, Any], asked: Container[str]) -> Page:
    """The page that a query asks for.

    Args:
        items: all of them, in the order in which they were made.
        listing: what the parameters mean.
        query: name → value of the parameters that were sent, or that have a default.
        asked: names of those that were sent: the default of a filter filters nothing.
    """
    filters = {name: value for name, value in query.items() if name in asked}
    found = [item for item in items if _passes(item, listing, filters)]
    found = _sorted(found, listing, query)
    size = _number(query.get(listing.size), PAGE, least=0) if listing.is_paged else len(found)
    offset = _offset(found, listing, query, size)
    shown = found[offset : offset + size]
    number = offset // max(1, size) + 1
    more = offset + len(shown) < len(found) and bool(shown)
    following = _turned(listing, offset + size, number + 1, shown) if more else None
    before = _turned(listing, max(0, offset - size), max(1, number - 1), []) if offset else None
    cursor = str(offset + size) if more else ""
    if more and listing.after:
        cursor = shown[-1].id
    return Page(shown, len(found), offset, size, number, following, before, cursor)


def _turned(listing: Listing, offset: int, number: int, shown: list[Item]) -> dict[str, str]:
    """The parameters that lead to another page."""
    if listing.page:
        return {listing.page: str(number)}
    if listing.offset:
        return {listing.offset: str(offset)}
    if listing.cursor:
        return {listing.cursor: str(offset)}
    return {listing.after: shown[-1].id} if listing.after and shown else {}


def _offset(found: list[Item], listing: Listing, query: Mapping[str, Any], size: int) -> int:
    if listing.page and listing.page in query:
        # Some count from 0: the first two pages are then the same, and none is lost.
        return (_number(query[listing.page], 1, least=1) - 1) * size
    if listing.offset and listing.offset in query:
        return _number(query[listing.offset], 0, least=0)
    if listing.cursor and query.get(listing.cursor):
        return _number(query[listing.cursor], 0, least=0)
    ids = [item.id for item in found]
    if listing.after and str(query.get(listing.after, "")) in ids:
        return ids.index(str(query[listing.after])) + 1
    if listing.before and str(query.get(listing.before, "")) in ids:
        return max(0, ids.index(str(query[listing.before])) - size)
    return 0


def _number(value: Any, default: int, *, least: int) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return default
    return min(max(least, int(value)), _LARGEST * 1000 if least == 0 else _LARGEST)


def _passes(item: Item, listing: Listing, query: Mapping[str, Any]) -> bool:
    for name, wanted in listing.filters.items():
        sent = query.get(name)
        if sent is not None and sent not in _ANY and not _fits(member_at(item.value, wanted.member), wanted, sent):
            return False
    texts = [str(query[name]).lower() for name in listing.search if query.get(name)]
    return all(_holds(item.value, text) for text in texts)


def _fits(member: Any, wanted: Filter, sent: Any) -> bool:
    if isinstance(sent, Mapping):
        # `created[gte]=7`, read as one parameter.
        return all(_fits(member, replace(wanted, operator=str(key)), inner) for key, inner in sent.items())
    if isinstance(member, list) and wanted.operator in {"eq", "ne"}:
        inside = any(_fits(one, Filter((), "eq"), sent) for one in member)
        return inside == (wanted.operator == "eq")
    if wanted.operator in {"eq", "ne"}:
        listed = sent if isinstance(sent, list) else [sent]
        known = {_text(member)} if not isinstance(member, Mapping) else {_text(one) for one in member.values()}
        texts = {_text(one) for one in listed}
        texts |= {piece for text in texts if "," in text for piece in text.split(",")}
        return (not known.isdisjoint(texts)) == (wanted.operator == "eq")
    if wanted.operator == "contains":
        return _text(sent) in _text(member)
    return member is not None and _compared(member, wanted.operator, sent)


def _compared(member: Any, operator: str, sent: Any) -> bool:
    first, second = _key(member), _key(sent)
    if first[0] != second[0]:
        first, second = (2, _text(member)), (2, _text(sent))
    if operator in {"gt", "gte"}:
        return first > second or (operator == "gte" and first == second)
    return first < second or (operator == "lte" and first == second)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "" if value is None else str(value).lower()


def _holds(value: Any, text: str) -> bool:
    if isinstance(value, Mapping):
        return any(_holds(inner, text) for inner in value.values())
    if isinstance(value, list):
        return any(_holds(inner, text) for inner in value)
    return isinstance(value, (str, int)) and text in _text(value)


def _sorted(items: list[Item], listing: Listing, query: Mapping[str, Any]) -> list[Item]:
    wanted = query.get(listing.sort) if listing.sort else None
    direction = str(query.get(listing.direction, "")).lower() if listing.direction else ""
    if not wanted:
        return list(reversed(items)) if direction in _DESCENDING else items
    keys = wanted if isinstance(wanted, list) else str(wanted).split(",")
    if len(keys) == 2 and str(keys[1]).lower() in _ASCENDING | _DESCENDING:
        keys, direction = keys[:1], str(keys[1]).lower()
    for key in reversed(keys):
        name, descending = _sort_key(str(key), direction)
        member = _sorted_by(name, listing.members)
        if member:
            items = sorted(items, key=lambda item: _key(member_at(item.value, (member,))), reverse=descending)
    return items


def _sort_key(text: str, direction: str) -> tuple[str, bool]:
    """`-name`, `name:desc`, `name desc`, `name_desc` or `name`: the name, and whether the greatest goes first."""
    text = text.strip()
    descending = direction in _DESCENDING
    if text[:1] in {"-", "+"}:
        return text[1:], text[0] == "-"
    for separator in (":", " ", ".", "_", "-"):
        name, found, end = text.rpartition(separator)
        if found and end.lower() in _DESCENDING | _ASCENDING:
            return name, end.lower() in _DESCENDING
    return text, descending


def _sorted_by(name: str, members: Mapping[str, str]) -> str:
    word = plain(name)
    near = next((members[other] for other in members if word and other.startswith(word)), "")
    return members.get(word) or near


def _key(value: Any) -> tuple[int, Any]:
    """What values are compared by: none, then numbers, then texts."""
    if value is None:
        return 0, 0
    if isinstance(value, (int, float)):
        return 1, float(value)
    text = str(value)
    try:
        return 1, float(text)
    except ValueError:
        return 2, text.lower()
