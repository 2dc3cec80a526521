"""Lists: pages that end and repeat nothing, and filters that filter."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

from requests.utils import parse_header_links

from cierre.contract_tests import named
from cierre.contract_tests.resources.calls import Reply
from cierre.contract_tests.resources.life import Life
from cierre.contract_tests.resources.model import Resource
from cierre.contract_tests.resources.things import items_of
from cierre.oas.navigation import Json, parameters
from cierre.oas.structure import Operation
from cierre.oas.thing_names import IDS, plain

_SIZES = ("limit", "pagesize", "perpage", "size", "maxresults", "first", "top", "take")
_PAGES, _OFFSETS = ("page", "pagenumber", "pageno"), ("offset", "skip", "start", "startindex")
_CURSORS = ("cursor", "pagetoken", "after", "startingafter", "marker", "continuationtoken", "nexttoken")
_NEXT = ("next", "nextcursor", "nextpagetoken", "nexttoken", "nextpage", "cursor", "continuationtoken")
# Items of a page, pages of a walk, and things that a list needs to show something.
_SMALL, _MOST, _ENOUGH = 2, 30, 5


@dataclass(frozen=True)
class Paging:
    """The parameters of a list's pages; empty where there is none of a kind."""

    size: str = ""
    page: str = ""
    offset: str = ""
    cursor: str = ""


class Lists:
    """Checks of one list."""

    def __init__(self, life: Life, resource: Resource, operation: Operation) -> None:
        self.life, self.resource, self.operation = life, resource, operation
        self.query = [one for one in parameters(life.run.document, operation) if one.get("in") == "query"]

    def check(self) -> None:
        """Check pages and filters, with some things in the list."""
        path = self.life.things.path_of(self.operation)
        if path is None:
            return
        paging = self._paging()
        filters = self._filters()
        if not (paging.size or paging.page or filters):
            return
        for _ in range(_ENOUGH if self.resource.item and self.resource.make is not None else 0):
            if self.life.things.make(self.resource) is None:
                break
        self.life.calls.start()
        first = self._list(path, {})
        if first is None or not first.good:
            return
        if paging.size:
            self._pages(path, paging)
        self._filter(path, items_of(first.body), filters)

    def _list(self, path: dict[str, Any], query: Json) -> Reply | None:
        things = self.life.things
        needed = {**things.query_of(self.operation), **query}
        return self.life.calls.call(
            self.operation, things.user, path=path, query=needed, headers=things.headers_of(self.operation)
        )

    def _paging(self) -> Paging:
        def of(names: tuple[str, ...], *, whole: bool) -> str:
            fitting = (one for one in self.query if plain(one["name"]) in names)
            kinds = ("integer", "number") if whole else ("string", "integer", None)
            return next((one["name"] for one in fitting if (one.get("schema") or {}).get("type") in kinds), "")

        return Paging(
            of(_SIZES, whole=True), of(_PAGES, whole=True), of(_OFFSETS, whole=True), of(_CURSORS, whole=False)
        )

    def _size(self, name: str) -> int:
        schema = next(one.get("schema") or {} for one in self.query if one["name"] == name)
        return int(max(_SMALL, schema.get("minimum", 1)))

    def _pages(self, path: dict[str, Any], paging: Paging) -> None:
        size = self._size(paging.size)
        seen: dict[str, int] = {}
        count = 0
        for number, reply in self._walk(path, paging, size):
            items, count = items_of(reply.body), number
            label = f"{self.operation.label} with {paging.size}={size}"
            if len(items) > size:
                self._broken(named.LIMIT, reply, f"{label} answers with {len(items)} items.", paging.size)
                return
            for item in items:
                key = _key(item)
                if seen.get(key, number) != number:
                    way = next(filter(None, (paging.cursor, paging.page, paging.offset)), paging.size)
                    sentence = f"{label} has an item of page {seen[key]} on page {number} again: {key[:120]}."
                    self._broken(named.PAGES_REPEAT, reply, sentence, way)
                    return
                seen[key] = number
        if count > _MOST:
            return

    def _walk(self, path: dict[str, Any], paging: Paging, size: int) -> Iterator[tuple[int, Reply]]:
        """Page by page, with the number of each, from 1."""
        query: Json = {paging.size: size}
        met: set[str] = set()
        for number in range(1, _MOST + 1):
            reply = self._list(path, query)
            if reply is None or not reply.good:
                return
            yield number, reply
            items = items_of(reply.body)
            following = self._next(reply, paging, query, size, number)
            if following is None or not items:
                return
            written = json.dumps(following, sort_keys=True, default=str)
            if written in met:
                sentence = f"{self.operation.label} leads from page {number} to a page that was there before."
                self._broken(named.PAGES_END, reply, sentence, paging.cursor or paging.page or paging.size)
                return
            met.add(written)
            query = following

    def _next(self, reply: Reply, paging: Paging, query: Json, size: int, number: int) -> Json | None:
        """The query of the next page; None where this one is the last."""
        for link in parse_header_links(reply.seen.header("link") or ""):
            if link.get("rel") == "next":
                return dict(parse_qsl(urlsplit(urljoin(reply.seen.url, link["url"])).query))
        if paging.cursor:
            token = _member(reply.body, _NEXT)
            if isinstance(token, str) and "?" in token:
                return dict(parse_qsl(urlsplit(token).query))
            return {**query, paging.cursor: token} if token not in {None, "", False} else None
        if len(items_of(reply.body)) < size:
            return None
        if paging.page:
            at = int(query.get(paging.page, self._first(paging.page)))
            return {**query, paging.page: at + 1}
        return {**query, paging.offset: number * size} if paging.offset else None

    def _first(self, name: str) -> int:
        schema = next(one.get("schema") or {} for one in self.query if one["name"] == name)
        return int(schema.get("default", schema.get("minimum", 1)))

    def _filters(self) -> list[Json]:
        known = {*_SIZES, *_PAGES, *_OFFSETS, *_CURSORS}
        return [one for one in self.query if plain(one["name"]) not in known]

    def _filter(self, path: dict[str, Any], items: list[Json], filters: list[Json]) -> None:
        for one in filters:
            name, kind = one["name"], (one.get("schema") or {}).get("type")
            # A list of values, or a text to search for, means more than being equal.
            if kind not in {"string", "integer", "boolean", "number"} or not any(name in item for item in items):
                continue
            values = [item[name] for item in items if isinstance(item.get(name), str | int | bool)]
            value = next((one for one in values if any(other != one for other in values)), None)
            if value is None or (isinstance(value, str) and not re.fullmatch(r"[\w@.+-]{1,60}", value)):
                continue
            reply = self._list(path, {name: value})
            if reply is None or not reply.good:
                continue
            others = [item for item in items_of(reply.body) if name in item and not _matches(item[name], value)]
            shown = f"{self.operation.label} with {name}={json.dumps(value)}"
            if others:
                self._broken(named.FILTERS, reply, f"{shown} answers with {name}={json.dumps(others[0][name])}.", name)
            elif not items_of(reply.body):
                self._broken(named.FILTERS, reply, f"{shown} answers without the item that has it.", name)

    def _broken(self, check: named.Named, reply: Reply, sentence: str, parameter: str) -> None:
        for index, one in enumerate(self.operation.node.get("parameters") or ()):
            if one.get("name") == parameter:
                self.life.broken(check, reply, sentence, clause=("parameters", index))
                return
        self.life.broken(check, reply, sentence, clause=())


def _matches(value: Any, wanted: Any) -> bool:
    """Whether an item may pass a filter: it has the value, in any case, or has it in its text."""
    if isinstance(value, list):
        return wanted in value
    if isinstance(value, str) and isinstance(wanted, str):
        return wanted.lower() in value.lower()
    return bool(value == wanted)


def _key(item: Json) -> str:
    """What distinguishes one item from another."""
    for name in IDS[:4]:
        if isinstance(item.get(name), str | int):
            return f"{name} {item[name]}"
    return json.dumps(item, sort_keys=True)


def _member(body: Any, names: tuple[str, ...]) -> Any:
    """The first member of one of the names, in the body or one level below."""
    level = [body, *(body.values() if isinstance(body, dict) else ())]
    for one in level:
        if isinstance(one, dict):
            found = next(
                (value for key, value in one.items() if plain(key) in names and not isinstance(value, dict)), None
            )
            if found is not None:
                return found
    return None
