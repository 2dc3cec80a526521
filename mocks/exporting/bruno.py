"""A collection as Bruno's folder of `.bru` files (docs.usebruno.com, "Bru language")."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import count

from cierre.mocks.exporting.model import NO_AUTH, Auth, Body, Collection, Field, Folder, Request

_METHODS = frozenset({"get", "post", "put", "patch", "delete", "head", "options", "trace", "connect"})
_BODIES = {"form": "formUrlEncoded", "multipart": "multipartForm"}
_BLOCKS = {"form": "body:form-urlencoded", "multipart": "body:multipart-form"}
# A name with one of these is written in quotes.
_QUOTED = re.compile(r'[:"{} ]')
# What some system refuses in the name of a file; braces and percent signs are a nuisance in a shell.
_NOT_IN_FILES = re.compile(r'[<>:"/\\|?*{}%\x00-\x1f\x7f]+')
_NO_FILES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
# Bruno's own.
_TAKEN = ("folder", "collection", "environments", "node_modules", ".git")
_LONGEST = 80


def bruno(collection: Collection) -> dict[str, str]:
    """The files of the collection: their names below its folder, with `/`, and their texts.

    Credentials are secrets of the environment `default`, without a value.
    """
    about = {"version": "1", "name": collection.name, "type": "collection", "ignore": ["node_modules", ".git"]}
    usual = _of_bruno(collection.auth)
    top = [_block("auth", [f"mode: {usual.kind}"]), *_auth(usual), *_docs(collection.description)]
    return {
        "bruno.json": json.dumps(about, ensure_ascii=False, indent=2) + "\n",
        "collection.bru": _joined(top),
        "environments/default.bru": _environment(collection),
        **dict(_files(collection.root, usual, "")),
    }


def _environment(collection: Collection) -> str:
    blocks = [_block("vars", [f"{name}: {url}" for name, url in collection.servers.items()])]
    if collection.credentials:
        names = ",\n".join(f"  {name}" for name in collection.credentials)
        blocks.append(f"vars:secret [\n{names}\n]\n")
    return "".join(blocks)


def _files(folder: Folder, usual: Auth, below: str) -> Iterator[tuple[str, str]]:
    numbers, names = count(1), _FileNames()
    for one in folder.folders:
        at = f"{below}{names.of(one.name)}/"
        meta = _block("meta", [f"name: {one.name}", f"seq: {next(numbers)}"])
        yield f"{at}folder.bru", _joined([meta, *_docs(one.description)])
        yield from _files(one, usual, at)
    names = _FileNames()
    for request in folder.requests:
        yield f"{below}{names.of(request.operation)}.bru", _request(request, usual, next(numbers))


class _FileNames:
    """Names that any system takes, and that differ, also where capitals are the same as small letters."""

    def __init__(self) -> None:
        self._taken = set(_TAKEN)

    def of(self, name: str) -> str:
        plain = _NOT_IN_FILES.sub("-", name.replace("node_modules", "node-modules"))[:_LONGEST].strip(" .-") or "-"
        if _NO_FILES.fullmatch(plain):
            plain += "-"
        candidates = (plain if number == 1 else f"{plain} {number}" for number in count(1))
        found = next(one for one in candidates if one.casefold() not in self._taken)
        self._taken.add(found.casefold())
        return found


def _of_bruno(auth: Auth) -> Auth:
    """As Bruno has it: its command line fetches no token, and sends no API key in a query of a server's variable."""
    if auth.kind == "oauth2":
        return auth._replace(kind="bearer")
    return NO_AUTH if auth.kind == "apikey" and auth.place == "query" else auth


def _request(request: Request, usual: Auth, number: int) -> str:
    auth = _of_bruno(request.auth)
    if auth == NO_AUTH and request.auth.kind == "apikey":
        key = Field(request.auth.key, f"{{{{{request.auth.variables[0]}}}}}")
        request = request._replace(query=(*request.query, key))
    mode = _BODIES.get(request.body.kind, request.body.kind) if request.body is not None else "none"
    lines = [f"url: {request.url}", f"body: {mode}", f"auth: {'inherit' if auth == usual else auth.kind}"]
    method = request.method.lower()
    blocks = [
        _block("meta", [f"name: {request.name}", "type: http", f"seq: {number}"]),
        _block(method, lines) if method in _METHODS else _block("http", [f"method: {method}", *lines]),
    ]
    for name, fields in (
        ("params:query", request.query),
        ("params:path", request.variables),
        ("headers", request.headers),
    ):
        if fields:
            blocks.append(_block(name, [_pair(one) for one in fields]))
    blocks += _auth(auth) if auth != usual else []
    blocks += _body(request.body) if request.body is not None else []
    # Values are percent-encoded already.
    blocks.append(_block("settings", ["encodeUrl: false"]))
    return _joined([*blocks, *_docs(request.description)])


def _auth(auth: Auth) -> list[str]:
    values = [f"{{{{{name}}}}}" for name in auth.variables]
    if auth.kind in {"basic", "digest"}:
        return [_block(f"auth:{auth.kind}", [f"username: {values[0]}", f"password: {values[1]}"])]
    if auth.kind == "apikey":
        return [_block("auth:apikey", [f"key: {auth.key}", f"value: {values[0]}", "placement: header"])]
    return [_block("auth:bearer", [f"token: {values[0]}"])] if auth.kind == "bearer" else []


def _body(body: Body) -> list[str]:
    if body.kind in _BLOCKS:
        return [_block(_BLOCKS[body.kind], [_pair(one) for one in body.fields])] if body.fields else []
    return [_text(f"body:{body.kind}", body.text)] if body.text else []


def _pair(field: Field) -> str:
    name = field.name.replace("\n", " ")
    if _QUOTED.search(name):
        escaped = name.replace('"', '\\"')
        name = f'"{escaped}"'
    kind = f" @contentType({field.content_type})" if field.content_type else ""
    return f"{'' if field.enabled else '~'}{name}: {_value(field.value)}{kind}"


def _value(value: str) -> str:
    """A text of one line as it is, one of several between triple quotes."""
    if not re.search(r"[\r\n]", value):
        return value
    lines = "\n".join(f"  {line}" for line in value.splitlines())
    return f"'''\n{lines}\n'''"


def _block(name: str, lines: list[str]) -> str:
    inside = "\n".join(f"  {line}" for each in lines for line in each.split("\n"))
    return f"{name} {{\n{inside}\n}}\n"


def _text(name: str, text: str) -> str:
    """Each line is indented: a brace at its beginning would be the end of the block."""
    return _block(name, re.split(r"\r\n|\r|\n", text))


def _docs(text: str) -> list[str]:
    return [_text("docs", text)] if text else []


def _joined(blocks: list[str]) -> str:
    return "\n".join(blocks)
