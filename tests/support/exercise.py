"""A request to every operation of a document that the document calls valid, and what is wrong with the answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, quote

from cierre.mocks.answering.encoding import encode
from cierre.mocks.app import MockApp
from cierre.mocks.generation.values import valid_value
from cierre.mocks.json_writer import write_json
from cierre.oas.document import Document
from cierre.oas.structure import Operation
from cierre.oas.validation import ResponseValidator, media
from cierre.oas.validation.parameters import Parameter

# From document, operation, status, header fields and body to what is wrong.
Judge = Callable[[Document, Operation, int, dict[str, str], bytes], list[str]]

Answer = tuple[int, dict[str, str], bytes]
# From method, path, query string, header fields and body to status, header fields and body.
Send = Callable[[str, str, str, dict[str, str], bytes], Awaitable[Answer]]


class Outcome(NamedTuple):
    operation: str
    status: int
    problems: list[str]


def serialize(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ",".join(serialize(item) for item in value)
    if isinstance(value, dict):
        return ",".join(f"{name},{serialize(item)}" for name, item in value.items())
    return "null" if value is None else str(value)


def _styled_path(parameter: Parameter, value: Any) -> str:
    text = quote(serialize(value), safe=",")
    if parameter.style == "label":
        return "." + text
    if parameter.style == "matrix":
        return f";{quote(parameter.name)}={text}"
    return text


def _query_pairs(parameter: Parameter, value: Any) -> list[tuple[str, str]]:
    if isinstance(value, dict) and parameter.style == "deepObject":
        return [(f"{parameter.name}[{key}]", _nested(item)) for key, item in value.items()]
    if isinstance(value, dict) and parameter.explode:
        return [(key, _nested(item)) for key, item in value.items()]
    if isinstance(value, list) and parameter.explode:
        return [(parameter.name, _nested(item)) for item in value]
    if isinstance(value, list):
        delimiter = {"spaceDelimited": " ", "pipeDelimited": "|"}.get(parameter.style, ",")
        return [(parameter.name, delimiter.join(serialize(item) for item in value))]
    return [(parameter.name, serialize(value))]


def _nested(value: Any) -> str:
    """OpenAPI leaves objects within parameters undefined; JSON is what clients send then."""
    return write_json(value).decode() if isinstance(value, (dict, list)) else serialize(value)


class ValidRequest:
    """The scope and body of a valid request to one operation."""

    def __init__(self, document: Document, operation: Operation, parameters: list[Parameter]) -> None:
        self.path = operation.path
        self.query: list[tuple[str, str]] = []
        self.headers: dict[str, str] = {}
        self.body = b""
        for parameter in parameters:
            if parameter.required:
                self._add(document, parameter)
        self._add_body(document, operation)
        self._add_credentials(document, operation)

    def _add(self, document: Document, parameter: Parameter) -> None:
        value, _ = valid_value(document, document.requests, parameter.schema, seed=parameter.name)
        if parameter.encoded and parameter.location == "path":
            text = quote(encode(document, value, "application/json", {}).decode(), safe="")
            self.path = self.path.replace(f"{{{parameter.name}}}", text)
        elif parameter.encoded:
            self.query.append((parameter.name, encode(document, value, "application/json", {}).decode()))
        elif parameter.location == "path":
            listed = document.mapping(parameter.schema).get("enum")
            if value == "" and isinstance(listed, list):
                value = next((item for item in listed if item), "")
            text = _styled_path(parameter, value)
            self.path = self.path.replace(f"{{{parameter.name}}}", text or "x")
        elif parameter.location == "query":
            self.query += _query_pairs(parameter, value)
        elif parameter.location == "header":
            self.headers[parameter.name.lower()] = serialize(value)
        else:
            self.headers["cookie"] = f"{parameter.name}={quote(serialize(value))}"

    def _add_body(self, document: Document, operation: Operation) -> None:
        body = document.mapping(operation.node.get("requestBody"))
        content = document.mapping(body.get("content"))
        if not content:
            return
        ranked = sorted(content, key=lambda key: media.kind_of(media.parse(key).essence) != "json")
        key = ranked[0]
        schema = document.mapping(content[key]).get("schema")
        essence = media.parse(key).essence
        concrete = "application/json" if "*" in essence else key
        kind = media.kind_of(media.parse(concrete).essence)
        value, _ = valid_value(document, document.requests, schema if schema is not None else {}, seed="body")
        self.headers["content-type"] = concrete
        if kind == "multipart":
            self._multipart(document, value)
        elif kind == "form" and isinstance(value, dict):
            pairs = [pair for name, item in value.items() for pair in _form_pairs(name, item)]
            self.body = "&".join(f"{quote(name)}={quote(text)}" for name, text in pairs).encode()
        else:
            self.body = encode(document, value, concrete, schema) or b"x"

    def _multipart(self, document: Document, value: Any) -> None:
        self.headers["content-type"] = "multipart/form-data; boundary=frontera"
        parts = []
        for name, item in value.items() if isinstance(value, dict) else ():
            for one in item if isinstance(item, list) else [item]:
                structured = isinstance(one, (dict, list))
                kind = "application/json" if structured else "text/plain"
                text = encode(document, one, "application/json", {}).decode() if structured else serialize(one)
                head = f'Content-Disposition: form-data; name="{name}"\r\nContent-Type: {kind}'
                parts.append(f"--frontera\r\n{head}\r\n\r\n{text}\r\n")
        self.body = ("".join(parts) + "--frontera--\r\n").encode()

    def _add_credentials(self, document: Document, operation: Operation) -> None:
        requirements = operation.node.get("security", document.root.get("security")) or [{}]
        schemes = document.mapping(document.mapping(document.root.get("components")).get("securitySchemes"))
        for name in requirements[0]:
            node = document.mapping(schemes.get(name))
            if node.get("type") == "apiKey":
                self._add_key(node)
            elif node.get("scheme", "").lower() == "basic":
                self.headers["authorization"] = "Basic dXN1YXJpbzpzZWNyZXRv"
            else:
                self.headers["authorization"] = f"{node.get('scheme', 'bearer').capitalize()} abc.def.ghi"

    def _add_key(self, node: Any) -> None:
        if node["in"] == "query" and node["name"] in {name for name, _ in self.query}:
            return
        if node["in"] == "query":
            self.query.append((node["name"], "secreto"))
        elif node["in"] == "cookie":
            previous = self.headers.get("cookie")
            self.headers["cookie"] = f"{previous + '; ' if previous else ''}{node['name']}=secreto"
        else:
            self.headers[node["name"].lower()] = "secreto"


def _form_pairs(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from _form_pairs(f"{name}[{key}]", item)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _form_pairs(f"{name}[{index}]" if isinstance(item, (dict, list)) else f"{name}[]", item)
    else:
        yield name, "{}" if value == {} else serialize(value)


async def exercise(
    app: MockApp, judge: Judge | None = None, *, send: Send | None = None, most: int | None = None
) -> list[Outcome]:
    """Send each operation its valid request.

    Args:
        app: whose document it is, and that answers.
        judge: says what is wrong with an answer of the documented kind; by default the mock's own validator.
        send: asks another server instead.
        most: so many operations, evenly spread over the document; None: all of them.
    """
    operations = list(app.document.operations())
    step = max(1, -(-len(operations) // most)) if most else 1
    asked = send or partial(call, app)
    return [await _one(app, operation, judge or _problems, asked) for operation in operations[::step]]


async def _one(app: MockApp, operation: Operation, judge: Judge, send: Send) -> Outcome:
    document = app.document
    name = f"{operation.method.upper()} {operation.path}"
    from cierre.mocks.answering.operation import MockedOperation

    validator = MockedOperation(document, operation, app.options).validator
    request = ValidRequest(document, operation, validator.parameters if validator else [])
    path, _, fixed = request.path.replace("#", "?", 1).partition("?")
    named = {name for name, _ in request.query}
    pairs = [pair for pair in parse_qsl(fixed, keep_blank_values=True) if pair[0] not in named] + request.query
    query = "&".join(f"{quote(key)}={quote(value)}" for key, value in pairs)
    if request.body:
        request.headers["content-length"] = str(len(request.body))
    status, headers, body = await send(operation.method.upper(), path, query, request.headers, request.body)
    problems = [*_refused(document, operation, status, body), *judge(document, operation, status, headers, body)]
    return Outcome(name, status, problems)


async def call(app: MockApp, method: str, path: str, query: str, headers: dict[str, str], body: bytes) -> Answer:
    """One request to an ASGI application, without a client's own ideas about URLs."""
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode("latin-1", "replace"),
        "query_string": query.encode("latin-1", "replace"),
        "headers": [(n.encode("latin-1", "replace"), v.encode("latin-1", "replace")) for n, v in headers.items()],
        "client": ("127.0.0.1", 1),
    }
    await app(scope, receive, send)
    answered = {name.decode(): value.decode("latin-1") for name, value in sent[0]["headers"]}
    return sent[0]["status"], answered, sent[1]["body"]


def _refused(document: Document, operation: Operation, status: int, body: bytes) -> list[str]:
    responses = document.mapping(operation.node.get("responses"))
    successes = [key for key in responses if str(key).startswith("2") or key == "default"]
    redirects = 300 <= status < 400 and str(status) in map(str, responses)
    refused = successes and not 200 <= status < 300 and not redirects
    return [f"a valid request was answered with {status}: {body[:300]!r}"] if refused else []


def _problems(document: Document, operation: Operation, status: int, headers: dict[str, str], body: bytes) -> list[str]:
    if not document.mapping(operation.node.get("responses")):
        return []
    validator = ResponseValidator(
        document.root,
        operation.path,
        operation.method,
        version=document.version,
        compiler=document.responses,
        operation=operation.node,
    )
    try:
        found = validator.violations(status, headers, headers.get("content-type"), body)
    except (LookupError, ValueError) as error:
        return [f"cannot be judged: {error}"]
    return [f"{item.location}{item.pointer}: {item.message[:200]} [{item.rule}]" for item in found]
