"""One operation that answers. Everything that can be made once is made at the first request for it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from cierre.mocks import refusals
from cierre.mocks.documents import Document, Operation
from cierre.mocks.echo import echo
from cierre.mocks.examples import RequestExamples
from cierre.mocks.exchange import Reply, Request
from cierre.mocks.options import Options
from cierre.mocks.preferences import NONE, Preferences
from cierre.mocks.refusals import Refuser
from cierre.mocks.rendering import Rendered, Renderer
from cierre.mocks.responses import responses_of
from cierre.mocks.security import Security
from cierre.mocks.selection import NotDocumented, Selection, Selector, Unacceptable
from cierre.oas.validation import RequestValidator, UnresolvableReference, UnsupportedMediaType, Validated, media

_REMEMBERED = 256
# RFC 9745 wants a date, which the document does not have: the epoch says "for long".
_DEPRECATION = (b"deprecation", b"@0")
_UNCHECKED = Validated({}, None, [])


class MockedOperation:
    """Answers requests to one operation."""

    def __init__(self, document: Document, operation: Operation, options: Options) -> None:
        self.operation = operation
        self._document = document
        self._options = options
        self._renderer = Renderer(document)
        self._seed = f"{options.seed or ''}{operation.method} {operation.path}"
        self._drawn = 0
        self._rendered: OrderedDict[Any, tuple[Selection, Rendered]] = OrderedDict()
        self.selector = Selector(document, responses_of(document, operation))
        self._refuser = Refuser(self.selector, self._renderer, self._seed)
        self._security = Security(document, operation, options.token)
        self._deprecated = operation.node.get("deprecated") is True

    @property
    def name(self) -> str:
        return str(self.operation.node.get("operationId") or f"{self.operation.method.upper()} {self.operation.path}")

    @cached_property
    def validator(self) -> RequestValidator | None:
        """None where the operation cannot be validated, as something in it leads nowhere."""
        document = self._document
        try:
            return RequestValidator(
                document.root,
                self.operation.path,
                self.operation.method,
                version=document.version,
                compiler=document.requests,
                path_item=self.operation.path_item,
                operation=self.operation.node,
            )
        except (UnresolvableReference, ValueError, AttributeError, KeyError, TypeError):
            return None

    @cached_property
    def _examples(self) -> RequestExamples:
        nodes = [parameter.node for parameter in self.validator.parameters] if self.validator else []
        return RequestExamples(self._document, nodes, self.operation.node.get("requestBody"))

    def answer(self, request: Request, path: Mapping[str, str], wishes: Preferences) -> Reply:
        """The reply to a request; `path` has the text of its path parameters."""
        accept = request.headers.get("accept", "")
        checks = wishes.validate or self._options.validate
        validated, reply = self._check(request, path, accept, checks)
        guard = wishes.security or self._options.security
        refused = self._security.check(request.headers, request.query) if guard != "off" else None
        notes = ""
        if reply is None and refused is not None:
            if guard == "on":
                reply = self._unauthorized(refused.missing, refused.message, refused.challenges, accept)
            notes = f"; let pass: {refused.message}"
        if reply is None and validated.violations and checks == "on":
            detail = "; ".join(f"{item.location}{item.pointer}: {item.message}" for item in validated.violations[:3])
            reply = self._refuser.refuse(refusals.MALFORMED, detail, accept, violations=validated.violations)
        if reply is None:
            reply = self._success(path, validated, accept, wishes)
            if validated.violations:
                notes += "; let pass: " + "; ".join(item.message for item in validated.violations[:3])
            if notes or validated.violations:
                reply = reply._replace(why=reply.why + notes, violations=tuple(validated.violations))
        return self._marked(reply, wishes)

    def refuse(self, refusal: refusals.Refusal, detail: str, accept: str, headers: Any = None) -> Reply:
        """The operation's own answer to a fault from outside of it."""
        return self._refuser.refuse(refusal, detail, accept, headers=headers)

    def _check(
        self, request: Request, path: Mapping[str, str], accept: str, checks: str
    ) -> tuple[Validated, Reply | None]:
        if checks == "off" or self.validator is None:
            return _UNCHECKED, None
        content_type = request.headers.get("content-type")
        try:
            return self.validator.validate(path, request.query, request.headers, content_type, request.body), None
        except UnsupportedMediaType as error:
            if checks == "warn":
                return _UNCHECKED, None
            supported = ", ".join(error.supported)
            detail = f"{content_type or 'a body without Content-Type'} is not read here, but {supported}"
            return _UNCHECKED, self._refuser.refuse(
                refusals.MEDIA_TYPE, detail, accept, headers=[(b"accept-post", supported.encode("latin-1", "replace"))]
            )

    def _unauthorized(self, missing: bool, message: str, challenges: list[str], accept: str) -> Reply:
        refusal = refusals.CREDENTIALS_MISSING if missing else refusals.CREDENTIALS_BAD
        challenge = ", ".join(challenges).encode("latin-1", "replace")
        return self._refuser.refuse(refusal, message, accept, headers=[(b"www-authenticate", challenge)])

    def _success(self, path: Mapping[str, str], validated: Validated, accept: str, wishes: Preferences) -> Reply:
        names = self._examples.matching(validated.parameters, validated.body) if self._examples.any else ()
        try:
            selection, rendered = self._render(accept, wishes, tuple(names), path)
        except NotDocumented as error:
            return refusals.undocumented(str(error), error.known, wishes)
        except Unacceptable as error:
            detail = f"there is {', '.join(error.available)}, and Accept is {accept}"
            return self._refuser.refuse(refusals.NOT_ACCEPTABLE, detail, accept)
        if not rendered.valid and self._options.errors:
            return refusals.problem(refusals.FAILED, f"no valid body was found: {rendered.source}")
        if wishes.example is None and wishes.code is None and not names:
            rendered = self._echoed(path, validated, selection, rendered)
        why = f"{rendered.source} ({selection.why})"
        return Reply(rendered.status, rendered.headers, rendered.body, why, rendered.value)

    def _render(
        self, accept: str, wishes: Preferences, names: tuple[str, ...], path: Mapping[str, str]
    ) -> tuple[Selection, Rendered]:
        dynamic = self._options.dynamic if wishes.dynamic is None else wishes.dynamic
        key = accept, wishes, names, *path.values()
        found = self._rendered.get(key)
        if found is not None:
            return found
        selection = self.selector.select(accept, wishes, names, path)
        seed, repeatable = self._seed_for(wishes, dynamic=dynamic)
        found = selection, self._renderer.render(selection, seed=seed, dynamic=dynamic)
        if repeatable:
            self._rendered[key] = found
            if len(self._rendered) > _REMEMBERED:
                self._rendered.popitem(last=False)
        return found

    def _seed_for(self, wishes: Preferences, *, dynamic: bool) -> tuple[str, bool]:
        """The seed, and whether the same request gets the same answer."""
        if wishes.seed is not None:
            return f"{wishes.seed}{self.name}", True
        if not dynamic or self._options.seed is not None:
            return self._seed, True
        self._drawn += 1
        return f"{self._seed}{self._drawn}{id(self)}", False

    def _echoed(
        self, path: Mapping[str, str], validated: Validated, selection: Selection, rendered: Rendered
    ) -> Rendered:
        kind = media.kind_of(media.parse(selection.choice.content_type).essence)
        if kind != "json" or selection.status >= 300 or not (path or validated.body):
            return rendered
        typed = validated.parameters.get("path", path)
        value = echo(rendered.value, self.operation.method, typed, validated.body)
        if value is rendered.value:
            return rendered
        schema = self._document.mapping(selection.response.content[selection.choice.key]).get("schema")
        if schema is not None and not self._renderer.conforms(schema, value):
            return rendered
        reflected = self._renderer.with_value(rendered, selection, value)
        return reflected._replace(source=f"{rendered.source}, with the request's values")

    def _marked(self, reply: Reply, wishes: Preferences) -> Reply:
        """What the operation and the preferences add to every answer."""
        if not self._deprecated and wishes is NONE:
            return reply
        added = []
        if self._deprecated and not reply.header(b"deprecation"):
            added.append(_DEPRECATION)
        if wishes.minimal and reply.status == 204:
            added.append((b"preference-applied", b"return=minimal"))
        return reply._replace(headers=[*reply.headers, *added]) if added else reply
