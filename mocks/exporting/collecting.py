"""From a document to a collection: a request for each operation, with values that the document calls valid."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from cierre.mocks.exporting.answers import answers_of
from cierre.mocks.exporting.credentials import Credentials
from cierre.mocks.exporting.model import NO_AUTH, Auth, Collection, Field, Folder, Request
from cierre.mocks.exporting.parts import Parts
from cierre.oas.document import Document
from cierre.oas.structure import Operation

# Where the mock listens: for a document that names no server, or one without a host.
_MOCK = "http://localhost:4010"
_LONGEST = 200


def collect(document: Document) -> Collection:
    """The requests of a document; the same document gives the same collection.

    Args:
        document: of OpenAPI 3, or converted to it.
    """
    info = document.mapping(document.root.get("info"))
    credentials, servers = Credentials(document), _Servers(document)
    placed = [(_tags(document, one), _request(document, one, credentials, servers)) for one in document.operations()]
    root = Folder("", "", [], [])
    described = _described(document)
    for path, request in placed:
        _folder(root, path, described).requests.append(request)
    return Collection(
        _line(info.get("title")) or document.name,
        _text(info.get("description")),
        servers.known,
        tuple(credentials.variables),
        _most_used(request.auth for _, request in placed),
        _distinct(root),
    )


def _most_used(auths: Iterable[Auth]) -> Auth:
    """It stands at the collection, where it is changed for all; the requests without any say so themselves."""
    return next((auth for auth, _ in Counter(auth for auth in auths if auth != NO_AUTH).most_common(1)), NO_AUTH)


def _request(document: Document, operation: Operation, credentials: Credentials, servers: _Servers) -> Request:
    parts = Parts(document, operation)
    auth, fields = credentials.of(operation)
    path, variables, fixed = parts.path()
    query = [*fixed, *parts.query(), *(field for place, field in fields if place == "query")]
    headers = [*parts.headers(), *(field for place, field in fields if place == "header")]
    cookies = [*parts.cookies(), *(field for place, field in fields if place == "cookie")]
    if cookies:
        headers.append(Field("Cookie", "; ".join(f"{one.name}={one.value}" for one in cookies)))
    body = parts.body()
    if body is not None and body.kind != "multipart":
        headers.append(Field("Content-Type", parts.content_type))
    description = _text(operation.node.get("description"))
    if operation.node.get("deprecated") is True:
        description = f"Deprecated.\n\n{description}".strip()
    return Request(
        name=_line(operation.node.get("summary")) or operation.name,
        operation=operation.name,
        description=description,
        method=operation.method.upper(),
        server=servers.of(operation),
        path=path,
        variables=variables,
        query=tuple(query),
        headers=tuple(headers),
        body=body,
        auth=auth,
        answers=answers_of(document, operation),
    )


class _Servers:
    """Variables for the servers of a document; `baseUrl` is its own."""

    def __init__(self, document: Document) -> None:
        self._document = document
        own = _urls(document.root.get("servers"))
        self.known = {"baseUrl": next(own, _MOCK)}

    def of(self, operation: Operation) -> str:
        """The variable of an operation's server."""
        listed = operation.node.get("servers") or operation.path_item.get("servers")
        url = next(_urls(listed), self.known["baseUrl"])
        found = next((name for name, known in self.known.items() if known == url), None)
        if found is None:
            found = f"baseUrl{len(self.known) + 1}"
            self.known[found] = url
        return found


def _urls(servers: Any) -> Iterator[str]:
    """Of server objects, without a slash at the end, user and password; variables have their defaults."""
    for server in servers if isinstance(servers, list) else ():
        if not isinstance(server, Mapping) or not isinstance(server.get("url"), str):
            continue
        url = server["url"]
        variables = server.get("variables")
        for name, variable in variables.items() if isinstance(variables, Mapping) else ():
            default = variable.get("default", "") if isinstance(variable, Mapping) else ""
            url = url.replace("{" + str(name) + "}", str(default))
        try:
            parts = urlsplit(url)
        except ValueError:
            continue
        path = quote(parts.path.removeprefix("."), safe="/%:@!$&'()*+,;=~").strip("/")
        base = f"{parts.scheme or 'http'}://{parts.netloc.rpartition('@')[2]}" if parts.netloc else _MOCK
        yield f"{base}/{path}".rstrip("/")


def _tags(document: Document, operation: Operation) -> tuple[str, ...]:
    """The folders of an operation, outermost first: its first tag, and that tag's `parent`s, which 3.2 has."""
    tags = operation.node.get("tags")
    name = str(tags[0]) if isinstance(tags, list) and tags else ""
    path: list[str] = []
    known = {str(tag.get("name")): tag for tag in _tag_objects(document)}
    while name and name not in path:
        path.insert(0, name)
        name = str(known.get(name, {}).get("parent", ""))
    return tuple(path)


def _tag_objects(document: Document) -> list[Mapping[str, Any]]:
    tags = document.root.get("tags")
    return [tag for tag in tags if isinstance(tag, Mapping)] if isinstance(tags, list) else []


def _described(document: Document) -> dict[str, str]:
    """The description of each tag."""
    return {str(tag.get("name")): _text(tag.get("description")) for tag in _tag_objects(document)}


def _folder(root: Folder, path: tuple[str, ...], described: Mapping[str, str]) -> Folder:
    at = root
    for tag in path:
        name = _line(tag) or "-"
        found = next((one for one in at.folders if one.name == name), None)
        if found is None:
            found = Folder(name, described.get(tag, ""), [], [])
            at.folders.append(found)
        at = found
    return at


def _distinct(folder: Folder) -> Folder:
    """The folder, with names that differ: a summary is often used twice."""
    names = Counter(request.name for request in folder.requests)
    requests = [
        request if names[request.name] == 1 else request._replace(name=f"{request.name} ({_label(request)})")
        for request in folder.requests
    ]
    return folder._replace(requests=requests, folders=[_distinct(one) for one in folder.folders])


def _label(request: Request) -> str:
    return f"{request.method} /{'/'.join(request.path)}"


def _line(value: Any) -> str:
    """A text in one line, "" for what is none."""
    line = " ".join(value.split()) if isinstance(value, str) else ""
    return re.sub(r"[\x00-\x1f\x7f]", "", line)[:_LONGEST]


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""
